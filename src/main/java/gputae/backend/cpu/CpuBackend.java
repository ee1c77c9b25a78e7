package gputae.backend.cpu;

import gputae.backend.AbstractBackend;
import gputae.backend.Activation;
import gputae.backend.BackendException;
import gputae.backend.BallPenalty;
import gputae.backend.BatchNorm;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Recording;

/**
 * The CPU: native/ for all operations, and within it oneDNN for the backward pass of wide layers, with one team of
 * threads. A call returns when its work is done.
 */
public final class CpuBackend extends AbstractBackend {

  private final InstructionSet instructionSet;
  private final int threads;
  private final long context;

  /** Scratch memory of losses, doubles. */
  private Matrix scratch;

  /**
   * @param instructionSet the kernels to use; oneDNN is limited to the first set that the process requests
   * @param threads        number of threads, at least 1
   * @throws BackendException if the native libraries cannot be loaded or the processor lacks the set
   */
  public CpuBackend(InstructionSet instructionSet, int threads) {
    NativeLibraries.load();
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
    this.instructionSet = instructionSet.required();
    this.threads = threads;
    // oneDNN refuses a cap after its first product. Then the cap of the process's first backend stays, and
    // description() reports it.
    Native.capOneDnn(instructionSet.ordinal());
    this.context = Native.createContext(instructionSet.ordinal(), threads);
    if (context == 0) {
      throw new BackendException("cannot start " + threads + " threads; ask for fewer with --threads");
    }
  }

  public int threads() {
    return threads;
  }

  public InstructionSet instructionSet() {
    return instructionSet;
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return "CPU, " + instructionSet.label() + ", " + threads + (threads == 1 ? " thread" : " threads") + ", oneDNN "
        + Native.oneDnnVersion() + " ("
        + oneDnnInstructionSet() + ")";
  }

  /** The instruction set of oneDNN's products; a run's bits depend on it. */
  public static String oneDnnInstructionSet() {
    int set = Native.effectiveOneDnnInstructionSet();
    // The values of dnnl_cpu_isa_t are sets of bits. Only those that x86-64 processors report have a name here.
    return switch (set) {
      case 0x1 -> "sse41";
      case 0x3 -> "avx";
      case 0x7 -> "avx2";
      case 0xf -> "avx2_vnni";
      case 0x1f -> "avx2_vnni_2";
      case 0x27 -> "avx512_core";
      case 0x67 -> "avx512_core_vnni";
      case 0xe7 -> "avx512_core_bf16";
      case 0x1ef -> "avx512_core_fp16";
      case 0xfef -> "avx512_core_amx";
      case 0x1fef -> "avx512_core_amx_fp16";
      default -> "set 0x" + Integer.toHexString(set);
    };
  }

  @Override
  protected long allocateMemory(long bytes) {
    return Native.allocate(bytes);
  }

  @Override
  protected void initialise(long address, long bytes) {
    // The memory is allocated as zeros.
  }

  @Override
  protected void freeMemory(long address) {
    Native.free(address);
  }

  @Override
  protected void closeDevice() {
    Native.freeContext(context);
  }

  @Override
  public void upload(Object array, int offset, Matrix to) {
    requireArray(array, offset, to);
    Native.upload(array, (long) offset * to.type().bytes(), address(to), bytes(to));
  }

  @Override
  public void download(Matrix from, Object array, int offset) {
    requireArray(array, offset, from);
    Native.download(address(from), array, (long) offset * from.type().bytes(), bytes(from));
  }

  @Override
  public void copy(Matrix from, Matrix to) {
    requireCopy(from, to);
    Native.copy(address(from), address(to), bytes(from));
  }

  @Override
  public void clear(Matrix matrix) {
    Native.clear(address(matrix), bytes(matrix));
  }

  @Override
  public void synchronise() {}

