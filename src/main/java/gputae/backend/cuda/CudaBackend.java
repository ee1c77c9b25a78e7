package gputae.backend.cuda;

import gputae.backend.AbstractBackend;
import gputae.backend.Activation;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A GPU: the kernels of kernels/ and, for many rows, the driver's matrix products. Calls are enqueued; a recording is a
 * captured graph, whose replay is one call to the driver.
 *
 * <p>Launch shapes are decided here, from the problem and the driver's limits; each kernel's file says what it asks
 * for.
 */
public final class CudaBackend extends AbstractBackend {

  /**
   * Threads of a block where nothing asks for another number: enough to hide latencies; a multiprocessor holds four to
   * eight such blocks.
   */
  private static final int THREADS = 256;

  /** Blocks for each multiprocessor that loop over more values than threads: they fill it once. */
  private static final int BLOCKS_A_MULTIPROCESSOR = 8;

  private static final int MOST_THREADS = 1024;
  private static final int WARP = 32;

  /** Rows that one block of activation_backward sums up: up to here the bias's gradient needs no second launch. */
  private static final int ROWS_A_PART = 256;

  /** The driver's main stream. */
  private static final int MAIN = 0;

  /** The driver's stream for what {@link #beside} calls its branch. */
  private static final int BRANCH = 1;

  /**
   * The driver's streams for what nothing on the way to the next layer waits for: gradients of weights; and sums, of
   * biases' gradients and of losses.
   */
  private static final int PRODUCTS_ASIDE = 2;

  private static final int SUMS_ASIDE = 3;

  /**
   * Steps of a training that one graph holds: launching it costs the host some microseconds, which these hide; and
   * losses are looked at as often.
   */
  private static final int STEPS_A_RECORDING = 16;

  /**
   * Up to so many rows {@link Products#AUTO} takes the kernels of kernels/dense.cu. A choice made before measurement:
   * they save launches, which is most of the time of some hundred rows; cuBLAS saves memory traffic, which is that of
   * thousands.
   */
  private static final long OWN_ROWS = 1024;

  /** Of kernels/dense.cu: rows, and columns, of y that a warp computes. */
  private static final int DENSE_SIDE = 4;

  /** Widths that the grids of kernels/dense.cu have room for. */
  private static final long OWN_WIDTH = 65535L * DENSE_SIDE;

  /** Of kernels/dense.cu: the most warps of a block of dense_forward. */
  private static final int FORWARD_WARPS = 8;

  /** Of kernels/dense.cu: warps that share the inner dimension of dx. */
  private static final int BACKWARD_SLICES = 16;

  private final Driver driver;
  private final Products products;

  /** Launches so far, by kernel; a recorded one counts when it is recorded. */
  private final Map<String, Long> launches = new TreeMap<>();

  /** Work space of direct calls, by purpose; grows, and calls in order may share it. */
  private final Map<String, Space> spaces = new HashMap<>();

  /** What is being recorded; null while calls run directly. */
  private Tape tape;

  /** Inside {@link #beside}. */
  private boolean forked;

  /** Inside its branch, which has work space of its own. */
  private boolean branching;

  /** What the calls aside that have not been joined read and write. */
  private final List<Use> usedAside = new ArrayList<>();

  /** Inside {@link #aside} or {@link #whileAside}: what is enqueued need not wait for what is aside. */
  private boolean overtaking;

  private final Set<Tape> recordings = new LinkedHashSet<>();

  private record Space(long address, long bytes) {}

  /** Bytes of device memory that a stream reads or writes. */
  private record Use(int stream, long from, long to, boolean writes) {
    /** Whether one must wait for the other; on one stream it does anyhow. */
    boolean meets(Use other) {
      return stream != other.stream && (writes || other.writes) && from < other.to && other.from < to;
    }
  }

