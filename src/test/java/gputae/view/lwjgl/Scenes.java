package gputae.view.lwjgl;

import gputae.backend.BallPenalty;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import gputae.train.ModelKind;
import gputae.train.Penalty;
import gputae.train.TrainConfig;
import gputae.view.Subject;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Small subjects, and hand-made observations whose pictures are known. */
final class Scenes {

  static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
  static final int SIDE = 6;

  private Scenes() {}

  static TrainConfig config(ModelKind kind, int latent, int batch, int epochs) {
    return new TrainConfig(kind, latent, List.of(16), batch, epochs, 1e-2,
        new Penalty(0.005, BallPenalty.NORM, 0.005, 1, Double.POSITIVE_INFINITY).of(kind), 3);
  }

  /** Three points of the classes 0, 2 and 4 on a plane. */
  static Subject flat() {
    return subject(2, DIGITS, 0, 2, 4);
  }

  /** A regularised autoencoder on test images with these labels; no picture depends on the images themselves. */
  static Subject subject(int latent, List<String> classes, int... labels) {
    return sized(latent, classes, 4, 3, labels);
  }

  /** As {@link #subject}, with images of that size. */
  static Subject sized(int latent, List<String> classes, int height, int width, int... labels) {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    Split test = new Split(new Images(new byte[labels.length * height * width], labels.length, height, width),
        classes.isEmpty() ? null : bytes);
    Split train = new Split(new Images(new byte[70 * height * width], 70, height, width),
        classes.isEmpty() ? null : new byte[70]);
    return new Subject("A title of a scene", config(ModelKind.TAE, latent, 10, 20),
        new Dataset("scene", classes, train, test), "a device of tests");
  }

  /** An observation after step 35 that puts the test images at these rows of latent coordinates. */
  static Observation observation(Subject subject, Observation.Batch batch, double... latents) {
    int d = subject.config().latent();
    float[] z = new float[latents.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = (float) latents[i];
    }
    FloatPoints points = new FloatPoints(z, d);
    Projection projection = Projection.of(points, null);
    float[] positions = new float[3 * points.count()];
    projection.project(points, positions);
    byte[] generated = new byte[Observation.GENERATED * subject.dataset().test().samples().size()];
    return new Observation(35, points, projection, positions, Observation.Extent.of(positions), batch, generated);
  }

  /**
   * A batch with points at these positions, (x, y, z) each. Their labels are 0 to 9, again and again. Each edge joins
   * two of the points.
   */
  static Observation.Batch batch(double[] lengths, int[] edges, double... positions) {
    float[] at = new float[positions.length];
    byte[] labels = new byte[positions.length / 3];
    for (int i = 0; i < at.length; i++) {
      at[i] = (float) positions[i];
      labels[i / 3] = (byte) (i / 3 % 10);
    }
    return new Observation.Batch(labels, at, edges, lengths);
  }

  /** Spots on black, which an autoencoder can learn; the label says in which half a spot is. */
  static Dataset spots(int train, int test) {
    Random random = new Random(1);
    return new Dataset("spots", List.of("left", "right"), split(train, random), split(test, random));
  }

  private static Split split(int count, Random random) {
    byte[] pixels = new byte[count * SIDE * SIDE];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      double x = random.nextDouble() * SIDE;
      double y = random.nextDouble() * SIDE;
      labels[i] = (byte) (x < SIDE / 2.0 ? 0 : 1);
      for (int p = 0; p < SIDE * SIDE; p++) {
        double distance = Math.hypot(p % SIDE - x, p / SIDE - y);
        pixels[i * SIDE * SIDE + p] = (byte) (255 * Math.exp(-distance * distance / 3));
      }
    }
    return new Split(new Images(pixels, count, SIDE, SIDE), labels);
  }

  static Subject spots(ModelKind kind, int latent, int epochs) {
    return new Subject("Spots", config(kind, latent, 32, epochs), spots(203, 50), "the processor");
  }

  /** Names 0 to n - 1. */
  static List<String> names(int n, String prefix) {
    return IntStream.range(0, n).mapToObj(i -> prefix + i).toList();
  }
}
