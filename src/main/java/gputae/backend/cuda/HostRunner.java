package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Executes the CUDA kernels on the CPU: the very same {@code .cu} files, compiled by g++
 * (native/testing/host/build.sh). Every CUDA thread is a fiber, blocks run on several threads of the operating system.
 * The libraries are for tests and development and never in the jar.
 *
 * <p>What a GPU leaves open is chosen by {@link Order}: the order of the threads of a block, of the blocks of a grid,
 * and of the nodes of a graph; so a missing barrier, or a missing dependency between two branches, changes results in
 * some order. Memory that nobody has written is 0xFF bytes (NaN, -1).
 *
 * <p>Reported as {@link BackendException}, with kernel, block, threads and line where there are such: a barrier that
 * threads of one block reach at different places; masks of warp operations that disagree or name a lane that is not
 * there (one that has exited too, which CUDA would let pass); a deadlock; waiting for ever; arguments that are not what
 * the kernel takes; launches that CUDA would refuse; memory written beyond its ends (found by {@link #free},
 * {@link #synchronise} and, for dynamic shared memory, at the end of the block). The next call works again.
 *
 * <p>Not reported: static and dynamic shared memory that together are more than a block may have, since only the
 * dynamic is counted; a loop that waits for another thread without an atomic operation or a barrier in it, which hangs;
 * different barriers of one kind on one line, or one in a function that is called from two places, which count as the
 * same, since a barrier is known by file and line; other reads and writes through a wrong pointer, which may end the
 * process: build with AddressSanitizer for those.
 */
public final class HostRunner implements Driver {

  /** Who comes first among the threads of a block, the blocks of a grid, and the nodes of a graph that are ready. */
  public enum Order {
    FORWARD,
    BACKWARD,
    /** Drawn anew for each launch and each replay, from the seed. */
    RANDOM
  }

  private static final String BRIDGE = "libgputae_host_runner.so";
  private static final String KERNELS = "libgputae_host_kernels.so";

  /** The most threads of the operating system; each reserves 70 MB of addresses for stacks. */
  public static final int MOST_HOST_THREADS = 64;

  private static final int MOST_THREADS = 1024;
  private static final int MOST_GRID_Y = 65535;
  private static final int ALIGNMENT = 256;

  private static boolean bridgeLoaded;

  /** What a launch needs to know of a kernel. */
  private record Kernel(int index, String types, int mostThreads) {}

  /** One enqueued call, with the earlier nodes of its graph that it has to wait for. */
  private record Node(Runnable call, int[] dependencies) {}

  private final Order order;
  private final long seed;
  private final int threads;
  private final Limits limits;
  private final long memory;
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final SortedMap<String, String> types = new TreeMap<>();
  private final SplittableRandom random;

  private long runner;
  private long used;
  private final Map<Long, Long> allocations = new HashMap<>();
  private final Map<Long, Node[]> graphs = new HashMap<>();
  private long lastGraph;

  private final SortedMap<String, Long> counts = new TreeMap<>();
  private final Set<String> launchedSinceCheck = new LinkedHashSet<>();
  private boolean replaying;

  /** What is recorded for {@link #capture}, or null. */
  private List<Node> captured;

  /** The nodes the next one of the main stream, and of each branch, has to wait for. */
  private Set<Integer> mainTail = Set.of();

  private final List<Set<Integer>> branchTails = new ArrayList<>(Collections.nCopies(1 + STREAMS, Set.of()));

  /** The stream that is being given work; 0 the main one. */
  private int stream;

  private final boolean[] forked = new boolean[1 + STREAMS];

  /** Outside a capture and backward: what each branch enqueued, to be done as late as may be. */
  private final List<List<Runnable>> deferred =
      IntStream.rangeClosed(0, STREAMS).<List<Runnable>>mapToObj(i -> new ArrayList<>()).toList();

  /** What {@link #open} pretends to be: a small device with the shared memory that every CUDA device has. */
  private static final Limits DEVELOPMENT_LIMITS = new Limits(16, 48 << 10);

  private static final long DEVELOPMENT_MEMORY = 4L << 30;

  /**
   * The host runner of a development build, for {@code --device host-runner}: forward, so that runs can be repeated.
   */
  public static HostRunner open(int threads) {
    return new HostRunner(developmentLibraries(), Order.FORWARD, 0, threads, DEVELOPMENT_LIMITS, DEVELOPMENT_MEMORY);
  }

  /**
   * @param folder  holds what native/testing/host/build.sh built
   * @param seed    of random order; otherwise without effect
   * @param threads of the operating system, 1 to {@link #MOST_HOST_THREADS}
   * @param limits  what the pretended device says of itself
   * @param memory  the pretended device's, in bytes
   */
  public HostRunner(Path folder, Order order, long seed, int threads, Limits limits, long memory) {
    if (threads < 1 || threads > MOST_HOST_THREADS) {
      throw new BackendException("the host runner takes 1 to " + MOST_HOST_THREADS + " threads, not " + threads);
    }
    if (limits.multiprocessors() < 1 || limits.sharedMemory() < 0 || memory < 0) {
      throw new BackendException(
          "the host runner cannot pretend to be a device of " + memory + " bytes with " + limits);
    }
    this.order = order;
    this.seed = seed;
    this.threads = threads;
    this.limits = limits;
    this.memory = memory;
    random = new SplittableRandom(seed);
    loadBridge(folder.resolve(BRIDGE));
    runner = HostRunnerNative.open(folder.resolve(KERNELS).toAbsolutePath().toString(), order.ordinal(), seed, threads,
        limits.sharedMemory());
    String[] known = HostRunnerNative.kernels(runner);
    for (int i = 0; i < known.length; i += 3) {
      kernels.put(known[i], new Kernel(i / 3, known[i + 1], Integer.parseInt(known[i + 2])));
      types.put(known[i], known[i + 1]);
    }
  }

  /** One bridge serves all libraries of kernels; the first one's folder gives it. */
  private static synchronized void loadBridge(Path library) {
    if (bridgeLoaded) {
      return;
    }
    try {
      System.load(library.toAbsolutePath().toString());
      bridgeLoaded = true;
    } catch (UnsatisfiedLinkError e) {
      throw new BackendException("cannot load the host runner: " + e.getMessage(), e);
    }
  }

  /**
   * The folder that a development build of gpu-tae holds the libraries in: system property {@code gputae.host.runner},
   * else {@code host-runner} beside the classes or the jar.
   *
   * @throws BackendException if it is not there
   */
  public static Path developmentLibraries() {
    String chosen = System.getProperty("gputae.host.runner");
    Path folder;
    try {
      folder = chosen != null ? Path.of(chosen)
          : Path.of(HostRunner.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .resolveSibling("host-runner");
    } catch (URISyntaxException e) {
      throw new BackendException("cannot tell where gpu-tae's own classes lie: " + e.getMessage(), e);
    }
    if (!Files.isRegularFile(folder.resolve(KERNELS))) {
      throw new BackendException(
          "--device host-runner works in a development build only: a clone of gpu-tae in which mvn package ran; there "
              + "is no "
              + folder.resolve(KERNELS));
    }
    return folder;
  }

  @Override
  public String description() {
    return "host runner, " + order.name().toLowerCase(Locale.ROOT) + " order, " + threads
        + (threads == 1 ? " thread" : " threads")
        + (order == Order.RANDOM ? ", seed " + seed : "");
  }

  @Override
  public Limits limits() {
    return limits;
  }

  /** Names of the kernels that can be launched, with their parameters as in {@link Arguments#types}. */
  public SortedMap<String, String> kernels() {
    return Collections.unmodifiableSortedMap(types);
  }

  /**
   * Calls up to now by name ("launch", "download"); those that a replay made are counted as "replayed launch" and so
   * on. What was never called is absent; what a capture recorded is not a call.
   */
  public Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  // ---- Memory

  @Override
  public long allocate(long bytes) {
    checkOpen("allocate");
    refuseInCapture("allocate");
    if (bytes < 0) {
      throw new BackendException("allocate: " + bytes + " bytes");
    }
    count("allocate");
    if (bytes > freeMemory()) {
      return 0;
    }
    long address = HostRunnerNative.allocate(bytes);
    if (address != 0) {
      allocations.put(address, bytes);
      used += taken(bytes);
    }
    return address;
  }

  /** What an allocation takes of the pretended memory: whole pieces of its alignment. */
  private static long taken(long bytes) {
    return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  }

  @Override
  public void free(long address) {
    checkOpen("free");
    refuseInCapture("free");
    flush();
    Long bytes = allocations.get(address);
    if (bytes == null) {
      throw new BackendException("free: nothing is allocated at 0x" + Long.toHexString(address));
    }
    count("free");
    int overruns = HostRunnerNative.overruns(address, bytes);
    allocations.remove(address);
    used -= taken(bytes);
    HostRunnerNative.free(address, bytes);
    if (overruns != 0) {
      throw new BackendException(overrun("free", address, bytes, overruns));
    }
  }

  private String overrun(String call, long address, long bytes, int overruns) {
    return call + ": something was written "
        + (overruns == 1 ? "before" : overruns == 2 ? "behind" : "before and behind") + " the allocation of " + bytes
        + " bytes at 0x" + Long.toHexString(address)
        + (launchedSinceCheck.isEmpty() ? ""
            : "; launched since the last synchronise: " + String.join(", ", launchedSinceCheck));
  }

  @Override
  public long freeMemory() {
    checkOpen("freeMemory");
    return (memory - used) / ALIGNMENT * ALIGNMENT;
  }

  @Override
  public void upload(Object array, long offsetBytes, long to, long bytes) {
    checkOpen("upload");
    refuseInCapture("upload");
    checkTransfer("upload", to, array, offsetBytes, bytes);
    if (stream > 0) {
      flush();
    }
    count("upload");
    if (bytes > 0) {
      HostRunnerNative.upload(array, offsetBytes, to, bytes);
    }
  }

  @Override
  public void download(long from, Object array, long offsetBytes, long bytes) {
    checkOpen("download");
    refuseInCapture("download");
    checkTransfer("download", from, array, offsetBytes, bytes);
    flush();
    count("download");
    if (bytes > 0) {
      HostRunnerNative.download(from, array, offsetBytes, bytes);
    }
  }

  private static void checkTransfer(String call, long address, Object array, long offsetBytes, long bytes) {
    if (array == null || !array.getClass().isArray() || !array.getClass().componentType().isPrimitive()) {
      throw new BackendException(call + ": not an array of primitives");
    }
    if (offsetBytes < 0 || bytes < 0) {
      throw new BackendException(call + ": " + bytes + " bytes at " + offsetBytes + " of an array");
    }
    checkAddress(call, address, bytes);
  }

  private static void checkAddress(String call, long address, long bytes) {
    if (bytes < 0 || bytes > 0 && address == 0) {
      throw new BackendException(call + ": " + bytes + " bytes at address " + address);
    }
  }

  @Override
  public Transfer fetch(long from, long bytes) {
    byte[] there = new byte[Math.toIntExact(bytes)];
    // Enqueued after the main stream alone, as it would be on a GPU.
    checkOpen("fetch");
    refuseInCapture("fetch");
    checkTransfer("fetch", from, there, 0, bytes);
    count("fetch");
    if (bytes > 0) {
      HostRunnerNative.download(from, there, 0, bytes);
    }
    return () -> ByteBuffer.wrap(there).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public double seconds(Runnable work) {
    synchronise();
    long began = System.nanoTime();
    work.run();
    synchronise();
    return (System.nanoTime() - began) * 1e-9;
  }

  @Override
  public void copy(long from, long to, long bytes) {
    checkOpen("copy");
    checkAddress("copy", from, bytes);
    checkAddress("copy", to, bytes);
    enqueue("copy", () -> HostRunnerNative.copy(from, to, bytes));
  }

  @Override
  public void clear(long address, long bytes) {
    checkOpen("clear");
    checkAddress("clear", address, bytes);
    enqueue("clear", () -> HostRunnerNative.clear(address, bytes));
  }

  // ---- Work

  @Override
  public void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    checkOpen("launch");
    Kernel known = kernels.get(kernel);
    if (known == null) {
      throw new BackendException(
          "there is no kernel '" + kernel + "'; there are: " + String.join(", ", types.keySet()));
    }
    if (!known.types.equals(arguments.types())) {
      throw new BackendException(
          "kernel '" + kernel + "' takes " + known.types + ", the launch passes " + arguments.types());
    }
    if (gridX < 1 || gridY < 1 || gridY > MOST_GRID_Y || threads < 1 || threads > MOST_THREADS) {
      throw new BackendException(
          "kernel '" + kernel + "': a grid of (" + gridX + ", " + gridY + ") blocks of " + threads
              + " threads; CUDA takes (1 to 2147483647, 1 to " + MOST_GRID_Y + ") of 1 to " + MOST_THREADS);
    }
    if (threads > known.mostThreads) {
      throw new BackendException(
          "kernel '" + kernel + "': " + threads + " threads, its __launch_bounds__ allow " + known.mostThreads);
    }
    if (sharedMemory < 0 || sharedMemory > limits.sharedMemory()) {
      throw new BackendException(
          "kernel '" + kernel + "': " + sharedMemory + " bytes of dynamic shared memory, the device has "
              + limits.sharedMemory() + " for a block");
    }
    long[] slots = arguments.slots();
    enqueue("launch", () -> {
      launchedSinceCheck.add(kernel);
      HostRunnerNative.launch(runner, known.index, gridX, gridY, threads, sharedMemory, slots);
    });
  }

  @Override
  public void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {
    checkOpen("product");
    if (m < 0 || n < 0 || k < 0 || lda < (transposeA ? m : k) || ldb < (transposeB ? k : n) || ldc < n) {
      throw new BackendException("product: (" + m + ", " + k + ") by (" + k + ", " + n + ") with leading dimensions "
          + lda + ", " + ldb + ", " + ldc
          + (transposeA ? ", A transposed" : "") + (transposeB ? ", B transposed" : ""));
    }
    checkAddress("product", a, (long) m * k * Float.BYTES);
    checkAddress("product", b, (long) k * n * Float.BYTES);
    checkAddress("product", c, (long) m * n * Float.BYTES);
    enqueue("product", () -> HostRunnerNative.product(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc));
  }

  @Override
  public void synchronise() {
    checkOpen("synchronise");
    refuseInCapture("synchronise");
    flush();
    count("synchronise");
    String found = null;
    for (Map.Entry<Long, Long> allocation : allocations.entrySet()) {
      int overruns = HostRunnerNative.overruns(allocation.getKey(), allocation.getValue());
      if (overruns != 0 && found == null) {
        found = overrun("synchronise", allocation.getKey(), allocation.getValue(), overruns);
      }
    }
    launchedSinceCheck.clear();
    if (found != null) {
      throw new BackendException(found);
    }
  }

  // ---- Order: one thing after the other here, in an order that the device could have chosen

  private void enqueue(String name, Runnable work) {
    Runnable call = () -> {
      count(name);
      work.run();
    };
    if (captured != null) {
      int node = captured.size();
      captured.add(new Node(call,
          (stream > 0 ? branchTails.get(stream) : mainTail).stream().mapToInt(Integer::intValue).toArray()));
      if (stream > 0) {
        branchTails.set(stream, Set.of(node));
      } else {
        mainTail = Set.of(node);
      }
    } else if (stream > 0 && order == Order.BACKWARD) {
      deferred.get(stream).add(call);
    } else {
      call.run();
    }
  }

  /** Does what the branches outside a capture have left. */
  private void flush() {
    for (int each = 1; each <= STREAMS; each++) {
      flush(each);
    }
  }

  private void flush(int branch) {
    List<Runnable> calls = List.copyOf(deferred.get(branch));
    deferred.get(branch).clear();
    calls.forEach(Runnable::run);
  }

  @Override
  public void fork(int number, Runnable branch) {
    checkOpen("fork");
    if (number < 1 || number > STREAMS) {
      throw new BackendException("fork: there is no stream " + number + "; there are 1 to " + STREAMS);
    }
    if (stream > 0) {
      throw new BackendException("fork within a branch");
    }
    Set<Integer> both = new LinkedHashSet<>(mainTail);
    both.addAll(branchTails.get(number));
    branchTails.set(number, both);
    forked[number] = true;
    stream = number;
    try {
      branch.run();
    } finally {
      stream = 0;
    }
  }

  @Override
  public void join(int number) {
    checkOpen("join");
    if (stream > 0 || !forked[number]) {
      throw new BackendException(stream > 0 ? "join within a branch" : "join without a fork");
    }
    forked[number] = false;
    Set<Integer> both = new LinkedHashSet<>(mainTail);
    both.addAll(branchTails.get(number));
    mainTail = both;
    branchTails.set(number, Set.of());
    flush(number);
  }

  private boolean anyForked() {
    return IntStream.rangeClosed(1, STREAMS).anyMatch(each -> forked[each]);
  }

  @Override
  public long capture(Runnable work) {
    checkOpen("capture");
    refuseInCapture("capture");
    if (anyForked()) {
      throw new BackendException("capture: join the branch first");
    }
    count("capture");
    captured = new ArrayList<>();
    mainTail = Set.of();
    boolean joined;
    Node[] nodes;
    try {
      work.run();
      nodes = captured.toArray(new Node[0]);
    } finally {
      joined = !anyForked();
      captured = null;
      mainTail = Set.of();
      Collections.fill(branchTails, Set.of());
      Arrays.fill(forked, false);
    }
    if (!joined) {
      throw new BackendException("capture: a branch was forked and never joined");
    }
    graphs.put(++lastGraph, nodes);
    return lastGraph;
  }

  @Override
  public void replay(long graph) {
    checkOpen("replay");
    refuseInCapture("replay");
    Node[] nodes = graphs.get(graph);
    if (nodes == null) {
      throw new BackendException("replay: there is no graph " + graph);
    }
    enqueue("replay", () -> {
      replaying = true;
      try {
        run(nodes);
      } finally {
        replaying = false;
      }
    });
  }

  /**
   * Each node after those it depends on; among those that are ready the first, the last or any one, as the order says.
   */
  private void run(Node[] nodes) {
    boolean[] done = new boolean[nodes.length];
    List<Integer> ready = new ArrayList<>();
    for (int left = nodes.length; left > 0; left--) {
      ready.clear();
      for (int i = 0; i < nodes.length; i++) {
        if (!done[i] && Arrays.stream(nodes[i].dependencies).allMatch(dependency -> done[dependency])) {
          ready.add(i);
        }
      }
      int next = ready.get(switch (order) {
        case FORWARD -> 0;
        case BACKWARD -> ready.size() - 1;
        case RANDOM -> random.nextInt(ready.size());
      });
      nodes[next].call.run();
      done[next] = true;
    }
  }

  @Override
  public void discard(long graph) {
    checkOpen("discard");
    if (graphs.remove(graph) == null) {
      throw new BackendException("discard: there is no graph " + graph);
    }
  }

  private void refuseInCapture(String call) {
    if (captured != null) {
      throw new BackendException(call + " during a capture: it would need the work before it done");
    }
  }

  private void checkOpen(String call) {
    if (runner == 0) {
      throw new BackendException(call + ": the host runner is closed");
    }
  }

  private void count(String call) {
    counts.merge(replaying ? "replayed " + call : call, 1L, Long::sum);
  }

  @Override
  public void close() {
    if (runner == 0) {
      return;
    }
    allocations.forEach(HostRunnerNative::free);
    allocations.clear();
    graphs.clear();
    deferred.forEach(List::clear);
    HostRunnerNative.close(runner);
    runner = 0;
  }
}