  /**
   * A recording: what to enqueue in the capture, the graph's handle (0 before the capture), its work space, which no
   * other call touches, and the matrices whose addresses are in it.
   */
  private static final class Tape {
    List<Runnable> calls = new ArrayList<>();
    long graph;
    final Map<String, Space> spaces = new HashMap<>();
    final Set<Matrix> matrices = new LinkedHashSet<>();
  }

  /** A backend over a driver, which it closes. */
  public CudaBackend(Driver driver) {
    this(driver, Products.AUTO);
  }

  /** A backend over a driver, which it closes, with a choice of what multiplies matrices. */
  public CudaBackend(Driver driver, Products products) {
    this.driver = driver;
    this.products = products;
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String description() {
    return driver.description() + (products == Products.AUTO ? "" : ", products " + products.label());
  }

  /** Launches so far, by kernel; a recorded one counts once, when it is recorded. */
  public Map<String, Long> launches() {
    return new TreeMap<>(launches);
  }

  // ---- memory

  @Override
  protected long allocateMemory(long bytes) {
    // An address of its own for an empty matrix too.
    return driver.allocate(Math.max(bytes, 1));
  }

  @Override
  protected void initialise(long address, long bytes) {
    if (bytes > 0) {
      driver.clear(address, bytes);
    }
  }

  @Override
  protected void freeMemory(long address) {
    driver.free(address);
  }

  @Override
  protected long freeBytes() {
    return driver.freeMemory();
  }

  @Override
  protected void finishDevice() {
    List.copyOf(recordings).forEach(this::free);
  }

  @Override
  protected void closeDevice() {
    driver.close();
  }

  private long newSpace(long bytes, String purpose) {
    return reserve(bytes, "the work space of " + purpose);
  }

  /**
   * Work space that is not initialised, until the next call for the same purpose. Outside recordings it is kept until
   * the backend is closed.
   */
  private long space(String operation, long bytes) {
    String purpose = branching ? operation + ", branch" : operation;
    Map<String, Space> held = tape == null ? spaces : tape.spaces;
    Space space = held.get(purpose);
    if (space == null || space.bytes < bytes) {
      if (space != null && tape == null) {
        held.remove(purpose);
        release(space.address);
      } else if (space != null) {
        // Calls that are recorded already have its address.
        held.put(purpose + ", " + space.bytes, space);
      }
      space = new Space(newSpace(bytes, purpose), bytes);
      held.put(purpose, space);
    }
    return space.address;
  }

  @Override
  public void upload(Object array, int offset, Matrix to) {
    requireArray(array, offset, to);
    long address = address(to);
    requireNotRecording("an upload");
    joinAside();
    if (to.size() > 0) {
      driver.upload(array, (long) offset * to.type().bytes(), address, bytes(to));
    }
  }

  @Override
  public void download(Matrix from, Object array, int offset) {
    requireArray(array, offset, from);
    long address = address(from);
    requireNotRecording("a download");
    joinAside();
    if (from.size() > 0) {
      driver.download(address, array, (long) offset * from.type().bytes(), bytes(from));
    }
  }

  @Override
  public Supplier<float[]> fetch(Matrix from) {
    requireFetch(from);
    long address = address(from);
    requireNotRecording("a download");
    joinAside();
    int count = Math.toIntExact(from.size());
    Driver.Transfer transfer = driver.fetch(address, bytes(from));
    return () -> {
      float[] values = new float[count];
      transfer.await().asFloatBuffer().get(values);
      return values;
    };
  }

  @Override
  public void copy(Matrix from, Matrix to) {
    requireCopy(from, to);
    long source = address(from);
    long target = address(to);
    if (from.size() > 0) {
      enqueue(() -> driver.copy(source, target, bytes(from)));
    }
  }

  @Override
  public void clear(Matrix matrix) {
    long address = address(matrix);
    if (matrix.size() > 0) {
      enqueue(() -> driver.clear(address, bytes(matrix)));
    }
  }

  @Override
  public void synchronise() {
    requireOpen();
    requireNotRecording("waiting");
    joinAside();
    driver.synchronise();
  }

  @Override
  public double seconds(Runnable work) {
    requireOpen();
    requireNotRecording("waiting");
    joinAside();
    return driver.seconds(() -> {
      work.run();
      joinAside();
    });
  }

  @Override
  public int stepsARecording() {
    return STEPS_A_RECORDING;
  }

  // ---- recordings and branches

  @Override
  protected void requireFreeHands() {
    requireNotRecording("a matrix that comes or goes");
  }

  @Override
  protected long address(Matrix matrix) {
    if (tape != null) {
      tape.matrices.add(matrix);
    }
    return super.address(matrix);
  }

  private void requireNotRecording(String what) {
    if (tape != null) {
      throw new IllegalStateException(what + " cannot be recorded: the host takes part in it");
    }
  }

  @Override
  public Recording record(Runnable work) {
    requireOpen();
    requireNotRecording("a recording");
    joinAside();
    // First the calls alone, so that work space is allocated and shapes are checked before the capture, in which
    // neither may happen.
    Tape recorded = new Tape();
    recordings.add(recorded);
    tape = recorded;
    try {
      work.run();
      joinAside();
      tape = null;
      recorded.graph = driver.capture(() -> recorded.calls.forEach(Runnable::run));
    } catch (RuntimeException e) {
      free(recorded);
      throw e;
    } finally {
      tape = null;
      usedAside.clear();
    }
    return new Recording() {
      @Override
      public void replay() {
        requireOpen();
        requireNotRecording("a replay");
        if (branching) {
          throw new IllegalStateException("a branch cannot replay a recording");
        }
        joinAside();
        if (!recordings.contains(recorded)) {
          throw new IllegalStateException("the recording is closed");
        }
        // A graph would go on with the address of a matrix that is gone.
        recorded.matrices.forEach(Matrix::address);
        driver.replay(recorded.graph);
      }

      @Override
      public void close() {
        // Gone already where the backend was closed first.
        if (recordings.contains(recorded)) {
          free(recorded);
        }
      }
    };
  }

  private void free(Tape recorded) {
    recordings.remove(recorded);
    if (recorded.graph != 0) {
      driver.discard(recorded.graph);
    }
    recorded.spaces.values().forEach(space -> release(space.address));
  }

  @Override
  public void beside(Runnable branch, Runnable main) {
    requireOpen();
    if (forked) {
      throw new IllegalStateException("a branch cannot have branches");
    }
    joinAside();
    forked = true;
    try {
      fork(BRANCH, () -> {
        branching = true;
        try {
          branch.run();
        } finally {
          branching = false;
        }
      });
      main.run();
    } catch (RuntimeException e) {
      // What had been enqueued is waited for all the same.
      try {
        enqueueNow(() -> driver.join(BRANCH));
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e;
    } finally {
      forked = false;
    }
    enqueueNow(() -> driver.join(BRANCH));
  }

  private void fork(int stream, Runnable branch) {
    if (tape == null) {
      driver.fork(stream, branch);
      return;
    }
    // What the branch calls becomes one call, which the capture makes inside the driver's fork.
    List<Runnable> before = tape.calls;
    List<Runnable> calls = new ArrayList<>();
    tape.calls = calls;
    try {
      branch.run();
    } finally {
      tape.calls = before;
    }
    before.add(() -> driver.fork(stream, () -> calls.forEach(Runnable::run)));
  }

  /**
   * Enqueues calls beside what is enqueued after them. What reads or writes the same memory later waits for them:
   * whatever is enqueued by {@link #whileAside} as the ranges say, all else always. Within a branch, which has no
   * branches, they are enqueued in order.
   */
  private void aside(int stream, List<Matrix> reads, List<Matrix> writes, Runnable calls) {
    if (branching) {
      calls.run();
      return;
    }
    List<Use> uses = uses(stream, reads, writes);
    joinIfMet(uses);
    usedAside.addAll(uses);
    overtake(() -> fork(stream, calls));
  }

  /**
   * Enqueues calls that read and write the given matrices alone; they wait for what is aside only if that needs or
   * makes what they write or read.
   */
  private void whileAside(List<Matrix> reads, List<Matrix> writes, Runnable calls) {
    joinIfMet(uses(MAIN, reads, writes));
    overtake(calls);
  }

  private void joinIfMet(List<Use> uses) {
    if (uses.stream().anyMatch(use -> usedAside.stream().anyMatch(use::meets))) {
      joinAside();
    }
  }

  private List<Use> uses(int stream, List<Matrix> reads, List<Matrix> writes) {
    List<Use> uses = new ArrayList<>();
    reads.forEach(matrix -> uses.add(new Use(stream, address(matrix), address(matrix) + bytes(matrix), false)));
    writes.forEach(matrix -> uses.add(new Use(stream, address(matrix), address(matrix) + bytes(matrix), true)));
    return uses;
  }

  private void overtake(Runnable calls) {
    boolean before = overtaking;
    overtaking = true;
    try {
      calls.run();
    } finally {
      overtaking = before;
    }
  }

  private void joinAside() {
    List<Integer> streams = usedAside.stream().map(Use::stream).distinct().toList();
    usedAside.clear();
    streams.forEach(stream -> enqueueNow(() -> driver.join(stream)));
  }

  private void enqueue(Runnable call) {
    requireOpen();
    if (!overtaking && !branching) {
      joinAside();
    }
    enqueueNow(call);
  }

  private void enqueueNow(Runnable call) {
    if (tape != null) {
      tape.calls.add(call);
    } else {
      call.run();
    }
  }

  private void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    launches.merge(kernel, 1L, Long::sum);
    enqueue(() -> driver.launch(kernel, gridX, gridY, threads, sharedMemory, arguments));
  }

  /**
   * A block for each of {@code rows}; its threads share a row of {@code columns}, a column each if they can, so that
   * all wait for memory together.
   */
  private void launchOverRows(String kernel, long rows, long columns, Arguments arguments) {
    if (rows > 0 && columns > 0) {
      launch(kernel, Math.toIntExact(rows), 1, threadsFor(columns, MOST_THREADS), 0, arguments);
    }
  }

  /** Threads that loop over {@code count} values, as many as fill the device once. */
  private void launchOver(String kernel, long count, Arguments arguments) {
    if (count > 0) {
      long most = (long) driver.limits().multiprocessors() * BLOCKS_A_MULTIPROCESSOR;
      launch(kernel, (int) Math.min(most, (count + THREADS - 1) / THREADS), 1, threadsFor(count, THREADS), 0,
          arguments);
    }
  }

  /** One block whose threads loop over {@code count} values. */
  private void launchOneBlock(String kernel, long count, Arguments arguments) {
    launch(kernel, 1, 1, threadsFor(count, MOST_THREADS), 0, arguments);
  }

  /** Whole warps for {@code count} values, at most {@code most}. */
  private static int threadsFor(long count, int most) {
    return (int) Math.min(most, Math.max(1, (count + WARP - 1) / WARP) * WARP);
  }

  private static int blocksOf(long count, int each) {
    return Math.toIntExact((count + each - 1) / each);
  }

  // ---- operations

  @Override
  public void gather(Matrix images, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x) {
    requireGather(images, order, step, batch, stepsPerEpoch, x);
    launchOverRows("gather", x.rows(), x.columns(),
        new Arguments().pointer(address(images)).pointer(address(order)).pointer(address(step)).int64(batch)
            .int64(stepsPerEpoch).int32(Math.toIntExact(x.columns())).pointer(address(x)));
  }

  @Override
  public void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix y) {
    requireDense(x, w, b, y);
    if (own(x.rows(), w)) {
      denseForward(x, w, b, activation, y);
      return;
    }
    product(false, x, true, w, 0, y);
    launchOverRows("bias_activation", y.rows(), y.columns(),
        new Arguments().pointer(address(b)).int32(activation.ordinal()).int32(Math.toIntExact(y.columns()))
            .pointer(address(y)));
  }

