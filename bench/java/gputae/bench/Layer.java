package gputae.bench;

import gputae.backend.Activation;

/**
 * The parameter {@code layer}: a dense layer of the paper's network, in-out.
 *
 * @param in         number of inputs
 * @param out        number of outputs
 * @param activation activation after it in the network: none on latent points and logits
 * @param first      whether it is the first layer of the network, which needs no gradient of its input
 */
record Layer(int in, int out, Activation activation, boolean first) {

  private static final int PIXELS = 784;
  private static final int HIDDEN = 64;

  static Layer of(String text) {
    String[] sizes = text.split("-");
    if (!text.matches("\\d{1,5}-\\d{1,5}")) {
      throw new IllegalArgumentException("layer=" + text + ": a layer is IN-OUT, such as 784-64");
    }
    int in = Integer.parseInt(sizes[0]);
    int out = Integer.parseInt(sizes[1]);
    return new Layer(in, out, out == HIDDEN ? Activation.ELU : Activation.IDENTITY, in == PIXELS);
  }
}
