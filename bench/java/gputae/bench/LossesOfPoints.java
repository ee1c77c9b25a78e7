package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.homology.Prim;
import gputae.linear.FloatPoints;
import gputae.selftest.Reference;
import java.util.List;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The whole term of a batch: spanning tree, sum of the death times, ball penalty, and the sum of both gradients: z and
 * gradient (batch, dimension), the sums (1, 1). The check compares the sums and every number of the gradient with
 * results in double.
 */
public class LossesOfPoints extends DeviceBenchmark {

  private static final int REPEATS = 64;
  private static final float WEIGHT = 0.005f;

  @Param({"128", "256", "512"})
  public int batch;

  @Param("2")
  public int dimension;

  private FloatPoints points;
  private Matrix z; // (batch, dimension)
  private PointLoss ball;
  private PointLoss deaths;

  public LossesOfPoints() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    points = new FloatPoints(Reference.gaussian(new Random(7), batch * dimension, 1.2 / Math.sqrt(dimension)),
        dimension);
    z = backend.allocate(batch, dimension).upload(points.coordinates());
    Matrix weight = backend.allocate(1, 1).upload(new float[] {WEIGHT});
    Matrix maximised = backend.allocate(1, 1).upload(new float[] {-WEIGHT});
    ball = new PointLoss.OutsideBall(BallPenalty.NORM, weight, backend.allocate(batch, dimension),
        backend.allocate(1, 1));
    deaths = new PointLoss.DeathTimes(backend.allocate(ElementType.INT32, batch - 1, 2),
        backend.allocate(1, batch - 1), 1, Float.POSITIVE_INFINITY, maximised, backend.allocate(batch, dimension),
        backend.allocate(1, 1));
  }

  @Override
  void enqueue(Backend backend) {
    backend.pointLosses(z, List.of(ball, deaths));
  }

  @Override
  void check() {
    Reference.Loss outside = Reference.ballPenalty(points, BallPenalty.NORM);
    Answer.close("ball penalty", 0, outside.sum(), ball.loss().toFloats()[0], 4, outside.size());
    DeathTimesReference expected = DeathTimesReference.of(points, Prim.ofPoints(points), -WEIGHT);
    Answer.close("sum of the death times", 0, expected.sum(), deaths.loss().toFloats()[0], 4, expected.sum());
    float[] found = deaths.gradient().toFloats();
    for (int i = 0; i < found.length; i++) {
      int terms = expected.edges()[i / dimension] + 1;
      Answer.close("gradient", i, expected.gradient()[i] + WEIGHT * outside.gradient()[i], found[i],
          Reference.ofSum(terms),
          WEIGHT * terms);
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