  @Override
  public void denseBackward(Matrix x, Matrix w, Matrix y, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    requireDenseBackward(x, w, y, dy, dw, db, dx);
    int rows = Math.toIntExact(y.rows());
    int out = Math.toIntExact(y.columns());
    if (rows == 0 || out == 0) {
      return;
    }
    if (own(rows, w)) {
      denseBackwardOwn(x, w, y, activation, dy, dw, db, dx);
      return;
    }
    int parts = blocksOf(rows, ROWS_A_PART);
    List<Matrix> written = new ArrayList<>(List.of(dy, db));
    if (dx != null) {
      written.add(dx);
    }
    whileAside(List.of(x, w, y), written, () -> {
      // A layer's own, since the sum of one layer's parts may wait while the next layer's are made.
      long partial = parts == 1 ? 0 : space("denseBackward " + address(db), (long) parts * out * Float.BYTES);
      Runnable derivative = () -> launch("activation_backward", blocksOf(out, WARP), parts, THREADS, 0,
          new Arguments().pointer(address(y))
              .int32(activation.ordinal()).int32(rows).int32(out).int32(ROWS_A_PART).pointer(address(dy))
              .pointer(partial).pointer(address(db)));
      boolean changesDy = activation != Activation.IDENTITY;
      if (changesDy) {
        derivative.run();
      }
      if (!changesDy || parts > 1) {
        aside(SUMS_ASIDE, List.of(dy), List.of(db), () -> {
          if (!changesDy) {
            derivative.run();
          }
          if (parts > 1) {
            launch("add_partial_sums", blocksOf(out, THREADS), 1, threadsFor(out, THREADS), 0,
                new Arguments().pointer(partial).int32(parts).int32(out).pointer(address(db)));
          }
        });
      }
      aside(PRODUCTS_ASIDE, List.of(dy, x), List.of(dw), () -> product(true, dy, false, x, 1, dw));
      if (dx != null) {
        product(false, dy, false, w, 0, dx);
      }
    });
  }

