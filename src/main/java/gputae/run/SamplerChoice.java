package gputae.run;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Samples;
import gputae.density.Density;
import gputae.density.KernelDensity;
import gputae.density.MixtureFit;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.SampleMatrix;
import gputae.model.Sampler;
import gputae.text.Numbers;
import gputae.train.Streams;
import gputae.train.TrainConfig;
import java.util.Optional;

/**
 * The distribution of the latent points from which samples are generated: the model's prior, or one that is fitted to
 * the embeddings of its training samples afterwards (Ghosh, Sajjadi, Vergari, Black, Schoelkopf: From variational to
 * deterministic autoencoders, ICLR 2020, Section 4).
 *
 * @param components the number of normal distributions of a mixture, otherwise 0
 */
public record SamplerChoice(Kind kind, int components) {

  /** The kinds of distributions. */
  public enum Kind {
    PRIOR,
    /** A mixture of normal distributions with full covariances. */
    MIXTURE,
    /** A Gaussian kernel density estimate. */
    KERNELS
  }

  /** The model's prior. */
  public static final SamplerChoice PRIOR = new SamplerChoice(Kind.PRIOR, 0);

  /**
   * A sampler that is ready.
   *
   * @param fit the fit in a line for the user; empty if nothing was fitted
   */
  public record Fitted(Sampler sampler, String fit) {}

  /** A fitted density, in words what it is and how well it fits. */
  private record Fit(Density density, String what, String how) {}

  /**
   * Reads the value of {@code --sampler}.
   *
   * @throws IllegalArgumentException with a line that says what is allowed
   */
  public static SamplerChoice parse(String text) {
    if (text.equals("prior")) {
      return PRIOR;
    }
    if (text.equals("kde")) {
      return new SamplerChoice(Kind.KERNELS, 0);
    }
    if (text.matches("gmm:0*[1-9]\\d{0,8}")) {
      return new SamplerChoice(Kind.MIXTURE, Integer.parseInt(text.substring("gmm:".length())));
    }
    throw new IllegalArgumentException("'" + text
        + "' is not prior, kde or gmm:K; K is the number of components, at least 1, as in gmm:10");
  }

  /** The value of {@code --sampler}. */
  @Override
  public String toString() {
    return switch (kind) {
      case PRIOR -> "prior";
      case MIXTURE -> "gmm:" + components;
      case KERNELS -> "kde";
    };
  }

  /** Whether the sampler is fitted to embeddings of the training samples. */
  public boolean needsData() {
    return kind != Kind.PRIOR;
  }

  /**
   * A line for the user if those who introduced the model do not sample like this: from the prior, of a model that has
   * none of its own.
   */
  public Optional<String> advice(TrainConfig config) {
    return kind != Kind.PRIOR || config.model().generatesFromPrior() ? Optional.empty()
        : Optional.of("model " + config.model().label() + " has no prior of its own; the samples come from a standard "
            + "normal distribution, and --sampler gmm:10 fits a distribution to the embeddings (Ghosh et al. 2020)");
  }

  /**
   * Makes the sampler of a model. The fit depends on the embeddings and on the seed of the training.
   *
   * @param training the training samples; not read, and may be null, unless {@link #needsData}
   * @throws Failure if nothing can be fitted to the embeddings
   */
  public Fitted fit(Backend backend, Autoencoder model, TrainConfig config, Samples training) {
    if (!needsData()) {
      return new Fitted(config.model().prior(), "");
    }
    FloatPoints embeddings;
    try (Matrix samples = SampleMatrix.of(backend, training)) {
      embeddings = model.embeddings(samples);
    }
    Fit fit;
    try {
      fit = kind == Kind.MIXTURE ? mixture(embeddings, config.seed()) : kernels(embeddings);
    } catch (IllegalArgumentException e) {
      throw new Failure("--sampler " + this + " cannot be fitted to the embeddings of the training samples: "
          + e.getMessage(), e);
    }
    Sampler sampler = (on, count, latent, seed, stream) -> on.allocate(count, latent)
        .upload(fit.density.sample(Math.toIntExact(count), seed, stream).coordinates());
    return new Fitted(sampler, fit.what + ", fitted to the embeddings of " + embeddings.count() + " training samples, "
        + fit.how);
  }

  private Fit mixture(FloatPoints embeddings, long seed) {
    MixtureFit fit = MixtureFit.of(embeddings, components, seed, Streams.CLUSTERS);
    return new Fit(fit.mixture(), components == 1 ? "normal distribution"
        : "mixture of " + components + " normal distributions",
        "mean log-likelihood " + Numbers.fourDigits(fit.meanLogLikelihood()) + " nats, "
            + (fit.converged() ? "converged after " : "not converged after ") + fit.iterations() + " iterations");
  }

  private static Fit kernels(FloatPoints embeddings) {
    KernelDensity density = KernelDensity.of(embeddings);
    return new Fit(density, "kernel density estimate",
        "bandwidth " + Numbers.fourDigits(density.bandwidth()) + " standard deviations");
  }
}
