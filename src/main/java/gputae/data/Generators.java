package gputae.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Built-in data sets of vectors whose shape is known, drawn from a seed: the benchmarks of the field. The numbers
 * depend on the seed alone, on every machine: all operations have exactly one correct result (the JDK's arithmetic,
 * {@code sqrt} and {@link StrictMath}).
 */
public enum Generators {

  /**
   * The spheres of Moor, Horn, Rieck, Borgwardt 2020: ten spheres of the dimension 100 and the radius 5 in a space of
   * 101 dimensions, 500 points each, whose centres are normal with the standard deviation 10 / sqrt(100); and one of
   * the radius 25 around the origin, with 5,000 points, which surrounds them. A tenth of the points are test points.
   */
  SPHERES("spheres", 0.1) {
    @Override
    Points draw(Normals normals) {
      Points points = new Points(SPHERE_DIMENSION + 1);
      List<String> classes = new ArrayList<>();
      for (int sphere = 0; sphere < SPHERE_COUNT; sphere++) {
        boolean large = sphere == SPHERE_COUNT - 1;
        classes.add(large ? "large sphere" : "sphere " + (sphere + 1));
        double[] centre = new double[SPHERE_DIMENSION + 1];
        Arrays.setAll(centre, k -> large ? 0 : 10 / Math.sqrt(SPHERE_DIMENSION) * normals.next());
        for (int i = 0; i < (large ? 10 : 1) * SPHERE_POINTS; i++) {
          double[] point = normals.onSphere(SPHERE_DIMENSION + 1, large ? 25 : 5);
          Arrays.setAll(point, k -> point[k] + centre[k]);
          points.add(point, sphere);
        }
      }
      points.classes = classes;
      return points;
    }
  },

  /**
   * The Swiss roll of Tenenbaum, de Silva, Langford 2000, as scikit-learn's {@code make_swiss_roll} draws it: (t cos t,
   * h, t sin t) with t uniform in [1.5 pi, 4.5 pi), h uniform in [0, 21). Its six classes are half turns.
   */
  SWISS_ROLL("swiss-roll", HeldOut.SHARE) {
    @Override
    Points draw(Normals normals) {
      Points points = new Points(3);
      for (int i = 0; i < POINTS; i++) {
        double u = normals.uniform();
        double t = 1.5 * Math.PI * (1 + 2 * u);
        points.add(new double[] {t * StrictMath.cos(t), 21 * normals.uniform(), t * StrictMath.sin(t)}, (int) (6 * u));
      }
      points.classes = IntStream.rangeClosed(1, 6).mapToObj(i -> "half turn " + i).toList();
      return points;
    }
  },

  /**
   * Two circles around the origin of the plane, of the radii 1 and 1/2, with normal noise of the standard deviation
   * 0.05, as scikit-learn's {@code make_circles} draws them with the factor 0.5.
   */
  CIRCLES("circles", HeldOut.SHARE) {
    @Override
    Points draw(Normals normals) {
      Points points = new Points(2);
      for (int i = 0; i < POINTS; i++) {
        double angle = 2 * Math.PI * normals.uniform();
        double radius = i % 2 == 0 ? 1 : 0.5;
        points.add(new double[] {radius * StrictMath.cos(angle) + 0.05 * normals.next(),
          radius * StrictMath.sin(angle) + 0.05 * normals.next()}, i % 2);
      }
      points.classes = List.of("outer circle", "inner circle");
      return points;
    }
  };

  private static final int SPHERE_COUNT = 11;
  private static final int SPHERE_DIMENSION = 100;
  private static final int SPHERE_POINTS = 500;

  /** Number of points of the other sets. */
  private static final int POINTS = 6_000;

  private final String label;
  private final double share;

  Generators(String label, double share) {
    this.label = label;
    this.share = share;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /** The generator of a data set, or null. */
  static Generators named(String dataset) {
    return Arrays.stream(values()).filter(one -> one.label.equals(dataset)).findFirst().orElse(null);
  }

  /** How test points are chosen if nobody asks for another share. */
  HeldOut heldOut() {
    return new HeldOut.Shuffled(share, 0);
  }

  /** Draws the points. */
  Points points(long seed) {
    return draw(new Normals(new Draws(seed, ordinal())));
  }

  abstract Points draw(Normals normals);

  /** Points with their classes, as they are drawn. */
  static final class Points {
    private final int dimension;
    private final List<double[]> points = new ArrayList<>();
    private final List<Integer> labels = new ArrayList<>();
    private List<String> classes;

    Points(int dimension) {
      this.dimension = dimension;
    }

    void add(double[] point, int label) {
      points.add(point);
      labels.add(label);
    }

    /** Names of the classes. */
    List<String> classes() {
      return classes;
    }

    Split split() {
      float[] values = new float[points.size() * dimension];
      byte[] classes = new byte[points.size()];
      for (int i = 0; i < points.size(); i++) {
        for (int k = 0; k < dimension; k++) {
          values[i * dimension + k] = (float) points.get(i)[k];
        }
        classes[i] = labels.get(i).byteValue();
      }
      return new Split(new Vectors(values, points.size(), Shape.Features.numbered(dimension)), classes);
    }
  }

  /** Random numbers with the same bits on every machine. */
  static final class Normals {
    private final Draws draws;
    private double spare = Double.NaN;

    Normals(Draws draws) {
      this.draws = draws;
    }

    /** Uniform in [0, 1). */
    double uniform() {
      return draws.uniform();
    }

    /** Standard normal: the polar method of Marsaglia and Bray 1964. */
    double next() {
      if (!Double.isNaN(spare)) {
        double value = spare;
        spare = Double.NaN;
        return value;
      }
      double u;
      double v;
      double square;
      do {
        u = 2 * draws.uniform() - 1;
        v = 2 * draws.uniform() - 1;
        square = u * u + v * v;
      } while (square >= 1 || square == 0);
      double factor = Math.sqrt(-2 * StrictMath.log(square) / square);
      spare = v * factor;
      return u * factor;
    }

    /** A point of a sphere around the origin, uniform: normal coordinates divided by their length. */
    double[] onSphere(int coordinates, double radius) {
      double[] point = new double[coordinates];
      double square = 0;
      for (int k = 0; k < coordinates; k++) {
        point[k] = next();
        square += point[k] * point[k];
      }
      double factor = radius / Math.sqrt(square);
      Arrays.setAll(point, k -> point[k] * factor);
      return point;
    }
  }
}
