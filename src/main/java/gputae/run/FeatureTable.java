package gputae.run;

import gputae.data.Vectors;
import gputae.report.FeatureRow;
import java.util.List;
import java.util.stream.IntStream;

/** What a report says of each feature of vectors. */
final class FeatureTable {

  private FeatureTable() {}

  /** The rows of vectors in the unit of the data; the first two have the same number of vectors. */
  static List<FeatureRow> of(Vectors test, Vectors reconstructed, Vectors generated) {
    return IntStream.range(0, test.size()).mapToObj(k -> {
      double mean = mean(test, k);
      double generatedMean = mean(generated, k);
      double squares = IntStream.range(0, test.count())
          .mapToDouble(i -> Math.pow((double) test.value(i, k) - reconstructed.value(i, k), 2)).sum();
      return new FeatureRow(test.shape().names().get(k), mean, deviation(test, k, mean), generatedMean,
          deviation(generated, k, generatedMean), Math.sqrt(squares / test.count()));
    }).toList();
  }

  private static double mean(Vectors vectors, int k) {
    return IntStream.range(0, vectors.count()).mapToDouble(i -> vectors.value(i, k)).sum() / vectors.count();
  }

  private static double deviation(Vectors vectors, int k, double mean) {
    double squares =
        IntStream.range(0, vectors.count()).mapToDouble(i -> Math.pow(vectors.value(i, k) - mean, 2)).sum();
    return Math.sqrt(squares / vectors.count());
  }
}
