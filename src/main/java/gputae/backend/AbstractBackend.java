package gputae.backend;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The common part of all backends: the account of their memory, and the checks of shapes and types before every
 * operation.
 */
public abstract class AbstractBackend implements Backend {

  /** The largest ring of iterates: the last multiple of 10 up to kMostWindow of kernels/iterates.h. */
  private static final int MOST_WINDOW = 120;

  /** Addresses of open allocations, each with its number of bytes. */
  private final Map<Long, Long> allocations = new HashMap<>();

  private long allocatedBytes;
  private boolean closed;

  /** Allocates memory on the device, aligned to 64 bytes or more; 0 if there is not enough. */
  protected abstract long allocateMemory(long bytes);

  /** Sets the bytes of a new matrix to 0, unless {@link #allocateMemory} did. */
  protected abstract void initialise(long address, long bytes);

  protected abstract void freeMemory(long address);

  /** Ends the work that uses the memory; called once, before the memory is freed. */
  protected void finishDevice() {}

  /** Frees everything that the backend holds beside its memory; called once, after the memory was freed. */
  protected abstract void closeDevice();

  /** Bytes that could still be allocated, for messages; -1 if this is unknown. */
  protected long freeBytes() {
    return -1;
  }

  /** Throws IllegalStateException while matrices may be neither allocated nor freed. */
  protected void requireFreeHands() {}

