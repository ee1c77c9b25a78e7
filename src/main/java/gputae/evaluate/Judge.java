package gputae.evaluate;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Dataset;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import gputae.model.Classifier;
import gputae.model.SafeTensors;
import gputae.model.SampleMatrix;
import gputae.model.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A classifier that judges images or vectors, in place of the Inception network of the usual measures: pixels - 256 -
 * 64 - classes, trained on the labels of the data set. Its 64 features are the outputs of the last hidden layer.
 *
 * <p>It learns each class against the rest, so sigmoid(l_c) estimates the probability that an image belongs to class c,
 * separately for each class. If the classes exclude each other, these estimates sum to 1 up to the classifier's errors,
 * and the probability of a class is its estimate divided by the sum: p_c = sigmoid(l_c) / sum_k sigmoid(l_k). A softmax
 * of the logits would instead divide the odds p / (1 - p). It would call an image certain that two classes both claim,
 * one with 0.99, one with 0.9.
 *
 * <p>The same data, settings, backend, instruction set and number of threads give the same judge, bit for bit.
 */
public final class Judge implements AutoCloseable {

  private static final int FIRST_HIDDEN = 256;
  private static final int FEATURES = 64;

  private static final String FORMAT = "gpu-tae judge 1";

  /**
   * The settings of the training of a judge: Adam at {@code rate}; in the last third of the epochs at a tenth of it,
   * which lets the weights settle.
   *
   * @param seed   seed of the initial weights and the order of the images
   * @param epochs number of epochs, at least 1
   * @param batch  images per step, at least 1
   * @param rate   Adam's learning rate
   */
  public record Training(long seed, int epochs, int batch, double rate) {

    public Training {
      if (epochs < 1 || batch < 1 || !(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "epochs, batch and rate must be positive: " + epochs + ", " + batch + ", " + rate);
      }
    }

    /** Settings that worked well for MNIST and Fashion-MNIST. */
    public static Training of(long seed) {
      return new Training(seed, 10, 128, 1e-3);
    }

    /** The rates of each epoch. */
    List<AdamRates> rates() {
      return Stream.iterate(0, epoch -> epoch < epochs, epoch -> epoch + 1)
          .map(epoch -> AdamRates.of(3 * epoch < 2 * epochs ? rate : rate / 10)).toList();
    }
  }

  private final Classifier classifier;
  private final Training training;
  private final double accuracy;

  private Judge(Classifier classifier, Training training, double accuracy) {
    this.classifier = classifier;
    this.training = training;
    this.accuracy = accuracy;
  }

  /**
   * Trains a judge on the training split and measures it on the test split. The caller closes it before the backend.
   *
   * @throws IllegalArgumentException if a split has no labels or there are fewer than 2 classes
   */
  public static Judge train(Backend backend, Dataset dataset, Training training) {
    int classes = dataset.classes().size();
    if (dataset.train().labels() == null || dataset.test().labels() == null) {
      throw new IllegalArgumentException("the data set " + dataset.name() + " has no labels for its "
          + (dataset.train().labels() == null ? "training" : "test")
          + " samples; a judge learns from labelled samples");
    }
    if (classes < 2) {
      throw new IllegalArgumentException(
          "the data set " + dataset.name() + " has " + classes + " class; a judge tells at least 2 apart");
    }
    Classifier classifier =
        new Classifier(backend, List.of(dataset.shape().size(), FIRST_HIDDEN, FEATURES, classes));
    try {
      try (JudgeTraining run = new JudgeTraining(classifier, Sample.classified(dataset.train()), training)) {
        run.run();
      }
      return new Judge(classifier, training, accuracy(
          judge(classifier, dataset.test().samples()), dataset.test()));
    } catch (RuntimeException e) {
      classifier.close();
      throw e;
    }
  }

  /** Share of the split's images with a class for which it is the likeliest, 0 to 1; NaN if none has a class. */
  static double accuracy(Judgement judgement, Split split) {
    int right = 0;
    for (int i = 0; i < judgement.count(); i++) {
      right += judgement.likeliest(i) == split.classOf(i) ? 1 : 0;
    }
    return split.classified() == 0 ? Double.NaN : (double) right / split.classified();
  }

  /** Share of the test images with a class whose most likely class is their own, 0 to 1. */
  public double accuracy() {
    return accuracy;
  }

  public Training training() {
    return training;
  }

  public int classes() {
    return classifier.classes();
  }

