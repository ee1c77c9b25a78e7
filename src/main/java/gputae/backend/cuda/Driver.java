package gputae.backend.cuda;

import java.nio.ByteBuffer;

/**
 * The machine under {@link CudaBackend}: memory, kernels by name, matrix products, and graphs of them. Calls are
 * enqueued in order unless said otherwise; {@link #download} and {@link #synchronise} wait. Addresses are the device's.
 * A driver is used by one thread at a time.
 *
 * <p>A failure is a {@link gputae.backend.BackendException} that names the call and the reason.
 */
public interface Driver extends AutoCloseable {

  /**
   * What the shapes of launches depend on.
   *
   * @param multiprocessors  blocks that run at a time, if each takes one multiprocessor
   * @param sharedMemory     bytes of shared memory that one block may use, static and dynamic together, where it asks
   *     for that (CUDA's opt-in limit)
   */
  record Limits(int multiprocessors, int sharedMemory) {}

  /** One line for people: device, versions. Results depend on it bit for bit. */
  String description();

  Limits limits();

  /**
   * Memory that is not initialised, aligned to 256 bytes; 0 where there is not enough. Returns at once, not enqueued.
   */
  long allocate(long bytes);

  /** Waits for all that may use it. */
  void free(long address);

  /** Bytes that {@link #allocate} could still give, if in one piece. */
  long freeMemory();

  /** Copies from a primitive Java array; the array may change as soon as this returns. */
  void upload(Object array, long offsetBytes, long to, long bytes);

  /** Copies into a primitive Java array when all work enqueued before is done. */
  void download(long from, Object array, long offsetBytes, long bytes);

  /**
   * Bytes on their way from the device; whoever awaits them waits for what was enqueued before them, and for no more.
   */
  @FunctionalInterface
  interface Transfer {
    /** Little-endian; valid until the transfer after the next one begins. */
    ByteBuffer await();
  }

  /** Enqueues a copy to the host. At most two are on their way at a time. */
  Transfer fetch(long from, long bytes);

  /** Copies on the device. */
  void copy(long from, long to, long bytes);

  /** Sets bytes to 0. */
  void clear(long address, long bytes);

  /**
   * Launches a kernel on a grid of (gridX, gridY) blocks of {@code threads} threads.
   *
   * @param sharedMemory bytes of dynamic shared memory a block
   */
  void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments);

  /**
   * C = op(A) op(B) + beta C for row-major float32 matrices, op(A) of shape (m, k), op(B) (k, n), C (m, n). With beta 0
   * the old C is not read. A leading dimension is the number of floats from one row to the next as stored.
   */
  void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc);

  /** Streams beside the main one, for {@link #fork}. */
  int STREAMS = 3;

  /**
   * What {@code branch} enqueues runs after everything enqueued on the main stream before, after what was enqueued on
   * the same stream before, and beside all else, until {@link #join}. Within it there is no fork and no join. If
   * {@code branch} throws, the stream is to be joined all the same.
   *
   * @param stream 1 to {@link #STREAMS}
   */
  void fork(int stream, Runnable branch);

  /** What is enqueued from here on runs after all that the stream was given, too. */
  void join(int stream);

  /**
   * Records what {@code work} enqueues (copies on the device, clears, launches, products, branches) with its
   * dependencies, without running it. Arguments are taken as they are now. {@code work} may be run more than once, by a
   * driver that must prepare what it captures.
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
   * Seconds from the beginning to the end of what {@code work} enqueues, by the device's clock where it has one; waits
   * for it.
   */
  double seconds(Runnable work);

  @Override
  void close();
}
