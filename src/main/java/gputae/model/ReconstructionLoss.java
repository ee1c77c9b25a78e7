package gputae.model;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * The reconstruction loss of a model on a set of samples, which can be computed repeatedly: the mean, per number, of
 * the loss that belongs to the model's outputs ({@link gputae.backend.Output}). The passes over all samples are
 * recorded once, and only the losses of the chunks are copied to the host.
 */
public final class ReconstructionLoss implements AutoCloseable {

  private final Backend backend;
  private final int images;
  private final int rows;
  private final Matrix order;
  private final Matrix step;
  private final Matrix x;
  private final Matrix z;
  private final Chain.Activations encoded;
  private final Chain.Activations decoded;

  /** The losses, one column per chunk. */
  private final Matrix losses;

  private final Recording recording;

  /**
   * @param samples (n, pixels), n at least 1, on the model's backend, as {@link SampleMatrix} holds them; the caller
   *     keeps ownership
   */
  public ReconstructionLoss(Autoencoder model, Matrix samples) {
    backend = model.backend();
    images = Math.toIntExact(samples.rows());
    rows = Math.min(Autoencoder.CHUNK, images);
    order = backend.allocate(ElementType.INT32, 1, images).upload(Autoencoder.numbers(images));
    step = backend.allocate(ElementType.INT64, 1, 1);
    x = backend.allocate(rows, model.architecture().pixels());
    z = backend.allocate(rows, model.architecture().latent());
    encoded = model.encoder().activations(rows, Chain.Gradients.NONE);
    decoded = model.decoder().activations(rows, Chain.Gradients.NONE);
    losses = backend.allocate(1, chunks());
    recording = backend.record(() -> {
      for (int chunk = 0; chunk < chunks(); chunk++) {
        int count = rowsOf(chunk);
        Matrix batch = x.firstRows(count);
        Matrix points = z.firstRows(count);
        Chain.Activations decoding = decoded.firstRows(count);
        backend.gather(samples, order.view((long) chunk * rows, 1, count), step, count, 1, batch);
        model.embed(batch, encoded.firstRows(count), points);
        model.decoder().forward(points, decoding);
        model.architecture().output().loss(backend, decoding.output(), batch, null, losses.view(chunk, 1, 1));
      }
    });
  }

  private int chunks() {
    return (images - 1) / rows + 1;
  }

  private int rowsOf(int chunk) {
    return Math.min(rows, images - chunk * rows);
  }

  /**
   * Enqueues the passes. They use the parameters as they are after all work enqueued before. The returned supplier
   * waits for the loss.
   */
  public DoubleSupplier enqueue() {
    recording.replay();
    Supplier<float[]> fetched = backend.fetch(losses);
    return () -> {
      float[] means = fetched.get();
      double sum = 0;
      for (int chunk = 0; chunk < means.length; chunk++) {
        sum += means[chunk] * (double) rowsOf(chunk);
      }
      return sum / images;
    };
  }

  @Override
  public void close() {
    recording.close();
    order.close();
    step.close();
    x.close();
    z.close();
    encoded.close();
    decoded.close();
    losses.close();
  }
}
