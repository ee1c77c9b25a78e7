package gputae.evaluate;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How generated images compare with real ones in a judge's feature space, and what the judge takes them for. The ball
 * of an image is the open ball around its features that reaches to its k-th nearest other image of the same kind;
 * comparisons are strict, as in the code published with Naeem et al. 2020 (prdc).
 *
 * @param frechet       squared Frechet distance of the features' normal distributions (Heusel et al. 2017, there with
 *     Inception's features), at least 0; 0 is best
 * @param precision     share of the generated images that lie in some real image's ball, k = 3 (Kynkaanniemi et al.
 *     2019): are they like real ones?
 * @param recall        share of the real images that lie in some generated image's ball, k = 3 (the same): do they
 *     reach all kinds of real ones?
 * @param density       mean number of real images' balls, k = 5, that a generated image lies in, divided by k (Naeem et
 *     al. 2020); about 1 for real images, may be more
 * @param coverage      share of the real images in whose ball, k = 5, some generated image lies (Naeem et al. 2020)
 * @param classShares   share of the generated images that are likeliest of each class, [classes]; they sum to 1
 * @param classEntropy  entropy of the class shares divided by log(classes): 0 all of one class, 1 all classes equally
 *     often
 * @param smallestShare the least of the class shares
 * @param confidence    mean probability of an image's likeliest class, 1 / classes to 1
 */
public record GenerationMeasures(double frechet, double precision, double recall, double density, double coverage,
    List<Double> classShares, double classEntropy,
    double smallestShare, double confidence) {

  /** Generated images that there must be: more than neighbours. */
  public static final int LEAST = RealImages.PRECISION_K + 1;

  public GenerationMeasures {
    classShares = List.copyOf(classShares);
  }

  /**
   * Does not depend on the number of threads: every image is counted by itself, and sums run in the images' order.
   *
   * @throws IllegalArgumentException if there are fewer than {@link #LEAST} generated images or their features are not
   *     of the real images' dimension
   */
  public static GenerationMeasures of(RealImages real, Judgement generated) {
    Points features = generated.features();
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
   * @param generatedInReal which generated images lie in some real one's ball, k = 3
   * @param realInGenerated how many real images lie in some generated one's ball, k = 3
   * @param pairs           how often a generated image lies in a real one's ball, k = 5
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

  private static Balls balls(RealImages real, Points generated) {
    DistanceTiles tiles = new DistanceTiles(generated);
    int k = RealImages.PRECISION_K;
    double[] generatedRadii = RealImages.column(RealImages.nearest(generated, tiles, k), k, k - 1);
    return Balls.sum(IntStream.range(0, DistanceTiles.blocks(real.features())).parallel()
        .mapToObj(block -> balls(real, generatedRadii, tiles, block)).toList());
  }

  /** Of one block of the real images. */
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
          // The wide ball holds the narrow one.
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
    // Equal shares may come to the last digit more than 1.
    return Math.min(1, sum / StrictMath.log(shares.size()));
  }
}
