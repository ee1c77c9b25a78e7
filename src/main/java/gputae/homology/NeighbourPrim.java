package gputae.homology;

import gputae.linear.DoublePoints;
import java.util.Arrays;

/**
 * Prim's algorithm in double precision on pairs of points whose distance is at most a given reach; such pairs must
 * connect the points. The plane of the two largest extents is divided into squares as wide as the reach: a point is
 * compared with the other points of its own square and of the squares around it. The order of edges is that of the
 * exact rule. O(compared pairs + n log n) time, O(n) memory.
 */
final class NeighbourPrim {

  private final DoublePoints points;
  private final int n;
  private final double reach;
  private final double most;
  private long visits;

  // The points sorted by strip, and within a strip by square; the strip and the square of each point; where each strip
  // begins.
  private final int second;
  private final int[] sorted;
  private final int[] strip;
  private final int[] square;
  private final int[] begins;

  private final double[] shortest;
  private final int[] inside;
  private final int[] edges;
  private final double[] lengths;

  // A binary heap of the points that the tree reaches, ordered by their shortest edge; the place of each point in it,
  // -1 if it is not in the heap, -2 once it has joined the tree.
  private final int[] heap;
  private final int[] place;
  private int size;

  /** @param most number of pairs to compare before giving up */
  NeighbourPrim(DoublePoints points, double reach, double most) {
    int dimension = points.dimension();
    this.points = points;
    this.n = points.count();
    this.reach = reach;
    this.most = most;
    double[] low = new double[dimension];
    double[] extent = new double[dimension];
    int widest = 0;
    for (int k = 0; k < dimension; k++) {
      low[k] = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        low[k] = Math.min(low[k], points.coordinate(i, k));
        high = Math.max(high, points.coordinate(i, k));
      }
      extent[k] = high - low[k];
      widest = extent[k] > extent[widest] ? k : widest;
    }
    int next = dimension == 1 ? 0 : widest == 0 ? 1 : 0;
    for (int k = 0; k < dimension; k++) {
      next = k != widest && extent[k] > extent[next] ? k : next;
    }
    this.second = next;
    this.strip = cut(widest, low[widest]);
    this.square = cut(second, low[second]);
    int[] identity = new int[n];
    Arrays.setAll(identity, i -> i);
    // The sort is stable, so the second pass keeps the order of the first.
    this.sorted = sorted(sorted(identity, square, begins(square)), strip, begins(strip));
    this.begins = begins(strip);
    this.shortest = new double[n];
    this.inside = new int[n];
    this.edges = new int[2 * (n - 1)];
    this.lengths = new double[n - 1];
    this.heap = new int[n];
    this.place = new int[n];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    Arrays.fill(place, -1);
  }

  /**
   * The distance of each point from the low end of an axis, in units of the reach; connected points span at most n of
   * them.
   */
  private int[] cut(int axis, double low) {
    int[] place = new int[n];
    for (int i = 0; i < n; i++) {
      place[i] = reach > 0 ? (int) Math.min(2.0 * n, (points.coordinate(i, axis) - low) / (reach * (1 + 0x1p-30)))
          : 0;
    }
    return place;
  }

  /** The index at which the entries of each key begin when all are sorted, and the end. */
  private static int[] begins(int[] keys) {
    int[] begins = new int[Arrays.stream(keys).max().orElse(0) + 2];
    for (int key : keys) {
      begins[key + 1]++;
    }
    for (int k = 1; k < begins.length; k++) {
      begins[k] += begins[k - 1];
    }
    return begins;
  }

  private static int[] sorted(int[] order, int[] keys, int[] begins) {
    int[] sorted = new int[order.length];
    for (int i : order) {
      sorted[begins[keys[i]]++] = i;
    }
    return sorted;
  }

  /** Finds the tree; false if too many pairs are within reach, or if pairs within reach do not connect the points. */
  boolean grow() {
    int newest = 0;
    place[0] = -2;
    for (int count = 0; count < n - 1; count++) {
      meet(newest);
      if (size == 0 || visits > most) {
        return false;
      }
      newest = pop();
      edges[2 * count] = Math.min(inside[newest], newest);
      edges[2 * count + 1] = Math.max(inside[newest], newest);
      lengths[count] = Math.sqrt(shortest[newest]);
    }
    return true;
  }

  long visits() {
    return visits;
  }

  int[] edges() {
    return edges;
  }

  double[] lengths() {
    return lengths;
  }

  private void meet(int u) {
    double y = points.coordinate(u, second);
    int from = square[u] - 1;
    int to = square[u] + 1;
    for (int s = Math.max(0, strip[u] - 1); s <= Math.min(begins.length - 2, strip[u] + 1); s++) {
      int low = begins[s];
      int high = begins[s + 1];
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (square[sorted[middle]] < from) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      int i = low;
      for (; i < begins[s + 1] && square[sorted[i]] <= to; i++) {
        int v = sorted[i];
        if (place[v] == -2 || Math.abs(points.coordinate(v, second) - y) > reach) {
          continue;
        }
        double w = ExactDistance.squared(points, u, v);
        if (w < shortest[v] || w == shortest[v] && u < inside[v]) {
          shortest[v] = w;
          inside[v] = u;
          push(v);
        }
      }
      visits += i - low;
    }
  }

  private boolean before(int a, int b) {
    return shortest[a] < shortest[b] || shortest[a] == shortest[b]
        && ExactDistance.ids(inside[a], a) < ExactDistance.ids(inside[b], b);
  }

  /** Puts a point into the heap, or moves it up after its edge became shorter. */
  private void push(int v) {
    int i = place[v] >= 0 ? place[v] : size++;
    while (i > 0 && before(v, heap[(i - 1) / 2])) {
      set(i, heap[(i - 1) / 2]);
      i = (i - 1) / 2;
    }
    set(i, v);
  }

  private int pop() {
    int top = heap[0];
    int last = heap[--size];
    place[top] = -2;
    if (size > 0) {
      int i = 0;
      while (2 * i + 1 < size) {
        int child = 2 * i + 1;
        child += child + 1 < size && before(heap[child + 1], heap[child]) ? 1 : 0;
        if (!before(heap[child], last)) {
          break;
        }
        set(i, heap[child]);
        i = child;
      }
      set(i, last);
    }
    return top;
  }

  private void set(int i, int v) {
    heap[i] = v;
    place[v] = i;
  }
}
