package gputae.selftest;

import static gputae.selftest.DenseOperations.MORE_ROWS;
import static gputae.selftest.DenseOperations.ROWS;

import gputae.backend.Matrix;
import gputae.backend.Philox;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** The variational latent space and the samples of both priors. */
final class LatentOperations {

  private static final long SEED = 0x123456789abcdefL;

  private LatentOperations() {}

  static List<Operation> all() {
    return List.of(
        new Operation("reparameterise", "1 to 300,000 rows, 1 to 33 dimensions", Unit.ROUNDING,
            cases -> variational(cases, Case.MORE_THAN_A_GRID / 2, LatentOperations::reparameterise)),
        // The largest cases have several times as many values as a block has threads.
        new Operation("KL divergence", "1 to 2050 rows, 1 to 33 dimensions", Unit.ROUNDING,
            cases -> variational(cases, 2050, LatentOperations::divergence)),
        new Operation("normals", "1 to 2,400,000 numbers, steps to 46,900", Unit.ROUNDING, LatentOperations::normals),
        new Operation("moments of normals", "200,000 numbers", Unit.STANDARD_ERROR, LatentOperations::momentsOfNormals),
        new Operation("uniform ball", "1 to 350,000 points, 1 to 33 dimensions", Unit.ROUNDING,
            LatentOperations::uniformBall),
        new Operation("spread in the ball", "50,000 points, 1 to 10 dimensions", Unit.STANDARD_ERROR,
            LatentOperations::spreadInTheBall));
  }

  /** Inputs of a variational case: mu beside logvar (rows, 2 d), noise and dz (rows, d). */
  private record Variational(Case at, int rows, int d, float[] statistics, float[] noise, float[] dz) {
    double mu(int i) {
      return statistics[i / d * 2 * d + i % d];
    }

    double logvar(int i) {
      return statistics[i / d * 2 * d + d + i % d];
    }

    double deviation(int i) {
      return Math.exp(logvar(i) / 2);
    }
  }

  /** Cases of all sizes, and one of {@code most} rows. */
  private static void variational(Cases cases, int most, Consumer<Variational> check) {
    Random random = new Random(12);
    for (int[] someRows : new int[][] {ROWS, MORE_ROWS}) {
      for (int rows : someRows) {
        for (int d : new int[] {1, 2, 5, 33}) {
          variational(cases, random, rows, d, check);
        }
      }
    }
    variational(cases, random, most, 2, check);
  }

  private static void variational(Cases cases, Random random, int rows, int d, Consumer<Variational> check) {
    cases.run(rows + " x " + d, c -> check.accept(
        new Variational(c, rows, d, Reference.gaussian(random, rows * 2 * d, 1),
            Reference.gaussian(random, rows * d, 1), Reference.gaussian(random, rows * d, 1e-3))));
  }

  private static void reparameterise(Variational v) {
    Case c = v.at;
    Matrix statistics = c.floats(v.rows, 2 * v.d, v.statistics);
    Matrix z = c.zeros(v.rows, v.d);
    c.backend().reparameterise(statistics, c.floats(v.rows, v.d, v.noise), z);
    Matrix mean = c.zeros(v.rows, v.d);
    c.backend().reparameterise(statistics, null, mean);
    float[] foundZ = z.toFloats();
    float[] foundMean = mean.toFloats();
    for (int i = 0; i < v.rows * v.d; i++) {
      double noise = v.deviation(i) * v.noise[i];
      c.close("z", i, v.mu(i) + noise, foundZ[i], 8, Math.abs(v.mu(i)) + Math.abs(noise));
      c.same("z without noise", i, (float) v.mu(i), foundMean[i]);
    }
  }

  private static void divergence(Variational v) {
    Case c = v.at;
    int pixels = 784;
    Matrix ds = c.zeros(v.rows, 2 * v.d);
    Matrix loss = c.zeros(1, 1);
    c.backend().reparameteriseBackward(c.floats(v.rows, 2 * v.d, v.statistics), c.floats(v.rows, v.d, v.noise),
        c.floats(v.rows, v.d, v.dz), pixels, ds, loss);
    float[] found = ds.toFloats();
    double sum = 0;
    double sizes = 0;
    double scale = 1.0 / ((double) v.rows * pixels);
    for (int i = 0; i < v.rows * v.d; i++) {
      double mu = v.mu(i);
      double logvar = v.logvar(i);
      double variance = Math.exp(logvar);
      double pull = v.dz[i] * v.noise[i] * v.deviation(i);
      int muAt = i / v.d * 2 * v.d + i % v.d;
      sum += -0.5 * (1 + logvar - mu * mu - variance) * scale;
      sizes += 0.5 * (1 + Math.abs(logvar) + mu * mu + variance) * scale;
      c.close("gradient of mu", muAt, v.dz[i] + mu * scale, found[muAt], 8, Math.abs(v.dz[i]) + Math.abs(mu * scale));
      c.close("gradient of logvar", muAt + v.d, pull / 2 + 0.5 * (variance - 1) * scale, found[muAt + v.d], 8,
          Math.abs(pull) + variance * scale + scale);
    }
    c.close("divergence", 0, sum, loss.toFloats()[0], 4, sizes);
  }

  // A number of the Box-Muller transform, from the words of Philox at (seed, index, step, stream), and the radius from
  // which it was computed.

  /**
   * A number of Box and Muller's transform, from the words of Philox at (seed, index, step, stream), and the radius it
   * was cut from.
   */
  private record Normal(double value, double radius) {
    static Normal at(long seed, long index, int part, long step, int stream) {
      int[] words = Philox.words(seed, index, (int) step, stream);
      int pair = part / 2 * 2;
      double radius = Math.sqrt(-2 * Math.log(1 - (double) Philox.uniform(words[pair])));
      double angle = 2 * Math.PI * Philox.uniform(words[pair + 1]);
      return new Normal(part % 2 == 0 ? radius * Math.cos(angle) : radius * Math.sin(angle), radius);
    }

