package gputae.bench;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.selftest.Reference;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The backward pass of a layer of the network: through the activation, dw += dy^T x, db += column sums of dy, dx = dy
 * w; x and dx (batch, in), w and dw (out, in), y and dy (batch, out). The network's first layer has no dx, since its
 * input is the images.
 *
 * <p>The operation changes dy, and the gradients of parameters grow. So that all repetitions do the same work, outputs
 * are 0 or positive; for these the activation passes the gradient unchanged. The check compares some numbers of dw and
 * dx and all of db with sums in double, for the repetitions, and before them for a call with outputs of both signs.
 */
public class DenseBackward extends DeviceBenchmark {

  private static final int REPEATS = 64;

  @Param({"784-64", "64-64", "64-2", "2-64", "64-784"})
  public String layer;

  @Param({"128", "512", "4096"})
  public int batch;

  private Layer shape;
  private float[] inputs;
  private float[] weights;
  private float[] outputs;
  private float[] gradients;
  private Matrix x; // (batch, in)
  private Matrix w; // (out, in)
  private Matrix y; // (batch, out)
  private Matrix dy; // (batch, out)
  private Matrix dw; // (out, in)
  private Matrix db; // (1, out)
  private Matrix dx; // (batch, in) or null

  public DenseBackward() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    shape = Layer.of(layer);
    Random random = new Random(4);
    inputs = Reference.gaussian(random, batch * shape.in(), 1);
    weights = Reference.gaussian(random, shape.out() * shape.in(), 0.3);
    gradients = Reference.gaussian(random, batch * shape.out(), 1);
    outputs = Reference.gaussian(random, batch * shape.out(), 1);
    for (int i = 0; i < outputs.length; i++) {
      // An output of ELU is always above -1.
      outputs[i] = Math.max(outputs[i], -0.99f);
    }
    x = backend.allocate(batch, shape.in()).upload(inputs);
    w = backend.allocate(shape.out(), shape.in()).upload(weights);
    y = backend.allocate(batch, shape.out()).upload(outputs);
    dy = backend.allocate(batch, shape.out()).upload(gradients);
    dw = backend.allocate(shape.out(), shape.in());
    db = backend.allocate(1, shape.out());
    dx = shape.first() ? null : backend.allocate(batch, shape.in());
    enqueue(backend);
    check(1);
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = Math.max(outputs[i], 0);
    }
    y.upload(outputs);
    dy.upload(gradients);
    backend.clear(dw);
    backend.clear(db);
  }

  @Override
  void enqueue(Backend backend) {
    backend.denseBackward(x, w, y, shape.activation(), dy, dw, db, dx);
  }

  @Override
  void check() {
    check(REPEATS);
  }

  /**
   * Checks the result after {@code times} calls. Each call added the same values to dw and db. It may have added its
   * terms one by one to the previous value, so that they are rounded at the size of the growing sum; the same terms are
   * then rounded in the same way again.
   */
  private void check(int times) {
    int in = shape.in();
    int out = shape.out();
    double[] before = new double[batch * out];
    for (int i = 0; i < before.length; i++) {
      before[i] = gradients[i] * (shape.activation() == Activation.ELU && outputs[i] <= 0 ? outputs[i] + 1.0 : 1);
    }
    Random random = new Random(5);
    double bound = Reference.ofSum(batch);
    double growth = times * (times - 1) / 2.0;
    float[] foundW = dw.toFloats();
    float[] foundB = db.toFloats();
    for (int i = 0; i < out; i++) {
      int o = i;
      Answer.Sum sum = Answer.sum(batch, r -> before[r * out + o]);
      Answer.close("gradient of b", o, times * sum.value(), foundB[o], bound,
          times * sum.size() + growth * Math.abs(sum.value()));
    }
    for (int i = 0; i < Answer.SAMPLES; i++) {
      int o = random.nextInt(out);
      int k = random.nextInt(in);
      Answer.Sum sum = Answer.sum(batch, r -> before[r * out + o] * inputs[r * in + k]);
      Answer.close("gradient of w", o * in + k, times * sum.value(), foundW[o * in + k], bound,
          times * sum.size() + growth * Math.abs(sum.value()));
    }
    if (dx == null) {
      return;
    }
    float[] foundX = dx.toFloats();
    for (int i = 0; i < Answer.SAMPLES; i++) {
      int r = random.nextInt(batch);
      int k = random.nextInt(in);
      Answer.Sum sum = Answer.sum(out, o -> before[r * out + o] * weights[o * in + k]);
      Answer.close("gradient of x", r * in + k, sum.value(), foundX[r * in + k], Reference.ofSum(out), sum.size());
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
