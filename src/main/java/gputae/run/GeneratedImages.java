package gputae.run;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.model.Autoencoder;
import gputae.model.Sampler;
import gputae.train.Streams;

/** Images decoded from samples of the latent space. */
public final class GeneratedImages {

  /** Number of images decoded at a time, so that the floats of all images never exist together. */
  private static final int CHUNK = 10_000;

  private GeneratedImages() {}

  /** uint8 [count, pixels], 0 black to 255 white. */
  public static byte[] generate(Backend backend, Autoencoder model, Sampler sampler, int count, long seed) {
    int pixels = model.architecture().pixels();
    int latent = model.architecture().latent();
    byte[] images = new byte[Math.multiplyExact(count, pixels)];
    try (Matrix z = sampler.sample(backend, count, latent, seed, Streams.PRIOR)) {
      for (int first = 0; first < count; first += CHUNK) {
        int rows = Math.min(CHUNK, count - first);
        float[] decoded = model.decode(z.view((long) first * latent, rows, latent));
        for (int i = 0; i < decoded.length; i++) {
          images[first * pixels + i] = (byte) Math.round(255 * decoded[i]);
        }
      }
    }
    return images;
  }
}