  @Override
  public final Matrix allocate(ElementType type, long rows, long columns) {
    requireOpen();
    requireFreeHands();
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("a matrix of " + rows + " x " + columns);
    }
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    long address = reserve(bytes, "a matrix of " + rows + " x " + columns);
    initialise(address, bytes);
    return new Matrix(this, type, address, rows, columns);
  }

  /**
   * Allocates memory and accounts for it; the memory is not initialised. If there is not enough, the message says what
   * the memory is for: {@code what}.
   */
  protected final long reserve(long bytes, String what) {
    long address = allocateMemory(bytes);
    if (address == 0) {
      throw new OutOfMemoryException(name(), what, bytes, allocatedBytes, freeBytes());
    }
    allocations.put(address, bytes);
    allocatedBytes += bytes;
    return address;
  }

  @Override
  public final void free(Matrix matrix, long address) {
    // After close() everything is already freed.
    if (allocations.containsKey(address)) {
      requireFreeHands();
      release(address);
    }
  }

  /** Frees memory that {@link #reserve} returned. */
  protected final void release(long address) {
    allocatedBytes -= allocations.remove(address);
    freeMemory(address);
  }

  @Override
  public final long allocatedBytes() {
    return allocatedBytes;
  }

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    closed = true;
    // A device that failed may refuse to free memory. It is closed all the same, and the first reason is reported.
    RuntimeException failure = attempt(null, this::finishDevice);
    for (long address : List.copyOf(allocations.keySet())) {
      failure = attempt(failure, () -> release(address));
    }
    failure = attempt(failure, this::closeDevice);
    if (failure != null) {
      throw failure;
    }
  }

  private static RuntimeException attempt(RuntimeException before, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      if (before == null) {
        return e;
      }
      before.addSuppressed(e);
    }
    return before;
  }

  protected final void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the backend is closed");
    }
  }

  /** The address of a matrix of this backend. */
  protected long address(Matrix matrix) {
    requireOpen();
    if (matrix.backend() != this) {
      throw new IllegalArgumentException("the matrix belongs to another backend");
    }
    return matrix.address();
  }

  /** The address of a matrix, or 0 if the matrix is optional and null. */
  protected final long addressOrNull(Matrix matrix) {
    return matrix == null ? 0 : address(matrix);
  }

  protected static long bytes(Matrix matrix) {
    return matrix.size() * matrix.type().bytes();
  }

  // ---- checks of the matrices of each operation; a violation is an IllegalArgumentException

  protected static void requireCopy(Matrix from, Matrix to) {
    require(from.type() == to.type() && from.size() == to.size(), "copy", from, to);
  }

  protected static void requireGather(Matrix samples, Matrix order, Matrix step, long batch, long stepsPerEpoch,
      Matrix x) {
    require((samples.type() == ElementType.UINT8 || samples.type() == ElementType.FLOAT32)
        && samples.columns() == x.columns(), "gather", samples, x);
    require(x.type() == ElementType.FLOAT32 && x.rows() <= batch, "gather into", x);
    require(order.type() == ElementType.INT32 && order.size() >= (stepsPerEpoch - 1) * batch + x.rows(),
        "order of gather", order);
    requireStep(step);
  }

  protected static void requireDense(Matrix x, Matrix w, Matrix b, Matrix before, Matrix y) {
    requireFloats("dense", x, w, b, y);
    require(w.columns() == x.columns() && y.columns() == w.rows() && y.rows() == x.rows() && b.size() == w.rows(),
        "dense", x, w, b, y);
    if (before != null) {
      requireFloats("dense", before);
      require(before.rows() == y.rows() && before.columns() == y.columns(), "dense, values before the activation",
          before, y);
    }
  }

  protected static void requireDenseBackward(Matrix x, Matrix w, Matrix kept, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    requireFloats("denseBackward", x, w, kept, dy, dw, db);
    require(w.columns() == x.columns() && kept.columns() == w.rows() && kept.rows() == x.rows(), "denseBackward", x, w,
        kept);
    require(
        dw.rows() == w.rows() && dw.columns() == w.columns() && db.size() == w.rows() && dy.rows() == kept.rows()
            && dy.columns() == kept.columns(),
        "gradients of denseBackward", dy, dw, db);
    if (dx != null) {
      requireFloats("denseBackward", dx);
      require(dx.rows() == x.rows() && dx.columns() == x.columns(), "denseBackward", x, dx);
    }
  }

  protected static void requireDenseChain(Matrix x, List<Layer> layers) {
    Matrix input = x;
    for (Layer layer : layers) {
      requireDense(input, layer.w(), layer.b(), layer.before(), layer.y());
      input = layer.y();
    }
  }

  protected static void requireDenseChainBackward(Matrix x, List<Layer> layers, Matrix more, Matrix dx) {
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (layer.activation().keepsInput() && layer.before() == null) {
        throw new IllegalArgumentException("a backward pass through " + layer.activation() + " needs its input");
      }
      requireDenseBackward(i == 0 ? x : layers.get(i - 1).y(), layer.w(), layer.kept(), layer.dy(), layer.dw(),
          layer.db(), i == 0 ? dx : layers.get(i - 1).dy());
    }
    if (more != null) {
      requireAdd(more, layers.get(layers.size() - 1).dy());
    }
  }

  protected static void requireBatchNorm(Matrix x, BatchNorm norm, Matrix before, Matrix y) {
    requireFloats("batchNorm", x, y, norm.batch());
    require(x.rows() >= 2 && y.rows() == x.rows() && y.columns() == x.columns()
        && norm.batch().size() == 2 * x.columns(), "batchNorm", x, y, norm.batch());
    requireBatchNormRunning(norm, y);
    if (before != null) {
      requireFloats("batchNorm", before);
      require(before.rows() == y.rows() && before.columns() == y.columns(), "batchNorm", before, y);
    }
  }

  protected static void requireBatchNormBackward(Matrix x, BatchNorm norm, Matrix kept, Matrix dy) {
    requireBatchNorm(x, norm, kept, dy);
    requireFloats("batchNormBackward", norm.scaleGradient(), norm.shiftGradient());
    require(norm.scaleGradient().size() == x.columns() && norm.shiftGradient().size() == x.columns(),
        "batchNormBackward", norm.scaleGradient(), norm.shiftGradient());
  }

  protected static void requireBatchNormRunning(BatchNorm norm, Matrix y) {
    Matrix[] own = {norm.scale(), norm.shift(), norm.runningMean(), norm.runningVariance()};
    requireFloats("batchNorm", own);
    requireFloats("batchNorm", y, norm.count());
    require(norm.count().size() == 2, "batchNorm, count", norm.count());
    for (Matrix matrix : own) {
      require(matrix.size() == y.columns(), "batchNorm", matrix, y);
    }
  }

  protected static void requireSigmoid(Matrix logits, Matrix probability) {
    requireFloats("sigmoid", logits, probability);
    require(logits.size() == probability.size(), "sigmoid", logits, probability);
  }

  /** The shapes of {@code sigmoidCrossEntropy} and {@code squaredError}. */
  protected static void requireOutputLoss(String operation, Matrix outputs, Matrix target, Matrix gradient,
      Matrix loss) {
    requireFloats(operation, outputs, target, loss);
    require(target.rows() == outputs.rows() && target.columns() == outputs.columns() && loss.size() == 1,
        operation, outputs, target, loss);
    require(gradient == null || gradient.type() == ElementType.FLOAT32 && gradient.size() == outputs.size(), operation,
        outputs);
  }

  protected static void requireBallPenalty(Matrix z, Matrix weight, Matrix gradient, Matrix loss) {
    requireFloats("ballPenalty", z, weight, gradient, loss);
    require(gradient.size() == z.size() && weight.size() == 1 && loss.size() == 1, "ballPenalty", z, weight, gradient,
        loss);
  }

  protected static void requireMaximumMeanDiscrepancy(Matrix z, Matrix prior, float square, Matrix weight,
      Matrix gradient, Matrix loss) {
    requireFloats("maximumMeanDiscrepancy", z, prior, weight, gradient, loss);
    require(prior.rows() == z.rows() && prior.columns() == z.columns() && gradient.size() == z.size()
        && z.rows() <= Integer.MAX_VALUE && weight.size() == 1 && loss.size() == 1, "maximumMeanDiscrepancy", z, prior,
        weight, gradient, loss);
    if (!(square > 0 && square < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("maximumMeanDiscrepancy: the scale of squared distances is " + square);
    }
  }

  protected static void requireSquaredDistances(Matrix x, Matrix out) {
    requireFloats("squaredDistances", x, out);
    require(out.rows() == x.rows() && out.columns() == x.rows(), "squaredDistances", x, out);
  }

  protected static void requireSpanningTree(Matrix x, Matrix edges, Matrix lengths) {
    requireFloats("spanningTree", x, lengths);
    require(isTree(x.rows(), edges, lengths) && x.rows() <= Integer.MAX_VALUE && x.columns() > 0, "spanningTree", x,
        edges, lengths);
  }

  protected static void requireDeathTimes(Matrix z, Matrix edges, Matrix lengths, Matrix weight, Matrix gradient,
      Matrix loss) {
    requireFloats("deathTimes", z, lengths, weight, gradient, loss);
    require(isTree(z.rows(), edges, lengths), "deathTimes", z, edges, lengths);
    require(gradient.size() == z.size() && weight.size() == 1 && loss.size() == 1, "deathTimes", z, weight, gradient,
        loss);
  }

  protected static void requirePointLosses(Matrix z, List<PointLoss> losses) {
    for (PointLoss loss : losses) {
      if (loss instanceof PointLoss.DeathTimes deaths) {
        requireSpanningTree(z, deaths.edges(), deaths.lengths());
        requireDeathTimes(z, deaths.edges(), deaths.lengths(), loss.weight(), loss.gradient(), loss.loss());
      } else {
        requireBallPenalty(z, loss.weight(), loss.gradient(), loss.loss());
      }
    }
  }

  private static boolean isTree(long points, Matrix edges, Matrix lengths) {
    long count = Math.max(0, points - 1);
    return edges.type() == ElementType.INT32 && edges.size() == 2 * count && lengths.size() == count;
  }

  protected static void requireEdgeLengths(Matrix x, Matrix edges, Matrix lengths) {
    requireFloats("edgeLengths", x, lengths);
    require(isEdges(edges, lengths), "edgeLengths", edges, lengths);
  }

  private static boolean isEdges(Matrix edges, Matrix lengths) {
    return edges.type() == ElementType.INT32 && edges.size() == 2 * lengths.size();
  }

  protected static void requireLargest(Matrix values, Matrix out) {
    requireFloats("largest", values, out);
    require(out.size() == 1, "largest", out);
  }

  protected static void requireKeepLongest(Matrix edges, Matrix lengths, Matrix out) {
    requireFloats("keepLongest", lengths, out);
    require(isEdges(edges, lengths) && out.size() == lengths.size(), "keepLongest", edges, lengths, out);
  }

  protected static void requireEdgeStress(Matrix z, Matrix edges, Matrix lengths, Matrix targets, Matrix targetSquare,
      Matrix scale, Matrix weight, Matrix gradient, Matrix scaleGradient, Matrix loss) {
    requireFloats("edgeStress", z, lengths, targets, targetSquare, scale, weight, gradient, scaleGradient, loss);
    require(isEdges(edges, lengths) && targets.size() == lengths.size() && gradient.size() == z.size(), "edgeStress",
        z, edges, lengths, targets, gradient);
    require(targetSquare.size() == 1 && scale.size() == 1 && weight.size() == 1 && scaleGradient.size() == 1
        && loss.size() == 1, "edgeStress", targetSquare, scale, weight, scaleGradient, loss);
  }

  protected static void requireLabelledCloud(Matrix z, Matrix classes, Matrix out) {
    requireFloats("labelledCloud", z, classes, out);
    require(classes.rows() == z.rows() && out.rows() == z.rows() && out.columns() == z.columns() + 1, "labelledCloud",
        z, classes, out);
  }

  protected static void requireKeepIterate(Matrix point, Matrix step, Matrix iterates, Matrix distances) {
    requireFloats("keepIterate", point, iterates, distances);
    requireStep(step);
    require(iterates.columns() == point.size() && isRing(iterates.rows(), distances), "keepIterate", point, iterates,
        distances);
  }

  /** Whether these are the distances of a ring of so many points, and the ring has a size that is possible. */
  private static boolean isRing(long window, Matrix distances) {
    return window >= 20 && window <= MOST_WINDOW && window % 10 == 0 && distances.rows() == window
        && distances.columns() == window;
  }

  protected static void requirePhDimension(Matrix distances, Matrix step, Matrix coefficients, Matrix value) {
    requireFloats("phDimension", distances, coefficients, value);
    requireStep(step);
    require(isRing(distances.rows(), distances) && coefficients.size() == distances.rows() && value.size() == 1,
        "phDimension", distances, coefficients, value);
  }

  protected static void requirePullNewest(Matrix iterates, Matrix coefficients, Matrix step, Matrix weight,
      Matrix gradient) {
    requireFloats("pullNewest", iterates, coefficients, weight, gradient);
    requireStep(step);
    require(coefficients.size() == iterates.rows() && weight.size() == 1 && gradient.size() == iterates.columns(),
        "pullNewest", iterates, coefficients, weight, gradient);
  }

  protected static void requireAdd(Matrix term, Matrix sum) {
    requireFloats("add", term, sum);
    require(term.size() == sum.size(), "add", term, sum);
  }

  protected static void requireReparameterise(Matrix statistics, Matrix noise, Matrix z) {
    requireFloats("reparameterise", statistics, z);
    require(statistics.rows() == z.rows() && statistics.columns() == 2 * z.columns(), "reparameterise", statistics, z);
    if (noise != null) {
      requireFloats("reparameterise", noise);
      require(noise.size() == z.size(), "reparameterise", noise, z);
    }
  }

  protected static void requireReparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels,
      Matrix dStatistics, Matrix loss) {
    requireFloats("reparameteriseBackward", statistics, noise, dz, dStatistics, loss);
    require(statistics.rows() == dz.rows() && statistics.columns() == 2 * dz.columns() && noise.size() == dz.size()
        && dStatistics.size() == statistics.size()
        && loss.size() == 1 && pixels > 0, "reparameteriseBackward", statistics, noise, dz, dStatistics, loss);
  }

  protected static void requireAdam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment,
      Matrix step, Matrix rates) {
    requireFloats("adam", parameters, gradient, firstMoment, secondMoment);
    require(
        gradient.size() == parameters.size() && firstMoment.size() == parameters.size()
            && secondMoment.size() == parameters.size(),
        "adam", parameters,
        gradient, firstMoment, secondMoment);
    requireStep(step);
    require(rates.type() == ElementType.FLOAT64 && rates.size() == AdamRates.COUNT, "rates of adam", rates);
  }

  protected static void requireSamples(Matrix out, Matrix step) {
    requireFloats("samples", out);
    requireStep(step);
  }

  protected static void requireEndStep(Matrix losses, Matrix log, Matrix step) {
    requireFloats("endStep", losses, log);
    require(losses.size() == log.columns() && log.rows() > 0, "endStep", losses, log);
    requireStep(step);
  }

  protected static void requireFetch(Matrix from) {
    requireFloats("fetch", from);
  }

  /** Requires a primitive array that fits the matrix's type and holds its elements from {@code offset} on. */
  protected static void requireArray(Object array, int offset, Matrix matrix) {
    int length =
        switch (matrix.type()) {
          case UINT8 -> array instanceof byte[] a ? a.length : -1;
          case INT32 -> array instanceof int[] a ? a.length : -1;
          case INT64 -> array instanceof long[] a ? a.length : -1;
          case FLOAT32 -> array instanceof float[] a ? a.length : -1;
          case FLOAT64 -> array instanceof double[] a ? a.length : -1;
        };
    if (length < 0 || offset < 0 || matrix.size() > length - offset) {
      throw new IllegalArgumentException(
          "an array " + array.getClass().getSimpleName() + " with " + Math.max(length, 0) + " fitting elements, from "
              + offset + ", does not match " + matrix);
    }
  }

  private static void requireFloats(String operation, Matrix... matrices) {
    for (Matrix matrix : matrices) {
      require(matrix.type() == ElementType.FLOAT32, operation, matrices);
    }
  }

  private static void requireStep(Matrix step) {
    require(step.type() == ElementType.INT64 && step.size() == 1, "step counter", step);
  }

  private static void require(boolean condition, String operation, Matrix... matrices) {
    if (!condition) {
      StringBuilder message = new StringBuilder(operation).append(": shapes or types do not fit:");
      for (Matrix matrix : matrices) {
        message.append(' ').append(matrix).append(';');
      }
      throw new IllegalArgumentException(message.toString());
    }
  }
}
