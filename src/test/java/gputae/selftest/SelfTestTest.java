package gputae.selftest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import gputae.backend.Layer;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The self-test passes on a backend that is right. On a backend that is wrong it fails in the operation that is wrong
 * and in no other.
 */
class SelfTestTest {

  private CpuBackend cpu;

  /**
   * The results of running everything, and for each method of the backend, by name, the operations that call it. Only
   * these can fail if the method is wrong.
   */
  private record Everything(List<Result> results, List<Result> heard, Map<String, Set<String>> callers,
      long bytesLeft) {}

  private static Everything everything;

  @BeforeEach
  void open() {
    cpu = new CpuBackend(InstructionSet.best(), 2);
  }

  @AfterEach
  void close() {
    cpu.close();
  }

  /** Runs everything, once for all tests; each call of gather counts as a launch of the kernel gather_rows. */
  private Everything everything() {
    if (everything == null) {
      Map<String, Long> launches = new TreeMap<>(Map.of("adam", 3L));
      List<Result> heard = new ArrayList<>();
      Map<String, Set<String>> callers = new HashMap<>();
      List<String> names = SelfTest.operations().stream().map(Operation::name).toList();
      Backend observed = (Backend) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Backend.class},
          (proxy, method, arguments) -> {
            // There is one result for each operation that ran before the current one.
            callers.computeIfAbsent(method.getName(), name -> new LinkedHashSet<>()).add(names.get(heard.size()));
            if (method.getName().equals("gather")) {
              launches.merge("gather_rows", 1L, Long::sum);
            }
            return method.invoke(cpu, arguments);
          });
      List<Result> results = SelfTest.run(SelfTest.operations(), observed, () -> launches, heard::add);
      everything = new Everything(results, heard, callers, cpu.allocatedBytes());
    }
    return everything;
  }

  @Test
  void everyOperationOfTheCpuPassesAndNamesTheKernelsLaunchedMeanwhile() {
    List<Result> results = everything().results;
    assertEquals(results, everything().heard);
    assertEquals(SelfTest.operations().stream().map(Operation::name).toList(),
        results.stream().map(Result::operation).toList());
    assertEquals(results.size(), new HashSet<>(results.stream().map(Result::operation).toList()).size(),
        "names are used once");
    for (Result result : results) {
      assertTrue(result.passed(), result::toString);
      assertTrue(result.compared() >= 4, result::toString);
      boolean exact = result.unit() == Unit.EXACT;
      // Arithmetic that rounds is never perfect on all sizes: an error of 0 would mean that the reference is the
      // result.
      assertTrue(exact ? result.bound() == 0 : result.worstError() > 0 && result.worstError() <= result.bound(),
          result::toString);
    }
    for (Result result : results) {
      boolean gathers = Set.of("gather", "same calls again", "recorded and replayed").contains(result.operation());
      assertEquals(gathers ? Set.of("gather_rows") : Set.of(), result.kernels(), result.operation());
    }
    // Only scratch memory of the backend's own is left. The mean discrepancy of 129 points in 65 dimensions takes most:
    // a double for each point and two floats for each coordinate.
    assertEquals(129 * (1 + 65) * Double.BYTES, everything().bytesLeft);
    assertTrue(ResultTable.summary(results, "this", 1.94).matches("\\d+ operations passed on this in 1\\.9 s"));
  }

  @Test
  void rowsOfTheTableAreAlignedAndFitALine() {
    TreeSet<String> kernels = new TreeSet<>();
    for (Result one : everything().results) {
      kernels.add("kernel_of_" + one.operation().replace(' ', '_'));
      Result result = new Result(one.operation(), one.sizes(), kernels, 1, Unit.ROUNDING, 1234.5, 123456.7, List.of());
      int verdict = ResultTable.header().lines().reduce((a, b) -> b).orElseThrow().indexOf("kernels") - 6;
      List<String> lines = ResultTable.row(result, "-").lines().toList();
      assertEquals(verdict, lines.get(0).indexOf("pass"), lines.get(0));
      assertTrue(lines.get(0).startsWith(one.operation() + " ") && lines.get(0).contains(" " + one.sizes() + " "),
          lines.get(0));
      for (String line : lines) {
        assertTrue(line.length() <= 140 && line.equals(line.stripTrailing()), line);
      }
    }
  }

  /** A backend that is right except for a change after one operation; this operation is wrong inside recordings too. */
  private Backend wrongAfter(String operation, Consumer<Object[]> corrupt) {
    return (Backend) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> {
          try {
            Object result = method.invoke(cpu, arguments);
            if (method.getName().equals(operation)) {
              corrupt.accept(arguments);
            }
            return result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  /** Asserts that exactly these operations fail on a backend that is wrong in one method. */
  private void assertFails(String method, Consumer<Object[]> corrupt, String... operations) {
    assertFails(method, wrongAfter(method, corrupt), operations);
  }

  private void assertFails(String method, Backend backend, String... operations) {
    Set<String> failed = new TreeSet<>();
    for (Operation operation : SelfTest.operations()) {
      if (!everything().callers.get(method).contains(operation.name())) {
        continue;
      }
      Result result = operation.run(backend);
      if (!result.passed()) {
        failed.add(result.operation());
        assertTrue(result.failures().stream().allMatch(line -> line.length() > 15), result::toString);
      }
    }
    assertEquals(new TreeSet<>(List.of(operations)), failed);
  }

  /** Changes the last number of a matrix that was an argument; negative numbers count from the last argument, -1. */
  private static Consumer<Object[]> last(int argument, UnaryOperator<Float> change) {
    return arguments -> {
      Matrix matrix = (Matrix) arguments[argument < 0 ? arguments.length + argument : argument];
      if (matrix != null && matrix.size() > 0) {
        Matrix number = matrix.view(matrix.size() - 1, 1, 1);
        number.upload(new float[] {change.apply(number.toFloats()[0])});
      }
    };
  }

  /** A relative error of 10^-4: large for a sum of numbers in float32, small for anyone who looks at a figure. */
  private static float slightly(float value) {
    return value * 1.0001f;
  }

  @Test
  void oneParameterOfAdamSlightlyOff() {
    assertFails("adam", last(0, SelfTestTest::slightly), "adam");
  }

  @Test
  void aGradientThatAdamLeaves() {
    assertFails("adam", last(1, x -> 1e-20f), "adam");
  }

  @Tag("thorough")
  @Test
  void theEndOfAnEdgeSwapped() {
    assertFails("spanningTree", arguments -> {
      Matrix edges = (Matrix) arguments[1];
      if (edges.rows() > 1) {
        int[] ends = edges.toInts();
        int end = ends[1];
        ends[1] = ends[3];
        ends[3] = end;
        edges.upload(ends);
      }
    }, "spanning tree", SelfTest.LARGE_TREES, "losses of points");
  }

  @Tag("thorough")
  @Test
  void aLengthOneUnitInTheLastPlaceOff() {
    assertFails("spanningTree", last(2, Math::nextUp), "spanning tree", SelfTest.LARGE_TREES, "labelled cloud",
        "losses of points");
  }

  @Test
  void edgesAndClassesOneUnitInTheLastPlaceOff() {
    assertFails("edgeLengths", last(2, Math::nextUp), "edge lengths");
    assertFails("largest", last(1, Math::nextUp), "largest value");
    assertFails("keepLongest", last(3, Math::nextUp), "longest edges");
    assertFails("labelledCloud", last(3, Math::nextUp), "labelled cloud");
  }

  @Test
  void iteratesThatAreALittleOff() {
    assertFails("keepIterate", last(3, Math::nextUp), "ring of iterates");
    assertFails("phDimension", last(5, x -> x * 1.000001f), "PH dimension");
    assertFails("pullNewest", last(4, x -> x * 1.00001f), "pull of an iterate");
  }

  @Test
  void aDistanceOneUnitInTheLastPlaceOff() {
    assertFails("squaredDistances", last(1, Math::nextUp), "squared distances");
  }

  @Test
  void aPixelOneUnitInTheLastPlaceOff() {
    assertFails("gather", last(5, Math::nextUp), "gather");
  }

  @Test
  void anOutputOfADenseLayerOff() {
    // Only the last output of the last row changes, so equal rows are not equal any more.
    assertFails("dense", last(-1, x -> x + 0.01f), "dense", "dense chain", "activations", "equal rows");
  }

  @Test
  void aNotANumberInADenseLayer() {
    assertFails("dense", last(-1, x -> Float.NaN), "dense", "dense chain", "activations", "equal rows",
        "recorded and replayed", "same calls again");
  }

  @Test
  void aValueBeforeTheActivationOff() {
    assertFails("dense", arguments -> {
      if (arguments.length == 6) {
        last(4, x -> x + 0.01f).accept(arguments);
      }
    }, "dense", "dense chain");
  }

  @Test
  void gradientsOfADenseLayerSlightlyOff() {
    assertFails("denseBackward", last(4, SelfTestTest::slightly), "activations", "dense backward", "dense chain");
    for (int argument : new int[] {5, 6, 7}) {
      assertFails("denseBackward", last(argument, SelfTestTest::slightly), "dense backward", "dense chain");
    }
  }

  @Test
  void whatAChainOfLayersComputesOneUnitInTheLastPlaceOff() {
    assertFails("denseChain", arguments -> last(0, Math::nextUp).accept(new Object[] {lastLayer(arguments).y()}),
        "dense chain");
    for (Function<Layer, Matrix> of : List.<Function<Layer, Matrix>>of(Layer::dy, Layer::dw, Layer::db)) {
      assertFails("denseChainBackward",
          arguments -> last(0, Math::nextUp).accept(new Object[] {of.apply(lastLayer(arguments))}), "dense chain");
    }
    assertFails("denseChainBackward", last(3, Math::nextUp), "dense chain");
  }

  @Test
  void whatIsComputedOfPointsInOneGoOneUnitInTheLastPlaceOff() {
    for (Function<PointLoss, Matrix> of : List.<Function<PointLoss, Matrix>>of(PointLoss::gradient, PointLoss::loss,
        loss -> loss instanceof PointLoss.DeathTimes deaths ? deaths.lengths() : null)) {
      assertFails("pointLosses", arguments -> {
        List<?> losses = (List<?>) arguments[1];
        if (!losses.isEmpty()) {
          last(0, Math::nextUp).accept(new Object[] {of.apply((PointLoss) losses.get(losses.size() - 1))});
        }
      }, "losses of points");
    }
  }

  private static Layer lastLayer(Object[] arguments) {
    List<?> layers = (List<?>) arguments[1];
    return (Layer) layers.get(layers.size() - 1);
  }

  @Test
  void lossesSlightlyOff() {
    assertFails("sigmoid", last(1, SelfTestTest::slightly), "sigmoid");
    assertFails("sigmoidCrossEntropy", last(2, x -> x == 0 ? 1 : slightly(x)), "cross entropy");
    assertFails("sigmoidCrossEntropy", last(3, SelfTestTest::slightly), "cross entropy");
    assertFails("squaredError", last(2, x -> x == 0 ? 1 : slightly(x)), "squared error");
    assertFails("squaredError", last(3, SelfTestTest::slightly), "squared error");
    assertFails("maximumMeanDiscrepancy", last(4, SelfTestTest::slightly), "mean discrepancy");
    assertFails("maximumMeanDiscrepancy", last(5, SelfTestTest::slightly), "mean discrepancy");
    assertFails("ballPenalty", last(3, SelfTestTest::slightly), "ball penalty", "losses of points");
    assertFails("ballPenalty", last(4, SelfTestTest::slightly), "ball penalty", "losses of points");
    assertFails("deathTimes", last(6, SelfTestTest::slightly), "death times", "losses of points");
    assertFails("deathTimes", last(7, SelfTestTest::slightly), "death times", "losses of points");
    assertFails("edgeStress", last(7, SelfTestTest::slightly), "edge stress");
    assertFails("edgeStress", last(8, SelfTestTest::slightly), "edge stress");
    assertFails("edgeStress", last(9, SelfTestTest::slightly), "edge stress");
    assertFails("reparameterise", last(2, SelfTestTest::slightly), "reparameterise");
    assertFails("reparameteriseBackward", last(4, SelfTestTest::slightly), "KL divergence");
    assertFails("reparameteriseBackward", last(5, SelfTestTest::slightly), "KL divergence");
  }

  @Test
  void samplesSlightlyOff() {
    assertFails("normals", last(0, SelfTestTest::slightly), "normals");
    assertFails("uniformBall", last(0, SelfTestTest::slightly), "spread in the ball", "uniform ball");
    assertFails("normals", arguments -> {
      // The numbers are correlated in pairs, but each is still a normal one, so only the reference shows the mistake.
      Matrix out = (Matrix) arguments[0];
      float[] values = out.toFloats();
      for (int i = 1; i < values.length; i += 2) {
        values[i] = values[i - 1];
      }
      out.upload(values);
    }, "normals");
    assertFails("normals", arguments -> {
      Matrix out = (Matrix) arguments[0];
      float[] values = out.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] *= 1.01f;
      }
      out.upload(values);
    }, "moments of normals", "normals");
  }

  @Test
  void copiesThatMiss() {
    assertFails("copy", last(1, Math::nextUp), "copies");
    assertFails("clear", last(0, x -> Float.MIN_VALUE), "copies");
    assertFails("add", last(1, Math::nextUp), "add", "dense chain", "losses of points", "recorded and replayed");
    assertFails("endStep", last(1, x -> x + 1), "end of a step");
  }

  @Test
  void resultsThatDependOnTheCall() {
    int[] calls = {0};
    // The results are within all bounds, but they are rounded in another way each time.
    assertFails("reparameterise", arguments -> {
      if (arguments[1] != null && ++calls[0] % 2 == 0) {
        last(2, Math::nextUp).accept(arguments);
      }
    }, "recorded and replayed", "same calls again");
  }

  @Test
  void aRecordingThatForgetsAndOneThatRuns() {
    Backend forgets = (Backend) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> method.invoke(cpu,
            method.getName().equals("record") ? new Object[] {(Runnable) () -> {}} : arguments));
    assertFails("record", forgets, "recorded and replayed");
    assertFails("record", arguments -> ((Runnable) arguments[0]).run(), "recorded and replayed");
  }

  @Test
  void anOperationThatThrowsFailsAloneWithItsMessage() {
    Backend throwing = wrongAfter("adam", arguments -> {
      throw new BackendException("the device is on fire");
    });
    assertFails("adam", throwing, "adam", "recorded and replayed", "same calls again");
    long before = cpu.allocatedBytes();
    Result result = SelfTest.operations().stream().filter(operation -> operation.name().equals("adam")).findFirst()
        .orElseThrow().run(throwing);
    assertTrue(result.failures().get(0).endsWith(": the device is on fire"), result::toString);
    assertTrue(result.failures().get(result.failures().size() - 1).matches("and \\d+ more cases"), result::toString);
    assertEquals(before, cpu.allocatedBytes());
    String summary = ResultTable.summary(List.of(result), "this", 0);
    assertTrue(summary.startsWith("1 of 1 operations FAILED on this in 0.0 s: adam\n  adam: 1 parameters"), summary);
    String advice = summary.substring(summary.lastIndexOf('\n') + 1);
    assertTrue(advice.startsWith("Results of this device cannot be trusted: ") && advice.length() <= 140, summary);
  }

  @Test
  void anExceptionWithoutAMessageIsAFailureToo() {
    assertFails("endStep", wrongAfter("endStep", arguments -> {
      throw new BackendException(null);
    }), "end of a step", "recorded and replayed", "same calls again");
  }

  @Test
  void aFailureNamesSizesIndexFoundAndExpected() {
    Backend wrong = wrongAfter("gather", last(5, x -> 7f));
    Result result = SelfTest.operations().stream().filter(operation -> operation.name().equals("gather")).findFirst()
        .orElseThrow().run(wrong);
    assertFalse(result.passed());
    assertEquals("every byte: x[255] is 7.0 instead of 1.0", result.failures().get(0));
    String row = ResultTable.row(result, "-");
    assertTrue(row.contains(" wrong ") && row.contains(" FAIL ") && !row.contains("exact"), row);
  }
}
