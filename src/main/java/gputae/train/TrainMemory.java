package gputae.train;

import gputae.data.Dataset;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.ParameterLayout;
import gputae.model.SampleMatrix;
import gputae.objective.ParameterTerm;
import java.util.List;
import java.util.Locale;

/** Estimates the device memory that a training needs, to tell the user which batch would fit. */
final class TrainMemory {

  /** Number of rows per partial sum of a bias's gradient on a GPU. */
  private static final long PARTIAL_ROWS = 256;

  /**
   * Number of allocations of a training and its evaluation; a device rounds up the size of each, and its bookkeeping
   * takes some more.
   */
  private static final long ALLOCATIONS = 100;

  private static final long ROUNDING_BYTES = 512;

  private TrainMemory() {}

  /**
   * The approximate bytes of a training with batches of {@code batch} images: the data, the weights, the matrices of a
   * step, and those of an evaluation.
   */
  static long bytes(TrainConfig config, Dataset dataset, int batch) {
    long pixels = dataset.shape().size();
    long images = dataset.train().count();
    long test = dataset.test().count();
    Architecture architecture = Trainer.architecture(config, (int) pixels);
    long encoded = architecture.encoderSizes().stream().skip(1).mapToLong(Integer::longValue).sum();
    long decoded = architecture.decoderSizes().stream().skip(1).mapToLong(Integer::longValue).sum();
    long rows = Math.min(batch, images);
    long lastRows = (images - 1) % batch + 1;
    // Parameters, gradients, and two moments; one more gradient for terms of the parameters.
    ParameterLayout layout = new ParameterLayout(architecture);
    long parameters = layout.trained();
    // The inputs of batch normalisations, and of each layer the statistics of a batch and a bias's gradient.
    boolean norm = architecture.hidden().batchNorm();
    long hidden = encoded - architecture.encoderOutputs() + decoded - pixels;
    long norms = norm ? (rows + 3) * hidden * Float.BYTES : 0;
    List<ParameterTerm> parameterTerms = config.objective().parameter();
    long weights = (parameterTerms.isEmpty() ? 4 : 5) * parameters * Float.BYTES
        + (layout.size() - parameters) * Float.BYTES + norms;
    // Outputs and their gradients, where the last gradient overwrites the logits; values before the activations;
    // noise, samples and gradient of a variational encoder; samples of the prior; gradients of the latent terms.
    long kept = architecture.hidden().activation().keepsInput() ? hidden : 0;
    long floatsOfARow = pixels + 2 * encoded + 2 * decoded - pixels + kept
        + (config.objective().variational() ? 3L * config.latent() : 0)
        + (config.objective().needsPrior() ? config.latent() : 0)
        + (long) config.objective().latent().size() * config.latent();
    long terms = config.objective().latent().stream().mapToLong(term -> term.bytes(rows, config.latent())
        + 2 * term.workBytes(rows) + term.workBytes(lastRows)).sum()
        + parameterTerms.stream().mapToLong(term -> term.bytes(parameters)).sum()
        + config.objective().state(parameters).stream().mapToLong(ParameterTerm.State::bytes).sum();
    // Sums of rows, and the partial sums of the biases' gradients, for the recordings of one whole batch, of several,
    // and of the last.
    long workSpace = (2 * rows + lastRows) * Double.BYTES
        + (2 * (rows / PARTIAL_ROWS) + lastRows / PARTIAL_ROWS + 3) * (encoded + decoded) * Float.BYTES;
    long classes = config.objective().needsClasses()
        ? (images + rows * Float.BYTES) * dataset.classes().size() : 0;
    long order = (images + rows - 1) / rows * rows * Integer.BYTES;
    long evaluation =
        Math.min(Autoencoder.CHUNK, test) * Float.BYTES * (pixels + config.latent() + encoded + decoded + 2)
            + test * Integer.BYTES;
    long iterates = config.phDimension() ? LastIterates.bytes(parameters) : 0;
    return SampleMatrix.bytes(dataset.train().samples()) + SampleMatrix.bytes(dataset.test().samples()) + weights
        + iterates + rows * floatsOfARow * Float.BYTES + terms + classes
        + workSpace + order
        + evaluation + ALLOCATIONS * ROUNDING_BYTES;
  }

  /** Advice for a training that does not fit on a device with {@code available} bytes. */
  static String advice(TrainConfig config, Dataset dataset, long available) {
    int low = 0;
    // The batch that was asked for has just failed, whatever the estimate says about it.
    int high = Math.min(config.batch(), dataset.train().count()) - 1;
    while (low < high) {
      int middle = (int) ((low + (long) high + 1) / 2);
      if (bytes(config, dataset, middle) <= available) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low > 0
        ? "a batch of " + low + " would fit (--batch " + low + ")"
        : String.format(Locale.ROOT,
            "not even a batch of 1 would fit: %,d bytes are needed with this data set, %,d can be had; %suse --device "
                + "cpu",
            bytes(config, dataset, 1), available,
            config.phDimension() || !config.objective().parameter().isEmpty()
                ? "leave out --ph-dim and terms of the weights, or " : "");
  }
}
