package gputae.backend.cpu;

import gputae.backend.Activation;
import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.BackendException;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import java.util.HashMap;
import java.util.Map;

/** The CPU: oneDNN for matrix products, native/ for the rest, one team of threads. Calls return when the work is done. */
public final class CpuBackend implements Backend {

  private final InstructionSet instructionSet;
  private final int threads;
  private final long context;

  /** Addresses of open allocations, and their bytes. */
  private final Map<Long, Long> allocations = new HashMap<>();

  private long allocatedBytes;

  /** Scratch for the row sums of {@link #sigmoidCrossEntropy}, doubles. */
  private Matrix rowSums;

  private boolean closed;

  /**
   * @param instructionSet the kernels to use; oneDNN is kept to the first one a process asks for
   * @param threads        threads to use, at least 1
   * @throws BackendException if the native libraries cannot be loaded or the processor lacks the set
   */
  public CpuBackend(InstructionSet instructionSet, int threads) {
    NativeLibraries.load();
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, not " + threads);
    }
    this.instructionSet = instructionSet.required();
    this.threads = threads;
    // Refused once oneDNN has multiplied something: then the cap of the process's first backend stands, which description() reports.
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
    return "CPU, " + instructionSet.label() + ", " + threads + (threads == 1 ? " thread" : " threads") + ", oneDNN " + Native.oneDnnVersion() + " ("
        + oneDnnInstructionSet() + ")";
  }

  /** What oneDNN's products use; a run's bits depend on it. */
  public static String oneDnnInstructionSet() {
    int set = Native.effectiveOneDnnInstructionSet();
    // The values of dnnl_cpu_isa_t are sets of bits; only those that x86-64 processors report are named.
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
  public Matrix allocate(ElementType type, long rows, long columns) {
    if (closed) {
      throw new IllegalStateException("the backend is closed");
    }
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("a matrix of " + rows + " x " + columns);
    }
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    long address = Native.allocate(bytes);
    if (address == 0) {
      throw new BackendException(
          String.format("out of memory: %,d bytes asked for a matrix of %d x %d, %,d already held; a smaller --batch needs less", bytes, rows, columns, allocatedBytes));
    }
    allocations.put(address, bytes);
    allocatedBytes += bytes;
    return new Matrix(this, type, address, rows, columns);
  }

  @Override
  public void free(Matrix matrix, long address) {
    Long bytes = allocations.remove(address);
    // After close() everything is freed already.
    if (bytes != null) {
      allocatedBytes -= bytes;
      Native.free(address);
    }
  }

  @Override
  public long allocatedBytes() {
    return allocatedBytes;
  }

  @Override
  public void upload(Object array, int offset, Matrix to) {
    requireArray(array, offset, to);
    Native.upload(array, (long) offset * to.type().bytes(), address(to), to.size() * to.type().bytes());
  }

  @Override
  public void download(Matrix from, Object array, int offset) {
    requireArray(array, offset, from);
    Native.download(address(from), array, (long) offset * from.type().bytes(), from.size() * from.type().bytes());
  }

  @Override
  public void copy(Matrix from, Matrix to) {
    require(from.type() == to.type() && from.size() == to.size(), "copy", from, to);
    Native.copy(address(from), address(to), from.size() * from.type().bytes());
  }

  @Override
  public void clear(Matrix matrix) {
    Native.clear(address(matrix), matrix.size() * matrix.type().bytes());
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
  public void gather(Matrix images, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x) {
    require(images.type() == ElementType.UINT8 && images.columns() == x.columns(), "gather", images, x);
    require(x.type() == ElementType.FLOAT32 && x.rows() <= batch, "gather into", x);
    require(order.type() == ElementType.INT32 && order.size() >= (stepsPerEpoch - 1) * batch + x.rows(), "order of gather", order);
    requireStep(step);
    Native.gather(context, address(images), address(order), address(step), batch, stepsPerEpoch, x.rows(), x.columns(), address(x));
  }

  @Override
  public void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix y) {
    requireFloats("dense", x, w, b, y);
    require(w.columns() == x.columns() && y.columns() == w.rows() && y.rows() == x.rows() && b.size() == w.rows(), "dense", x, w, b, y);
    check("dense", Native.dense(context, address(x), address(w), address(b), activation.ordinal(), address(y), x.rows(), x.columns(), w.rows()));
  }

  @Override
  public void denseBackward(Matrix x, Matrix w, Matrix y, Activation activation, Matrix dy, Matrix dw, Matrix db, Matrix dx) {
    requireFloats("denseBackward", x, w, y, dy, dw, db);
    require(w.columns() == x.columns() && y.columns() == w.rows() && y.rows() == x.rows(), "denseBackward", x, w, y);
    require(dw.rows() == w.rows() && dw.columns() == w.columns() && db.size() == w.rows() && dy.rows() == y.rows() && dy.columns() == y.columns(),
        "gradients of denseBackward", dy, dw, db);
    if (dx != null) {
      requireFloats("denseBackward", dx);
      require(dx.rows() == x.rows() && dx.columns() == x.columns(), "denseBackward", x, dx);
    }
    check("denseBackward", Native.denseBackward(context, address(x), address(w), address(y), activation.ordinal(), address(dy), address(dw), address(db),
        dx == null ? 0 : address(dx), x.rows(), x.columns(), w.rows()));
  }

  @Override
  public void sigmoid(Matrix logits, Matrix probability) {
    requireFloats("sigmoid", logits, probability);
    require(logits.size() == probability.size(), "sigmoid", logits, probability);
    Native.sigmoid(context, address(logits), address(probability), logits.size());
  }

  @Override
  public void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss) {
    requireFloats("sigmoidCrossEntropy", logits, target, loss);
    require(target.rows() == logits.rows() && target.columns() == logits.columns() && loss.size() == 1, "sigmoidCrossEntropy", logits, target, loss);
    if (gradient != null) {
      requireFloats("sigmoidCrossEntropy", gradient);
      require(gradient.size() == logits.size(), "sigmoidCrossEntropy", logits, gradient);
    }
    if (rowSums == null || rowSums.size() < logits.rows()) {
      if (rowSums != null) {
        rowSums.close();
      }
      rowSums = allocate(ElementType.INT64, 1, logits.rows());
    }
    Native.sigmoidCrossEntropy(context, address(logits), address(target), gradient == null ? 0 : address(gradient), address(loss), address(rowSums), logits.rows(),
        logits.columns());
  }

  @Override
  public void ballPenalty(Matrix z, BallPenalty penalty, float weight, Matrix gradient, Matrix loss) {
    requireFloats("ballPenalty", z, gradient, loss);
    require(gradient.size() == z.size() && loss.size() == 1, "ballPenalty", z, gradient, loss);
    Native.ballPenalty(context, address(z), penalty.ordinal(), weight, address(gradient), address(loss), z.rows(), z.columns());
  }

  @Override
  public void squaredDistances(Matrix x, Matrix out) {
    requireFloats("squaredDistances", x, out);
    require(out.rows() == x.rows() && out.columns() == x.rows(), "squaredDistances", x, out);
    check("squaredDistances", Native.squaredDistances(context, address(x), address(out), x.rows(), x.columns()));
  }

  @Override
  public void spanningTree(Matrix x, Matrix edges, Matrix lengths) {
    requireFloats("spanningTree", x, lengths);
    long count = Math.max(0, x.rows() - 1);
    require(edges.type() == ElementType.INT32 && edges.size() == 2 * count && lengths.size() == count && x.rows() <= Integer.MAX_VALUE && x.columns() > 0,
        "spanningTree", x, edges, lengths);
    check("spanningTree", Native.spanningTree(context, address(x), address(edges), address(lengths), x.rows(), x.columns()));
  }

  @Override
  public void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, float weight, Matrix gradient, Matrix loss) {
    requireFloats("deathTimes", z, lengths, gradient, loss);
    long count = Math.max(0, z.rows() - 1);
    require(edges.type() == ElementType.INT32 && edges.size() == 2 * count && lengths.size() == count, "deathTimes", z, edges, lengths);
    require(gradient.size() == z.size() && loss.size() == 1, "deathTimes", z, gradient, loss);
    Native.deathTimes(context, address(z), address(edges), address(lengths), degree, maxEdge, weight, address(gradient), address(loss), z.rows(), z.columns());
  }

  @Override
  public void add(Matrix term, Matrix sum) {
    requireFloats("add", term, sum);
    require(term.size() == sum.size(), "add", term, sum);
    Native.add(context, address(term), address(sum), sum.size());
  }

  @Override
  public void reparameterise(Matrix statistics, Matrix noise, Matrix z) {
    requireFloats("reparameterise", statistics, z);
    require(statistics.rows() == z.rows() && statistics.columns() == 2 * z.columns(), "reparameterise", statistics, z);
    if (noise != null) {
      requireFloats("reparameterise", noise);
      require(noise.size() == z.size(), "reparameterise", noise, z);
    }
    Native.reparameterise(context, address(statistics), noise == null ? 0 : address(noise), address(z), z.rows(), z.columns());
  }

  @Override
  public void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics, Matrix loss) {
    requireFloats("reparameteriseBackward", statistics, noise, dz, dStatistics, loss);
    require(statistics.rows() == dz.rows() && statistics.columns() == 2 * dz.columns() && noise.size() == dz.size() && dStatistics.size() == statistics.size()
        && loss.size() == 1 && pixels > 0, "reparameteriseBackward", statistics, noise, dz, dStatistics, loss);
    Native.reparameteriseBackward(context, address(statistics), address(noise), address(dz), pixels, address(dStatistics), address(loss), dz.rows(), dz.columns());
  }

  @Override
  public void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step, AdamRates rates) {
    requireFloats("adam", parameters, gradient, firstMoment, secondMoment);
    require(gradient.size() == parameters.size() && firstMoment.size() == parameters.size() && secondMoment.size() == parameters.size(), "adam", parameters,
        gradient, firstMoment, secondMoment);
    requireStep(step);
    Native.adam(context, address(parameters), address(gradient), address(firstMoment), address(secondMoment), address(step), rates.rate(), rates.beta1(),
        rates.beta2(), rates.epsilon(), parameters.size());
  }

  @Override
  public void normals(Matrix out, long seed, int stream, Matrix step) {
    requireFloats("normals", out);
    requireStep(step);
    Native.normals(context, address(out), out.size(), seed, stream, address(step));
  }

  @Override
  public void uniformBall(Matrix out, long seed, int stream, Matrix step) {
    requireFloats("uniformBall", out);
    requireStep(step);
    Native.uniformBall(context, address(out), out.rows(), out.columns(), seed, stream, address(step));
  }

  @Override
  public void endStep(Matrix losses, Matrix log, Matrix step) {
    requireFloats("endStep", losses, log);
    require(losses.size() == log.columns() && log.rows() > 0, "endStep", losses, log);
    requireStep(step);
    Native.endStep(context, address(losses), address(log), log.rows(), log.columns(), address(step));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      allocations.keySet().forEach(Native::free);
      allocations.clear();
      allocatedBytes = 0;
      Native.freeContext(context);
    }
  }

  private long address(Matrix matrix) {
    if (closed) {
      throw new IllegalStateException("the backend is closed");
    }
    if (matrix.backend() != this) {
      throw new IllegalArgumentException("the matrix belongs to another backend");
    }
    return matrix.address();
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

  private static void requireArray(Object array, int offset, Matrix matrix) {
    int length =
        switch (matrix.type()) {
          case UINT8 -> array instanceof byte[] a ? a.length : -1;
          case INT32 -> array instanceof int[] a ? a.length : -1;
          case INT64 -> array instanceof long[] a ? a.length : -1;
          case FLOAT32 -> array instanceof float[] a ? a.length : -1;
        };
    if (length < 0 || offset < 0 || matrix.size() > length - offset) {
      throw new IllegalArgumentException(
          "an array " + array.getClass().getSimpleName() + " with " + Math.max(length, 0) + " fitting elements, from " + offset + ", does not match " + matrix);
    }
  }

  private static void check(String operation, int status) {
    if (status != 0) {
      throw new BackendException(operation + " failed on the CPU: " + (status == 1 ? "out of memory" : "oneDNN status " + status) + "; a smaller --batch needs less memory");
    }
  }
}
