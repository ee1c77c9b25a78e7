package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.PointLoss;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
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
    SpanningTree tree = Prim.ofPoints(points);
    double[] expected = new double[batch * dimension];
    int[] pulls = new int[batch];
    double sum = 0;
    for (int e = 0; e < batch - 1; e++) {
      int u = tree.edges()[2 * e];
      int v = tree.edges()[2 * e + 1];
      double length = tree.lengths()[e];
      sum += length;
      pulls[u]++;
      pulls[v]++;
      for (int k = 0; k < dimension; k++) {
        double pull = length == 0 ? 0 : -WEIGHT * (points.coordinate(u, k) - points.coordinate(v, k)) / length;
        expected[u * dimension + k] += pull;
        expected[v * dimension + k] -= pull;
      }
    }
    Answer.close("sum of the death times", 0, sum, deaths.loss().toFloats()[0], 4, sum);
    float[] found = deaths.gradient().toFloats();
    for (int i = 0; i < found.length; i++) {
      int terms = pulls[i / dimension] + 1;
      Answer.close("gradient", i, expected[i] + WEIGHT * outside.gradient()[i], found[i], Reference.ofSum(terms),
          WEIGHT * terms);
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
