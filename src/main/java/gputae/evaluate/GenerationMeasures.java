package gputae.evaluate;

import gputae.linear.FloatPoints;
import gputae.linear.Moments;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Compares generated images with real ones in the feature space of a judge, and counts the classes that the judge sees
 * in them. The ball of an image is the open ball around its features that reaches to its k-th nearest other image of
 * the same kind. Comparisons are strict, as in the code published with Naeem et al. 2020 (prdc).
 *
 * @param frechet       squared Frechet distance of the normal distributions of the features (Heusel et al. 2017, who
 *     used Inception's features), at least 0; 0 is best
 * @param precision     share of the generated images that lie in the ball of some real image, k = 3 (Kynkaanniemi et
 *     al. 2019): are they similar to real ones?
 * @param recall        share of the real images that lie in the ball of some generated image, k = 3 (same source): do
 *     the generated images reach all kinds of real ones?
 * @param density       mean number of balls of real images, k = 5, in which a generated image lies, divided by k (Naeem
 *     et al. 2020); about 1 for real images, may be larger
 * @param coverage      share of the real images whose ball, k = 5, contains a generated image (Naeem et al. 2020)
 * @param classShares   for each class, the share of the generated images whose most likely class it is, [classes]; they
 *     sum to 1
 * @param classEntropy  entropy of the class shares divided by log(classes): 0 if all images have one class, 1 if all
 *     classes are equally frequent
 * @param smallestShare the smallest class share
 * @param confidence    mean probability of the most likely class of an image, 1 / classes to 1
 */
public record GenerationMeasures(double frechet, double precision, double recall, double density, double coverage,
    List<Double> classShares, double classEntropy,
    double smallestShare, double confidence) {

  /** The least number of generated images: more than the number of neighbours. */
  public static final int LEAST = RealImages.PRECISION_K + 1;

  public GenerationMeasures {
    classShares = List.copyOf(classShares);
  }

  /**
   * The result does not depend on the number of threads: every image is counted separately, and sums run in the order
   * of the images.
   *
   * @throws IllegalArgumentException if there are fewer than {@link #LEAST} generated images or their features have
   *     another dimension than those of the real images
   */
  public static GenerationMeasures of(RealImages real, Judgement generated) {
    FloatPoints features = generated.features();
    if (features.count() < LEAST) {
      throw new IllegalArgumentException(features.count() + " generated images; their measures need at least " + LEAST);
    }
    if (features.dimension() != real.features().dimension()) {
      throw new IllegalArgumentException("the generated images have " + features.dimension()
          + " features, the real ones " + real.features().dimension());
    }
    Balls balls = balls(real, features);
    List<Double> shares = shares(generated);
    double confidence =
        IntStream.range(0, generated.count()).mapToDouble(generated::confidence).sum() / generated.count();
    return new GenerationMeasures(real.moments().frechet(real.deviation(), Moments.of(features)),
        (double) balls.generatedInReal.cardinality() / features.count(),
        (double) balls.realInGenerated / real.features().count(),
        (double) balls.pairs / RealImages.DENSITY_K / features.count(),
        (double) balls.covered / real.features().count(), shares, entropy(shares),
        shares.stream().mapToDouble(share -> share).min().orElseThrow(), confidence);
  }

  /**
   * Counts over pairs of a real and a generated image.
   *
   * @param generatedInReal which generated images lie in the ball of some real one, k = 3
   * @param realInGenerated how many real images lie in the ball of some generated one, k = 3
   * @param pairs           number of pairs in which the generated image lies in the ball of the real one, k = 5
   * @param covered         how many real images have a generated one in their ball, k = 5
   */
  private record Balls(BitSet generatedInReal, int realInGenerated, long pairs, int covered) {

    static Balls sum(List<Balls> parts) {
      BitSet union = new BitSet();
      parts.forEach(part -> union.or(part.generatedInReal));
      return new Balls(union, parts.stream().mapToInt(Balls::realInGenerated).sum(),
          parts.stream().mapToLong(Balls::pairs).sum(),
          parts.stream().mapToInt(Balls::covered).sum());
    }
  }

  private static Balls balls(RealImages real, FloatPoints generated) {
    DistanceTiles tiles = new DistanceTiles(generated);
    int k = RealImages.PRECISION_K;
    double[] generatedRadii = RealImages.column(RealImages.nearest(generated, tiles, k), k, k - 1);
    return Balls.sum(IntStream.range(0, DistanceTiles.blocks(real.features())).parallel()
        .mapToObj(block -> balls(real, generatedRadii, tiles, block)).toList());
  }

  /** The counts of one block of the real images. */
  private static Balls balls(RealImages real, double[] generatedRadii, DistanceTiles tiles, int block) {
    BitSet generatedInReal = new BitSet(generatedRadii.length);
    int firstRow = block * DistanceTiles.BLOCK;
    boolean[] reached = new boolean[DistanceTiles.BLOCK];
    int[] held = new int[DistanceTiles.BLOCK];
    tiles.visit(real.features(), block, (row, first, count, squares) -> {
      double narrow = real.precisionRadii()[row];
      double wide = real.densityRadii()[row];
      boolean inGenerated = reached[row - firstRow];
      int inside = 0;
      for (int j = 0; j < count; j++) {
        double square = squares[j];
        if (square < wide) {
          inside++;
          // The wide ball contains the narrow one.
          if (square < narrow) {
            generatedInReal.set(first + j);
          }
        }
        inGenerated |= square < generatedRadii[first + j];
      }
      reached[row - firstRow] = inGenerated;
      held[row - firstRow] += inside;
    });
    int realInGenerated = (int) IntStream.range(0, reached.length).filter(row -> reached[row]).count();
    return new Balls(generatedInReal, realInGenerated, Arrays.stream(held).asLongStream().sum(),
        (int) Arrays.stream(held).filter(inside -> inside > 0).count());
  }

  private static List<Double> shares(Judgement judgement) {
    int[] counts = new int[judgement.classes()];
    for (int i = 0; i < judgement.count(); i++) {
      counts[judgement.likeliest(i)]++;
    }
    return Arrays.stream(counts).mapToObj(count -> (double) count / judgement.count()).toList();
  }

  /** -sum p log p / log(number of shares), with 0 log 0 = 0. */
  static double entropy(List<Double> shares) {
    double sum = 0;
    for (double share : shares) {
      sum -= share > 0 ? share * StrictMath.log(share) : 0;
    }
    // For equal shares, rounding may give slightly more than 1.
    return Math.min(1, sum / StrictMath.log(shares.size()));
  }
}
