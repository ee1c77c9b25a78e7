package gputae.model;

import gputae.backend.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a fully connected autoencoder: pixels - hidden - latent and back, with ELU between the layers, and no
 * activation on the latent points and the outputs. A variational encoder has 2 outputs per latent dimension: mu, and
 * beside it logvar.
 *
 * @param pixels      numbers of a sample
 * @param hidden      sizes of the encoder's hidden layers in order; the decoder's are the same reversed
 * @param latent      dimension of the latent space
 * @param variational whether the encoder yields distributions
 * @param scalars     names of numbers that are trained with the layers; each starts at 1
 * @param output      what the decoder's outputs mean
 */
public record Architecture(int pixels, List<Integer> hidden, int latent, boolean variational, List<String> scalars,
    Output output) {

  /** An autoencoder of images without further numbers. */
  public Architecture(int pixels, List<Integer> hidden, int latent, boolean variational) {
    this(pixels, hidden, latent, variational, List.of(), Output.BERNOULLI);
  }

  public Architecture {
    hidden = List.copyOf(hidden);
    scalars = List.copyOf(scalars);
    if (pixels < 1 || latent < 1 || hidden.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "every layer needs at least one unit: " + pixels + ", " + hidden + ", " + latent);
    }
  }

  /** Layer sizes from the sample to the encoder's output. */
  public List<Integer> encoderSizes() {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(pixels);
    sizes.addAll(hidden);
    sizes.add(encoderOutputs());
    return sizes;
  }

  /** Layer sizes from the latent point to the sample. */
  public List<Integer> decoderSizes() {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(latent);
    for (int i = hidden.size() - 1; i >= 0; i--) {
      sizes.add(hidden.get(i));
    }
    sizes.add(pixels);
    return sizes;
  }

  /** Columns of the encoder's output. */
  public int encoderOutputs() {
    return variational ? 2 * latent : latent;
  }
}
