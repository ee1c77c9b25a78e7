package gputae.backend.cuda;

import gputae.backend.AbstractBackend;
import gputae.backend.Activation;
import gputae.backend.BallPenalty;
import gputae.backend.BatchNorm;
import gputae.backend.Layer;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.backend.Recording;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The backend on a GPU: it uses the kernels of kernels/ and, for many rows, the driver's matrix products if it has any.
 * Calls are enqueued. A recording is a captured graph; its replay is one call to the driver.
 *
 * <p>The shapes of launches are chosen here, from the problem and the driver's limits. Each kernel's file says which
 * shapes the kernel needs.
 */
public final class CudaBackend extends AbstractBackend {

  /**
   * The number of training steps in one graph. The launch of a graph costs the host some microseconds; this number of
   * steps hides them. The losses are looked at after the same number of steps.
   */
  private static final int STEPS_A_RECORDING = 16;

  private final Driver driver;
  private final Products products;
  private final Schedule schedule;
  private final Launches launches;
  private final BatchLaunches batches;
  private final DenseLayers dense;
  private final BatchNorms norms;
  private final Iterates iterates;
  private final EdgeLaunches edges;
  private final Reparameterisation reparameterisation;
  private final AllPairs pairs;
  private final PointLosses points;
  private final OutputLosses outputLosses;

  /** A backend that uses a driver and closes it. */
  public CudaBackend(Driver driver) {
    this(driver, Products.AUTO);
  }

  /** The same with a choice of products. {@link Products#AUTO} becomes {@link Products#OWN} if the driver has none. */
  public CudaBackend(Driver driver, Products wanted) {
    this(driver, wanted, LaunchChecks.wanted(), AllPairs.MOST_WORK);
  }

