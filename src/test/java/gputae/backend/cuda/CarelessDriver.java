package gputae.backend.cuda;

import java.util.ArrayList;
import java.util.List;

/** A driver that makes one mistake with a stream that it captures, to check that the tests detect it. */
public final class CarelessDriver implements Driver {

  /** The dependency that is left out. */
  public enum Mistake {
    /** The calls after the join do not wait for the stream. */
    JOINS_TOO_LATE,
    /** The stream does not wait for the calls before the fork. */
    FORKS_TOO_EARLY
  }

  private final Driver driver;
  private final Mistake mistake;
  private final int stream;

  /** The calls of the current capture, without those of a stream that forks too early; null outside a capture. */
  private List<Runnable> calls;

  private List<Runnable> early;
  private boolean joined;

  public CarelessDriver(Driver driver, Mistake mistake, int stream) {
    this.driver = driver;
    this.mistake = mistake;
    this.stream = stream;
  }

  private void enqueue(Runnable call) {
    if (calls == null) {
      call.run();
    } else {
      calls.add(call);
    }
  }

  @Override
  public long capture(Runnable work) {
    calls = new ArrayList<>();
    early = new ArrayList<>();
    joined = false;
    work.run();
    List<Runnable> all = calls;
    List<Runnable> first = early;
    boolean joinAtLast = joined && mistake == Mistake.JOINS_TOO_LATE;
    calls = null;
    return driver.capture(() -> {
      if (!first.isEmpty()) {
        driver.fork(stream, () -> first.forEach(Runnable::run));
      }
      all.forEach(Runnable::run);
      if (joinAtLast) {
        driver.join(stream);
      }
    });
  }

  @Override
  public void fork(int number, Runnable work) {
    if (calls == null) {
      driver.fork(number, work);
      return;
    }
    List<Runnable> before = calls;
    calls = new ArrayList<>();
    work.run();
    List<Runnable> branch = calls;
    calls = before;
    if (number == stream && mistake == Mistake.FORKS_TOO_EARLY) {
      early.addAll(branch);
    } else {
      calls.add(() -> driver.fork(number, () -> branch.forEach(Runnable::run)));
    }
  }

  @Override
  public void join(int number) {
    boolean wrong = calls != null && number == stream;
    // A stream that forked too early is joined once.
    if (!wrong || mistake == Mistake.FORKS_TOO_EARLY && !joined) {
      enqueue(() -> driver.join(number));
    }
    joined |= wrong;
  }

  @Override
  public Transfer fetch(long from, long bytes) {
    return driver.fetch(from, bytes);
  }

  @Override
  public double seconds(Runnable work) {
    return driver.seconds(work);
  }

  @Override
  public void copy(long from, long to, long bytes) {
    enqueue(() -> driver.copy(from, to, bytes));
  }

  @Override
  public void clear(long address, long bytes) {
    enqueue(() -> driver.clear(address, bytes));
  }

  @Override
  public void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    enqueue(() -> driver.launch(kernel, gridX, gridY, threads, sharedMemory, arguments));
  }

  @Override
  public void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {
    enqueue(() -> driver.product(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc));
  }

  @Override
  public String description() {
    return driver.description();
  }

  @Override
  public Limits limits() {
    return driver.limits();
  }

  @Override
  public long allocate(long bytes) {
    return driver.allocate(bytes);
  }

  @Override
  public void free(long address) {
    driver.free(address);
  }

  @Override
  public long freeMemory() {
    return driver.freeMemory();
  }

  @Override
  public void upload(Object array, long offsetBytes, long to, long bytes) {
    driver.upload(array, offsetBytes, to, bytes);
  }

  @Override
  public void download(long from, Object array, long offsetBytes, long bytes) {
    driver.download(from, array, offsetBytes, bytes);
  }

  @Override
  public void replay(long graph) {
    driver.replay(graph);
  }

  @Override
  public void discard(long graph) {
    driver.discard(graph);
  }

  @Override
  public void synchronise() {
    driver.synchronise();
  }

  @Override
  public void close() {
    driver.close();
  }
}
