package gputae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Output;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Shape;
import gputae.data.Split;
import gputae.homology.Homology;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.HiddenLayers;
import gputae.model.ParameterLayout;
import gputae.model.ReconstructionLoss;
import gputae.model.SafeTensors;
import gputae.model.SampleMatrix;
import gputae.model.Weights;
import gputae.objective.Ball;
import gputae.objective.ClassDeaths;
import gputae.objective.Deaths;
import gputae.objective.DecoderNorm;
import gputae.objective.Kl;
import gputae.objective.LatentNorm;
import gputae.objective.MeanDiscrepancy;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.objective.Signature;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same training as in PyTorch with GUDHI, from the same weights on the same batches: the first step's gradients and
 * the losses of 20 steps. bench/peers/golden.py exported the data and describes each tensor.
 */
abstract class GoldenContract {

  /** A new backend; the test closes it. */
  abstract Backend open();

  private static final int PIXELS = 64;
  private static final int STEPS = 20;

  /** Of labelled images; the label 255 means no class. */
  private static final int CLASSES = 4;

  static SafeTensors golden(String name) throws IOException {
    try {
      return SafeTensors.read(Path.of(GoldenContract.class.getResource("/golden/" + name + ".safetensors").toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ae-d2", "tae-d2", "tae-d10", "disk-d2", "vae-d2", "vae-d5", "tae-degree2", "tae-squared",
    "tae-maxedge", "tae-duplicates", "topoae-range-d2", "topoae-batch-d2", "topoae-batch-d5", "tae-signature-d2",
    "tae-classes-d2", "ae-gaussian-d2", "tae-gaussian-d5", "topoae-gaussian-d2", "vae-gaussian-d5", "ae-relu",
    "vae-leaky-relu", "disk-tanh", "tae-gelu", "ae-gelu-decoder", "vae-norm", "vae-norm-gelu", "wae-d2",
    "wae-gaussian-d5", "disk-mmd-d3", "rae-d2", "rae-gaussian-d5"})
  void trainsAsPyTorchAndGudhiDo(String name) throws IOException {
    SafeTensors golden = golden("train-" + name);
    Map<String, String> settings = golden.metadata();
    Penalty regulariser = new Penalty(Double.parseDouble(settings.get("lambda_ball")),
        settings.get("penalty").equals("squared") ? BallPenalty.SQUARED : BallPenalty.NORM,
        Double.parseDouble(settings.get("lambda_deaths")),
        Double.parseDouble(settings.get("degree")), settings.get("max_edge").equals("inf") ? Double.POSITIVE_INFINITY
            : Double.parseDouble(settings.get("max_edge")));
    int batch = Integer.parseInt(settings.get("batch"));
    ModelKind kind = ModelKind.valueOf(settings.get("model").toUpperCase(Locale.ROOT));
    int latent = Integer.parseInt(settings.get("latent"));
    Output output = Output.valueOf(settings.getOrDefault("output", "bernoulli").toUpperCase(Locale.ROOT));
    Objective objective = Objective.of(terms(kind, regulariser, settings)).with(output);
    TrainConfig config = new TrainConfig(kind, latent, hidden(settings), batch, 1,
        Double.parseDouble(settings.get("lr")), objective, 0, false);
    // The columns of the losses in the file: these terms, then the total.
    List<TermKind<?>> columns = columns(settings);
    double[] losses = golden.tensors().get("losses").doubles();
    double[] losses64 = golden.tensors().get("losses64").doubles();

    try (Backend backend = open();
        Autoencoder model = new Autoencoder(backend, Trainer.architecture(config, PIXELS));
        Matrix memberships = memberships(backend, golden, objective);
        TrainStep step = new TrainStep(backend, config, model, batch, memberships)) {
      ParameterLayout layout = model.layout();
      SafeTensors initial = new SafeTensors();
      golden.tensors().forEach((key, tensor) -> {
        if (key.startsWith("init.")) {
          initial.put(key.substring(5), tensor);
        }
      });
      model.parameters().upload(Weights.flat(layout, initial, ""));
      int[] order = golden.tensors().get("order").ints();
      Matrix samples = SampleMatrix.of(backend, samples(golden, output));
      Matrix orders = backend.allocate(ElementType.INT32, 1, order.length).upload(order);
      Matrix x = backend.allocate(batch, PIXELS);

      for (int s = 0; s < STEPS; s++) {
        backend.gather(samples, orders, step.step(), batch, STEPS, x);
        if (kind.terms().contains(Kl.KIND)) {
          float[] noise = golden.tensors().get("eps").floats();
          step.noise().upload(Arrays.copyOfRange(noise, s * batch * latent, (s + 1) * batch * latent));
        }
        if (step.prior() != null) {
          float[] prior = golden.tensors().get("prior").floats();
          step.prior().upload(Arrays.copyOfRange(prior, s * batch * latent, (s + 1) * batch * latent));
        }
        if (memberships != null) {
          backend.gather(memberships, orders, step.step(), batch, STEPS, step.classes());
        }
        step.gradients(x);
        if (s == 0) {
          compareGradients(golden, layout, model.gradients().toFloats());
        }
        step.update();
        int width = objective.columns().size();
        double[] row = new double[width];
        for (int c = 0; c < width; c++) {
          row[c] = step.log().toFloats()[s * width + c];
        }
        double[] found = new double[columns.size() + 1];
        for (int c = 0; c < columns.size(); c++) {
          found[c] = objective.has(columns.get(c)) ? row[objective.column(columns.get(c))] : 0;
        }
        found[columns.size()] = objective.total(row, 1);
        for (int c = 0; c < found.length; c++) {
          // Sums over the batch are larger than 1: there the bound is relative.
          double bound = 1e-5 * Math.max(1, Math.abs(losses[s * found.length + c]));
          for (double expected : new double[] {losses[s * found.length + c], losses64[s * found.length + c]}) {
            assertTrue(Math.abs(expected - found[c]) <= bound,
                name + ", step " + (s + 1) + ", loss " + c + ": " + found[c] + " instead of " + expected);
          }
        }
      }
      // The training must move the weights to the same values as PyTorch.
      float[] parameters = model.parameters().toFloats();
      boolean norm = config.hidden().batchNorm();
      SafeTensors found = Weights.named(layout, parameters);
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        SafeTensors.Tensor expected = golden.tensors().get((norm ? "final64." : "final.") + tensor.name());
        if (tensor.kind() == ParameterLayout.Kind.COUNT) {
          assertArrayEquals(expected.longs(), found.tensors().get(tensor.name()).longs(), tensor.name());
        } else {
          assertClose(expected.floats(), parameters, tensor, 1e-5, name + ", weights after 20 steps");
        }
      }
      if (norm) {
        try (ReconstructionLoss loss = new ReconstructionLoss(model, samples)) {
          assertEquals(golden.tensors().get("evaluation").doubles()[0], loss.enqueue().getAsDouble(), 1e-5,
              name + ", reconstruction with running statistics");
        }
      }
    }
  }

  private static Samples samples(SafeTensors golden, Output output) {
    if (output == Output.GAUSSIAN) {
      return Shape.Features.numbered(PIXELS).samples(golden.tensors().get("vectors").floats());
    }
    byte[] images = golden.tensors().get("images").bytes();
    return new Images(images, images.length / PIXELS, 8, 8);
  }

  private static HiddenLayers hidden(Map<String, String> settings) {
    HiddenLayers usual = HiddenLayers.of(sizes(settings.get("hidden")));
    String decoder = settings.get("decoder_hidden");
    String activation = settings.get("activation");
    return new HiddenLayers(usual.encoder(), decoder == null ? usual.decoder() : sizes(decoder),
        activation == null ? Activation.ELU : Activation.valueOf(activation.toUpperCase(Locale.ROOT)),
        settings.containsKey("batch_norm"));
  }

  private static List<Integer> sizes(String text) {
    return Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
  }

  private static List<TermKind<?>> columns(Map<String, String> settings) {
    if (settings.containsKey("columns")) {
      return Arrays.stream(settings.get("columns").split(",")).<TermKind<?>>map(name -> Terms.all().stream()
          .filter(kind -> kind.name().equals(name)).findFirst().orElseThrow()).toList();
    }
    return settings.containsKey("lambda_signature")
        ? List.of(Reconstruction.KIND, Ball.KIND, Deaths.KIND, Kl.KIND, Signature.KIND, ClassDeaths.KIND)
        : List.of(Reconstruction.KIND, Ball.KIND, Deaths.KIND, Kl.KIND);
  }

  /** The terms of a model, and those that a file adds. */
  private static List<Term> terms(ModelKind kind, Penalty regulariser, Map<String, String> settings) {
    List<Term> terms = new ArrayList<>();
    regulariser.of(kind).terms().stream().filter(term -> Terms.PAPER.contains(term.kind())).forEach(terms::add);
    double signature = Double.parseDouble(settings.getOrDefault("lambda_signature", "0"));
    if (signature > 0) {
      terms.add(new Signature(signature,
          Signature.Normalisation.valueOf(settings.get("normalisation").toUpperCase(Locale.ROOT))));
    }
    double classes = Double.parseDouble(settings.getOrDefault("lambda_class_deaths", "0"));
    if (classes > 0) {
      terms.add(new ClassDeaths(classes));
    }
    double discrepancy = Double.parseDouble(settings.getOrDefault("lambda_mmd", "0"));
    if (discrepancy > 0) {
      terms.add(new MeanDiscrepancy(discrepancy));
    }
    if (kind == ModelKind.RAE) {
      terms.add(new LatentNorm(Double.parseDouble(settings.get("lambda_latent_l2"))));
      terms.add(new DecoderNorm(Double.parseDouble(settings.get("lambda_decoder_l2"))));
    }
    return terms;
  }

  /** The classes of the images if the objective needs them, otherwise null. */
  private static Matrix memberships(Backend backend, SafeTensors golden, Objective objective) {
    if (!objective.needsClasses()) {
      return null;
    }
    byte[] labels = golden.tensors().get("labels").bytes();
    Split split = new Split(new Images(golden.tensors().get("images").bytes(), labels.length, 8, 8), labels);
    return backend.allocate(ElementType.UINT8, labels.length, CLASSES).upload(split.memberships(CLASSES));
  }

  /** Whether this is the bias of a layer that a batch normalisation follows. */
  private static boolean isBeforeNorm(ParameterLayout layout, ParameterLayout.Tensor tensor) {
    String[] name = tensor.name().split("\\.");
    return tensor.kind() == ParameterLayout.Kind.BIAS && layout.tensors().stream()
        .anyMatch(other -> other.name().equals(name[0] + "." + (Integer.parseInt(name[1]) + 1) + ".running_mean"));
  }

  private static void compareGradients(SafeTensors golden, ParameterLayout layout, float[] gradients) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      if (!tensor.kind().trained()) {
        continue;
      }
      if (isBeforeNorm(layout, tensor)) {
        // PyTorch's gradient consists of roundings; see golden.py.
        for (int i = 0; i < tensor.size(); i++) {
          assertEquals(0, gradients[tensor.offset() + i], tensor.name());
        }
        continue;
      }
      for (String source : new String[] {"grad.", "grad64."}) {
        assertClose(golden.tensors().get(source + tensor.name()).floats(), gradients, tensor, 1e-5, source);
      }
    }
  }

  /** |a - b| at most {@code bound} times |b|, Euclidean norms of the tensor. */
  private static void assertClose(float[] expected, float[] flat, ParameterLayout.Tensor tensor, double bound,
      String what) {
    assertEquals(tensor.size(), expected.length);
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = (double) flat[tensor.offset() + i] - expected[i];
      difference += d * d;
      size += (double) expected[i] * expected[i];
    }
    double relative = Math.sqrt(difference / size);
    assertTrue(relative <= bound, what + " " + tensor.name() + ": relative difference " + relative);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "uniform2", "uniform10", "uniform64", "clusters3", "duplicates2", "collinear3", "lattice2", "circle2", "tiny3",
        "huge3", "two2", "three3"
      })
  void deathTimesAreGudhis(String cloud) throws IOException {
    SafeTensors golden = golden("deaths");
    SafeTensors.Tensor points = golden.tensors().get(cloud + ".points");
    double[] expected = golden.tensors().get(cloud + ".deaths").doubles();
    int d = points.shape().get(1);
    try (Backend backend = open()) {
      // GUDHI drops classes that die at once.
      double[] found = Arrays.stream(Homology.spanningTree(backend, new FloatPoints(points.floats(), d)).deathTimes())
          .filter(death -> death > 0).toArray();
      assertEquals(expected.length, found.length);
      double bound = (d / 2.0 + 2) * 0x1p-24;
      for (int i = 0; i < found.length; i++) {
        assertTrue(Math.abs(found[i] - expected[i]) <= bound * expected[i],
            cloud + " death " + i + ": " + found[i] + " instead of " + expected[i]);
      }
      DoublePoints wide = new FloatPoints(points.floats(), d).inDouble();
      double extent = Arrays.stream(wide.coordinates()).map(Math::abs).max().orElse(0) * 2;
      double[] fromDoubles = Arrays.stream(Homology.spanningTree(backend, wide).deathTimes())
          .filter(death -> death > extent * 1e-7).toArray();
      double[] expectedLarge = Arrays.stream(expected).filter(death -> death > extent * 1e-7).toArray();
      assertArrayEquals(expectedLarge, fromDoubles, extent * (d + 4) * 0x1p-24, cloud + " read as doubles");
    }
  }
}
