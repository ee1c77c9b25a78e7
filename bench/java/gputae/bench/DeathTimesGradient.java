package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.selftest.Reference;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The sum of the death times, with its gradient, from a given spanning tree: z and gradient (batch, dimension), edges
 * int32 (batch - 1, 2), lengths (1, batch - 1), the sum (1, 1). The check compares the sum and every number of the
 * gradient with results in double.
 */
public class DeathTimesGradient extends DeviceBenchmark {

  private static final int REPEATS = 64;
  private static final float WEIGHT = -0.005f;

  @Param({"128", "512", "4096"})
  public int batch;

  @Param("2")
  public int dimension;

  private FloatPoints points;
  private SpanningTree tree;
  private Matrix z; // (batch, dimension)
  private Matrix edges; // int32 (batch - 1, 2)
  private Matrix lengths; // (1, batch - 1)
  private Matrix gradient; // (batch, dimension)
  private Matrix weight; // (1, 1)
  private Matrix loss; // (1, 1)

  public DeathTimesGradient() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    points = BenchCloud.uniform.draw(batch, dimension);
    tree = Prim.ofPoints(points);
    float[] deaths = new float[batch - 1];
    for (int e = 0; e < deaths.length; e++) {
      deaths[e] = (float) tree.lengths()[e];
    }
    z = backend.allocate(batch, dimension).upload(points.coordinates());
    edges = backend.allocate(ElementType.INT32, batch - 1, 2).upload(tree.edges());
    lengths = backend.allocate(1, batch - 1).upload(deaths);
    gradient = backend.allocate(batch, dimension);
    weight = backend.allocate(1, 1).upload(new float[] {WEIGHT});
    loss = backend.allocate(1, 1);
  }

  @Override
  void enqueue(Backend backend) {
    backend.deathTimes(z, edges, lengths, 1, Float.POSITIVE_INFINITY, weight, gradient, loss);
  }

  @Override
  void check() {
    DeathTimesReference expected = DeathTimesReference.of(points, tree, WEIGHT);
    Answer.close("sum", 0, expected.sum(), loss.toFloats()[0], 4, expected.sum());
    float[] found = gradient.toFloats();
    for (int i = 0; i < found.length; i++) {
      int edgesHere = expected.edges()[i / dimension];
      Answer.close("gradient", i, expected.gradient()[i], found[i], Reference.ofSum(edgesHere),
          Math.abs(WEIGHT) * edgesHere);
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
