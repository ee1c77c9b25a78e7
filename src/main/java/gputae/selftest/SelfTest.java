package gputae.selftest;

import gputae.backend.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Checks every operation of a backend against references in double precision, or bit for bit if the rule of the
 * operation is exact. The command {@code doctor --selftest} runs it on a user's device; the contract test of the
 * backends runs the same operations.
 *
 * <p>The sizes are chosen for the code paths: 1; the edges of registers and warps, 15 to 17 and 31 to 33; the edges of
 * blocks of threads, 127 to 129, 255 to 257, 1023 to 1025; whole blocks plus a remainder; more values than the largest
 * grid has threads; the paper's own 64, 128 and 784. The bounds follow from the arithmetic: a sum of n float32 products
 * may be off by sqrt(n) + 4 units of 2^-24 of the sum of their absolute values, in any order; a sum of rounded terms in
 * double, rounded at its end, by 4.
 */
public final class SelfTest {

  /**
   * This property depends on the instruction set that the library for matrix products uses; in a process of tests, an
   * earlier test may have fixed it.
   */
  public static final String EQUAL_ROWS = "equal rows";

  /** The slowest operation: on the host runner it takes half of the total time. */
  public static final String LARGE_TREES = "large spanning tree";

  private SelfTest() {}

  /** All operations, in the order of a training step. */
  public static List<Operation> operations() {
    return Stream.of(StepOperations.beforeTheModel(), DenseOperations.all(), NormOperations.all(), LossOperations.all(),
        HomologyOperations.all(), PointLossOperations.all(), EdgeOperations.all(), IterateOperations.all(),
        LatentOperations.all(),
        StepOperations.afterTheModel(), RepeatOperations.all()).flatMap(List::stream).toList();
  }

  /**
   * A training step with the paper's widths, replayed {@code repeats} times from one state. It is for devices whose
   * threads may run in another order each time.
   */
  public static Operation repeatedStep(int repeats) {
    return RepeatOperations.repeatedStep(repeats);
  }

  /**
   * Runs operations.
   *
   * @param launches how often each kernel has been launched so far; the differences give the kernels of an operation;
   *     empty maps if they are not counted
   * @param listener receives each result as soon as it exists
   */
  public static List<Result> run(List<Operation> operations, Backend backend,
      Supplier<? extends Map<String, Long>> launches, Consumer<Result> listener) {
    List<Result> results = new ArrayList<>();
    for (Operation operation : operations) {
      Map<String, Long> before = new TreeMap<>(launches.get());
      Result result = operation.run(backend);
      SortedSet<String> launched = new TreeSet<>();
      launches.get().forEach((kernel, count) -> {
        if (count > before.getOrDefault(kernel, 0L)) {
          launched.add(kernel);
        }
      });
      result = result.withKernels(launched);
      results.add(result);
      listener.accept(result);
    }
    return results;
  }
}