  /** Whether kernels/dense.cu computes a layer of weights w (out, in) on so many rows. */
  private boolean own(long rows, Matrix w) {
    long in = w.columns();
    return in > 0 && Math.max(in, w.rows()) <= OWN_WIDTH
        && (products == Products.OWN || products == Products.AUTO && rows <= OWN_ROWS);
  }

  private void denseForward(Matrix x, Matrix w, Matrix b, Activation activation, Matrix y) {
    int rows = Math.toIntExact(y.rows());
    int in = Math.toIntExact(x.columns());
    int out = Math.toIntExact(y.columns());
    if (rows == 0 || out == 0) {
      return;
    }
    // From the width alone, so that the order of a sum is the same for any number of rows: as many as leave a warp
    // three steps of 32 or more.
    int slices = Math.max(1, Integer.highestOneBit(Math.min(FORWARD_WARPS, blocksOf(in, WARP) / 3)));
    int tiles = Math.min(FORWARD_WARPS / slices, blocksOf(out, DENSE_SIDE));
    launch("dense_forward", blocksOf(rows, DENSE_SIDE), blocksOf(out, DENSE_SIDE * tiles), slices * tiles * WARP, 0,
        new Arguments().pointer(address(x)).pointer(address(w)).pointer(address(b)).int32(activation.ordinal())
            .int32(rows)
            .int32(in).int32(out).int32(slices).pointer(address(y)));
  }