  @Override
  public Recording record(Runnable work) {
    return new Recording() {
      @Override
      public void replay() {
        work.run();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void gather(Matrix samples, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x) {
    requireGather(samples, order, step, batch, stepsPerEpoch, x);
    if (samples.type() == ElementType.UINT8) {
      Native.gather(context, address(samples), address(order), address(step), batch, stepsPerEpoch, x.rows(),
          x.columns(), address(x));
    } else {
      Native.gatherFloats(context, address(samples), address(order), address(step), batch, stepsPerEpoch, x.rows(),
          x.columns(), address(x));
    }
  }

  @Override
  public void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix before, Matrix y) {
    requireDense(x, w, b, before, y);
    Native.dense(context, address(x), address(w), address(b), activation.ordinal(), addressOrNull(before), address(y),
        x.rows(), x.columns(), w.rows());
  }

  @Override
  public void denseBackward(Matrix x, Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    requireDenseBackward(x, w, kept, dy, dw, db, dx);
    check("denseBackward",
        Native.denseBackward(context, address(x), address(w), address(kept), activation.ordinal(), address(dy),
            address(dw), address(db), addressOrNull(dx), x.rows(), x.columns(), w.rows()));
  }

  @Override
  public void batchNorm(Matrix x, BatchNorm norm, Activation activation, Matrix before, Matrix y) {
    requireBatchNorm(x, norm, before, y);
    Native.batchNorm(context, address(x), address(norm.scale()), address(norm.shift()), activation.ordinal(),
        address(norm.runningMean()), address(norm.runningVariance()), address(norm.count()), address(norm.batch()),
        addressOrNull(before), address(y), x.rows(), x.columns());
  }

  @Override
  public void batchNormBackward(Matrix x, BatchNorm norm, Matrix kept, Activation activation, Matrix dy) {
    requireBatchNormBackward(x, norm, kept, dy);
    Native.batchNormBackward(context, address(x), address(norm.scale()), address(norm.batch()), address(kept),
        activation.ordinal(), address(norm.scaleGradient()), address(norm.shiftGradient()), address(dy), x.rows(),
        x.columns());
  }

  @Override
  public void batchNormRunning(BatchNorm norm, Activation activation, Matrix y) {
    requireBatchNormRunning(norm, y);
    Native.batchNormRunning(context, address(norm.scale()), address(norm.shift()), address(norm.runningMean()),
        address(norm.runningVariance()), activation.ordinal(), address(y), y.rows(), y.columns());
  }

  @Override
  public void sigmoid(Matrix logits, Matrix probability) {
    requireSigmoid(logits, probability);
    Native.sigmoid(context, address(logits), address(probability), logits.size());
  }

  @Override
  public void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss) {
    requireOutputLoss("sigmoidCrossEntropy", logits, target, gradient, loss);
    Native.sigmoidCrossEntropy(context, address(logits), address(target), addressOrNull(gradient), address(loss),
        scratch(logits.rows()), logits.rows(), logits.columns());
  }

  @Override
  public void squaredError(Matrix outputs, Matrix target, Matrix gradient, Matrix loss) {
    requireOutputLoss("squaredError", outputs, target, gradient, loss);
    Native.squaredError(context, address(outputs), address(target), addressOrNull(gradient), address(loss),
        scratch(outputs.rows()), outputs.rows(), outputs.columns());
  }

  /** The address of scratch memory for so many doubles. */
  private long scratch(long count) {
    if (scratch == null || scratch.size() < count) {
      if (scratch != null) {
        scratch.close();
      }
      scratch = allocate(ElementType.FLOAT64, 1, count);
    }
    return address(scratch);
  }

  @Override
  public void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss) {
    requireBallPenalty(z, weight, gradient, loss);
    Native.ballPenalty(context, address(z), penalty.ordinal(), address(weight), address(gradient), address(loss),
        z.rows(),
        z.columns());
  }

  @Override
  public void maximumMeanDiscrepancy(Matrix z, Matrix prior, float square, Matrix weight, Matrix gradient,
      Matrix loss) {
    requireMaximumMeanDiscrepancy(z, prior, square, weight, gradient, loss);
    Native.maximumMeanDiscrepancy(context, address(z), address(prior), square, address(weight), address(gradient),
        address(loss), scratch(z.rows() + z.size()), z.rows(), z.columns());
  }

  @Override
  public void squaredDistances(Matrix x, Matrix out) {
    requireSquaredDistances(x, out);
    check("squaredDistances", Native.squaredDistances(context, address(x), address(out), x.rows(), x.columns()));
  }

  @Override
  public void spanningTree(Matrix x, Matrix edges, Matrix lengths) {
    requireSpanningTree(x, edges, lengths);
    check("spanningTree",
        Native.spanningTree(context, address(x), address(edges), address(lengths), x.rows(), x.columns()));
  }

