package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.Matrix;
import gputae.linear.FloatPoints;
import gputae.selftest.Reference;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The penalty max(|z| - 1, 0) for lying outside the unit ball, with its gradient: z and gradient (batch, dimension),
 * the sum (1, 1). About half of the points lie outside. The check compares the sum and every number of the gradient
 * with results in double.
 */
public class BallGradient extends DeviceBenchmark {

  private static final int REPEATS = 64;
  private static final float WEIGHT = 0.005f;

  @Param({"128", "512", "4096"})
  public int batch;

  @Param("2")
  public int dimension;

  private float[] points;
  private Matrix z; // (batch, dimension)
  private Matrix gradient; // (batch, dimension)
  private Matrix weight; // (1, 1)
  private Matrix loss; // (1, 1)

  public BallGradient() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    points = Reference.gaussian(new Random(7), batch * dimension, 1.2 / Math.sqrt(dimension));
    z = backend.allocate(batch, dimension).upload(points);
    gradient = backend.allocate(batch, dimension);
    weight = backend.allocate(1, 1).upload(new float[] {WEIGHT});
    loss = backend.allocate(1, 1);
  }

  @Override
  void enqueue(Backend backend) {
    backend.ballPenalty(z, BallPenalty.NORM, weight, gradient, loss);
  }

  @Override
  void check() {
    Reference.Loss expected = Reference.ballPenalty(new FloatPoints(points, dimension), BallPenalty.NORM);
    float[] found = gradient.toFloats();
    for (int i = 0; i < found.length; i++) {
      double slope = WEIGHT * expected.gradient()[i];
      Answer.close("gradient", i, slope, found[i], 4, Math.abs(slope));
    }
    Answer.close("sum", 0, expected.sum(), loss.toFloats()[0], 4, expected.size());
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
