package gputae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every benchmark times a device that is right, and refuses one that is slightly wrong, with one line. */
class WrongAnswerTest {

  /**
   * A benchmark and a mistake of the device.
   *
   * @param operation the operation that gives a wrong result
   * @param argument  number of the argument that is wrong, from 0; of losses of points the last one is wrong
   */
  private record Mistake(Supplier<DeviceBenchmark> benchmark, String operation, int argument) {
    @Override
    public String toString() {
      return benchmark.get().getClass().getSimpleName() + ", argument " + argument + " of " + operation;
    }
  }

  private static <T extends DeviceBenchmark> Supplier<DeviceBenchmark> with(Supplier<T> benchmark,
      Consumer<T> parameters) {
    return () -> {
      T made = benchmark.get();
      parameters.accept(made);
      return made;
    };
  }

  private static Supplier<DeviceBenchmark> tree(BenchCloud cloud) {
    return with(MinimumSpanningTree::new, b -> {
      b.points = 128;
      b.dimension = 2;
      b.cloud = cloud;
    });
  }

  private static Supplier<DeviceBenchmark> forward(String layer) {
    return with(DenseForward::new, b -> {
      b.batch = 128;
      b.layer = layer;
    });
  }

  private static Supplier<DeviceBenchmark> backward(String layer) {
    return with(DenseBackward::new, b -> {
      b.batch = 128;
      b.layer = layer;
    });
  }

  private static Supplier<DeviceBenchmark> step(String model) {
    return with(TrainingStep::new, b -> {
      b.model = model;
      b.batch = 128;
      b.dimension = 2;
    });
  }

  private static Stream<Mistake> mistakes() {
    Supplier<DeviceBenchmark> distances = with(SquaredDistanceMatrix::new, b -> {
      b.points = 128;
      b.dimension = 10;
      b.cloud = BenchCloud.clustered;
    });
    Supplier<DeviceBenchmark> entropy = with(SigmoidCrossEntropy::new, b -> b.batch = 128);
    Supplier<DeviceBenchmark> ball = with(BallGradient::new, b -> {
      b.batch = 128;
      b.dimension = 2;
    });
    Supplier<DeviceBenchmark> deaths = with(DeathTimesGradient::new, b -> {
      b.batch = 128;
      b.dimension = 2;
    });
    Supplier<DeviceBenchmark> term = with(LossesOfPoints::new, b -> {
      b.batch = 128;
      b.dimension = 2;
    });
    Supplier<DeviceBenchmark> adam = with(AdamStep::new, b -> b.latent = 2);
    return Stream.of(
        new Mistake(distances, "squaredDistances", 1),
        new Mistake(tree(BenchCloud.uniform), "spanningTree", 1),
        new Mistake(tree(BenchCloud.clustered), "spanningTree", 2),
        new Mistake(tree(BenchCloud.trained), "spanningTree", 2),
        new Mistake(forward("784-64"), "dense", 4), new Mistake(forward("64-2"), "dense", 4),
        new Mistake(backward("784-64"), "denseBackward", 5), new Mistake(backward("64-64"), "denseBackward", 6),
        new Mistake(backward("2-64"), "denseBackward", 7),
        new Mistake(entropy, "sigmoidCrossEntropy", 2), new Mistake(entropy, "sigmoidCrossEntropy", 3),
        new Mistake(ball, "ballPenalty", 3), new Mistake(ball, "ballPenalty", 4),
        new Mistake(deaths, "deathTimes", 6), new Mistake(deaths, "deathTimes", 7),
        new Mistake(adam, "adam", 0), new Mistake(adam, "adam", 2), new Mistake(adam, "adam", 3),
        new Mistake(step("ae"), "sigmoidCrossEntropy", 3), new Mistake(step("tae"), "pointLosses", 1),
        new Mistake(term, "pointLosses", 1));
  }

  /**
   * A backend whose {@code operation} leaves every number of one float matrix a thousandth too large, or every other
   * edge as it was before.
   */
  private static Backend wrong(Backend right, String operation, int argument) {
    return (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> {
          try {
            Object result = method.invoke(right, arguments);
            if (method.getName().equals(operation)) {
              Matrix spoiled = arguments[argument] instanceof List<?> losses
                  ? ((PointLoss) losses.get(losses.size() - 1)).loss() : (Matrix) arguments[argument];
              switch (spoiled.type()) {
                case FLOAT32 -> {
                  float[] values = spoiled.toFloats();
                  for (int i = 0; i < values.length; i++) {
                    values[i] *= 1.001f;
                  }
                  spoiled.upload(values);
                }
                default -> {
                  int[] ends = spoiled.toInts();
                  ends[ends.length - 1] ^= 1;
                  spoiled.upload(ends);
                }
              }
            }
            return result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  private static Backend cpu() {
    return new CpuBackend(InstructionSet.chosen(), 2);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void isNoticed(Mistake mistake) {
    Backend backend = cpu();
    DeviceBenchmark benchmark = mistake.benchmark().get();
    WrongAnswerException refusal = assertThrows(WrongAnswerException.class,
        () -> benchmark.start(wrong(backend, mistake.operation(), mistake.argument())));
    assertTrue(refusal.getMessage().startsWith("wrong answer: "), refusal.getMessage());
    assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
    assertEquals(0, refusal.getStackTrace().length);
    assertEquals(0, backend.allocatedBytes(), "a benchmark that refused leaves memory");
  }

  /** A device that makes no mistake is timed, and all its operations are counted. */
  @ParameterizedTest
  @MethodSource("benchmarks")
  void aRightAnswerIsTimed(Supplier<DeviceBenchmark> made) {
    DeviceBenchmark benchmark = made.get();
    DeviceTime time = new DeviceTime();
    Backend backend = cpu();
    benchmark.start(backend);
    benchmark.measure(time);
    // Wall time is never shorter than the device's time, so at least as many operations fit into it as were done. Every
    // benchmark does at least 16.
    assertTrue(time.deviceMicros() >= 16 && time.deviceMicros() < Double.POSITIVE_INFINITY,
        "operations: " + time.deviceMicros());
    benchmark.close();
    assertEquals(0, backend.allocatedBytes());
  }

  private static List<Supplier<DeviceBenchmark>> benchmarks() {
    return List.of(tree(BenchCloud.trained), forward("64-784"), backward("64-64"), step("tae"),
        with(AdamStep::new, b -> b.latent = 10));
  }
}
