package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.Recording;
import gputae.backend.cuda.Products;
import gputae.device.DeviceChoice;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One operation of a backend, repeated on the same matrices; the result is in microseconds per repetition.
 *
 * <p>An invocation enqueues a fixed number of repetitions and waits for them once, so that on a GPU neither the
 * launches nor the wait dominate the measured time. The repetitions are a recording, as in a training; only their order
 * makes them depend on one another. Before anything is timed, one invocation runs and its result is checked.
 *
 * <p>Iterations are short. The benchmarks time native code and kernels, which need no compiler to warm up, and all
 * default cases together should take minutes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Threads(1)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 2, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public abstract class DeviceBenchmark {

  /** A text for {@link DeviceChoice#of}. */
  @Param("auto")
  public String device;

  private final int repeats;
  private int replays;
  private Backend backend;
  private Recording recording;

  /**
   * @param repeats number of repetitions in one invocation
   */
  DeviceBenchmark(int repeats) {
    this.repeats = repeats;
  }

  /**
   * Number of repetitions in one recording, a divisor of those in one invocation. By default it is all of them, so that
   * a GPU waits for the host once.
   */
  int recorded(Backend backend) {
    return repeats;
  }

  /** Allocates and fills the matrices for {@link #enqueue}. */
  abstract void prepare(Backend backend);

  /** Enqueues the operation once. */
  abstract void enqueue(Backend backend);

  /** Enqueues the operation {@code times} times, one after the other. */
  void enqueue(Backend backend, int times) {
    for (int i = 0; i < times; i++) {
      enqueue(backend);
    }
  }

  /** Throws {@link WrongAnswerException} if the results of one invocation after {@link #prepare} are wrong. */
  abstract void check();

  /** Checks the results of all invocations in the same way, after the last one. */
  void checkAtEnd() {}

  @Setup(Level.Trial)
  public final void open() {
    start(DeviceChoice.of(device).open(null, Products.AUTO, System.out::println));
  }

  /** Prepares and checks on a backend. The backend is closed with the benchmark, or at once if a result is wrong. */
  final void start(Backend opened) {
    backend = opened;
    try {
      prepare(backend);
      int recorded = recorded(backend);
      replays = repeats / recorded;
      recording = backend.record(() -> enqueue(backend, recorded));
      invoke();
      check();
    } catch (RuntimeException e) {
      backend.close();
      throw e;
    }
  }

  private void invoke() {
    for (int i = 0; i < replays; i++) {
      recording.replay();
    }
  }

  /** Runs and times one invocation. */
  final void measure(DeviceTime time) {
    long from = System.nanoTime();
    double seconds = backend.seconds(this::invoke);
    time.add(repeats, (System.nanoTime() - from) * 1e-9, seconds);
  }

  @TearDown(Level.Trial)
  public final void close() {
    try (Backend closing = backend; Recording last = recording) {
      checkAtEnd();
    }
  }
}
