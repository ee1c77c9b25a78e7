package gputae.run;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Samples;
import gputae.data.Shape;
import gputae.model.Autoencoder;
import gputae.model.Sampler;
import gputae.train.Streams;
import java.util.ArrayList;
import java.util.List;

/** Samples decoded from points of the latent space. */
public final class GeneratedSamples {

  private GeneratedSamples() {}

  /** Samples as the model has them: features are scaled. */
  public static Samples generate(Backend backend, Autoencoder model, Shape shape, Sampler sampler, int count,
      long seed) {
    int latent = model.architecture().latent();
    List<Samples> parts = new ArrayList<>();
    try (Matrix z = sampler.sample(backend, count, latent, seed, Streams.PRIOR)) {
      for (int first = 0; first < count; first += Autoencoder.CHUNK) {
        int rows = Math.min(Autoencoder.CHUNK, count - first);
        parts.add(shape.samples(model.decode(z.view((long) first * latent, rows, latent))));
      }
    }
    return Samples.joined(parts);
  }
}
