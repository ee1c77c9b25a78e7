package gputae.data;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How the features of vectors are scaled before a model sees them: (x - shift) / factor, computed in double and rounded
 * to float32.
 *
 * @param kind   how shift and factor were chosen
 * @param shift  finite, one for each feature
 * @param factor finite and greater than 0, one for each feature
 */
public record Scaling(Kind kind, double[] shift, double[] factor) {

  /** How shift and factor are chosen. */
  public enum Kind {
    /** The features stay as they are: shift 0, factor 1. */
    NONE("the features stay as they are", "value"),
    /** The training samples fill [0, 1]: shift is the least value, factor the range. */
    UNIT("each feature is scaled to [0, 1], the range of its training samples",
        "value, scaled to [0, 1]"),
    /**
     * The training samples have the mean 0 and the standard deviation 1, as scikit-learn's {@code StandardScaler}
     * makes them: shift is the mean, factor the square root of the mean squared deviation.
     */
    STANDARDISE("each feature is standardised to the mean 0 and the standard deviation 1 of its training samples",
        "value, standardised");

    private final String words;
    private final String unit;

    Kind(String words, String unit) {
      this.words = words;
      this.unit = unit;
    }

    /** The title of an axis of scaled values. */
    public String unit() {
      return unit;
    }

    /** A sentence for messages. */
    public String words() {
      return words;
    }

    /** The name on the command line and in files. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Throws {@link IllegalArgumentException} if a number is not allowed. */
  public Scaling {
    shift = shift.clone();
    factor = factor.clone();
    if (shift.length != factor.length || !Arrays.stream(shift).allMatch(Double::isFinite)
        || !Arrays.stream(factor).allMatch(Scaling::isFactor)) {
      throw new IllegalArgumentException("no scaling: " + shift.length + " shifts and " + factor.length
          + " factors, which must be finite and greater than 0");
    }
  }

  /** Whether a number can be a factor. */
  public static boolean isFactor(double factor) {
    return factor > 0 && factor < Double.POSITIVE_INFINITY;
  }

  /** The scaling of training samples. A feature that is constant keeps its unit: its factor is 1. */
  public static Scaling of(Kind kind, Vectors train) {
    int p = train.size();
    double[] shift = new double[p];
    double[] factor = new double[p];
    Arrays.fill(factor, 1);
    for (int k = 0; k < p && kind != Kind.NONE; k++) {
      double least = Double.POSITIVE_INFINITY;
      double most = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (int i = 0; i < train.count(); i++) {
        double value = train.value(i, k);
        least = Math.min(least, value);
        most = Math.max(most, value);
        sum += value;
      }
      double mean = sum / train.count();
      double squares = 0;
      for (int i = 0; i < train.count(); i++) {
        double deviation = train.value(i, k) - mean;
        squares += deviation * deviation;
      }
      shift[k] = kind == Kind.UNIT || least == most ? least : mean;
      if (least < most) {
        factor[k] = kind == Kind.UNIT ? most - least : Math.sqrt(squares / train.count());
      }
    }
    return new Scaling(kind, shift, factor);
  }

  /** Shift of each feature. */
  @Override
  public double[] shift() {
    return shift.clone();
  }

  /** Factor of each feature. */
  @Override
  public double[] factor() {
    return factor.clone();
  }

  /** Number of features. */
  public int features() {
    return shift.length;
  }

  /** Vectors as a model sees them. */
  public Vectors apply(Vectors vectors) {
    float[] scaled = vectors.values().clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = (float) ((scaled[i] - shift[i % shift.length]) / factor[i % shift.length]);
    }
    return vectors.shape().samples(scaled);
  }

  /**
   * The first feature that is constant in the training samples and not in other ones, which its factor of 1 may leave
   * far away; -1 if there is none.
   */
  public int leftConstant(Vectors train, Vectors others) {
    for (int k = 0; k < shift.length; k++) {
      int feature = k;
      float value = train.value(0, k);
      if (kind != Kind.NONE && IntStream.range(0, train.count()).allMatch(i -> train.value(i, feature) == value)
          && IntStream.range(0, others.count()).anyMatch(i -> others.value(i, feature) != value)) {
        return k;
      }
    }
    return -1;
  }

  /** Vectors in the unit of the data. */
  public Vectors undo(Vectors scaled) {
    float[] values = scaled.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor[i % shift.length] + shift[i % shift.length]);
    }
    return scaled.shape().samples(values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Scaling scaling && kind == scaling.kind && Arrays.equals(shift, scaling.shift)
        && Arrays.equals(factor, scaling.factor);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(shift) * 31 + Arrays.hashCode(factor);
  }

  @Override
  public String toString() {
    return kind + " of " + shift.length + " features";
  }
}