  /**
   * The gradient of the input is on the way to the layer before, those of the weights are not. The first layer has none
   * of the input; its weights' are the last on the way to the optimiser, and need not wait for those that are aside.
   */
  private void denseBackwardOwn(Matrix x, Matrix w, Matrix y, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    if (dx == null) {
      whileAside(List.of(x, y, dy), List.of(dw, db), () -> denseGradients(x, y, activation, dy, dw, db));
      return;
    }
    boolean changesDy = activation != Activation.IDENTITY;
    whileAside(List.of(w, y, dy), changesDy ? List.of(dy, dx) : List.of(dx), () -> {
      int columns = blocksOf(dx.columns(), WARP);
      // A second tile serves blocks that cannot share the columns.
      int tiles = changesDy ? Math.min(2, columns) : 1;
      launch("dense_backward", blocksOf(dx.rows(), DENSE_SIDE), changesDy ? 1 : columns, BACKWARD_SLICES * tiles * WARP,
          0,
          new Arguments().pointer(address(w)).pointer(address(y)).int32(activation.ordinal())
              .int32(Math.toIntExact(dx.rows())).int32(Math.toIntExact(dx.columns()))
              .int32(Math.toIntExact(y.columns()))
              .pointer(address(dy)).pointer(address(dx)));
    });
    aside(PRODUCTS_ASIDE, List.of(x, dy), List.of(dw, db),
        () -> denseGradients(x, y, Activation.IDENTITY, dy, dw, db));
  }

