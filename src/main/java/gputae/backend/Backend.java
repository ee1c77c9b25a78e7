package gputae.backend;

import java.util.List;
import java.util.function.Supplier;

/**
 * The operations of this program on one device: only those which a training step, an evaluation and the homology of a
 * cloud need.
 *
 * <p>Matrices are row-major; (r, c) beside a name is its shape. Floats are float32. Sums are formed in a fixed order:
 * the same calls on the same device, with the same instruction set and number of threads, give the same bits.
 * <b>Gradients of parameters accumulate, gradients of activations are assigned.</b> Losses are single values, (1, 1).
 * A matrix that an operation writes shares no memory with the operation's other matrices, unless its description
 * allows that. Operations are enqueued in order; {@link #download} waits for them. Only one thread at a time may use a
 * backend.
 *
 * <p>Wrong shapes or types throw {@link IllegalArgumentException} before anything runs; a failure of the device throws
 * a {@link BackendException}.
 */
public interface Backend extends AutoCloseable {

  /** The name: {@code cpu} or {@code cuda}. */
  String name();

  /** A description for the user in one line: device, libraries, threads. */
  String description();

  /** A zeroed matrix (rows, columns); its owner closes it. */
  Matrix allocate(ElementType type, long rows, long columns);

  /** A zeroed float32 matrix. */
  default Matrix allocate(long rows, long columns) {
    return allocate(ElementType.FLOAT32, rows, columns);
  }

  /** Frees the memory of a matrix; called by {@link Matrix#close}. */
  void free(Matrix matrix, long address);

  /** Bytes that are allocated and not freed. */
  long allocatedBytes();

  /**
   * Copies {@code to.size()} elements of a primitive array that fits the type (byte, int, long, float, double), from
   * {@code offset} on.
   */
  void upload(Object array, int offset, Matrix to);

  /**
   * Waits until all work enqueued before is done, then copies the whole matrix into a primitive array, from
   * {@code offset} on.
   */
  void download(Matrix from, Object array, int offset);

  /**
   * Enqueues a download of float32 values. The returned supplier waits only for the work that was enqueued before the
   * download, so the device can go on while the host reads the values. At most two downloads may be pending at a time.
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
   * Measures how many seconds the device takes for the operations that {@code work} enqueues, with the device's own
   * clock if it has one. Waits until they are done.
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
   * differ between replays (the step, the order of images, weights, the learning rate) are read from matrices.
   */
  Recording record(Runnable work);

  /**
   * The number of training steps that are worth recording together. It is more than one if a replay costs the host more
   * time than the device.
   */
  default int stepsARecording() {
    return 1;
  }

  /**
   * Enqueues the operations of {@code branch} in parallel with those of {@code main}. Both come after everything
   * enqueued before, and everything enqueued later comes after both. Neither may read or write what the other writes. A
   * device that does one thing at a time does the branch first. Such calls must not be nested.
   */
  default void beside(Runnable branch, Runnable main) {
    branch.run();
    main.run();
  }

  /**
   * Brings the samples of a batch: x[r] = samples[order[(step mod stepsPerEpoch) * batch + r]]. Bytes become numbers
   * in [0, 1]: byte / 255, correctly rounded.
   *
   * @param samples uint8 or float32 (n, p)
   * @param order   int32, at least (stepsPerEpoch - 1) * batch + rows elements
   * @param step    int64 (1, 1), number of steps done so far
   * @param x       (rows, p), at most batch rows
   */
  void gather(Matrix samples, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x);