  /** The same; {@code checks} says whether every call is waited for, {@code mostWork} is that of {@link AllPairs}. */
  CudaBackend(Driver driver, Products wanted, boolean checks, long mostWork) {
    this.driver = driver;
    this.products = wanted == Products.AUTO && !driver.multiplies() ? Products.OWN : wanted;
    Schedule.Memory memory = new Schedule.Memory() {
      @Override
      public long reserve(long bytes, String what) {
        return CudaBackend.this.reserve(bytes, what);
      }

      @Override
      public void release(long address) {
        CudaBackend.this.release(address);
      }

      @Override
      public long address(Matrix matrix) {
        return CudaBackend.this.address(matrix);
      }

      @Override
      public void requireOpen() {
        CudaBackend.this.requireOpen();
      }
    };
    this.schedule = new Schedule(driver, memory, checks);
    this.launches = new Launches(driver.limits(), schedule);
    this.batches = new BatchLaunches(launches, memory);
    this.dense = new DenseLayers(launches, schedule, memory, products);
    this.norms = new BatchNorms(launches, schedule, memory);
    this.iterates = new Iterates(launches, memory);
    this.edges = new EdgeLaunches(launches, memory);
    this.reparameterisation = new Reparameterisation(launches, schedule, memory);
    this.pairs = new AllPairs(driver.limits(), mostWork, launches::launch);
    this.points = new PointLosses(launches, schedule, memory, driver.limits().sharedMemory());
    this.outputLosses = new OutputLosses(launches, schedule, memory);
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String description() {
    return driver.description() + (products == Products.AUTO ? "" : ", products " + products.label());
  }

  /** The number of launches of each kernel so far. A recorded launch counts once, when it is recorded. */
  public Map<String, Long> launches() {
    return launches.counts();
  }

  // ---- memory

  @Override
  protected long allocateMemory(long bytes) {
    // An empty matrix gets an address of its own too.
    return driver.allocate(Math.max(bytes, 1));
  }

  @Override
  protected void initialise(long address, long bytes) {
    if (bytes > 0) {
      driver.clear(address, bytes);
    }
  }

  @Override
  protected void freeMemory(long address) {
    driver.free(address);
  }

  @Override
  protected long freeBytes() {
    return driver.freeMemory();
  }

  @Override
  protected void finishDevice() {
    schedule.close();
  }

  @Override
  protected void closeDevice() {
    driver.close();
  }

  @Override
  public void upload(Object array, int offset, Matrix to) {
    requireArray(array, offset, to);
    long address = address(to);
    schedule.joinForHost("an upload");
    if (to.size() > 0) {
      driver.upload(array, (long) offset * to.type().bytes(), address, bytes(to));
    }
  }

  @Override
  public void download(Matrix from, Object array, int offset) {
    requireArray(array, offset, from);
    long address = address(from);
    schedule.joinForHost("a download");
    if (from.size() > 0) {
      driver.download(address, array, (long) offset * from.type().bytes(), bytes(from));
    }
  }

  @Override
  public Supplier<float[]> fetch(Matrix from) {
    requireFetch(from);
    long address = address(from);
    schedule.joinForHost("a download");
    int count = Math.toIntExact(from.size());
    Driver.Transfer transfer = driver.fetch(address, bytes(from));
    return () -> {
      float[] values = new float[count];
      transfer.await().asFloatBuffer().get(values);
      return values;
    };
  }

  @Override
  public void copy(Matrix from, Matrix to) {
    requireCopy(from, to);
    long source = address(from);
    long target = address(to);
    if (from.size() > 0) {
      schedule.enqueue(new Call.Copy(source, target, bytes(from)));
    }
  }

  @Override
  public void clear(Matrix matrix) {
    long address = address(matrix);
    if (matrix.size() > 0) {
      schedule.enqueue(new Call.Clear(address, bytes(matrix)));
    }
  }

  @Override
  public void synchronise() {
    requireOpen();
    schedule.joinForHost("waiting");
    driver.synchronise();
  }

  @Override
  public double seconds(Runnable work) {
    requireOpen();
    schedule.joinForHost("waiting");
    return driver.seconds(() -> {
      work.run();
      schedule.joinAside();
    });
  }

  @Override
  public int stepsARecording() {
    return STEPS_A_RECORDING;
  }

  @Override
  protected void requireFreeHands() {
    schedule.requireNotRecording("a matrix that comes or goes");
  }

  @Override
  protected long address(Matrix matrix) {
    schedule.uses(matrix);
    return super.address(matrix);
  }

  @Override
  public Recording record(Runnable work) {
    return schedule.record(work);
  }

  @Override
  public void beside(Runnable branch, Runnable main) {
    schedule.beside(branch, main);
  }

  // ---- operations

  @Override
  public void gather(Matrix samples, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x) {
    requireGather(samples, order, step, batch, stepsPerEpoch, x);
    batches.gather(samples, order, step, batch, stepsPerEpoch, x);
  }

  @Override
  public void dense(Matrix x, Matrix w, Matrix b, Activation activation, Matrix before, Matrix y) {
    requireDense(x, w, b, before, y);
    dense.forward(x, w, b, activation, before, y);
  }

  @Override
  public void denseBackward(Matrix x, Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    requireDenseBackward(x, w, kept, dy, dw, db, dx);
    dense.backward(x, w, kept, activation, dy, dw, db, dx);
  }

  @Override
  public void denseChain(Matrix x, List<Layer> layers) {
    requireDenseChain(x, layers);
    dense.forward(x, layers);
  }

  @Override
  public void denseChainBackward(Matrix x, List<Layer> layers, Matrix more, Matrix dx) {
    requireDenseChainBackward(x, layers, more, dx);
    dense.backward(x, layers, more, dx);
  }

  @Override
  public void batchNorm(Matrix x, BatchNorm norm, Activation activation, Matrix before, Matrix y) {
    requireBatchNorm(x, norm, before, y);
    norms.forward(x, norm, activation, before, y);
  }

  @Override
  public void batchNormBackward(Matrix x, BatchNorm norm, Matrix kept, Activation activation, Matrix dy) {
    requireBatchNormBackward(x, norm, kept, dy);
    norms.backward(x, norm, kept, activation, dy);
  }

  @Override
  public void batchNormRunning(BatchNorm norm, Activation activation, Matrix y) {
    requireBatchNormRunning(norm, y);
    norms.running(norm, activation, y);
  }

  @Override
  public void sigmoid(Matrix logits, Matrix probability) {
    requireSigmoid(logits, probability);
    launches.over("sigmoid", logits.size(),
        new Arguments().pointer(address(logits)).pointer(address(probability)).int64(logits.size()));
  }

  @Override
  public void sigmoidCrossEntropy(Matrix logits, Matrix target, Matrix gradient, Matrix loss) {
    requireOutputLoss("sigmoidCrossEntropy", logits, target, gradient, loss);
    outputLosses.loss("sigmoid_cross_entropy", logits, target, gradient, loss);
  }

  @Override
  public void squaredError(Matrix outputs, Matrix target, Matrix gradient, Matrix loss) {
    requireOutputLoss("squaredError", outputs, target, gradient, loss);
    outputLosses.loss("squared_error", outputs, target, gradient, loss);
  }

  @Override
  public void ballPenalty(Matrix z, BallPenalty penalty, Matrix weight, Matrix gradient, Matrix loss) {
    requireBallPenalty(z, weight, gradient, loss);
    points.ballPenalty(z, penalty, weight, gradient, loss);
  }

  @Override
  public void maximumMeanDiscrepancy(Matrix z, Matrix prior, float square, Matrix weight, Matrix gradient,
      Matrix loss) {
    requireMaximumMeanDiscrepancy(z, prior, square, weight, gradient, loss);
    points.maximumMeanDiscrepancy(z, prior, square, weight, gradient, loss);
  }

  @Override
  public void squaredDistances(Matrix x, Matrix out) {
    requireSquaredDistances(x, out);
    pairs.squaredDistances(address(x), Math.toIntExact(x.rows()), Math.toIntExact(x.columns()), address(out));
  }

  @Override
  public void spanningTree(Matrix x, Matrix edges, Matrix lengths) {
    requireSpanningTree(x, edges, lengths);
    if (x.rows() > 1) {
      new BoruvkaLaunches(driver.limits(), schedule::space, pairs, launches::launch).enqueue(address(x),
          (int) x.rows(), Math.toIntExact(x.columns()), address(edges), address(lengths));
    }
  }

  @Override
  public void deathTimes(Matrix z, Matrix edges, Matrix lengths, float degree, float maxEdge, Matrix weight,
      Matrix gradient, Matrix loss) {
    requireDeathTimes(z, edges, lengths, weight, gradient, loss);
    points.deathTimes(z, edges, lengths, degree, maxEdge, weight, gradient, loss);
  }

  @Override
  public void pointLosses(Matrix z, List<PointLoss> losses) {
    requirePointLosses(z, losses);
    if (!points.together(z, losses)) {
      super.pointLosses(z, losses);
    }
  }

  @Override
  public void edgeLengths(Matrix x, Matrix edges, Matrix lengths) {
    requireEdgeLengths(x, edges, lengths);
    this.edges.lengths(x, edges, lengths);
  }

  @Override
  public void largest(Matrix values, Matrix out) {
    requireLargest(values, out);
    clear(out);
    edges.largest(values, out);
  }

  @Override
  public void keepLongest(Matrix edges, Matrix lengths, int most, Matrix out) {
    requireKeepLongest(edges, lengths, out);
    this.edges.keepLongest(edges, lengths, most, out);
  }

  @Override
  public void edgeStress(Matrix z, Matrix edges, Matrix lengths, Matrix targets, Matrix targetSquare, Matrix scale,
      Matrix weight, Matrix gradient, Matrix scaleGradient, Matrix loss) {
    requireEdgeStress(z, edges, lengths, targets, targetSquare, scale, weight, gradient, scaleGradient, loss);
    points.edgeStress(z, edges, lengths, targets, targetSquare, scale, weight, gradient, scaleGradient, loss);
  }

  @Override
  public void labelledCloud(Matrix z, Matrix classes, float spacing, Matrix out) {
    requireLabelledCloud(z, classes, out);
    edges.labelledCloud(z, classes, spacing, out);
  }

  @Override
  public void keepIterate(Matrix point, Matrix step, Matrix iterates, Matrix distances) {
    requireKeepIterate(point, step, iterates, distances);
    this.iterates.keep(point, step, iterates, distances);
  }

  @Override
  public void phDimension(Matrix distances, Matrix step, long seed, int stream, Matrix coefficients, Matrix value) {
    requirePhDimension(distances, step, coefficients, value);
    iterates.phDimension(distances, step, seed, stream, coefficients, value);
  }

  @Override
  public void pullNewest(Matrix iterates, Matrix coefficients, Matrix step, Matrix weight, Matrix gradient) {
    requirePullNewest(iterates, coefficients, step, weight, gradient);
    this.iterates.pullNewest(iterates, coefficients, step, weight, gradient);
  }

  @Override
  public void add(Matrix term, Matrix sum) {
    requireAdd(term, sum);
    dense.add(term, sum);
  }

  @Override
  public void reparameterise(Matrix statistics, Matrix noise, Matrix z) {
    requireReparameterise(statistics, noise, z);
    reparameterisation.forward(statistics, noise, z);
  }

  @Override
  public void reparameteriseBackward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics,
      Matrix loss) {
    requireReparameteriseBackward(statistics, noise, dz, pixels, dStatistics, loss);
    reparameterisation.backward(statistics, noise, dz, pixels, dStatistics, loss);
  }

  @Override
  public void adam(Matrix parameters, Matrix gradient, Matrix firstMoment, Matrix secondMoment, Matrix step,
      Matrix rates) {
    requireAdam(parameters, gradient, firstMoment, secondMoment, step, rates);
    launches.over("adam", parameters.size(),
        new Arguments().pointer(address(step)).pointer(address(rates)).int64(parameters.size())
            .pointer(address(parameters)).pointer(address(gradient)).pointer(address(firstMoment))
            .pointer(address(secondMoment)));
  }

  @Override
  public void normals(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    batches.normals(out, seed, stream, step);
  }

  @Override
  public void uniformBall(Matrix out, long seed, int stream, Matrix step) {
    requireSamples(out, step);
    batches.uniformBall(out, seed, stream, step);
  }

  @Override
  public void endStep(Matrix losses, Matrix log, Matrix step) {
    requireEndStep(losses, log, step);
    schedule.aside(Schedule.SUMS_ASIDE, List.of(losses), List.of(log, step),
        () -> launches.oneBlock("end_step", log.columns(),
            new Arguments().pointer(address(losses)).int32(Math.toIntExact(log.rows()))
                .int32(Math.toIntExact(log.columns())).pointer(address(log)).pointer(address(step))));
  }
}
