package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/** A term of the parameters that the program does not have: half their squared norm, made from dense layers. */
public record Decay(double weight) implements ParameterTerm {

  /** The service that the program loads. */
  public static final class Kind extends TermKind<Decay> {

    /** For the service loader. */
    public Kind() {
      super("decay", "weight decay", Over.MEAN);
    }

    @Override
    public List<String> help() {
      return List.of("half the squared norm of all weights and biases");
    }

    @Override
    public Decay of(Values values) {
      return new Decay(values.get(weight()));
    }

    @Override
    public Values values(Decay term) {
      return new Values(Map.of(weight(), term.weight));
    }
  }

  /** The kind of this term. */
  public static final TermKind<Decay> KIND = new Kind();

  @Override
  public TermKind<Decay> kind() {
    return KIND;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    long parameters = setup.parameters();
    Matrix half = backend.allocate(1, 1).upload(new float[] {0.5f});
    Matrix square = backend.allocate(1, 1);
    Matrix nothing = backend.allocate(1, 1);
    return new Computation() {
      @Override
      public void enqueue(Matrix all, Matrix step, Matrix weight, Matrix gradient, Matrix value) {
        backend.dense(all.view(0, parameters, 1), weight, nothing, Activation.IDENTITY,
            gradient.view(0, parameters, 1));
        backend.dense(all, all, nothing, Activation.IDENTITY, square);
        backend.dense(square, half, nothing, Activation.IDENTITY, value);
      }

      @Override
      public void close() {
        List.of(half, square, nothing).forEach(Matrix::close);
      }
    };
  }
}