  @Override
  public void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight,
      Matrix gradient, Matrix loss) {
    requireDeathTimes(z, edges, lengths, weight, gradient, loss);
    Native.deathTimes(context, address(z), address(edges), address(lengths), degree, maxEdge, address(weight),
        address(gradient),
        address(loss), z.rows(), z.columns());
  }

  @Override
  public void edgeLengths(Matrix x, Matrix edges, Matrix lengths) {
    requireEdgeLengths(x, edges, lengths);
    Native.edgeLengths(context, address(x), address(edges), address(lengths), lengths.size(), x.columns());
  }

  @Override
  public void largest(Matrix values, Matrix out) {
    requireLargest(values, out);
    Native.largest(context, address(values), address(out), values.size());
  }

  @Override
  public void keepLongest(Matrix edges, Matrix lengths, int most, Matrix out) {
    requireKeepLongest(edges, lengths, out);
    Native.keepLongest(context, address(edges), address(lengths), most, address(out), lengths.size());
  }

  @Override
  public void edgeStress(Matrix z, Matrix edges, Matrix lengths, Matrix targets, Matrix targetSquare, Matrix scale,
      Matrix weight, Matrix gradient, Matrix scaleGradient, Matrix loss) {
    requireEdgeStress(z, edges, lengths, targets, targetSquare, scale, weight, gradient, scaleGradient, loss);
    Native.edgeStress(context, address(z), address(edges), address(lengths), address(targets), address(targetSquare),
        address(scale), address(weight), address(gradient), address(scaleGradient), address(loss), lengths.size(),
        z.rows(), z.columns());
  }

  @Override
  public void labelledCloud(Matrix z, Matrix classes, float spacing, Matrix out) {
    requireLabelledCloud(z, classes, out);
    Native.labelledCloud(context, address(z), address(classes), spacing, address(out), z.rows(), z.columns(),
        classes.columns());
  }

  @Override
  public void keepIterate(Matrix point, Matrix step, Matrix iterates, Matrix distances) {
    requireKeepIterate(point, step, iterates, distances);
    Native.keepIterate(context, address(point), address(step), point.size(), iterates.rows(), address(iterates),
        address(distances));
  }

  @Override
  public void phDimension(Matrix distances, Matrix step, long seed, int stream, Matrix coefficients, Matrix value) {
    requirePhDimension(distances, step, coefficients, value);
    Native.phDimension(context, address(distances), address(step), seed, stream, distances.rows(),
        address(coefficients), address(value));
  }

  @Override
  public void pullNewest(Matrix iterates, Matrix coefficients, Matrix step, Matrix weight, Matrix gradient) {
    requirePullNewest(iterates, coefficients, step, weight, gradient);
    Native.pullNewest(context, address(iterates), address(coefficients), address(step), address(weight),
        iterates.columns(), iterates.rows(), address(gradient));
  }

  @Override
  public void add(Matrix term, Matrix sum) {
    requireAdd(term, sum);
    Native.add(context, address(term), address(sum), sum.size());
  }

  @Override
  public void reparameterise(Matrix statistics, Matrix noise, Matrix z) {
    requireReparameterise(statistics, noise, z);
    Native.reparameterise(context, address(statistics), addressOrNull(noise), address(z), z.rows(), z.columns());
  }

  @Override
  public void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix loss) {
    requireReparameteriseBackward(statistics, noise, dz, pixels, dStatistics, loss);
    Native.reparameteriseBackward(context, address(statistics), address(noise), address(dz), pixels,
        address(dStatistics), address(loss), dz.rows(), dz.columns());
  }

  @Override
  public void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step,
      Matrix rates) {
    requireAdam(parameters, gradient, firstMoment, secondMoment, step, rates);
    Native.adam(context, address(parameters), address(gradient), address(firstMoment), address(secondMoment),
        address(step), address(rates), parameters.size());
  }

  @Override
  public void normals(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    Native.normals(context, address(out), out.size(), seed, stream, address(step));
  }

  @Override
  public void uniformBall(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    Native.uniformBall(context, address(out), out.rows(), out.columns(), seed, stream, address(step));
  }

  @Override
  public void endStep(Matrix losses, Matrix log, Matrix step) {
    requireEndStep(losses, log, step);
    Native.endStep(context, address(losses), address(log), log.rows(), log.columns(), address(step));
  }

  private static void check(String operation, int status) {
    if (status != 0) {
      throw new BackendException(operation + " failed on the CPU: "
          + (status == 1 ? "out of memory" : "oneDNN status " + status) + "; a smaller --batch needs less memory");
    }
  }
}
