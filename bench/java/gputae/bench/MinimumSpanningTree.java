package gputae.bench;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;

/**
 * The Euclidean minimum spanning tree, and with it the death times of 0-dimensional persistent homology, of a cloud
 * (points, dimension) in the device's memory; edges and lengths stay there. The check compares every edge and every bit
 * of its length with Prim's algorithm in Java under the same exact rule.
 */
public class MinimumSpanningTree extends DeviceBenchmark {

  private static final int REPEATS = 16;

  @Param({"128", "512", "4096", "16384"})
  public int points;

  @Param({"2", "10", "64"})
  public int dimension;

  @Param({"uniform", "clustered", "trained"})
  public BenchCloud cloud;

  private FloatPoints values;
  private Matrix x; // (points, dimension)
  private Matrix edges; // int32 (points - 1, 2)
  private Matrix lengths; // (1, points - 1)

  public MinimumSpanningTree() {
    super(REPEATS);
  }

  @Override
  void prepare(Backend backend) {
    values = cloud.draw(points, dimension);
    x = backend.allocate(points, dimension).upload(values.coordinates());
    edges = backend.allocate(ElementType.INT32, points - 1, 2);
    lengths = backend.allocate(1, points - 1);
  }

  @Override
  void enqueue(Backend backend) {
    backend.spanningTree(x, edges, lengths);
  }

  @Override
  void check() {
    SpanningTree expected = Prim.ofPoints(values).sorted();
    float[] found = lengths.toFloats();
    double[] wide = new double[found.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = found[i];
    }
    SpanningTree tree = new SpanningTree(edges.toInts(), wide).sorted();
    double total = expected.totalPersistence(1);
    Answer.require(tree.totalPersistence(1) == total,
        "the tree is " + tree.totalPersistence(1) + " long instead of " + total);
    for (int i = 0; i < points - 1; i++) {
      Answer.same("length", i, (float) expected.lengths()[i], (float) tree.lengths()[i]);
      for (int end = 2 * i; end < 2 * i + 2; end++) {
        Answer.require(expected.edges()[end] == tree.edges()[end],
            "edge " + i + ", ascending, ends in " + tree.edges()[end] + " instead of " + expected.edges()[end]);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(REPEATS)
  public void time(DeviceTime time) {
    measure(time);
  }
}
