package gputae.backend;

import java.util.function.Supplier;

/**
 * The operations of this job on one device: what a training step, an evaluation and the homology of a cloud need, no
 * more.
 *
 * <p>Matrices are row-major; (r, c) beside a name is its shape. Floats are float32, sums run in a fixed order, so that
 * the same calls on the same device, with the same instruction set and number of threads, give the same bits.
 * <b>Gradients of parameters accumulate, gradients of activations are assigned.</b> Losses are single values, (1, 1).
 * Work is enqueued in order; {@link #download} waits for it. A backend is used by one thread at a time.
 *
 * <p>Wrong shapes or types throw {@link IllegalArgumentException} before anything runs; a failure of the device is a
 * {@link BackendException}.
 */
public interface Backend extends AutoCloseable {

  /** {@code cpu} or {@code cuda}. */
  String name();

  /** One line for people: device, libraries, threads. */
  String description();

  /** A zeroed matrix (rows, columns); its owner closes it. */
  Matrix allocate(ElementType type, long rows, long columns);

  /** A zeroed float32 matrix. */
  default Matrix allocate(long rows, long columns) {
    return allocate(ElementType.FLOAT32, rows, columns);
  }

  /** For {@link Matrix#close}. */
  void free(Matrix matrix, long address);

  /** Bytes allocated and not freed. */
  long allocatedBytes();

  /**
   * Copies {@code to.size()} elements of a primitive array that fits the type (byte, int, long, float), from
   * {@code offset} on.
   */
  void upload(Object array, int offset, Matrix to);

  /** Copies the whole matrix into a primitive array, from {@code offset} on, when all work enqueued before is done. */
  void download(Matrix from, Object array, int offset);

  /**
   * Enqueues a download of float32 values. Asked for them, the result waits for what was enqueued before it and for no
   * more, so that a device need not pause while the host looks at them. At most two are on their way at a time.
   */
  default Supplier<float[]> fetch(Matrix from) {
    float[] values = from.toFloats();
    return () -> values;
  }

  /** to = from; same type and size. */
  void copy(Matrix from, Matrix to);

  /** Sets every element to 0. */
  void clear(Matrix matrix);

  /** Waits for all enqueued work. */
  void synchronise();

  /**
   * Seconds that the device takes for what {@code work} enqueues, by the device's own clock where it has one; waits for
   * it.
   */
  default double seconds(Runnable work) {
    synchronise();
    long from = System.nanoTime();
    work.run();
    synchronise();
    return (System.nanoTime() - from) * 1e-9;
  }

  /**
   * Records the operations that {@code work} calls on this backend, without running them, for replay. Values that
   * change from replay to replay (the step, the order of images, weights, the learning rate) are read from matrices.
   */
  Recording record(Runnable work);

  /**
   * Steps of a training worth recording together: more than one where replaying costs the host more than it costs the
   * device.
   */
  default int stepsARecording() {
    return 1;
  }

  /**
   * Enqueues what {@code branch} calls beside what {@code main} calls: both after what was enqueued before, and what is
   * enqueued later after both. Neither may read or write what the other writes. A device that does one thing at a time
   * does the branch first. Not within a branch or a main of its own.
   */
  default void beside(Runnable branch, Runnable main) {
    branch.run();
    main.run();
  }

  /**
   * A batch of images as numbers in [0, 1].
   * x[r] = images[order[(step mod stepsPerEpoch) * batch + r]] / 255, correctly rounded.
   *
   * @param images uint8 (n, p)
   * @param order  int32 (1, at least stepsPerEpoch * batch, or less by what x lacks to a whole batch)
   * @param step   int64 (1, 1), steps done so far
   * @param x      (rows, p), rows at most batch
   */
  void gather(Matrix images, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x);

  /** y = activation(x w^T + b). x (rows, in), w (out, in), b (1, out), y (rows, out). */
  void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix y);

  /**
   * The backward pass of {@link #dense}. dy comes in as the gradient with respect to y and leaves as the gradient
   * before the activation, or, without dx, as either. With the gradient before the activation dw += dy^T x,
   * db += column sums of dy, dx = dy w.
   *
   * @param dy with {@link Activation#IDENTITY} it may be y itself, which is not read then
   * @param dx (rows, in), or null where the input needs no gradient
   */
  void denseBackward(Matrix x, Matrix w, Matrix y, Activation activation, Matrix dy, Matrix dw, Matrix db, Matrix dx);

  /** probability = 1 / (1 + exp(-logits)), element by element; may be in place. */
  void sigmoid(Matrix logits, Matrix probability);

  /**
   * Reconstruction loss: binary cross-entropy of sigmoid(logits) against target, nats, mean over all rows and columns.
   *
   * @param gradient (rows, p) with respect to the logits, may be the logits themselves; null where not needed
   * @param loss     (1, 1)
   */
  void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss);

  /**
   * loss = sum over the rows of z (rows, d) of the penalty for lying outside the unit ball; gradient (rows, d) = weight
   * (1, 1) times its derivative.
   */
  void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss);

  /** out (n, n) = squared lengths between the points x (n, d) under the exact rule (kernels/exact_distance.h). */
  void squaredDistances(Matrix x, Matrix out);

  /**
   * The Euclidean minimum spanning tree of x (n, d) under the exact rule: 0-dimensional persistent homology.
   * Coordinates that are not finite do not stop it; lengths they touch come out infinite.
   *
   * @param edges   int32 (n - 1, 2), the smaller index first, in the engine's order
   * @param lengths (1, n - 1), the death times, Euclidean lengths
   */
  void spanningTree(Matrix x, Matrix edges, Matrix lengths);

  /**
   * loss = sum of d^degree over the death times d not longer than maxEdge; gradient (n, d) = weight (1, 1) times its
   * derivative with respect to z:
   * edge (i, j) adds weight k d^(k-1) (z_i - z_j) / d to point i and the opposite to point j, nothing where d = 0.
   */
  void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight, Matrix gradient,
      Matrix loss);

  /** sum += term. */
  void add(Matrix term, Matrix sum);

  /**
   * z (rows, d) = mu + exp(logvar / 2) noise (Kingma, Welling 2014).
   *
   * @param statistics (rows, 2 d): mu beside logvar
   * @param noise      (rows, d), or null for z = mu
   */
  void reparameterise(Matrix statistics, Matrix noise, Matrix z);

  /**
   * loss = -1/2 sum(1 + logvar - mu^2 - exp(logvar)) / (rows pixels), nats per pixel; dStatistics (rows, 2 d) = its
   * derivative and that of what follows z, given by dz (rows, d).
   */
  void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics, Matrix loss);

  /**
   * One step of Adam (Kingma, Ba 2015), the step's number being *step, from 1 on, over the flat buffers (1, count).
   * Moments below 2^-100 become 0. The gradient is left 0 for the next step to accumulate into.
   *
   * @param rates as {@link AdamRates#on} lays them out
   */
  void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step, Matrix rates);

  /** Standard normals, Philox 4x32-10 addressed by (seed, position, step, stream). */
  void normals(Matrix out, long seed, int stream, Matrix step);

  /** Points (rows, d) uniform in the unit ball, Philox 4x32-10 addressed by (seed, row, step, stream). */
  void uniformBall(Matrix out, long seed, int stream, Matrix step);

  /**
   * Notes the losses of a step: log[step mod its rows] = losses (1, width); then step += 1, which {@link #adam} takes
   * for the step's number.
   */
  void endStep(Matrix losses, Matrix log, Matrix step);

  /** Frees everything the backend itself holds; matrices that are still open are freed with it. */
  @Override
  void close();
}
