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
 * The forward pass of a layer of the network: y = activation(x w^T + b), x (batch, in), w (out, in), b (1, out), y
 * (batch, out); ELU after hidden layers, no activation after the latent points and the logits. The check compares
 * randomly drawn numbers of y with sums in double.
 */
public class DenseForward extends DeviceBenchmark {

  private static final int REPEATS = 64;

  @Param({"784-64", "64-64", "64-2", "2-64", "64-784"})
  public String layer;

  @Param({"128", "512", "4096"})
  public int batch;

  private Layer shape;
  private float[] inputs;
  private float[] weights;
  private float[] biases;
  private Matrix x; // (batch, in)
  private Matrix w; // (out, in)
  private Matrix b; // (1, out)
  private Matrix y; // (batch, out)

  public DenseForward() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    shape = Layer.of(layer);
    Random random = new Random(2);
    inputs = Reference.gaussian(random, batch * shape.in(), 1);
    weights = Reference.gaussian(random, shape.out() * shape.in(), 0.3);
    biases = Reference.gaussian(random, shape.out(), 1);
    x = backend.allocate(batch, shape.in()).upload(inputs);
    w = backend.allocate(shape.out(), shape.in()).upload(weights);
    b = backend.allocate(1, shape.out()).upload(biases);
    y = backend.allocate(batch, shape.out());
  }

  @Override
  void enqueue(Backend backend) {
    backend.dense(x, w, b, shape.activation(), y);
  }

  @Override
  void check() {
    Random random = new Random(3);
    float[] found = y.toFloats();
    for (int i = 0; i < Answer.SAMPLES; i++) {
      int r = random.nextInt(batch);
      int o = random.nextInt(shape.out());
      Answer.Sum product =
          Answer.sum(shape.in(), k -> (double) inputs[r * shape.in() + k] * weights[o * shape.in() + k]);
      double sum = biases[o] + product.value();
      double expected = shape.activation() == Activation.ELU && sum < 0 ? Math.expm1(sum) : sum;
      Answer.close("y", r * shape.out() + o, expected, found[r * shape.out() + o], Reference.ofSum(shape.in()),
          Math.abs(biases[o]) + product.size() + Math.abs(expected));
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
