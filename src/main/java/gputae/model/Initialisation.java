package gputae.model;

import gputae.backend.Philox;
import java.util.Arrays;

/**
 * PyTorch's default initialisation of linear layers: weights and biases uniform in [-1/sqrt(fan_in), 1/sqrt(fan_in)).
 * Scalars are 1; batch normalisations change nothing at first, with running means of 0 and running variances of 1.
 */
public final class Initialisation {

  private Initialisation() {}

  /**
   * Draws the flat parameter buffer; the padding is 0. Element e of tensor t is drawn at (seed, e / 4, t, stream), so
   * the result does not depend on the backend.
   *
   * @param stream the random stream reserved for initial weights
   */
  public static float[] draw(ParameterLayout layout, long seed, int stream) {
    float[] values = new float[layout.size()];
    int number = 0;
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      if (tensor.fanIn() == 0) {
        switch (tensor.kind()) {
          case SCALAR, SCALE, VARIANCE -> Arrays.fill(values, tensor.offset(), tensor.offset() + tensor.size(), 1);
          default -> {
            // 0
          }
        }
        continue;
      }
      float bound = (float) (1 / Math.sqrt(tensor.fanIn()));
      for (int e = 0; e < tensor.size(); e += 4) {
        int[] words = Philox.words(seed, e / 4, number, stream);
        for (int i = 0; i < 4 && e + i < tensor.size(); i++) {
          values[tensor.offset() + e + i] = (2 * Philox.uniform(words[i]) - 1) * bound;
        }
      }
      number++;
    }
    return values;
  }
}
