package gputae.evaluate;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * What a judge computes for some images.
 *
 * @param features      one point per image, in the judge's feature space
 * @param probabilities row-major float32 [count, classes]: the probability of each class; each row sums to 1
 */
public record Judgement(FloatPoints features, float[] probabilities) {

  /**
   * @throws IllegalArgumentException if a feature is not finite, if the points do not all have the same number of
   *     probabilities, at least 2, or if one is not between 0 and 1
   */
  public Judgement {
    features.requireFinite();
    int count = features.count();
    if (probabilities.length % count != 0 || probabilities.length / count < 2) {
      throw new IllegalArgumentException(probabilities.length + " probabilities for " + count
          + " images; each image needs one per class, and at least 2 classes");
    }
    for (int i = 0; i < probabilities.length; i++) {
      if (!(probabilities[i] >= 0 && probabilities[i] <= 1)) {
        throw new IllegalArgumentException("image " + i / (probabilities.length / count)
            + " (counted from 0) has the probability " + probabilities[i]);
      }
    }
  }

  /** Number of images. */
  public int count() {
    return features.count();
  }

  public int classes() {
    return probabilities.length / count();
  }

  /** The most likely class of an image; the first of several that are equally likely. */
  public int likeliest(int image) {
    int classes = classes();
    int best = 0;
    for (int c = 1; c < classes; c++) {
      if (probabilities[image * classes + c] > probabilities[image * classes + best]) {
        best = c;
      }
    }
    return best;
  }

  /** The probability of {@link #likeliest}. */
  public float confidence(int image) {
    return probabilities[image * classes() + likeliest(image)];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Judgement judgement && features.equals(judgement.features)
        && Arrays.equals(probabilities, judgement.probabilities);
  }

  @Override
  public int hashCode() {
    return 31 * features.hashCode() + Arrays.hashCode(probabilities);
  }

  @Override
  public String toString() {
    return count() + " images, " + classes() + " classes";
  }
}
