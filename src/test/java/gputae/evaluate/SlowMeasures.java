package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The measures computed directly from their formulas, in double, for clouds of a few hundred points. */
final class SlowMeasures {

  private SlowMeasures() {}

  /** All points except i, by distance, then by index. */
  private static List<Integer> neighbours(FloatPoints points, int i) {
    return IntStream.range(0, points.count()).filter(j -> j != i).boxed()
        .sorted(Comparator.<Integer>comparingDouble(j -> points.squaredDistance(i, points, j))
            .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  /** Trustworthiness for each k, as in Venna, Kaski 2006; it is continuity if the clouds are exchanged. */
  static double[] trustworthiness(FloatPoints x, FloatPoints z, int[] sizes) {
    double n = x.count();
    double[] sums = new double[sizes.length];
    for (int i = 0; i < n; i++) {
      List<Integer> inX = neighbours(x, i);
      List<Integer> inZ = neighbours(z, i);
      for (int s = 0; s < sizes.length; s++) {
        Set<Integer> intruders = new HashSet<>(inZ.subList(0, sizes[s]));
        intruders.removeAll(new HashSet<>(inX.subList(0, sizes[s])));
        for (int j : intruders) {
          sums[s] += inX.indexOf(j) + 1 - sizes[s];
        }
      }
    }
    return IntStream.range(0, sizes.length)
        .mapToDouble(s -> 1 - 2 * sums[s] / (n * sizes[s] * (2 * n - 3 * sizes[s] - 1))).toArray();
  }

  /** Mean relative rank error of the k nearest in {@code near}, as in Lee, Verleysen 2009, for each k. */
  static double[] rankErrors(FloatPoints near, FloatPoints other, int[] sizes) {
    int n = near.count();
    double[] errors = new double[sizes.length];
    double normaliser = 0;
    int next = 1;
    for (int s = 0; s < sizes.length; s++) {
      for (; next <= sizes[s]; next++) {
        normaliser += n * Math.abs(n - 2.0 * next + 1) / next;
      }
      for (int i = 0; i < n; i++) {
        List<Integer> here = neighbours(near, i);
        List<Integer> there = neighbours(other, i);
        for (int rank = 1; rank <= sizes[s]; rank++) {
          errors[s] += Math.abs(there.indexOf(here.get(rank - 1)) + 1.0 - rank) / rank;
        }
      }
      errors[s] /= normaliser;
    }
    return errors;
  }

  /** Root mean square of unit |x - y| - |z - w| over all pairs. */
  static double distanceRmse(FloatPoints x, double unit, FloatPoints z) {
    double sum = 0;
    for (int i = 0; i < x.count(); i++) {
      for (int j = 0; j < x.count(); j++) {
        double difference = unit * Math.sqrt(x.squaredDistance(i, x, j)) - Math.sqrt(z.squaredDistance(i, z, j));
        sum += difference * difference;
      }
    }
    return Math.sqrt(sum / x.count() / x.count());
  }

  static double accuracy(FloatPoints z, byte[] labels) {
    double right = 0;
    for (int i = 0; i < z.count(); i++) {
      Map<Byte, Integer> votes = new HashMap<>();
      Map<Byte, Integer> firstMet = new HashMap<>();
      List<Integer> near = neighbours(z, i).subList(0, Math.min(10, z.count() - 1));
      for (int j : near) {
        votes.merge(labels[j], 1, Integer::sum);
        firstMet.putIfAbsent(labels[j], firstMet.size());
      }
      byte winner = votes.keySet().stream()
          .min(Comparator.<Byte>comparingInt(c -> -votes.get(c)).thenComparing(firstMet::get)).orElseThrow();
      right += winner == labels[i] ? 1 : 0;
    }
    return right / z.count();
  }

  static double[] density(FloatPoints points, double sigma) {
    int n = points.count();
    double largest = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        largest = Math.max(largest, Math.sqrt(points.squaredDistance(i, points, j)));
      }
    }
    double[] f = new double[n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double d = largest == 0 ? 0 : Math.sqrt(points.squaredDistance(i, points, j)) / largest;
        f[i] += Math.exp(-d * d / sigma);
      }
    }
    double total = Arrays.stream(f).sum();
    return Arrays.stream(f).map(v -> v / total).toArray();
  }

  static double divergence(FloatPoints x, FloatPoints z, double sigma) {
    double[] f = density(x, sigma);
    double[] g = density(z, sigma);
    return IntStream.range(0, f.length).mapToDouble(i -> f[i] * (Math.log(f[i]) - Math.log(g[i]))).sum();
  }

  /** Mean distance over all pairs. */
  static double meanDistance(FloatPoints x, FloatPoints y) {
    double sum = 0;
    for (int i = 0; i < x.count(); i++) {
      for (int j = 0; j < y.count(); j++) {
        sum += Math.sqrt(x.squaredDistance(i, y, j));
      }
    }
    return sum / x.count() / y.count();
  }
}
