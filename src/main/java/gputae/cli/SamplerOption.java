package gputae.cli;

import gputae.run.SamplerChoice;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The distribution of the latent points from which a command generates images. */
final class SamplerOption {

  static final class Converter implements ITypeConverter<SamplerChoice> {
    @Override
    public SamplerChoice convert(String value) {
      try {
        return SamplerChoice.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(names = "--sampler", paramLabel = "SAMPLER", converter = Converter.class,
      description = "Distribution of the latent points that are decoded (default: prior). prior: the model's own. "
          + "gmm:K: a mixture of K normal distributions with full covariances, fitted to the embeddings of the training"
          + " images by EM. kde: a Gaussian kernel density estimate on these embeddings (Scott's rule). gmm:10 is what "
          + "Ghosh et al. 2020 compare with.")
  private SamplerChoice choice;

  /** Whether the option was given. */
  boolean isGiven() {
    return choice != null;
  }

  SamplerChoice choice() {
    return choice == null ? SamplerChoice.PRIOR : choice;
  }
}
