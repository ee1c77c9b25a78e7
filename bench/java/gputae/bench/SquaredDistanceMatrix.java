package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.homology.ExactDistance;
import gputae.linear.FloatPoints;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * All squared lengths between the points of a cloud (points, dimension) under the exact rule, written to a matrix
 * (points, points). The time does not depend on the positions of the points, so one cloud is the default. The check
 * compares whole rows, bit for bit; some of them are drawn at random.
 */
public class SquaredDistanceMatrix extends DeviceBenchmark {

  private static final int REPEATS = 32;
  private static final int ROWS_CHECKED = 8;

  @Param({"128", "512", "4096", "16384"})
  public int points;

  @Param({"2", "10", "64"})
  public int dimension;

  @Param("uniform")
  public BenchCloud cloud;

  private FloatPoints values;
  private Matrix x; // (points, dimension)
  private Matrix squared; // (points, points)

  public SquaredDistanceMatrix() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    values = cloud.draw(points, dimension);
    x = backend.allocate(points, dimension).upload(values.coordinates());
    squared = backend.allocate(points, points);
  }

  @Override
  void enqueue(Backend backend) {
    backend.squaredDistances(x, squared);
  }

  @Override
  void check() {
    Random random = new Random(1);
    for (int i = 0; i < ROWS_CHECKED; i++) {
      int u = i == 0 ? 0 : i == 1 ? points - 1 : random.nextInt(points);
      float[] row = squared.view((long) u * points, 1, points).toFloats();
      for (int v = 0; v < points; v++) {
        Answer.same("squared length from point " + u, v, ExactDistance.squared(values, u, v), row[v]);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
