package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All {@link ParameterTerm}s of an objective on a device, for a network of one size. */
public final class ParameterTerms implements AutoCloseable {

  private record One(ParameterTerm.Computation computation, int column, Weight weight) {}

  private final Backend backend;
  private final List<One> all = new ArrayList<>();

  /** The gradient of the term at hand, (1, parameters); null if the objective has no such term. */
  private final Matrix gradient;

  /** By name, what the terms keep from step to step. */
  private final Map<String, Matrix> state = new LinkedHashMap<>();

  /**
   * The computations of the terms of {@code objective}, which may have none.
   *
   * @param parameters numbers in the flat buffer of the network
   * @param decoder    the part of the buffer that holds the decoder's weights and biases
   * @param seed       seed of the training
   * @param stream     the stream of random numbers that the terms may draw from
   */
  public ParameterTerms(Backend backend, Objective objective, long parameters, ParameterTerm.Part decoder, long seed,
      int stream) {
    this.backend = backend;
    this.gradient = objective.parameter().isEmpty() ? null : backend.allocate(1, parameters);
    for (ParameterTerm term : objective.parameter()) {
      List<Matrix> own = new ArrayList<>();
      for (ParameterTerm.State one : term.state(parameters)) {
        Matrix matrix = backend.allocate(one.rows(), one.columns());
        own.add(matrix);
        if (state.put(one.name(), matrix) != null) {
          throw new IllegalArgumentException("two terms keep a state " + one.name());
        }
      }
      all.add(new One(term.on(backend, new ParameterTerm.Setup(parameters, decoder, seed, stream, own)),
          objective.column(term.kind()), new Weight(backend, term)));
    }
  }

  /** By name, what the terms keep from step to step. It is a part of the training's state. */
  public Map<String, Matrix> state() {
    return Collections.unmodifiableMap(state);
  }

  /** The weights of the terms. */
  public List<Weight> weights() {
    return all.stream().map(One::weight).toList();
  }

  /**
   * Enqueues the values of all terms, and adds their gradients to those of the network.
   *
   * @param parameters the flat buffer of the network, (1, parameters)
   * @param step       number of the steps done, int64 (1, 1)
   * @param gradients  of the network, (1, parameters)
   * @param losses     (1, columns of the objective); only the parameter terms' columns are written
   */
  public void enqueue(Matrix parameters, Matrix step, Matrix gradients, Matrix losses) {
    for (One one : all) {
      one.computation.enqueue(parameters, step, one.weight.matrix(), gradient, losses.view(one.column, 1, 1));
      backend.add(gradient, gradients);
    }
  }

  @Override
  public void close() {
    for (One one : all) {
      one.computation.close();
      one.weight.close();
    }
    state.values().forEach(Matrix::close);
    if (gradient != null) {
      gradient.close();
    }
  }
}