  /** Judges samples of the shape from which it learned. */
  public Judgement judge(Samples samples) {
    return judge(classifier, samples);
  }

  private static Judgement judge(Classifier classifier, Samples samples) {
    if (samples.size() != classifier.pixels()) {
      throw new IllegalArgumentException("samples of " + samples.size() + " numbers, the judge learned from samples of "
          + classifier.pixels());
    }
    try (Matrix matrix = SampleMatrix.of(classifier.backend(), samples)) {
      Classifier.Outputs outputs = classifier.outputs(matrix);
      return new Judgement(new FloatPoints(outputs.features(), classifier.features()),
          probabilities(outputs.logits(), classifier.classes()));
    }
  }

  /**
   * sigmoid(l_c) / sum_k sigmoid(l_k), row-major [count, classes]. It is computed with logarithms, since every sigmoid
   * of an image may underflow, and with StrictMath, whose bits do not depend on the machine.
   */
  static float[] probabilities(float[] logits, int classes) {
    float[] probabilities = new float[logits.length];
    double[] terms = new double[classes];
    for (int first = 0; first < logits.length; first += classes) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        double logit = logits[first + c];
        // log sigmoid(l) = min(l, 0) - log(1 + exp(-|l|))
        terms[c] = Math.min(logit, 0) - StrictMath.log1p(StrictMath.exp(-Math.abs(logit)));
        largest = Math.max(largest, terms[c]);
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        terms[c] = StrictMath.exp(terms[c] - largest);
        sum += terms[c];
      }
      for (int c = 0; c < classes; c++) {
        probabilities[first + c] = (float) (terms[c] / sum);
      }
    }
    return probabilities;
  }

  /**
   * The judge as the content of a file that {@link #fromTensors} reads.
   *
   * @param data       fingerprint of the data set
   * @param conditions everything else on which the bits of a training depend beside data and settings: backend,
   *     instruction set, threads
   */
  public SafeTensors toTensors(String data, String conditions) {
    SafeTensors file = Weights.named(classifier.layout(), classifier.parameters().toFloats());
    file.metadata().putAll(origin(training, data, conditions));
    file.metadata().put("accuracy", Double.toString(accuracy));
    return file;
  }

  /**
   * Whether a file holds the judge that {@link #train} would make with these settings, on this data and under these
   * conditions.
   */
  public static boolean isIn(SafeTensors file, Training training, String data, String conditions) {
    return file.metadata().entrySet().containsAll(origin(training, data, conditions).entrySet());
  }

  private static Map<String, String> origin(Training training, String data, String conditions) {
    // The order is fixed, so that the same judge gives the same file.
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put("format", FORMAT);
    origin.put("seed", Long.toString(training.seed));
    origin.put("epochs", Integer.toString(training.epochs));
    origin.put("batch", Integer.toString(training.batch));
    origin.put("rate", Double.toString(training.rate));
    origin.put("data", data);
    origin.put("conditions", conditions);
    return origin;
  }

  /**
   * The judge from a file. The caller closes it before the backend.
   *
   * @throws IllegalArgumentException that says what is wrong with the file, if it holds no judge
   */
  public static Judge fromTensors(Backend backend, SafeTensors file) {
    if (!FORMAT.equals(file.metadata().get("format"))) {
      throw new IllegalArgumentException(
          "this is not a judge: its format is " + file.metadata().get("format") + ", not " + FORMAT);
    }
    Training training;
    double accuracy;
    try {
      training = new Training(Long.parseLong(text(file, "seed")), Integer.parseInt(text(file, "epochs")),
          Integer.parseInt(text(file, "batch")),
          Double.parseDouble(text(file, "rate")));
      accuracy = Double.parseDouble(text(file, "accuracy"));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a number of the judge's metadata cannot be read: " + e.getMessage(), e);
    }
    Classifier classifier = new Classifier(backend, Classifier.sizesIn(file));
    try {
      classifier.parameters().upload(Weights.flat(classifier.layout(), file, ""));
      return new Judge(classifier, training, accuracy);
    } catch (RuntimeException e) {
      classifier.close();
      throw e;
    }
  }

  private static String text(SafeTensors file, String key) {
    String text = file.metadata().get(key);
    if (text == null) {
      throw new IllegalArgumentException("the judge's metadata lack " + key);
    }
    return text;
  }

  @Override
  public void close() {
    classifier.close();
  }
}