  /** dw += g^T x, db += column sums of g, with g the gradient before the activation. */
  private void denseGradients(Matrix x, Matrix y, Activation activation, Matrix dy, Matrix dw, Matrix db) {
    launch("dense_gradients", blocksOf(dy.columns(), DENSE_SIDE), blocksOf(x.columns(), WARP), THREADS, 0,
        new Arguments().pointer(address(x)).pointer(address(y)).int32(activation.ordinal()).pointer(address(dy))
            .int32(Math.toIntExact(x.rows())).int32(Math.toIntExact(x.columns())).int32(Math.toIntExact(dy.columns()))
            .pointer(address(dw)).pointer(address(db)));
  }

  /** c = op(a) op(b) + beta c. */
  private void product(boolean transposeA, Matrix a, boolean transposeB, Matrix b, float beta, Matrix c) {
    int m = Math.toIntExact(c.rows());
    int n = Math.toIntExact(c.columns());
    int k = Math.toIntExact(transposeA ? a.rows() : a.columns());
    int lda = Math.toIntExact(a.columns());
    int ldb = Math.toIntExact(b.columns());
    long first = address(a);
    long second = address(b);
    long to = address(c);
    if (m > 0 && n > 0) {
      enqueue(() -> driver.product(transposeA, transposeB, m, n, k, first, lda, second, ldb, beta, to, n));
    }
  }

  @Override
  public void sigmoid(Matrix logits, Matrix probability) {
    requireSigmoid(logits, probability);
    launchOver("sigmoid", logits.size(),
        new Arguments().pointer(address(logits)).pointer(address(probability)).int64(logits.size()));
  }

