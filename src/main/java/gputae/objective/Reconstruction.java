package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * Binary cross-entropy between the images and the decoder's reconstructions of them, in nats, mean over images and
 * pixels.
 */
public record Reconstruction() implements OutputTerm {

  /** The kind of this term. */
  public static final TermKind<Reconstruction> KIND =
      new TermKind<>("rec", "reconstruction", TermKind.Over.MEAN) {
        @Override
        public String unit() {
          return "nats per pixel";
        }

        @Override
        public List<String> help() {
          return List.of("binary cross-entropy in nats,", "mean over the batch's images and pixels");
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

  @Override
  public TermKind<Reconstruction> kind() {
    return KIND;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public void enqueue(Backend backend, Matrix logits, Matrix target, Matrix gradient, Matrix value) {
    backend.sigmoidCrossEntropy(logits, target, gradient, value);
  }
}
