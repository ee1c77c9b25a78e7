package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Digits;
import gputae.data.Images;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.util.Random;

/** The parameter {@code cloud}: point clouds (n, d) for which a spanning tree takes different times. */
public enum BenchCloud {
  /** Coordinates uniform in [-1, 1). */
  uniform,
  /** Ten clusters, whose distances are a thousand times their width. */
  clustered,
  /**
   * Clouds that the term meets in training: embeddings of the regularised autoencoder with the paper's settings and a
   * latent space of d dimensions, after a few epochs. The autoencoder is trained when it is needed, always on one CPU
   * thread, so that all devices get the same points. The images are built-in digits. There are at least as many images
   * as points, so no image is padded or repeated.
   */
  trained;

  private static final long SEED = 20261124;

  /**
   * The least number of training images, and the number of epochs. After so many epochs the embeddings fill the ball as
   * they do later.
   */
  private static final int IMAGES = 16_384;

  private static final int EPOCHS = 8;

  /** A cloud of n points of dimension d. */
  FloatPoints draw(int n, int d) {
    return switch (this) {
      case uniform -> Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(SEED));
      case clustered -> Clouds.draw(Clouds.Kind.CLUSTERED, n, d, new Random(SEED));
      case trained -> train(n, d);
    };
  }

  private static FloatPoints train(int n, int d) {
    Dataset digits = Digits.generate(Math.max(n, IMAGES), 1, 0);
    try (Backend cpu = new CpuBackend(InstructionSet.chosen(), 1);
        Trainer trainer = new Trainer(cpu, config(ModelKind.TAE, d, 128, EPOCHS), digits, new TrainControl())) {
      trainer.run(new TrainListener() {});
      Images images = digits.train().images();
      try (Matrix all =
          cpu.allocate(ElementType.UINT8, images.count(), images.size()).upload(images.pixels())) {
        return trainer.model().embeddings(all.firstRows(n));
      }
    }
  }

  /** The paper's settings. */
  static TrainConfig config(ModelKind model, int latent, int batch, int epochs) {
    return TrainConfig.ofPaper(model, latent, batch, epochs, 0);
  }
}
