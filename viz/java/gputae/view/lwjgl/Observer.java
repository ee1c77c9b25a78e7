package gputae.view.lwjgl;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.figure.SamplePictures;
import gputae.homology.Homology;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.SampleMatrix;
import gputae.train.Snapshot;
import gputae.train.Streams;
import gputae.train.Trainer;
import gputae.view.Subject;
import java.util.Arrays;

/**
 * Turns snapshots of weights into the data that is drawn. It has its own model and backend, so that the training is not
 * disturbed. Used by one thread.
 */
final class Observer implements AutoCloseable {

  /** Number of images embedded between two checks for a request to decode. */
  private static final int ROWS_AT_A_TIME = 10 * Autoencoder.CHUNK;

  private final Subject subject;
  private final Backend backend;
  private final Autoencoder model;
  private final SamplePictures pictures;
  private final Matrix testSamples;
  private final Matrix batchSamples;
  private final Matrix prior;
  private final Matrix one;
  private final int latent;
  private Projection projection;
  private int orderOfEpoch = -1;
  private int[] order;

  /** Uses the backend and does not close it. */
  Observer(Subject subject, Backend backend) {
    this.subject = subject;
    this.backend = backend;
    this.latent = subject.config().latent();
    this.model = new Autoencoder(backend, subject.architecture());
    Samples test = subject.dataset().test().samples();
    this.testSamples = SampleMatrix.of(backend, test);
    this.batchSamples = SampleMatrix.allocate(backend, test,
        Math.min(subject.config().batch(), subject.dataset().train().count()));
    this.pictures = new SamplePictures(test);
    this.prior = subject.config().model().prior().sample(backend, Observation.GENERATED, latent,
        subject.config().seed(), Streams.PRIOR);
    this.one = backend.allocate(1, latent);
  }

  /**
   * Observes a model.
   *
   * @param between called from time to time while the model is loaded
   */
  Observation observe(Snapshot snapshot, Runnable between) {
    model.parameters().upload(snapshot.parameters());
    int n = Math.toIntExact(testSamples.rows());
    float[] coordinates = new float[Math.multiplyExact(n, latent)];
    for (int first = 0; first < n; first += ROWS_AT_A_TIME) {
      int rows = Math.min(ROWS_AT_A_TIME, n - first);
      Matrix samples = testSamples.view((long) first * testSamples.columns(), rows, testSamples.columns());
      System.arraycopy(model.embeddings(samples).coordinates(), 0, coordinates, first * latent, rows * latent);
      between.run();
    }
    FloatPoints latents = new FloatPoints(coordinates, latent);
    projection = Projection.of(latents, projection);
    float[] positions = new float[3 * n];
    projection.project(latents, positions);
    if (latent == 1) {
      spread(positions);
    }
    return new Observation(snapshot.step(), latents, projection, positions, Observation.Extent.of(positions),
        batch(snapshot.step()), picture(model.decode(prior)));
  }

  /**
   * On a line, points would hide each other. So each class gets a lane, the points without a class get the last one,
   * and each point has a fixed place in its lane.
   */
  private void spread(float[] positions) {
    Split test = subject.dataset().test();
    int classes = subject.dataset().classes().size();
    int lanes = test.labels() == null ? 1 : classes + (test.classified() < test.count() ? 1 : 0);
    for (int i = 0; i < positions.length / 3; i++) {
      int lane = test.labels() == null ? 0 : test.hasClass(i) ? test.classOf(i) : classes;
      // Multiples of the golden ratio, modulo 1, fill an interval evenly.
      double inLane = i * 0.6180339887498949 % 1;
      positions[3 * i + 1] = (float) ((1 - 2 * (lane + 0.1 + 0.8 * inLane) / lanes) * 0.8);
    }
  }

  /** The batch of the step after {@code done} steps; after the last step, the last batch. */
  private Observation.Batch batch(long done) {
    int perEpoch = subject.stepsPerEpoch();
    long step = Math.min(done, (long) perEpoch * subject.config().epochs() - 1);
    int epoch = (int) (step / perEpoch) + 1;
    Split train = subject.dataset().train();
    int count = train.count();
    if (epoch != orderOfEpoch) {
      order = Trainer.order(subject.config(), count, epoch);
      orderOfEpoch = epoch;
    }
    int first = (int) (step % perEpoch) * subject.config().batch();
    int rows = Math.min(subject.config().batch(), count - first);
    Split taken = train.take(Arrays.copyOfRange(order, first, first + rows));
    byte[] labels = taken.labels();
    FloatPoints latents =
        model.embeddings(SampleMatrix.upload(taken.samples(), batchSamples.firstRows(rows)));
    for (int i = 0; i < rows; i++) {
      if (!latents.isFinite(i)) {
        return null;
      }
    }
    SpanningTree tree = Homology.spanningTree(backend, latents).sorted();
    float[] positions = new float[3 * rows];
    projection.project(latents, positions);
    return new Observation.Batch(labels, positions, tree.edges(), tree.lengths());
  }

  /** The picture of what the model decodes from a latent point, uint8 [height, width]. */
  byte[] decode(float[] z) {
    return picture(model.decode(one.upload(z)));
  }

  private byte[] picture(float[] decoded) {
    return pictures.of(subject.dataset().shape().samples(decoded));
  }

  /** Frees everything except the backend. */
  @Override
  public void close() {
    Arrays.asList(one, prior, batchSamples, testSamples).forEach(Matrix::close);
    model.close();
  }
}
