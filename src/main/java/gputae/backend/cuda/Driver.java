package gputae.backend.cuda;

import java.nio.ByteBuffer;

/**
 * The machine that {@link CudaBackend} uses: memory, kernels that are launched by name, matrix products, and graphs of
 * such calls. Calls are enqueued in order unless their description says otherwise; {@link #download} and
 * {@link #synchronise} wait. Addresses are addresses on the device. Only one thread at a time may use a driver.
 *
 * <p>A failure is a {@link gputae.backend.BackendException} that names the call and the reason.
 */
public interface Driver extends AutoCloseable {

  /**
   * The limits on which the shapes of launches depend.
   *
   * @param multiprocessors  number of blocks that run at a time if each takes one multiprocessor
   * @param sharedMemory     bytes of shared memory that one block may use, static and dynamic together, if it asks for
   *     that (CUDA's opt-in limit)
   */
  record Limits(int multiprocessors, int sharedMemory) {}

  /** A description for the user in one line: device, versions. The bits of the results depend on what it names. */
  String description();

  Limits limits();

  /**
   * Allocates memory that is not initialised, aligned to 256 bytes. Returns its address, or 0 if there is not enough
   * memory. This call is not enqueued: it takes effect at once.
   */
  long allocate(long bytes);

  /** Waits for all work that may use the memory, then frees it. */
  void free(long address);

  /** The number of bytes that {@link #allocate} could still give, if they are in one piece. */
  long freeMemory();

  /** Copies from a primitive Java array; the array may change as soon as this method returns. */
  void upload(Object array, long offsetBytes, long to, long bytes);

  /** Waits until all work enqueued before is done, then copies into a primitive Java array. */
  void download(long from, Object array, long offsetBytes, long bytes);

  /**
   * An enqueued copy to the host. {@link #await} waits for this copy and for the work that was enqueued before it, but
   * not for later work.
   */
  @FunctionalInterface
  interface Transfer {
    /** The bytes, little-endian. They are valid until the transfer after the next one begins. */
    ByteBuffer await();
  }

  /** Enqueues a copy to the host. At most two such copies may be pending at a time. */
  Transfer fetch(long from, long bytes);

  /** Copies on the device. */
  void copy(long from, long to, long bytes);

  /** Sets bytes to 0. */
  void clear(long address, long bytes);

  /**
   * Launches a kernel on a grid of (gridX, gridY) blocks of {@code threads} threads.
   *
   * @param sharedMemory bytes of dynamic shared memory per block
   */
  void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments);

  /**
   * C = op(A) op(B) + beta C for row-major float32 matrices, op(A) of shape (m, k), op(B) (k, n), C (m, n). If beta is
   * 0, the old C is not read. A leading dimension is the number of floats from the beginning of one stored row to the
   * beginning of the next.
   */
  void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc);

  /** Whether {@link #product} can be called. */
  default boolean multiplies() {
    return true;
  }

  /** The number of streams beside the main stream, for {@link #fork}. */
  int STREAMS = 3;

  /**
   * The stream of {@link #fork} whose kernels go first: if blocks of several streams wait for a multiprocessor, its
   * blocks get it, in graphs too. A device may ignore this.
   */
  int PREFERRED = 1;

  /**
   * Enqueues the calls of {@code branch} on another stream. They run after all calls that were enqueued before on the
   * main stream or on that other stream, and in parallel with everything else until {@link #join}. A branch must not
   * call fork or join. If {@code branch} throws, the stream must still be joined.
   *
   * @param stream 1 to {@link #STREAMS}
   */
  void fork(int stream, Runnable branch);

  /** Everything that is enqueued from now on also runs after all calls that were enqueued on this stream. */
  void join(int stream);

  /**
   * Records the calls that {@code work} enqueues (copies on the device, clears, launches, products, branches) with
   * their dependencies, but does not execute them. The graph keeps the arguments as they are now. A driver that must
   * prepare its captures may run {@code work} more than once.
   *
   * @return the graph's handle, not 0
   */
  long capture(Runnable work);

  /** Enqueues a captured graph. */
  void replay(long graph);

  /** Frees a captured graph. */
  void discard(long graph);

  void synchronise();

  /**
   * Measures the seconds from the beginning to the end of the calls that {@code work} enqueues, with the device's clock
   * if it has one. Waits until they are done.
   */
  double seconds(Runnable work);

  @Override
  void close();
}