    /**
     * The angle itself is rounded to float32, which changes the result by radius * angle * 2^-24; 8 units of this size
     * cover that.
     */
    double size() {
      return radius + 1e-3;
    }
  }

  /**
   * The cases that exist only for a grid's second turn spend most of their time on comparisons. For them every 13th
   * number is compared, which visits each of the four numbers of a draw in turn.
   */
  private static int stride(int count) {
    return count < 300_000 ? 1 : 13;
  }

  private static void normals(Cases cases) {
    for (long step : new long[] {0, 5, 46_900}) {
      for (int count : new int[] {1, 3, 4, 5, 511, 512, 2051, 127, 128, 129, 1023, 1024, 1025, 1029}) {
        cases.run(count + " at step " + step, c -> normals(c, count, step));
      }
    }
    // A thread draws four numbers.
    int most = 4 * Case.MORE_THAN_A_GRID;
    cases.run(most + " at step 7", c -> normals(c, most, 7));
  }

  private static void normals(Case c, int count, long step) {
    Matrix out = c.zeros(1, count);
    c.backend().normals(out, SEED, 2, c.stepAt(step));
    float[] found = out.toFloats();
    for (int i = 0; i < count; i += stride(count)) {
      Normal expected = Normal.at(SEED, i / 4, i % 4, step, 2);
      c.close("normal", i, expected.value, found[i], 8, expected.size());
    }
  }

  private static void momentsOfNormals(Cases cases) {
    int n = 200_000;
    cases.run(n + " normals", c -> {
      Matrix out = c.zeros(1, n);
      c.backend().normals(out, 7, 2, c.stepAt(1));
      double[] moments = new double[5];
      for (float x : out.toFloats()) {
        for (int k = 1; k <= 4; k++) {
          moments[k] += Math.pow(x, k) / n;
        }
      }
      c.within("moment", 1, 0, moments[1], 5, 1 / Math.sqrt(n));
      c.within("moment", 2, 1, moments[2], 5, Math.sqrt(2.0 / n));
      c.within("moment", 3, 0, moments[3], 5, Math.sqrt(15.0 / n));
      c.within("moment", 4, 3, moments[4], 5, Math.sqrt(96.0 / n));
    });
  }

  private static void uniformBall(Cases cases) {
    for (long step : new long[] {0, 46_900}) {
      for (int d : new int[] {1, 2, 3, 4, 5, 10, 33}) {
        for (int rows : new int[] {1, 31, 32, 33, 255, 256, 257, 1025}) {
          cases.run(rows + " x " + d + " at step " + step, c -> uniformBall(c, rows, d, step));
        }
      }
    }
    // More rows than the number of threads in a grid that fills a device.
    cases.run("350000 x 2 at step 7", c -> uniformBall(c, 350_000, 2, 7));
  }

  /**
   * A direction uniform on the sphere (a normal vector divided by its length) times u^(1/d). Row r uses the indices
   * from r (ceil(d / 4) + 1) on: first its normals, then u.
   */
  private static void uniformBall(Case c, int rows, int d, long step) {
    Matrix out = c.zeros(rows, d);
    c.backend().uniformBall(out, SEED, 3, c.stepAt(step));
    float[] found = out.toFloats();
    int groups = (d + 3) / 4;
    for (int r = 0; r < rows; r += stride(rows)) {
      long first = (long) r * (groups + 1);
      double[] normal = new double[d];
      double square = 0;
      double sizes = 0;
      for (int k = 0; k < d; k++) {
        Normal part = Normal.at(SEED, first + k / 4, k % 4, step, 3);
        normal[k] = part.value;
        square += part.value * part.value;
        sizes += part.size();
      }
      double length = Math.sqrt(square);
      double radius = Math.pow(Philox.uniform(Philox.words(SEED, first + groups, (int) step, 3)[0]), 1.0 / d);
      for (int k = 0; k < d; k++) {
        // Errors of the normals, 8 units each, change the direction directly and through its length.
        c.close("coordinate", r * d + k, radius * normal[k] / length, found[r * d + k], 18, radius * sizes / length);
      }
    }
  }

  private static void spreadInTheBall(Cases cases) {
    for (int d : new int[] {1, 2, 3, 10}) {
      int n = 50_000;
      cases.run(n + " x " + d, c -> {
        Matrix out = c.zeros(n, d);
        c.backend().uniformBall(out, 3, 3, c.stepAt(0));
        float[] z = out.toFloats();
        double mean = 0;
        double power = 0;
        for (int i = 0; i < n; i++) {
          double square = 0;
          for (int k = 0; k < d; k++) {
            square += (double) z[i * d + k] * z[i * d + k];
          }
          if (!(square <= 1 + 8 * Unit.ROUNDING_OF_ONE)) {
            c.require(false, "point " + i + " lies outside the ball: its squared length is " + square);
          }
          mean += z[i * d] / n;
          // |z|^d of a uniform point is uniform in [0, 1].
          power += Math.pow(square, d / 2.0) / n;
        }
        c.within("mean of the first coordinate", 0, 0, mean, 5, 1 / Math.sqrt((d + 2.0) * n));
        c.within("mean of |z|^d", 0, 0.5, power, 5, 1 / Math.sqrt(12.0 * n));
        Matrix fewer = c.zeros(10, d);
        c.backend().uniformBall(fewer, 3, 3, c.stepAt(0));
        c.same("coordinate of ten points alone", Arrays.copyOf(z, 10 * d), fewer.toFloats());
      });
    }
  }
}
