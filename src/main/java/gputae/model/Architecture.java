package gputae.model;

import gputae.backend.Output;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of a fully connected autoencoder: pixels - hidden - latent and back, with an activation after each hidden
 * layer, and none on the latent points and the outputs. A variational encoder has 2 outputs per latent dimension: mu,
 * and beside it logvar.
 *
 * @param pixels      numbers of a sample
 * @param hidden      the hidden layers
 * @param latent      dimension of the latent space
 * @param variational whether the encoder yields distributions
 * @param scalars     names of numbers that are trained with the layers; each starts at 1
 * @param output      what the decoder's outputs mean
 */
public record Architecture(int pixels, HiddenLayers hidden, int latent, boolean variational, List<String> scalars,
    Output output) {

  /** An autoencoder of images with ELU, a mirrored decoder, and no further numbers. */
  public Architecture(int pixels, List<Integer> hidden, int latent, boolean variational) {
    this(pixels, HiddenLayers.of(hidden), latent, variational, List.of(), Output.BERNOULLI);
  }

  public Architecture {
    scalars = List.copyOf(scalars);
    if (pixels < 1 || latent < 1) {
      throw new IllegalArgumentException("every layer needs at least one unit: " + pixels + ", " + latent);
    }
  }

  /** Layer sizes from the sample to the encoder's output. */
  public List<Integer> encoderSizes() {
    return sizes(pixels, hidden.encoder(), encoderOutputs());
  }

  /** Layer sizes from the latent point to the sample. */
  public List<Integer> decoderSizes() {
    return sizes(latent, hidden.decoder(), pixels);
  }

  private static List<Integer> sizes(int first, List<Integer> between, int last) {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(first);
    sizes.addAll(between);
    sizes.add(last);
    return sizes;
  }

  /** Columns of the encoder's output. */
  public int encoderOutputs() {
    return variational ? 2 * latent : latent;
  }
}
