package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * The PH dimension of the weights after the last 100 steps (Birdal, Lou, Guibas, Simsekli 2021: Intrinsic dimension,
 * persistent homology and generalization in neural networks). Random subsets of 10, 20, ..., 90 of these iterates are
 * drawn at each step. E(n) is the sum of the death times of n iterates, which are the edge lengths of their minimum
 * spanning tree, and m the slope of log E(n) against log n by least squares. Then
 *
 * <pre>
 * value = 1 / (1 - m)
 * </pre>
 *
 * The gradient flows through the newest iterate, which is the network at hand. The others are constants. In the first
 * 99 steps there are fewer than 100 iterates, so value and gradient are 0. They are also 0 if the iterates of a subset
 * all coincide. A set of finite dimension has m below 1; if m is above 1, the value is negative.
 *
 * @param weight at least 0
 */
public record IterateDimension(double weight) implements ParameterTerm {

  /** Number of iterates. */
  private static final int WINDOW = 100;

  /** The kind of this term. */
  public static final TermKind<IterateDimension> KIND =
      new TermKind<>("ph_dim", "PH dimension of the weights", TermKind.Over.MEAN) {
        @Override
        public List<String> help() {
          return List.of("1 / (1 - m), m: slope of log E(n) against log n; E(n): sum of",
              "the death times of n = 10, 20, ..., 90 random ones of the",
              "networks of the last 100 steps; 0 in the first 99 steps",
              "(Birdal et al. 2021)");
        }

        @Override
        public String heading() {
          return "PH dimension of the weights";
        }

        @Override
        public IterateDimension of(Values values) {
          return new IterateDimension(values.get(weight()));
        }

        @Override
        public Values values(IterateDimension term) {
          return new Values(Map.of(weight(), term.weight));
        }
      };

  public IterateDimension {
    KIND.weight().require(weight);
  }

  @Override
  public TermKind<IterateDimension> kind() {
    return KIND;
  }

  @Override
  public List<State> state(long parameters) {
    return List.of(new State("ph_dim.iterates", WINDOW, parameters), new State("ph_dim.distances", WINDOW, WINDOW));
  }

  @Override
  public long bytes(long parameters) {
    return WINDOW * Float.BYTES;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    Matrix iterates = setup.state().get(0);
    Matrix distances = setup.state().get(1);
    Matrix coefficients = backend.allocate(1, WINDOW);
    return new Computation() {
      @Override
      public void enqueue(Matrix parameters, Matrix step, Matrix weight, Matrix gradient, Matrix value) {
        backend.keepIterate(parameters, step, iterates, distances);
        backend.phDimension(distances, step, setup.seed(), setup.stream(), coefficients, value);
        backend.pullNewest(iterates, coefficients, step, weight, gradient);
      }

      @Override
      public void close() {
        coefficients.close();
      }
    };
  }
}
