package gputae.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.model.Autoencoder;
import gputae.model.HiddenLayers;
import gputae.model.Initialisation;
import gputae.model.ParameterLayout;
import gputae.objective.Ball;
import gputae.objective.ClassDeaths;
import gputae.objective.Deaths;
import gputae.objective.Decay;
import gputae.objective.DecoderNorm;
import gputae.objective.Kl;
import gputae.objective.Landscape;
import gputae.objective.LatentNorm;
import gputae.objective.MeanDiscrepancy;
import gputae.objective.Objective;
import gputae.objective.Quartic;
import gputae.objective.Signature;
import gputae.objective.Term;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The gradient of every objective through the whole network, parameter by parameter. It is compared with central
 * differences of an independent forward pass in double precision, which is written in this class.
 */
abstract class GradientContract {

  /** A new backend; the test closes it. */
  abstract Backend open();

  private static final int PIXELS = 11;
  private static final List<Integer> HIDDEN = List.of(7, 5);
  private static final int ROWS = 9;
  private static final int CLASSES = 3;

  /** One class has one image, and two images have no class. */
  private static final int[] LABELS = {0, 2, 0, 0, 255, 2, 1, 0, 255};

  private static final Penalty PLAIN = new Penalty(0.3, BallPenalty.NORM, 0.2, 1, Double.POSITIVE_INFINITY);

  @Test
  void autoencoder() {
    check(ModelKind.AE, 2, PLAIN);
  }

  @Test
  void ballAlone() {
    check(ModelKind.DISK, 3, PLAIN);
    check(ModelKind.DISK, 2, new Penalty(0.3, BallPenalty.SQUARED, 0.2, 1, Double.POSITIVE_INFINITY));
  }

