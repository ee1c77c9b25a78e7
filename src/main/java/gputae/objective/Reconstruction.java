package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Output;
import java.util.List;
import java.util.Map;

/**
 * The loss between the samples and the decoder's reconstructions of them, mean over samples and numbers: binary
 * cross-entropy in nats, or the squared error.
 *
 * @param output what the decoder's outputs mean; it decides which loss
 */
public record Reconstruction(Output output) implements OutputTerm {

  /** The kind of this term. */
  public static final TermKind<Reconstruction> KIND =
      new TermKind<>("rec", "reconstruction", TermKind.Over.MEAN) {
        @Override
        public List<String> help() {
          return List.of("binary cross-entropy in nats, or with --output gaussian",
              "the squared error; mean over the batch's samples and numbers");
        }

        @Override
        public Setting.Real weight() {
          return null;
        }

        @Override
        public Reconstruction of(Values values) {
          return new Reconstruction();
        }

        @Override
        public Values values(Reconstruction term) {
          return new Values(Map.of());
        }
      };

  /** Binary cross-entropy. */
  public Reconstruction() {
    this(Output.BERNOULLI);
  }

  /** The title of a panel with the values of this term. */
  public static String heading(Output output) {
    return "Reconstruction, " + output.unit();
  }

  @Override
  public TermKind<Reconstruction> kind() {
    return KIND;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public void enqueue(Backend backend, Matrix outputs, Matrix target, Matrix gradient, Matrix value) {
    output.loss(backend, outputs, target, gradient, value);
  }
}
