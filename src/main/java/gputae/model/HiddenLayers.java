package gputae.model;

import gputae.backend.Activation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The hidden layers of an autoencoder.
 *
 * @param encoder    sizes of the encoder's hidden layers in order
 * @param decoder    sizes of the decoder's hidden layers in order
 * @param activation the function after each of them
 * @param batchNorm  whether a batch normalisation is between each of them and its activation
 */
public record HiddenLayers(List<Integer> encoder, List<Integer> decoder, Activation activation, boolean batchNorm) {

  /** Layers without batch normalisation. */
  public HiddenLayers(List<Integer> encoder, List<Integer> decoder, Activation activation) {
    this(encoder, decoder, activation, false);
  }

  public HiddenLayers {
    encoder = List.copyOf(encoder);
    decoder = List.copyOf(decoder);
    if (encoder.stream().anyMatch(size -> size < 1) || decoder.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException("every layer needs at least one unit: " + encoder + ", " + decoder);
    }
    if (activation == Activation.IDENTITY) {
      throw new IllegalArgumentException("hidden layers need an activation");
    }
  }

  /** These layers with ELU in the encoder, and the same reversed in the decoder. */
  public static HiddenLayers of(List<Integer> encoder) {
    return new HiddenLayers(encoder, reversed(encoder), Activation.ELU);
  }

  /** The sizes from the last to the first. */
  public static List<Integer> reversed(List<Integer> sizes) {
    List<Integer> reversed = new ArrayList<>(sizes);
    Collections.reverse(reversed);
    return reversed;
  }

  /** Whether the decoder has the encoder's layers reversed. */
  public boolean mirrored() {
    return decoder.equals(reversed(encoder));
  }
}
