package gputae.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Images;
import gputae.density.Density;
import gputae.density.KernelDensity;
import gputae.density.MixtureFit;
import gputae.linear.FloatPoints;
import gputae.model.Architecture;
import gputae.model.Autoencoder;
import gputae.model.Initialisation;
import gputae.model.Prior;
import gputae.train.ModelKind;
import gputae.train.Streams;
import gputae.train.TrainConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Samplers of a model with random weights, on random images. */
class SamplerChoiceTest {

  private static final int LATENT = 3;
  private static final int COUNT = 300;

  private final Backend backend = new CpuBackend(InstructionSet.best(), 1);

  private static TrainConfig config(ModelKind kind, long seed) {
    return new TrainConfig(kind, LATENT, List.of(8), 16, 1, 1e-3, kind.objective(), seed);
  }

  private Autoencoder model(ModelKind kind) {
    Autoencoder model = new Autoencoder(backend, new Architecture(16, List.of(8), LATENT, kind == ModelKind.VAE));
    model.parameters().upload(Initialisation.draw(model.layout(), 1, 0));
    return model;
  }

  private static Images images() {
    byte[] pixels = new byte[COUNT * 16];
    new Random(1).nextBytes(pixels);
    return new Images(pixels, COUNT, 4, 4);
  }

  private FloatPoints embeddings(Autoencoder model) {
    try (Matrix pixels = backend.allocate(ElementType.UINT8, COUNT, 16).upload(images().pixels())) {
      return model.embeddings(pixels);
    }
  }

  private float[] points(SamplerChoice.Fitted fitted, int count, long seed) {
    try (Matrix points = fitted.sampler().sample(backend, count, LATENT, seed, Streams.PRIOR)) {
      assertEquals(count, points.rows());
      assertEquals(LATENT, points.columns());
      return points.toFloats();
    }
  }

  @Test
  void everyChoiceIsReadAsItIsWritten() {
    for (String text : List.of("prior", "kde", "gmm:1", "gmm:10", "gmm:999999999")) {
      assertEquals(text, SamplerChoice.parse(text).toString());
      assertEquals(!text.equals("prior"), SamplerChoice.parse(text).needsData());
    }
    assertEquals("gmm:7", SamplerChoice.parse("gmm:007").toString());
  }

  @Test
  void thePriorIsTheModelsOwnAndReadsNoImages() {
    for (ModelKind kind : ModelKind.values()) {
      SamplerChoice.Fitted fitted = SamplerChoice.PRIOR.fit(backend, null, config(kind, 0), null);
      assertEquals("", fitted.fit());
      Prior prior = kind == ModelKind.TAE || kind == ModelKind.DISK ? Prior.UNIFORM_BALL : Prior.STANDARD_NORMAL;
      try (Matrix expected = prior.sample(backend, 50, LATENT, 4, Streams.PRIOR)) {
        assertArrayEquals(expected.toFloats(), points(fitted, 50, 4), kind.label());
      }
    }
  }

  /** The fit is to the embeddings of the training images, with the seed of the training; for a vae these are mu. */
  @Test
  void theOthersAreFittedToTheEmbeddings() {
    for (ModelKind kind : List.of(ModelKind.AE, ModelKind.VAE)) {
      try (Autoencoder model = model(kind)) {
        FloatPoints embeddings = embeddings(model);
        MixtureFit mixture = MixtureFit.of(embeddings, 4, 11, Streams.CLUSTERS);
        check(mixture.mixture(), SamplerChoice.parse("gmm:4").fit(backend, model, config(kind, 11), images()),
            "mixture of 4 normal distributions, fitted to the embeddings of 300 training samples, mean log-likelihood ",
            " nats, converged after " + mixture.iterations() + " iterations");
        check(KernelDensity.of(embeddings), SamplerChoice.parse("kde").fit(backend, model, config(kind, 11), images()),
            "kernel density estimate, fitted to the embeddings of 300 training samples, bandwidth 0.4427 ",
            "standard deviations");
      }
    }
  }

  private void check(Density expected, SamplerChoice.Fitted fitted, String begin, String end) {
    assertTrue(fitted.fit().startsWith(begin) && fitted.fit().endsWith(end), fitted.fit());
    float[] points = points(fitted, 100, 5);
    assertArrayEquals(expected.sample(100, 5, Streams.PRIOR).coordinates(), points);
    assertArrayEquals(Arrays.copyOf(points, 30), points(fitted, 10, 5));
    assertFalse(Arrays.equals(points, points(fitted, 100, 6)));
  }

  @Test
  void embeddingsWithoutAFitAreRefusedInOneLine() {
    try (Autoencoder model = model(ModelKind.AE)) {
      refused("gmm:301", model, "301 components, but only 300 points; give at most 300");
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        float[] weights = model.parameters().toFloats();
        weights[0] = bad;
        model.parameters().upload(weights);
        refused("gmm:2", model, "every coordinate must be finite");
        refused("kde", model, "every coordinate must be finite");
      }
      model.parameters().upload(new float[model.layout().size()]);
      refused("gmm:1", model, "all 300 points are equal");
      refused("kde", model, "all 300 points are equal");
    }
  }

  private void refused(String choice, Autoencoder model, String why) {
    Failure failure = assertThrows(Failure.class,
        () -> SamplerChoice.parse(choice).fit(backend, model, config(ModelKind.AE, 0), images()));
    assertTrue(failure.getMessage().startsWith("--sampler " + choice + " cannot be fitted")
        && failure.getMessage().contains(why) && failure.getMessage().lines().count() == 1, failure.getMessage());
  }
}