  @Override
  public void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss) {
    requireSigmoidCrossEntropy(logits, target, gradient, loss);
    int rows = Math.toIntExact(logits.rows());
    int p = Math.toIntExact(logits.columns());
    double count = (double) rows * p;
    long rowSums = space("sigmoidCrossEntropy", Math.max(1, (long) rows * Double.BYTES));
    launchOverRows("sigmoid_cross_entropy", rows, p,
        new Arguments().pointer(address(logits)).pointer(address(target)).int32(p).float32((float) (1 / count))
            .pointer(addressOrNull(gradient)).pointer(rowSums));
    aside(SUMS_ASIDE, List.of(), List.of(loss),
        () -> launchOneBlock("sum_over", rows,
            new Arguments().pointer(rowSums).int32(rows).float64(count).pointer(address(loss))));
  }

  @Override
  public void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss) {
    requireBallPenalty(z, weight, gradient, loss);
    launchOneBlock("ball_penalty", z.rows(),
        new Arguments().pointer(address(z)).int32(penalty.ordinal()).pointer(address(weight))
            .int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns())).pointer(address(gradient)).pointer(address(loss)));
  }

  @Override
  public void squaredDistances(Matrix x, Matrix out) {
    requireSquaredDistances(x, out);
    int n = Math.toIntExact(x.rows());
    if (n > 0) {
      int blocks = blocksOf(n, WARP);
      launch("squared_distances", blocks, blocks, THREADS, 0,
          new Arguments().pointer(address(x)).int32(n).int32(Math.toIntExact(x.columns())).pointer(address(out)));
    }
  }

  @Override
  public void spanningTree(Matrix x, Matrix edges, Matrix lengths) {
    requireSpanningTree(x, edges, lengths);
    if (x.rows() > 1) {
      new BoruvkaLaunches(driver.limits(), this::space, this::launch).enqueue(address(x), (int) x.rows(),
          Math.toIntExact(x.columns()), address(edges),
          address(lengths));
    }
  }

  @Override
  public void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight,
      Matrix gradient, Matrix loss) {
    requireDeathTimes(z, edges, lengths, weight, gradient, loss);
    launch("death_times", Math.max(1, blocksOf(z.rows(), THREADS / WARP)), 1, THREADS, 0,
        new Arguments().pointer(address(z)).pointer(address(edges))
            .pointer(address(lengths)).float32(degree).float32(maxEdge).pointer(address(weight))
            .int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns()))
            .pointer(address(gradient)).pointer(address(loss)));
  }

  @Override
  public void add(Matrix term, Matrix sum) {
    requireAdd(term, sum);
    whileAside(List.of(term), List.of(sum),
        () -> launchOver("add", sum.size(),
            new Arguments().pointer(address(term)).pointer(address(sum)).int64(sum.size())));
  }

  @Override
  public void reparameterise(Matrix statistics, Matrix noise, Matrix z) {
    requireReparameterise(statistics, noise, z);
    launchOver("reparameterise", z.size(),
        new Arguments().pointer(address(statistics)).pointer(addressOrNull(noise)).int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns())).pointer(address(z)));
  }

  @Override
  public void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix loss) {
    requireReparameteriseBackward(statistics, noise, dz, pixels, dStatistics, loss);
    double scale = 1.0 / ((double) dz.rows() * pixels);
    whileAside(List.of(statistics, noise, dz), List.of(dStatistics, loss),
        () -> launchOneBlock("reparameterise_backward", dz.size(),
            new Arguments().pointer(address(statistics)).pointer(address(noise)).pointer(address(dz))
                .int32(Math.toIntExact(dz.rows())).int32(Math.toIntExact(dz.columns())).float64(scale)
                .pointer(address(dStatistics)).pointer(address(loss))));
  }

  @Override
  public void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step,
      Matrix rates) {
    requireAdam(parameters, gradient, firstMoment, secondMoment, step, rates);
    launchOver("adam", parameters.size(),
        new Arguments().pointer(address(step)).pointer(address(rates)).int64(parameters.size())
            .pointer(address(parameters))
            .pointer(address(gradient)).pointer(address(firstMoment)).pointer(address(secondMoment)));
  }

  @Override
  public void normals(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    launchOver("normals", (out.size() + 3) / 4,
        new Arguments().int64(out.size()).int64(seed).int32(stream).pointer(address(step)).pointer(address(out)));
  }

  @Override
  public void uniformBall(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    launchOver("uniform_ball", out.rows(),
        new Arguments().int64(out.rows()).int32(Math.toIntExact(out.columns())).int64(seed).int32(stream)
            .pointer(address(step)).pointer(address(out)));
  }

  @Override
  public void endStep(Matrix losses, Matrix log, Matrix step) {
    requireEndStep(losses, log, step);
    aside(SUMS_ASIDE, List.of(losses), List.of(log, step),
        () -> launchOneBlock("end_step", log.columns(), new Arguments().pointer(address(losses))
            .int32(Math.toIntExact(log.rows())).int32(Math.toIntExact(log.columns())).pointer(address(log))
            .pointer(address(step))));
  }
}
