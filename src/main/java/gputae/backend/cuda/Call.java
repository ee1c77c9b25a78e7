package gputae.backend.cuda;

import java.util.List;

/** One call that {@link CudaBackend} makes to the driver, stored as data. A recording is a list of such calls. */
sealed interface Call {

  /** Enqueues this call. */
  void on(Driver driver);

  /** As {@link Driver#copy}. */
  record Copy(long from, long to, long bytes) implements Call {
    @Override
    public void on(Driver driver) {
      driver.copy(from, to, bytes);
    }
  }

  /** As {@link Driver#clear}. */
  record Clear(long address, long bytes) implements Call {
    @Override
    public void on(Driver driver) {
      driver.clear(address, bytes);
    }
  }

  /** As {@link Driver#launch}. */
  record Launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments)
      implements Call {
    @Override
    public void on(Driver driver) {
      driver.launch(kernel, gridX, gridY, threads, sharedMemory, arguments);
    }
  }

  /** As {@link Driver#product}. */
  record Product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) implements Call {
    @Override
    public void on(Driver driver) {
      driver.product(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc);
    }
  }

  /** As {@link Driver#fork}: the calls run on a stream beside the main one. */
  record Fork(int stream, List<Call> calls) implements Call {
    @Override
    public void on(Driver driver) {
      driver.fork(stream, () -> calls.forEach(call -> call.on(driver)));
    }
  }

  /** As {@link Driver#join}. */
  record Join(int stream) implements Call {
    @Override
    public void on(Driver driver) {
      driver.join(stream);
    }
  }
}
