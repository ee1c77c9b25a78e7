package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * Kullback-Leibler divergence of a variational encoder's distributions to the standard normal distribution, in nats per
 * pixel (Kingma, Welling 2014).
 */
public record Kl() implements PosteriorTerm {

  /** The kind of this term. */
  public static final TermKind<Kl> KIND =
      new TermKind<>("kl", "Kullback\u2013Leibler divergence", TermKind.Over.MEAN) {
        @Override
        public String unit() {
          return "nats per pixel";
        }

        @Override
        public String curve() {
          return "KL";
        }

        @Override
        public List<String> help() {
          return List.of("Kullback-Leibler divergence to the standard normal in nats,",
              "summed over the batch, divided by B * pixels");
        }

        @Override
        public Setting.Real weight() {
          return null;
        }

        @Override
        public Kl of(Values values) {
          return new Kl();
        }

        @Override
        public Values values(Kl term) {
          return new Values(Map.of());
        }
      };

  @Override
  public TermKind<Kl> kind() {
    return KIND;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public void enqueue(Backend backend, Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix value) {
    backend.reparameteriseBackward(statistics, noise, dz, pixels, dStatistics, value);
  }
}
