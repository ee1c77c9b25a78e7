package gputae.backend.cuda;

import java.util.List;
import java.util.stream.Collectors;

/** One call that {@link CudaBackend} makes to the driver, stored as data. A recording is a list of such calls. */
interface Call {

  /** Enqueues this call. */
  void on(Driver driver);

  /** The call in a few words, for messages. */
  String describe();

  /** As {@link Driver#copy}. */
  record Copy(long from, long to, long bytes) implements Call {
    @Override
    public void on(Driver driver) {
      driver.copy(from, to, bytes);
    }

    @Override
    public String describe() {
      return "a copy of " + bytes + " bytes";
    }
  }

  /** As {@link Driver#clear}. */
  record Clear(long address, long bytes) implements Call {
    @Override
    public void on(Driver driver) {
      driver.clear(address, bytes);
    }

    @Override
    public String describe() {
      return "a clear of " + bytes + " bytes";
    }
  }

  /** As {@link Driver#launch}. */
  record Launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments)
      implements Call {
    @Override
    public void on(Driver driver) {
      driver.launch(kernel, gridX, gridY, threads, sharedMemory, arguments);
    }

    @Override
    public String describe() {
      return "the kernel " + kernel + " (" + gridX + " x " + gridY + " blocks of " + threads + " threads)";
    }
  }

  /** As {@link Driver#product}. */
  record Product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) implements Call {
    @Override
    public void on(Driver driver) {
      driver.product(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc);
    }

    @Override
    public String describe() {
      return "the product " + m + " x " + k + " by " + k + " x " + n;
    }
  }

  /** As {@link Driver#fork}: the calls run on a stream beside the main one. */
  record Fork(int stream, List<Call> calls) implements Call {
    @Override
    public void on(Driver driver) {
      driver.fork(stream, () -> calls.forEach(call -> call.on(driver)));
    }

    @Override
    public String describe() {
      return calls.isEmpty() ? "a branch on stream " + stream
          : calls.stream().map(Call::describe).collect(Collectors.joining(", then "));
    }
  }

  /** As {@link Driver#join}. */
  record Join(int stream) implements Call {
    @Override
    public void on(Driver driver) {
      driver.join(stream);
    }

    @Override
    public String describe() {
      return "a join of stream " + stream;
    }
  }
}