  @Test
  void ballAndDeathTimes() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.TAE, latent, PLAIN);
    }
  }

  @Test
  void deathTimesOfHigherDegree() {
    check(ModelKind.TAE, 2, new Penalty(0.1, BallPenalty.NORM, 0.4, 2, Double.POSITIVE_INFINITY));
    check(ModelKind.TAE, 3, new Penalty(0.1, BallPenalty.NORM, 0.4, 2.5, Double.POSITIVE_INFINITY));
  }

  @Test
  void deathTimesOfADegreeBelowOne() {
    check(ModelKind.TAE, 2, new Penalty(0.1, BallPenalty.NORM, 0.1, 0.5, Double.POSITIVE_INFINITY));
  }

  @Test
  void deathTimesUpToALongestEdge() {
    check(ModelKind.TAE, 2, new Penalty(0.3, BallPenalty.SQUARED, 0.2, 1, 0.5));
  }

  @Test
  void variational() {
    check(ModelKind.VAE, 2, PLAIN);
    check(ModelKind.VAE, 5, PLAIN);
  }

  /** A term that the program does not have. */
  @Test
  void aTermOfOnesOwn() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.AE, latent, PLAIN, quartic(0.7));
      check(ModelKind.TAE, latent, PLAIN, quartic(0.3));
    }
    check(ModelKind.VAE, 2, PLAIN, quartic(0.3));
  }

  /** A term of the parameters, which the program does not have. */
  @Test
  void aTermOfTheParameters() {
    for (ModelKind kind : ModelKind.PAPER) {
      check(kind, 2, PLAIN, decay(0.3));
    }
  }

  /** The scale of the latent distances is one of the parameters. */
  @Test
  void signatureLoss() {
    for (Signature.Normalisation normalisation : Signature.Normalisation.values()) {
      for (int latent : new int[] {1, 2, 6}) {
        check(ModelKind.AE, latent, PLAIN, signature(0.7, normalisation));
        check(ModelKind.TAE, latent, PLAIN, signature(0.3, normalisation));
      }
      check(ModelKind.VAE, 2, PLAIN, signature(0.5, normalisation));
    }
  }

  @Test
  void landscapes() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.AE, latent, PLAIN, landscape(0.2, 3));
      check(ModelKind.TAE, latent, PLAIN, landscape(0.1, 1));
    }
    check(ModelKind.VAE, 2, PLAIN, landscape(0.1, 100));
  }

  @Test
  void deathTimesPerClass() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.AE, latent, PLAIN, classDeaths(0.2));
      check(ModelKind.TAE, latent, PLAIN, classDeaths(0.1));
    }
    check(ModelKind.VAE, 3, PLAIN, classDeaths(0.1));
  }

  /** Every activation, with a decoder that is no mirror of the encoder. */
  @Test
  void activations() {
    for (Activation activation : Activation.nonlinear()) {
      HiddenLayers hidden = new HiddenLayers(HIDDEN, List.of(6, 11), activation);
      check(ModelKind.AE, 3, PLAIN, null, hidden);
      check(ModelKind.VAE, 2, PLAIN, null, hidden);
    }
  }

  /** Batch normalisation with every activation. */
  @Test
  void batchNormalisation() {
    for (Activation activation : Activation.nonlinear()) {
      HiddenLayers hidden = new HiddenLayers(HIDDEN, List.of(6, 11), activation, true);
      check(ModelKind.AE, 3, PLAIN, null, hidden);
      check(ModelKind.VAE, 2, PLAIN, null, hidden);
    }
  }

  /** The prior is uniform in the ball for TAE, otherwise normal; the scale of distances differs. */
  @Test
  void meanDiscrepancy() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.AE, latent, PLAIN, discrepancy(0.7, 2.0 * latent));
      check(ModelKind.TAE, latent, PLAIN, discrepancy(0.3, 2.0 * latent / (latent + 2)));
    }
    check(ModelKind.VAE, 2, PLAIN, discrepancy(0.5, 4));
  }

  @Test
  void normsOfPointsAndDecoder() {
    for (int latent : new int[] {1, 2, 6}) {
      check(ModelKind.AE, latent, PLAIN, latentNorm(0.7));
      check(ModelKind.TAE, latent, PLAIN, decoderNorm(0.03));
    }
    check(ModelKind.VAE, 2, PLAIN, latentNorm(0.5));
    check(ModelKind.VAE, 3, PLAIN, decoderNorm(0.05));
    check(ModelKind.RAE, 2, PLAIN);
  }

  /**
   * What a term may depend on.
   *
   * @param z          latent points, (ROWS, latent)
   * @param prior      samples of the prior, (ROWS, latent)
   * @param images     (ROWS, PIXELS)
   * @param layout     places of the parameters
   * @param parameters all weights, biases and scalars
   */
  private record Seen(double[][] z, double[][] prior, double[][] images, ParameterLayout layout, double[] parameters) {}

  /**
   * A term beside the paper's.
   *
   * @param value in double precision, without the weight
   */
  private record Own(Term term, ToDoubleFunction<Seen> value) {}

  private static Own quartic(double weight) {
    return new Own(new Quartic(weight),
        seen -> Arrays.stream(seen.z).mapToDouble(point -> Math.pow(Reference.norm(point), 4)).sum() / ROWS);
  }

  private static Own decay(double weight) {
    return new Own(new Decay(weight), seen -> Math.pow(Reference.norm(seen.parameters), 2) / 2);
  }

  private static Own signature(double weight, Signature.Normalisation normalisation) {
    return new Own(new Signature(weight, normalisation), seen -> {
      double unit = Math.sqrt(PIXELS);
      if (normalisation == Signature.Normalisation.BATCH) {
        unit = 0;
        for (double[] a : seen.images) {
          for (double[] b : seen.images) {
            unit = Math.max(unit, Reference.distance(a, b));
          }
        }
      }
      double scale = seen.parameters[seen.layout.tensor(Signature.SCALE).offset()];
      List<int[]> edges = new ArrayList<>(Reference.tree(seen.images));
      edges.addAll(Reference.tree(seen.z));
      double sum = 0;
      for (int[] edge : edges) {
        double image = Reference.distance(seen.images[edge[0]], seen.images[edge[1]]) / unit;
        sum += Math.pow(image - Reference.distance(seen.z[edge[0]], seen.z[edge[1]]) / scale, 2);
      }
      return sum / ROWS;
    });
  }

  private static Own landscape(double weight, int count) {
    return new Own(new Landscape(weight, count), seen -> Reference.tree(seen.z).stream()
        .map(edge -> Reference.distance(seen.z[edge[0]], seen.z[edge[1]])).sorted(Comparator.reverseOrder())
        .limit(count).mapToDouble(death -> death * death / 4).sum());
  }

  private static Own discrepancy(double weight, double square) {
    return new Own(new MeanDiscrepancy(weight), seen -> {
      double sum = 0;
      for (double scale : new double[] {0.1, 0.2, 0.5, 1, 2, 5, 10}) {
        for (int i = 0; i < ROWS; i++) {
          for (int j = 0; j < ROWS; j++) {
            double alike = multiquadric(scale * square, seen.z[i], seen.z[j])
                + multiquadric(scale * square, seen.prior[i], seen.prior[j]);
            sum += (i == j ? 0 : alike / (ROWS * (ROWS - 1)))
                - 2 * multiquadric(scale * square, seen.z[i], seen.prior[j]) / (ROWS * ROWS);
          }
        }
      }
      return sum;
    });
  }

  private static double multiquadric(double c, double[] x, double[] y) {
    return c / (c + Math.pow(Reference.distance(x, y), 2));
  }

  private static Own latentNorm(double weight) {
    return new Own(new LatentNorm(weight), seen -> halfSquare(seen.z));
  }

  private static double halfSquare(double[][] z) {
    return Arrays.stream(z).mapToDouble(point -> Math.pow(Reference.norm(point), 2) / 2).sum() / ROWS;
  }

  private static Own decoderNorm(double weight) {
    return new Own(new DecoderNorm(weight), seen -> decoderSquare(seen.layout, seen.parameters));
  }

  private static double decoderSquare(ParameterLayout layout, double[] parameters) {
    return layout.tensors().stream().filter(tensor -> tensor.name().startsWith("decoder."))
        .flatMapToInt(tensor -> IntStream.range(tensor.offset(), tensor.offset() + tensor.size()))
        .mapToDouble(i -> parameters[i] * parameters[i]).sum();
  }

  private static Own classDeaths(double weight) {
    return new Own(new ClassDeaths(weight), seen -> {
      double sum = 0;
      for (int label = 0; label < CLASSES; label++) {
        int of = label;
        double[][] members =
            IntStream.range(0, ROWS).filter(i -> LABELS[i] == of).mapToObj(i -> seen.z[i]).toArray(double[][]::new);
        for (int[] edge : Reference.tree(members)) {
          sum += Reference.distance(members[edge[0]], members[edge[1]]);
        }
      }
      return sum;
    });
  }

  private void check(ModelKind kind, int latent, Penalty regulariser) {
    check(kind, latent, regulariser, null);
  }

  /**
   * Compares value and gradient with finite differences through the whole network.
   *
   * @param own a term beside those of the model, or null
   */
  private void check(ModelKind kind, int latent, Penalty regulariser, Own own) {
    check(kind, latent, regulariser, own, HiddenLayers.of(HIDDEN));
  }

  private void check(ModelKind kind, int latent, Penalty regulariser, Own own, HiddenLayers hidden) {
    Random random = new Random(17 + latent);
    List<Term> terms = new ArrayList<>(regulariser.of(kind).terms());
    if (own != null) {
      terms.add(own.term);
    }
    TrainConfig config = new TrainConfig(kind, latent, hidden, ROWS, 1, 1e-3, Objective.of(terms), 5, false);
    float[] x = new float[ROWS * PIXELS];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat();
    }
    float[] noise = new float[ROWS * latent];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) random.nextGaussian();
    }
    try (Backend backend = open();
        Autoencoder model = new Autoencoder(backend, Trainer.architecture(config, PIXELS));
        Matrix memberships =
            config.objective().needsClasses() ? backend.allocate(ElementType.UINT8, ROWS, CLASSES) : null;
        TrainStep step = new TrainStep(backend, config, model, ROWS, memberships)) {
      ParameterLayout layout = model.layout();
      float[] parameters = Initialisation.draw(layout, 5, 0);
      Reference reference = new Reference(kind, latent, hidden, regulariser, own, x, noise);
      if (kind.terms().contains(Ball.KIND)) {
        putHalfOutside(layout, parameters, reference);
      }
      model.parameters().upload(parameters);
      if (kind.terms().contains(Kl.KIND)) {
        step.noise().upload(noise);
      }
      if (step.prior() != null) {
        // The terms need some numbers; that they are those of the noise does not matter.
        step.prior().upload(noise);
      }
      if (memberships != null) {
        float[] members = new float[ROWS * CLASSES];
        for (int i = 0; i < ROWS; i++) {
          if (LABELS[i] < CLASSES) {
            members[i * CLASSES + LABELS[i]] = 1;
          }
        }
        step.classes().upload(members);
      }
      try (Matrix batch = backend.allocate(ROWS, PIXELS).upload(x)) {
        step.gradients(batch);
      }
      float[] found = model.gradients().toFloats();
      double[] point = widened(parameters);
      double[] values = widened(Arrays.copyOf(step.log().toFloats(), config.objective().columns().size()));
      double value = reference.objective(layout, point);
      assertEquals(value, config.objective().total(values, 1), 1e-5 * Math.max(1, Math.abs(value)),
          "value of the objective");
      double largest = 0;
      for (float g : found) {
        largest = Math.max(largest, Math.abs(g));
      }
      assertTrue(largest > 1e-4, "there is a gradient to check");
      if (kind.terms().contains(Ball.KIND)) {
        assertTrue(reference.outside(layout, point) > 0 && reference.outside(layout, point) < ROWS,
            "both sides of the sphere are met");
      }
      double h = 1e-6;
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        for (int i = tensor.offset(); tensor.kind().trained() && i < tensor.offset() + tensor.size(); i++) {
          double old = point[i];
          point[i] = old + h;
          double above = reference.objective(layout, point);
          point[i] = old - h;
          double below = reference.objective(layout, point);
          point[i] = old;
          double expected = (above - below) / (2 * h);
          // Float32 through six layers: some dozens of units of the largest gradient.
          double bound = 2e-5 * largest;
          int index = i - tensor.offset();
          assertTrue(Math.abs(expected - found[i]) <= bound,
              () -> kind + " d=" + latent + " " + tensor.name() + "[" + index + "]: " + found[tensor.offset() + index]
                  + " instead of " + expected + ", bound " + bound);
        }
      }
    }
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  /** Spreads the latent points and scales them, by the encoder's layers, so that about half lie outside the ball. */
  private static void putHalfOutside(ParameterLayout layout, float[] parameters, Reference reference) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      if (tensor.name().matches("encoder\\.[02]\\.weight")) {
        for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
          parameters[i] *= 4;
        }
      }
      if (tensor.name().equals("encoder.4.bias")) {
        // The points' middle goes to the origin.
        double[][] z = reference.encode(layout, widened(parameters));
        for (int k = 0; k < tensor.size(); k++) {
          int axis = k;
          parameters[tensor.offset() + k] -= (float) Arrays.stream(z).mapToDouble(p -> p[axis]).average().orElse(0);
        }
      }
    }
    double[] norms =
        Arrays.stream(reference.encode(layout, widened(parameters))).mapToDouble(Reference::norm).sorted().toArray();
    float scale = (float) (2 / (norms[ROWS / 2 - 1] + norms[ROWS / 2]));
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      if (tensor.name().startsWith("encoder.4.")) {
        for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
          parameters[i] *= scale;
        }
      }
    }
  }

  /** The objective in double precision, directly from the formulas of the paper. */
  private record Reference(ModelKind kind, int latent, HiddenLayers hidden, Penalty regulariser, Own own, float[] x,
      float[] noise) {

    private double activated(double v) {
      return switch (hidden.activation()) {
        case IDENTITY -> v;
        case ELU -> v > 0 ? v : Math.expm1(v);
        case RELU -> Math.max(v, 0);
        case LEAKY_RELU -> v > 0 ? v : 0.01 * v;
        case TANH -> Math.tanh(v);
        case GELU -> v * normalDistribution(v);
      };
    }

    /** The standard normal distribution function by its series (Abramowitz, Stegun 1964, 26.2.11), for small v. */
    private static double normalDistribution(double v) {
      double term = v;
      double sum = v;
      for (int n = 1; n < 60; n++) {
        term *= v * v / (2 * n + 1);
        sum += term;
      }
      return 0.5 + sum * Math.exp(-v * v / 2) / Math.sqrt(2 * Math.PI);
    }

    private double[][] layer(ParameterLayout layout, double[] p, String name, double[][] input,
        boolean activate) {
      ParameterLayout.Tensor w =
          layout.tensors().stream().filter(t -> t.name().equals(name + ".weight")).findFirst().orElseThrow();
      ParameterLayout.Tensor b =
          layout.tensors().stream().filter(t -> t.name().equals(name + ".bias")).findFirst().orElseThrow();
      double[][] output = new double[input.length][w.rows()];
      for (int r = 0; r < input.length; r++) {
        for (int o = 0; o < w.rows(); o++) {
          double sum = p[b.offset() + o];
          for (int k = 0; k < w.columns(); k++) {
            sum += p[w.offset() + o * w.columns() + k] * input[r][k];
          }
          output[r][o] = sum;
        }
      }
      if (activate && hidden.batchNorm()) {
        int number = name.lastIndexOf('.') + 1;
        normalise(layout, p, name.substring(0, number) + (Integer.parseInt(name.substring(number)) + 1), output);
      }
      if (activate) {
        for (double[] row : output) {
          Arrays.setAll(row, o -> activated(row[o]));
        }
      }
      return output;
    }

    private static void normalise(ParameterLayout layout, double[] p, String name, double[][] rows) {
      for (int o = 0; o < rows[0].length; o++) {
        int column = o;
        double mean = Arrays.stream(rows).mapToDouble(row -> row[column]).average().orElse(0);
        double variance = Arrays.stream(rows).mapToDouble(row -> Math.pow(row[column] - mean, 2)).average().orElse(0);
        for (double[] row : rows) {
          row[o] = (row[o] - mean) / Math.sqrt(variance + 1e-5) * p[layout.tensor(name + ".weight").offset() + o]
              + p[layout.tensor(name + ".bias").offset() + o];
        }
      }
    }

    /** The name of a dense layer, numbered from 0. */
    private String layer(String part, int number) {
      return part + "." + (hidden.batchNorm() ? 3 : 2) * number;
    }

    private double[][] encode(ParameterLayout layout, double[] p) {
      double[][] h = new double[ROWS][PIXELS];
      for (int i = 0; i < x.length; i++) {
        h[i / PIXELS][i % PIXELS] = x[i];
      }
      h = layer(layout, p, layer("encoder", 0), h, true);
      h = layer(layout, p, layer("encoder", 1), h, true);
      return layer(layout, p, layer("encoder", 2), h, false);
    }

    private static double norm(double[] z) {
      double square = 0;
      for (double c : z) {
        square += c * c;
      }
      return Math.sqrt(square);
    }

    int outside(ParameterLayout layout, double[] p) {
      int count = 0;
      for (double[] z : encode(layout, p)) {
        count += norm(z) > 1 ? 1 : 0;
      }
      return count;
    }

    double objective(ParameterLayout layout, double[] p) {
      double[][] encoded = encode(layout, p);
      double kl = 0;
      double[][] z = encoded;
      if (kind.terms().contains(Kl.KIND)) {
        z = new double[ROWS][latent];
        for (int r = 0; r < ROWS; r++) {
          for (int k = 0; k < latent; k++) {
            double mu = encoded[r][k];
            double logvar = encoded[r][latent + k];
            z[r][k] = mu + Math.exp(logvar / 2) * noise[r * latent + k];
            kl -= 0.5 * (1 + logvar - mu * mu - Math.exp(logvar));
          }
        }
        kl /= ROWS * PIXELS;
      }
      double[][] logits = layer(layout, p, layer("decoder", 2),
          layer(layout, p, layer("decoder", 1), layer(layout, p, layer("decoder", 0), z, true), true), false);
      double reconstruction = 0;
      for (int i = 0; i < x.length; i++) {
        double l = logits[i / PIXELS][i % PIXELS];
        double probability = 1 / (1 + Math.exp(-l));
        reconstruction -= x[i] * Math.log(probability) + (1 - x[i]) * Math.log(1 - probability);
      }
      double total = reconstruction / (ROWS * PIXELS) + kl;
      if (own != null) {
        total += (own.term.kind().maximised() ? -1 : 1) * own.term.weight()
            * own.value.applyAsDouble(new Seen(z, rows(noise, latent), rows(x, PIXELS), layout, p));
      }
      if (kind == ModelKind.RAE) {
        total += 1.25e-5 * halfSquare(z) + 1e-7 * decoderSquare(layout, p);
      }
      if (kind.terms().contains(Ball.KIND)) {
        for (double[] point : z) {
          double norm = norm(point);
          total += regulariser.ballWeight()
              * Math.max((regulariser.penalty() == BallPenalty.NORM ? norm : norm * norm) - 1, 0);
        }
      }
      return kind.terms().contains(Deaths.KIND) ? total - regulariser.deathWeight() * deaths(z) : total;
    }

    private double deaths(double[][] z) {
      return tree(z).stream().mapToDouble(edge -> distance(z[edge[0]], z[edge[1]]))
          .filter(death -> death <= regulariser.maxEdge()).map(death -> Math.pow(death, regulariser.degree())).sum();
    }

    /** Edges of the minimum spanning tree, by Prim's algorithm in its slowest form. */
    private static List<int[]> tree(double[][] points) {
      List<int[]> edges = new ArrayList<>();
      boolean[] joined = new boolean[points.length];
      for (int round = 1; round < points.length; round++) {
        joined[0] = true;
        double best = Double.POSITIVE_INFINITY;
        int[] next = null;
        for (int u = 0; u < points.length; u++) {
          for (int v = 0; v < points.length; v++) {
            if (joined[u] && !joined[v] && distance(points[u], points[v]) < best) {
              best = distance(points[u], points[v]);
              next = new int[] {u, v};
            }
          }
        }
        joined[next[1]] = true;
        edges.add(next);
      }
      return edges;
    }

    private static double distance(double[] a, double[] b) {
      double square = 0;
      for (int k = 0; k < a.length; k++) {
        square += (a[k] - b[k]) * (a[k] - b[k]);
      }
      return Math.sqrt(square);
    }

    private static double[][] rows(float[] x, int columns) {
      double[][] rows = new double[ROWS][columns];
      for (int i = 0; i < x.length; i++) {
        rows[i / columns][i % columns] = x[i];
      }
      return rows;
    }
  }
}
