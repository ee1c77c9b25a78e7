package gputae.homology;

import java.util.Arrays;

/**
 * Prim's algorithm in double precision among pairs no further apart than a reach, for points that such pairs connect. Points lie sorted in strips along the
 * axis of the largest extent, each strip as wide as the reach and ordered along the second largest: a point meets the others of three strips within the reach.
 * The order of edges is the exact rule's. O(pairs met + n log n) time, O(n) memory.
 */
final class NeighbourPrim {

  private final double[] points;
  private final int dimension;
  private final int n;
  private final double reach;
  private final double most;
  private long visits;

  // Points by strip, then along the second axis; where each strip begins.
  private final int second;
  private final int[] sorted;
  private final int[] strip;
  private final int[] begins;

  private final double[] shortest;
  private final int[] inside;
  private final int[] edges;
  private final double[] lengths;

  // A binary heap of the points that the tree reaches, by their shortest edge; where each point is in it, -1 if not, -2 once it has joined.
  private final int[] heap;
  private final int[] place;
  private int size;

  /** @param most pairs to look at before giving up */
  NeighbourPrim(double[] points, int dimension, double reach, double most) {
    this.points = points;
    this.dimension = dimension;
    this.n = points.length / dimension;
    this.reach = reach;
    this.most = most;
    double[] low = new double[dimension];
    double[] extent = new double[dimension];
    int widest = 0;
    for (int k = 0; k < dimension; k++) {
      low[k] = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        low[k] = Math.min(low[k], points[i * dimension + k]);
        high = Math.max(high, points[i * dimension + k]);
      }
      extent[k] = high - low[k];
      widest = extent[k] > extent[widest] ? k : widest;
    }
    int next = dimension == 1 ? 0 : widest == 0 ? 1 : 0;
    for (int k = 0; k < dimension; k++) {
      next = k != widest && extent[k] > extent[next] ? k : next;
    }
    this.second = next;
    // Connected points span at most n reaches, so the number of a strip is an int.
    this.strip = new int[n];
    int strips = 1;
    for (int i = 0; i < n; i++) {
      strip[i] = reach > 0 ? (int) Math.min(2.0 * n, (points[i * dimension + widest] - low[widest]) / reach) : 0;
      strips = Math.max(strips, strip[i] + 1);
    }
    this.sorted = sorted();
    this.begins = new int[strips + 1];
    for (int i = 0; i < n; i++) {
      begins[strip[i] + 1]++;
    }
    for (int s = 0; s < strips; s++) {
      begins[s + 1] += begins[s];
    }
    this.shortest = new double[n];
    this.inside = new int[n];
    this.edges = new int[2 * (n - 1)];
    this.lengths = new double[n - 1];
    this.heap = new int[n];
    this.place = new int[n];
    Arrays.fill(shortest, Double.POSITIVE_INFINITY);
    Arrays.fill(place, -1);
  }

  private int[] sorted() {
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> strip[a] != strip[b] ? Integer.compare(strip[a], strip[b])
        : Double.compare(points[a * dimension + second], points[b * dimension + second]));
    return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  /** Finds the tree; false where too many pairs are within reach, or pairs within reach do not connect the points. */
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
    double y = points[u * dimension + second];
    for (int s = Math.max(0, strip[u] - 1); s <= Math.min(begins.length - 2, strip[u] + 1); s++) {
      int low = begins[s];
      int high = begins[s + 1];
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (points[sorted[middle] * dimension + second] < y - reach) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      int i = low;
      for (; i < begins[s + 1] && points[sorted[i] * dimension + second] <= y + reach; i++) {
        int v = sorted[i];
        if (place[v] == -2) {
          continue;
        }
        double w = ExactDistance.squared(points, dimension, u, v);
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
    return shortest[a] < shortest[b] || shortest[a] == shortest[b] && ExactDistance.ids(inside[a], a) < ExactDistance.ids(inside[b], b);
  }

  /** Puts a point into the heap, or up in it after its edge became shorter. */
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
