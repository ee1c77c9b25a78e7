package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Split;
import gputae.model.Classifier;
import gputae.model.Initialisation;
import gputae.model.ParameterLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The training of a judge on a backend. */
abstract class JudgeContract {

  /** A new backend; the test closes it. */
  abstract Backend open();

  private static final int SIDE = 3;
  private static final int PIXELS = SIDE * SIDE;

  /** Images of noise, brighter in the row that is their class; 3 classes. */
  static Dataset rows(int train, int test) {
    return new Dataset("rows", List.of("top", "middle", "bottom"), split(train, 1), split(test, 2));
  }

  private static Split split(int count, long seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[count * PIXELS];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(3);
      for (int p = 0; p < PIXELS; p++) {
        pixels[i * PIXELS + p] = (byte) (random.nextInt(120) + (p / SIDE == labels[i] ? 110 : 0));
      }
    }
    return new Split(new Images(pixels, count, SIDE, SIDE), labels);
  }

  /** Every parameter of a tiny net against central differences of the loss, written out in double. */
  @Test
  void gradient() {
    List<Integer> sizes = List.of(PIXELS, 7, 5, 3);
    Split split = split(6, 3);
    try (Backend backend = open();
        Classifier classifier = new Classifier(backend, sizes);
        JudgeTraining training = new JudgeTraining(classifier, split, new Judge.Training(4, 1, 6, 1e-3));
        Matrix x = backend.allocate(6, PIXELS);
        Matrix y = backend.allocate(6, 3)) {
      float[] inputs = floats(split.images().pixels());
      float[] targets = floats(split.memberships(3));
      float[] parameters = Initialisation.draw(classifier.layout(), 9, 0);
      classifier.parameters().upload(parameters);
      float loss = training.gradients(x.upload(inputs), y.upload(targets)).toFloats()[0];
      float[] found = classifier.gradients().toFloats();
      double[] point = IntStream.range(0, parameters.length).mapToDouble(i -> parameters[i]).toArray();
      assertEquals(loss(classifier.layout(), point, inputs, targets), loss, 1e-6);
      for (ParameterLayout.Tensor tensor : classifier.layout().tensors()) {
        for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
          double old = point[i];
          point[i] = old + 1e-6;
          double above = loss(classifier.layout(), point, inputs, targets);
          point[i] = old - 1e-6;
          double below = loss(classifier.layout(), point, inputs, targets);
          point[i] = old;
          // Gradients are up to about 0.1; float32 through three layers.
          assertEquals((above - below) / 2e-6, found[i], 1e-6, tensor.name() + "[" + (i - tensor.offset()) + "]");
        }
      }
    }
  }

  private static float[] floats(byte[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (values[i] & 0xff) / 255f;
    }
    return floats;
  }

  /**
   * Mean over images and classes of -log sigmoid(l) for an image's own class and -log(1 - sigmoid(l)) for the others.
   */
  private static double loss(ParameterLayout layout, double[] parameters, float[] inputs, float[] targets) {
    double sum = 0;
    for (int image = 0; image < targets.length / 3; image++) {
      int first = image * PIXELS;
      double[] values = IntStream.range(0, PIXELS).mapToDouble(k -> inputs[first + k]).toArray();
      for (int layer = 0; layer < 3; layer++) {
        ParameterLayout.Tensor w = layout.tensors().get(2 * layer);
        ParameterLayout.Tensor b = layout.tensors().get(2 * layer + 1);
        double[] output = new double[w.rows()];
        for (int o = 0; o < output.length; o++) {
          output[o] = parameters[b.offset() + o];
          for (int k = 0; k < values.length; k++) {
            output[o] += parameters[w.offset() + o * w.columns() + k] * values[k];
          }
          output[o] = layer < 2 && output[o] <= 0 ? Math.expm1(output[o]) : output[o];
        }
        values = output;
      }
      for (int c = 0; c < 3; c++) {
        double sigmoid = 1 / (1 + Math.exp(-values[c]));
        sum -= Math.log(targets[image * 3 + c] == 1 ? sigmoid : 1 - sigmoid);
      }
    }
    return sum / targets.length;
  }

  /** 50 images in batches of 16: the last has 2. */
  @Test
  void theLossFalls() {
    Judge.Training settings = new Judge.Training(1, 1, 16, 1e-2);
    try (Backend backend = open();
        Classifier classifier = new Classifier(backend, List.of(PIXELS, 8, 6, 3));
        JudgeTraining training = new JudgeTraining(classifier, split(50, 5), settings)) {
      double first = training.epoch(AdamRates.of(1e-2));
      // Each class is decided against the rest, so the loss at the beginning is about log 2 a class.
      assertEquals(Math.log(2), first, 0.1);
      double last = 0;
      for (int epoch = 1; epoch < 30; epoch++) {
        last = training.epoch(AdamRates.of(1e-2));
      }
      assertTrue(last < first / 3, first + " to " + last);
    }
  }

  /** The judge does not learn from images without a class, and its accuracy does not count them. */
  @Test
  void imagesWithoutAClassAreLeftOut() {
    Dataset rows = rows(70, 40);
    Dataset more = new Dataset("more", rows.classes(), withStrangers(rows.train()), withStrangers(rows.test()));
    Judge.Training settings = new Judge.Training(7, 3, 32, 1e-2);
    try (Backend backend = open();
        Judge judge = Judge.train(backend, rows, settings);
        Judge other = Judge.train(backend, more, settings)) {
      assertEquals(judge.accuracy(), other.accuracy());
      Samples pixels = rows.test().samples();
      assertEquals(judge.judge(pixels), other.judge(pixels));
    }
  }

  /** The images of a split, with a black one without a class after each. */
  private static Split withStrangers(Split split) {
    int count = split.count();
    byte[] pixels = new byte[2 * count * PIXELS];
    byte[] labels = new byte[2 * count];
    for (int i = 0; i < count; i++) {
      System.arraycopy(split.images().pixels(), i * PIXELS, pixels, 2 * i * PIXELS, PIXELS);
      labels[2 * i] = split.labels()[i];
      labels[2 * i + 1] = (byte) Split.NO_CLASS;
    }
    return new Split(new Images(pixels, 2 * count, SIDE, SIDE), labels);
  }

  @Test
  void theSameTwiceBitForBit() {
    Dataset dataset = rows(70, 40);
    Samples pixels = dataset.test().samples();
    Judge.Training settings = new Judge.Training(7, 3, 32, 1e-2);
    byte[] file;
    Judgement judgement;
    double accuracy;
    try (Backend backend = open(); Judge judge = Judge.train(backend, dataset, settings)) {
      judgement = judge.judge(pixels);
      file = judge.toTensors("d", "c").toBytes();
      accuracy = judge.accuracy();
      assertEquals(accuracy(judgement, dataset.test()), accuracy);
    }
    try (Backend backend = open(); Judge judge = Judge.train(backend, dataset, settings)) {
      assertEquals(judgement, judge.judge(pixels));
      assertArrayEquals(file, judge.toTensors("d", "c").toBytes());
      assertEquals(accuracy, judge.accuracy());
      try (Judge read = Judge.fromTensors(backend, judge.toTensors("d", "c"))) {
        assertEquals(judgement, read.judge(pixels));
      }
    }
    try (Backend backend = open(); Judge other = Judge.train(backend, dataset, new Judge.Training(8, 3, 32, 1e-2))) {
      assertTrue(!judgement.equals(other.judge(pixels)), "another seed, another judge");
    }
  }

  static double accuracy(Judgement judgement, Split split) {
    return IntStream.range(0, judgement.count()).filter(i -> judgement.likeliest(i) == split.labels()[i]).count()
        / (double) judgement.count();
  }

  /** A judge that is closed leaves nothing on the device, and neither does a judge that is refused. */
  @Test
  void freesItsMemory() {
    try (Backend backend = open()) {
      Judge.train(backend, rows(20, 10), new Judge.Training(0, 1, 8, 1e-2)).close();
      long warm = backend.allocatedBytes();
      Judge.train(backend, rows(20, 10), new Judge.Training(0, 1, 8, 1e-2)).close();
      // The backend keeps its own memory only once.
      assertEquals(warm, backend.allocatedBytes());
    }
  }
}
