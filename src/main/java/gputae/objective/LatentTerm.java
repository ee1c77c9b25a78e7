package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import java.util.List;

/**
 * A term that depends on a batch's latent points; it may also read the images and their classes. The device computes it
 * in parallel with the decoder's passes, which do not need it.
 */
public interface LatentTerm extends Term {

  /**
   * The data that a term may read.
   *
   * @param z       latent points, (rows, latent)
   * @param inputs  the images that the points come from, (rows, pixels), numbers in [0, 1]
   * @param classes (rows, classes of the data set): 1 at an image's class, 0 elsewhere; null if no term of the
   *     objective {@linkplain #needsClasses needs} them
   * @param prior   samples of the model's prior, (rows, latent), new ones in each step; null if no term of the
   *     objective {@linkplain #needsPrior needs} them
   */
  record Batch(Matrix z, Matrix inputs, Matrix classes, Matrix prior) {

    /** Number of images in the batch. */
    public long rows() {
      return z.rows();
    }
  }

  /** Whether the term reads {@link Batch#classes}. If so, the data set must have labels. */
  default boolean needsClasses() {
    return false;
  }

  /** Whether the term reads {@link Batch#prior}. */
  default boolean needsPrior() {
    return false;
  }

  /**
   * Names of numbers that are trained with the network because of this term, such as a scale. Each starts at 1. A name
   * begins with the name of the term and a dot.
   */
  default List<String> scalars() {
    return List.of();
  }

  /**
   * The sizes that a computation is made for.
   *
   * @param rows        the largest number of images in a batch
   * @param pixels      numbers per image
   * @param latent      dimension of the latent space
   * @param priorSquare the expected squared distance of two samples of the model's prior
   * @param scalars     the term's {@link LatentTerm#scalars} in the same order
   */
  record Setup(long rows, long pixels, long latent, double priorSquare, List<Scalar> scalars) {}

  /**
   * A number that is trained with the network.
   *
   * @param value    (1, 1)
   * @param gradient (1, 1); a term adds to it
   */
  record Scalar(Matrix value, Matrix gradient) {}

  /** Makes the computation of the term. The caller closes it. */
  Computation on(Backend backend, Setup setup);

  /** About how many bytes the {@link Computation} allocates for batches of {@code points} points. */
  default long bytes(long points, long latent) {
    return 0;
  }

  /** About how many bytes of work space the device takes for each recording of a batch of {@code points} points. */
  default long workBytes(long points) {
    return 0;
  }

  /** The computation of a term on a device, with the memory that it needs. */
  interface Computation extends AutoCloseable {

    /**
     * Enqueues the computation of the value and the gradient, and adds the gradients of the scalars to theirs.
     *
     * @param weight   (1, 1), the factor of the gradient: negative if the term is maximised. It may change from step to
     *     step, so only the device reads it
     * @param gradient gradient of what the term adds to the objective: weight times the derivative of the value with
     *     respect to the latent points; assigned
     * @param value    (1, 1), without the weight
     */
    void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value);

    /** Frees the memory of the computation. */
    @Override
    void close();
  }
  /**
   * The computation of a term that is one loss of the points and needs nothing else. The device may compute the losses
   * of several such terms in one go.
   */
  abstract class LossOfPoints implements Computation {

    private final Backend backend;

    protected LossOfPoints(Backend backend) {
      this.backend = backend;
    }

    /** The loss of a batch; parameters as in {@link #enqueue}. */
    protected abstract PointLoss loss(Batch batch, Matrix weight, Matrix gradient, Matrix value);

    @Override
    public final void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
      backend.pointLosses(batch.z(), List.of(loss(batch, weight, gradient, value)));
    }
  }
}
