package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.selftest.Reference;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The reconstruction loss with its gradient: logits, target and gradient (batch, 784), the loss (1, 1). In the network
 * the gradient overwrites the logits, which reads and writes the same amount of memory; here it has its own matrix, so
 * that all repetitions do the same work. The check compares the loss and every number of the gradient with results in
 * double.
 */
public class SigmoidCrossEntropy extends DeviceBenchmark {

  private static final int REPEATS = 64;
  private static final int PIXELS = 784;

  @Param({"128", "512", "4096"})
  public int batch;

  private float[] logitValues;
  private float[] targetValues;
  private Matrix logits; // (batch, PIXELS)
  private Matrix target; // (batch, PIXELS)
  private Matrix gradient; // (batch, PIXELS)
  private Matrix loss; // (1, 1)

  public SigmoidCrossEntropy() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    Random random = new Random(6);
    logitValues = Reference.gaussian(random, batch * PIXELS, 6);
    targetValues = new float[batch * PIXELS];
    for (int i = 0; i < targetValues.length; i++) {
      targetValues[i] = i % 3 == 0 ? random.nextFloat() : i % 2;
    }
    logits = backend.allocate(batch, PIXELS).upload(logitValues);
    target = backend.allocate(batch, PIXELS).upload(targetValues);
    gradient = backend.allocate(batch, PIXELS);
    loss = backend.allocate(1, 1);
  }

  @Override
  void enqueue(Backend backend) {
    backend.sigmoidCrossEntropy(logits, target, gradient, loss);
  }

  @Override
  void check() {
    Reference.Loss expected = Reference.crossEntropy(logitValues, targetValues);
    double count = (double) batch * PIXELS;
    float[] found = gradient.toFloats();
    for (int i = 0; i < found.length; i++) {
      Answer.close("gradient", i, expected.gradient()[i] / count, found[i], 8, 1 / count);
    }
    Answer.close("loss", 0, expected.sum() / count, loss.toFloats()[0], 4, expected.size() / count);
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
