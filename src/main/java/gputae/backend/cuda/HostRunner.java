package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Executes the CUDA kernels on the CPU: the same {@code .cu} files, compiled by g++ (native/testing/host/build.sh).
 * Every CUDA thread is a fiber, and the blocks run on several threads of the operating system. The libraries are for
 * tests and development only; they are never in the jar.
 *
 * <p>A GPU does not define the order of the threads of a block, of the blocks of a grid, or of the nodes of a graph.
 * Here {@link Order} chooses it. So if a barrier is missing, or a dependency between two branches, the results change
 * in some order. Memory that nobody has written holds 0xFF bytes (NaN, -1).
 *
 * <p>The following errors are reported as a {@link BackendException}. It names the kernel, the block, the threads and
 * the line if there are such. The next call works again.
 *
 * <ul>
 *   <li>Threads of one block reach a barrier at different places.
 *   <li>Masks of warp operations disagree, or a mask names a lane that does not exist or has exited. (CUDA would accept
 *       a lane that has exited.)
 *   <li>A deadlock, or a wait that never ends.
 *   <li>The arguments are not those that the kernel takes.
 *   <li>CUDA would refuse the launch.
 *   <li>Nothing orders two nodes of a graph that access the same bytes. One of them writes, and both are copies, clears
 *       or products.
 *   <li>Memory was written beyond its ends. {@link #free} and {@link #synchronise} find this; for dynamic shared
 *       memory, it is found at the end of the block.
 * </ul>
 *
 * <p>A watched build of the libraries (native/testing/host/watch.h) also reports races between threads of a launch and
 * between nodes of a graph, reads of memory that nobody has written, and accesses outside all allocations.
 *
 * <p>The following errors are not reported.
 *
 * <ul>
 *   <li>Static and dynamic shared memory together are more than a block may have. Only the dynamic shared memory is
 *       counted.
 *   <li>A loop waits for another thread and contains neither an atomic operation nor a barrier. Such a loop hangs.
 *   <li>Threads wait at different barriers of one kind on one line, or at one barrier in a function that is called from
 *       two places. A barrier is identified by file and line, so these count as the same barrier.
 *   <li>Other reads and writes through a wrong pointer. They may end the process; a watched build or AddressSanitizer
 *       finds them.
 * </ul>
 */
public final class HostRunner implements Driver {

  /**
   * Which one comes first among the threads of a block, the blocks of a grid, and the nodes of a graph that are ready.
   */
  public enum Order {
    FORWARD,
    BACKWARD,
    /** Drawn anew for each launch and each replay, from the seed. */
    RANDOM
  }

  private static final String BRIDGE = "libgputae_host_runner.so";
  private static final String KERNELS = "libgputae_host_kernels.so";

  /** The largest number of threads of the operating system. Each reserves 70 MB of address space for stacks. */
  public static final int MOST_HOST_THREADS = 64;

  private static final int MOST_THREADS = 1024;
  private static final int MOST_GRID_Y = 65535;

  /** What a launch needs to know about a kernel. */
  private record Kernel(int index, String types, int mostThreads) {}

  private final Order order;
  private final long seed;
  private final int threads;
  private final Limits limits;
  private final HostMemory memory;
  private final HostStreams streams;
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final SortedMap<String, String> types = new TreeMap<>();

  private long runner;

  private final SortedMap<String, Long> counts = new TreeMap<>();

  /** The device that {@link #open} simulates: a small one, with the shared memory that every CUDA device has. */
  private static final Limits DEVELOPMENT_LIMITS = new Limits(16, 48 << 10);

  private static final long DEVELOPMENT_MEMORY = 4L << 30;

  /**
   * The host runner of a development build, for {@code --device host-runner}. Its order is forward, so that runs can be
   * repeated.
   */
  public static HostRunner open(int threads) {
    return new HostRunner(developmentLibraries(), Order.FORWARD, 0, threads, DEVELOPMENT_LIMITS, DEVELOPMENT_MEMORY);
  }

  /**
   * @param folder  folder with the files that native/testing/host/build.sh built
   * @param seed    seed of random order; without effect in the other orders
   * @param threads number of threads of the operating system, 1 to {@link #MOST_HOST_THREADS}
   * @param limits  limits of the simulated device
   * @param memory  memory of the simulated device, in bytes
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
    this.memory = new HostMemory(memory);
    streams = new HostStreams(order, seed);
    HostRunnerNative.load(folder.resolve(BRIDGE));
    runner = HostRunnerNative.open(folder.resolve(KERNELS).toAbsolutePath().toString(), order.ordinal(), seed, threads,
        limits.sharedMemory());
    String[] known = HostRunnerNative.kernels(runner);
    for (int i = 0; i < known.length; i += 3) {
      kernels.put(known[i], new Kernel(i / 3, known[i + 1], Integer.parseInt(known[i + 2])));
      types.put(known[i], known[i + 1]);
    }
  }

  /**
   * The folder in which a development build of gpu-tae has the libraries: the one that the system property
   * {@code gputae.host.runner} names, otherwise {@code host-runner} beside the classes or the jar.
   *
   * @throws BackendException if the libraries are not there
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

  /**
   * The names of the kernels that can be launched, each with the types of its parameters as in {@link Arguments#types}.
   */
  public SortedMap<String, String> kernels() {
    return Collections.unmodifiableSortedMap(types);
  }

  /** Whether the libraries watch each access to memory (native/testing/host/watch.h). */
  boolean watched() {
    return HostRunnerNative.watched(runner);
  }

  /**
   * The number of calls so far, by name ("launch", "download"). Calls that a replay made are counted as "replayed
   * launch" and so on. A name that was never called is absent. A capture only records calls; these do not count.
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
    return memory.allocate(bytes);
  }

  @Override
  public void free(long address) {
    checkOpen("free");
    refuseInCapture("free");
    streams.flush();
    memory.require(address);
    count("free");
    memory.free(address);
  }

  @Override
  public long freeMemory() {
    checkOpen("freeMemory");
    return memory.left();
  }

  @Override
  public void upload(Object array, long offsetBytes, long to, long bytes) {
    checkOpen("upload");
    refuseInCapture("upload");
    checkTransfer("upload", to, array, offsetBytes, bytes);
    if (streams.inBranch()) {
      streams.flush();
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
    streams.flush();
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
    // As on a GPU, the copy waits only for the main stream.
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
    enqueue("copy", "copy", () -> HostRunnerNative.copy(from, to, bytes), () -> Accesses.ofCopy(from, to, bytes));
  }

  @Override
  public void clear(long address, long bytes) {
    checkOpen("clear");
    checkAddress("clear", address, bytes);
    enqueue("clear", "clear", () -> HostRunnerNative.clear(address, bytes), () -> Accesses.ofClear(address, bytes));
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
    enqueue("launch", kernel, () -> {
      memory.launched(kernel);
      HostRunnerNative.launch(runner, known.index, gridX, gridY, threads, sharedMemory, slots);
    }, () -> new Accesses(HostRunnerNative.accesses(runner)));
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
    enqueue("product", "product",
        () -> HostRunnerNative.product(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc),
        () -> Accesses.rows(a, transposeA ? k : m, transposeA ? m : k, lda, Accesses.READ)
            .and(Accesses.rows(b, transposeB ? n : k, transposeB ? k : n, ldb, Accesses.READ))
            .and(Accesses.rows(c, m, n, ldc, beta == 0 ? Accesses.WRITTEN : Accesses.READ + Accesses.WRITTEN)));
  }

  @Override
  public void synchronise() {
    checkOpen("synchronise");
    refuseInCapture("synchronise");
    streams.flush();
    count("synchronise");
    memory.checkAll("synchronise");
  }

  // ---- Streams

  /**
   * @param counted  the name under which {@link #counts} has the call
   * @param accesses what the call accessed; asked for after the call if it belongs to a graph
   */
  private void enqueue(String counted, String name, Runnable work, Supplier<Accesses> accesses) {
    streams.enqueue(name, () -> {
      count(counted);
      work.run();
    }, accesses);
  }

  @Override
  public void fork(int number, Runnable branch) {
    checkOpen("fork");
    streams.fork(number, branch);
  }

  @Override
  public void join(int number) {
    checkOpen("join");
    streams.join(number);
  }

  @Override
  public long capture(Runnable work) {
    checkOpen("capture");
    refuseInCapture("capture");
    if (streams.anyForked()) {
      throw new BackendException("capture: join the branch first");
    }
    count("capture");
    return streams.capture(work);
  }

  @Override
  public void replay(long graph) {
    checkOpen("replay");
    refuseInCapture("replay");
    enqueue("replay", "replay", streams.graph(graph), () -> Accesses.NONE);
  }

  @Override
  public void discard(long graph) {
    checkOpen("discard");
    streams.discard(graph);
  }

  private void refuseInCapture(String call) {
    if (streams.capturing()) {
      throw new BackendException(call + " during a capture: it would need the work before it done");
    }
  }

  private void checkOpen(String call) {
    if (runner == 0) {
      throw new BackendException(call + ": the host runner is closed");
    }
  }

  private void count(String call) {
    counts.merge(streams.replaying() ? "replayed " + call : call, 1L, Long::sum);
  }

  @Override
  public void close() {
    if (runner == 0) {
      return;
    }
    memory.clear();
    streams.clear();
    HostRunnerNative.close(runner);
    runner = 0;
  }
}