  /**
   * y = activation(x w^T + b). x (rows, in), w (out, in), b (1, out), y (rows, out). x and w may be the same matrix; if
   * w is a row of ones, x w^T holds the sums of the rows of x.
   *
   * @param before (rows, out) = x w^T + b, or null if it is not needed. A backward pass needs it if the activation
   *     {@linkplain Activation#keepsInput keeps its input}
   */
  void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix before, Matrix y);

  /** {@link #dense} that does not store the values before the activation. */
  default void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix y) {
    dense(x, w, b, activation, null, y);
  }

  /**
   * The backward pass of {@link #dense}. On entry dy is the gradient with respect to y; on return it is the gradient
   * before the activation, or, if dx is null, either of the two. With the gradient before the activation, dw += dy^T x,
   * db += column sums of dy, dx = dy w.
   *
   * @param kept (rows, out): the values before the activation if it {@linkplain Activation#keepsInput keeps its
   *     input}, otherwise y
   * @param dy   with {@link Activation#IDENTITY} it may be y itself, which is not read in that case
   * @param dx   (rows, in), or null if the gradient of the input is not needed
   */
  void denseBackward(Matrix x, Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx);

  /**
   * {@link #dense} for layers one after the other: the first reads x (rows, in), each other one the y of the layer
   * before it. A device may compute several narrow layers in one go. The bits are those of single calls.
   */
  default void denseChain(Matrix x, List<Layer> layers) {
    Matrix input = x;
    for (Layer layer : layers) {
      dense(input, layer.w(), layer.b(), layer.activation(), layer.before(), layer.y());
      input = layer.y();
    }
  }

  /**
   * The backward pass of {@link #denseChain}: {@link #denseBackward} for the layers from the last to the first. On
   * entry the last layer's dy is the gradient with respect to its y, or the one of two parts of it. The dy of the
   * other layers are assigned, and dx is the gradient of the first layer's input. The bits are those of single calls.
   *
   * @param more the other part of the gradient, (rows, out of the last layer), as by {@link #add}; or null
   * @param dx   (rows, in), or null if the gradient of the input is not needed
   */
  default void denseChainBackward(Matrix x, List<Layer> layers, Matrix more, Matrix dx) {
    if (more != null) {
      add(more, layers.get(layers.size() - 1).dy());
    }
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      denseBackward(i == 0 ? x : layers.get(i - 1).y(), layer.w(), layer.kept(), layer.activation(), layer.dy(),
          layer.dw(), layer.db(), i == 0 ? dx : layers.get(i - 1).dy());
    }
  }

  /**
   * Batch normalisation in training, with the activation after it: u = (x - m) scale / sqrt(s + 1e-5) + shift, where m
   * and s are mean and biased variance of a column of x (rows, c), and y = activation(u). The running mean and variance
   * go a tenth of the way to m and to the unbiased variance, and the count of batches rises by 1.
   *
   * @param x      at least 2 rows
   * @param before (rows, c) = u, or null if it is not needed; as for {@link #dense}
   * @param y      (rows, c)
   */
  void batchNorm(Matrix x, BatchNorm norm, Activation activation, Matrix before, Matrix y);

  /**
   * The backward pass of {@link #batchNorm}. On entry dy (rows, c) is the gradient with respect to y, on return with
   * respect to x. The gradients of scale and shift accumulate.
   *
   * @param kept as for {@link #denseBackward}
   */
  void batchNormBackward(Matrix x, BatchNorm norm, Matrix kept, Activation activation, Matrix dy);

  /**
   * Batch normalisation after training, in place: y (rows, c) = activation((y - running mean) scale / sqrt(running
   * variance + 1e-5) + shift).
   */
  void batchNormRunning(BatchNorm norm, Activation activation, Matrix y);

  /** probability = 1 / (1 + exp(-logits)), element by element; both may be the same matrix. */
  void sigmoid(Matrix logits, Matrix probability);

  /**
   * Reconstruction loss: binary cross-entropy of sigmoid(logits) against target, in nats, mean over all rows and
   * columns.
   *
   * @param gradient (rows, p) with respect to the logits; may be the logits themselves; null if not needed
   * @param loss     (1, 1)
   */
  void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss);

  /**
   * Reconstruction loss: mean squared error, the mean of (output - target)^2 over all rows and columns.
   *
   * @param gradient (rows, p) with respect to the outputs; may be the outputs themselves; null if not needed
   * @param loss     (1, 1)
   */
  void squaredError(Matrix outputs, Matrix target, Matrix gradient, Matrix loss);

  /**
   * loss = sum over the rows of z (rows, d) of the penalty for lying outside the unit ball; gradient (rows, d) = weight
   * (1, 1) times the derivative of the loss.
   */
  void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss);

  /**
   * The squared maximum mean discrepancy (Gretton et al. 2012) between the points z (n, d) and as many samples p of
   * another distribution, its unbiased estimate:
   *
   * <pre>
   * loss = sum over i != j of (k(z_i, z_j) + k(p_i, p_j)) / (n (n - 1)) - 2 sum over i, j of k(z_i, p_j) / n^2
   * k(x, y) = sum over s in (0.1, 0.2, 0.5, 1, 2, 5, 10) of s square / (s square + |x - y|^2)
   * </pre>
   *
   * <p>The kernel function has no unit and lies in (0, 7]. The estimate may be negative. With fewer than two points,
   * loss and gradient are 0.
   *
   * @param prior    the samples p, (n, d)
   * @param square   the scale of squared distances, finite and greater than 0
   * @param gradient (n, d) = weight (1, 1) times the derivative of the loss with respect to z
   */
  void maximumMeanDiscrepancy(Matrix z, Matrix prior, float square, Matrix weight, Matrix gradient, Matrix loss);

  /** out (n, n) = squared lengths between the points x (n, d) under the exact rule (kernels/exact_distance.h). */
  void squaredDistances(Matrix x, Matrix out);

  /**
   * The Euclidean minimum spanning tree of x (n, d) under the exact rule, which is its 0-dimensional persistent
   * homology. Coordinates that are not finite do not stop the computation; lengths of edges that depend on them are
   * infinite.
   *
   * @param edges   int32 (n - 1, 2), the smaller index first, in the order of the engine
   * @param lengths (1, n - 1), the death times, which are Euclidean lengths
   */
  void spanningTree(Matrix x, Matrix edges, Matrix lengths);

  /**
   * loss = sum of d^k with k = degree over the death times d that are not longer than maxEdge; gradient (n, d) = weight
   * (1, 1) times its derivative with respect to z: edge (i, j) adds weight k d^(k-1) (z_i - z_j) / d to point i and the
   * opposite to point j, and nothing if d = 0.
   */
  void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight, Matrix gradient,
      Matrix loss);

  /**
   * Losses of the points z (n, d), and the sum of their gradients in the order of the list. On return the gradient of
   * the last loss is the sum; the other gradients are undefined. A device may compute several losses in one go. The
   * bits are those of {@linkplain PointLoss#alone single calls} and of {@link #add}.
   */
  default void pointLosses(Matrix z, List<PointLoss> losses) {
    Matrix before = null;
    for (PointLoss loss : losses) {
      loss.alone(this, z);
      if (before != null) {
        add(before, loss.gradient());
      }
      before = loss.gradient();
    }
  }

  /** lengths (1, count) = the lengths of edges int32 (count, 2) between the points x (n, d) under the exact rule. */
  void edgeLengths(Matrix x, Matrix edges, Matrix lengths);

  /** out (1, 1) = the largest of values, none of which is negative; NaN if one of them is NaN, 0 if there are none. */
  void largest(Matrix values, Matrix out);

  /**
   * out (1, count) = the lengths of the {@code most} longest edges (count, 2) at their places, and 0 elsewhere. Between
   * equal lengths, the edge with the larger pair (smaller index, larger index) counts as longer.
   *
   * @param edges   int32, the smaller index first
   * @param lengths (1, count), not negative and not NaN
   */
  void keepLongest(Matrix edges, Matrix lengths, int most, Matrix out);

  /**
   * The stress of edges (count, 2) between the points z (n, d): loss = sum of r^2 / n, where the residue of an edge is
   * r = length / scale - target / sqrt(targetSquare). If targetSquare is 0, the target counts as 0.
   *
   * @param edges         int32; an edge may occur several times
   * @param lengths       (1, count), the lengths of the edges
   * @param targets       (1, count)
   * @param targetSquare  (1, 1), the square of the unit of the targets
   * @param scale         (1, 1), the unit of the lengths
   * @param weight        (1, 1)
   * @param gradient      (n, d) = weight times the derivative of the loss with respect to z; an edge of length 0 adds
   *     nothing
   * @param scaleGradient (1, 1) += weight times the derivative with respect to the scale
   * @param loss          (1, 1)
   */
  void edgeStress(Matrix z, Matrix edges, Matrix lengths, Matrix targets, Matrix targetSquare, Matrix scale,
      Matrix weight, Matrix gradient, Matrix scaleGradient, Matrix loss);

  /**
   * out (n, d + 1) = the points z (n, d) with one more coordinate: spacing times the number of the point's class, from
   * 0. The class is the first column of classes (n, c) that is not 0; a point without a class has a class of its own.
   * In the spanning tree of the result, the edges that are shorter than the spacing are the spanning trees of the
   * classes, bit for bit.
   */
  void labelledCloud(Matrix z, Matrix classes, float spacing, Matrix out);

  /**
   * Keeps a point in a ring: iterates[step mod window] = point, and row and column step mod window of distances = the
   * lengths under the exact rule between the point and all points of the ring.
   *
   * @param point     (1, size)
   * @param step      int64 (1, 1)
   * @param iterates  (window, size); the window is a multiple of 10 from 20 to 120
   * @param distances (window, window)
   */
  void keepIterate(Matrix point, Matrix step, Matrix iterates, Matrix distances);

  /**
   * The persistent homology dimension of the points in a ring, estimated from nine random subsets of 1/10 to 9/10 of
   * the ring: value = 1 / (1 - m), where m is the slope of log E against the log of the subset's size, fitted by least
   * squares, and E is the sum of the lengths of the subset's minimum spanning tree. If an E is 0, the value is 0.
   * Before the ring is full, value and coefficients are 0.
   *
   * @param distances    (window, window), of {@link #keepIterate}
   * @param step         int64 (1, 1), as for the newest point; the subsets depend on it
   * @param seed         with the stream it decides the subsets: a subset has the places with the least first words of
   *     Philox at the index subset * window + place
   * @param coefficients (1, window) = for each place the derivative of the value with respect to the distance between
   *     it and the newest point, divided by this distance; 0 where no tree has this edge, and where the distance is 0
   * @param value        (1, 1)
   */
  void phDimension(Matrix distances, Matrix step, long seed, int stream, Matrix coefficients, Matrix value);

  /**
   * gradient (1, size) = weight (1, 1) times the sum over the places v of the ring iterates (window, size) of
   * coefficients[v] (newest - iterates[v]), where the newest point is at the place step mod window. With the
   * coefficients of {@link #phDimension}, it is the gradient of the value with respect to the newest point.
   */
  void pullNewest(Matrix iterates, Matrix coefficients, Matrix step, Matrix weight, Matrix gradient);

  /** sum += term. */
  void add(Matrix term, Matrix sum);

  /**
   * z (rows, d) = mu + exp(logvar / 2) noise (Kingma, Welling 2014).
   *
   * @param statistics (rows, 2 d): in each row mu, then logvar
   * @param noise      (rows, d), or null for z = mu
   */
  void reparameterise(Matrix statistics, Matrix noise, Matrix z);

  /**
   * loss = -1/2 sum(1 + logvar - mu^2 - exp(logvar)) / (rows pixels), in nats per pixel. dStatistics (rows, 2 d) = the
   * derivative of this loss plus the derivative of what follows z. The gradient of what follows, with respect to z, is
   * dz (rows, d).
   */
  void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics, Matrix loss);

  /**
   * One step of Adam (Kingma, Ba 2015) over the flat buffers (1, count); step holds the number of the step, counted
   * from 1. Moments below 2^-100 become 0. The gradient is set to 0, so that the next step can accumulate into it.
   *
   * @param rates float64 (1, 4), as {@link AdamRates#on} lays them out
   */
  void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step, Matrix rates);

  /** Standard normal numbers: Philox 4x32-10 addressed by (seed, position, step, stream). */
  void normals(Matrix out, long seed, int stream, Matrix step);

  /** Points (rows, d), uniform in the unit ball: Philox 4x32-10 addressed by (seed, row, step, stream). */
  void uniformBall(Matrix out, long seed, int stream, Matrix step);

  /**
   * Stores the losses of a step: log[step mod its rows] = losses (1, width). Then step += 1; {@link #adam} uses the
   * result as the number of the step.
   */
  void endStep(Matrix losses, Matrix log, Matrix step);

  /** Frees everything that the backend itself holds, and matrices that are still open. */
  @Override
  void close();
}
