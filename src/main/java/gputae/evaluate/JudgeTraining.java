package gputae.evaluate;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.backend.Recording;
import gputae.data.Split;
import gputae.model.Chain;
import gputae.model.Classifier;
import gputae.model.Initialisation;
import gputae.model.SampleMatrix;
import java.util.stream.IntStream;

/**
 * Trains a classifier, each class against the rest: loss = mean over images and classes of the binary cross-entropy
 * (nats) between sigmoid(logit) and the target, which is 1 for the class of the image and 0 for the others. Adam on
 * shuffled mini-batches; the operations of a step are recorded once and replayed.
 */
final class JudgeTraining implements AutoCloseable {

  /** Philox streams that differ from those of an autoencoder's training with the same seed. */
  private static final int INITIAL_WEIGHTS = 19;

  private static final int ORDER = 20;

  private final Backend backend;
  private final Classifier classifier;
  private final Judge.Training settings;
  private final int count;
  private final int batch;
  private final int stepsPerEpoch;
  private final int lastRows;
  private final Matrix samples;
  private final Matrix targets;
  private final Matrix order;
  private final Matrix step;
  private final Matrix firstMoment;
  private final Matrix secondMoment;
  private final Matrix x;
  private final Matrix y;
  private final Matrix rates;
  private final Matrix loss;

  /** The loss of each step of an epoch, (stepsPerEpoch, 1). */
  private final Matrix losses;

  private final Chain.Activations activations;
  private final Recording fullBatch;
  private final Recording lastBatch;
  private int epochs;

  /**
   * A training before its first step, with initial weights drawn from the seed.
   *
   * @param split its labels must be smaller than the classifier's number of classes
   */
  JudgeTraining(Classifier classifier, Split split, Judge.Training settings) {
    this.backend = classifier.backend();
    this.classifier = classifier;
    this.settings = settings;
    this.count = split.count();
    this.batch = Math.min(settings.batch(), count);
    this.stepsPerEpoch = (count - 1) / batch + 1;
    this.lastRows = count - (stepsPerEpoch - 1) * batch;
    this.samples = SampleMatrix.of(backend, split.samples());
    this.targets = backend.allocate(ElementType.UINT8, count, classifier.classes())
        .upload(split.memberships(classifier.classes()));
    // Memory for whole batches; the part after the last image is never read.
    this.order = backend.allocate(ElementType.INT32, 1, (long) stepsPerEpoch * batch);
    this.step = backend.allocate(ElementType.INT64, 1, 1);
    this.firstMoment = backend.allocate(1, classifier.layout().size());
    this.secondMoment = backend.allocate(1, classifier.layout().size());
    this.x = backend.allocate(batch, classifier.pixels());
    this.y = backend.allocate(batch, classifier.classes());
    this.rates = AdamRates.of(settings.rate()).on(backend);
    this.loss = backend.allocate(1, 1);
    this.losses = backend.allocate(stepsPerEpoch, 1);
    this.activations = classifier.chain().activations(batch, Chain.Gradients.ALL);
    classifier.parameters().upload(Initialisation.draw(classifier.layout(), settings.seed(), INITIAL_WEIGHTS));
    this.fullBatch = backend.record(() -> step(batch));
    this.lastBatch = backend.record(() -> step(lastRows));
  }

  /** Runs all epochs of the settings. Throws an IllegalStateException if the loss is no longer finite. */
  void run() {
    double last = 0;
    for (AdamRates rates : settings.rates()) {
      last = epoch(rates);
    }
    if (!Double.isFinite(last)) {
      throw new IllegalStateException(
          "the judge's training has come to the loss " + last + "; a lower rate than " + settings.rate() + " may help");
    }
  }

  /** Runs one epoch; returns its mean loss over the images, in nats. */
  double epoch(AdamRates rates) {
    epochs++;
    order.view(0, 1, count).upload(Philox.permutation(count, settings.seed(), epochs, ORDER));
    rates.upload(this.rates);
    for (int i = 1; i < stepsPerEpoch; i++) {
      fullBatch.replay();
    }
    lastBatch.replay();
    float[] means = losses.toFloats();
    return IntStream.range(0, stepsPerEpoch)
        .mapToDouble(i -> means[i] * (double) (i == stepsPerEpoch - 1 ? lastRows : batch)).sum() / count;
  }

  private void step(int rows) {
    backend.gather(samples, order, step, batch, stepsPerEpoch, x.firstRows(rows));
    backend.gather(targets, order, step, batch, stepsPerEpoch, y.firstRows(rows));
    gradients(x.firstRows(rows), y.firstRows(rows));
    backend.endStep(loss, losses, step);
    backend.adam(classifier.parameters(), classifier.gradients(), firstMoment, secondMoment, step, rates);
  }

  /**
   * Adds the gradient of the loss on samples (rows, pixels) with targets (rows, classes) to the classifier's gradients.
   * Returns the loss (1, 1), a matrix that this object owns.
   */
  Matrix gradients(Matrix inputs, Matrix wanted) {
    Chain.Activations pass = activations.firstRows(inputs.rows());
    classifier.chain().forward(inputs, pass);
    backend.sigmoidCrossEntropy(pass.output(), wanted, pass.outputGradient(), loss);
    classifier.chain().backward(inputs, pass, null, null);
    return loss;
  }

  @Override
  public void close() {
    fullBatch.close();
    lastBatch.close();
    samples.close();
    targets.close();
    order.close();
    step.close();
    firstMoment.close();
    secondMoment.close();
    x.close();
    y.close();
    rates.close();
    loss.close();
    losses.close();
    activations.close();
  }
}
