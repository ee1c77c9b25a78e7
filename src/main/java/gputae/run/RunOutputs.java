package gputae.run;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Output;
import gputae.data.Npy;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Scaling;
import gputae.data.Split;
import gputae.data.Vectors;
import gputae.evaluate.UnitBall;
import gputae.figure.DimensionFigure;
import gputae.figure.FigureException;
import gputae.figure.ImageGrid;
import gputae.figure.LatentFigure;
import gputae.figure.LossFigure;
import gputae.figure.VectorFigure;
import gputae.files.WholeFile;
import gputae.homology.PhDimension;
import gputae.linear.FloatPoints;
import gputae.model.Autoencoder;
import gputae.model.HiddenLayers;
import gputae.model.ModelMetadata;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.objective.Reconstruction;
import gputae.objective.Setting;
import gputae.objective.Term;
import gputae.objective.TermKind;
import gputae.report.FeatureRow;
import gputae.report.RunReport;
import gputae.train.Epoch;
import gputae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** The files that a run leaves beside its checkpoint: weights, embeddings, figures, report. */
public final class RunOutputs {

  /** Number of images in figures/generated.png, as in the paper's tables. */
  private static final int GENERATED = 96;

  private static final int GENERATED_COLUMNS = 12;

  /** Number of vectors in figures/generated.png, if there are as many test vectors. */
  private static final int MOST_VECTORS = 5_000;

  /** The name of the figure of the PH dimension. */
  static final String PH_DIMENSION = "ph-dimension";

  private final RunDirectory run;
  private final RunConfig config;
  private final Split test;
  private final Consumer<String> warn;
  private boolean figuresFailed;

  /** The outputs of a run on the test split {@code test}; {@code warn} receives messages for the user. */
  public RunOutputs(RunDirectory run, RunConfig config, Split test, Consumer<String> warn) {
    this.run = run;
    this.config = config;
    this.test = test;
    this.warn = warn;
  }

  /** Writes model.safetensors, which holds the weights, and what the network is. */
  public void writeModel(Autoencoder model) throws IOException {
    SafeTensors file = Weights.named(model.layout(), model.parameters().toFloats());
    file.metadata().putAll(ModelMetadata.of(model.architecture(), config.options().scaling(),
        Version.get()));
    WholeFile.write(run.model(), file.toBytes());
  }

  /** Writes the classes of the test images, if any: uint8, or int16 with -1 if some images have none. */
  private void writeLabels() throws IOException {
    int count = test.count();
    if (test.classified() == count) {
      Npy.write(run.labels(), test.labels(), count);
    } else if (test.labels() != null) {
      short[] labels = new short[count];
      for (int i = 0; i < count; i++) {
        labels[i] = (short) test.classOf(i);
      }
      Npy.write(run.labels(), labels, count);
    }
  }

  /**
   * Writes the embeddings, labels, figures and the report of a finished training. Returns the share of test embeddings
   * outside the unit ball.
   */
  public double writeAll(Backend backend, Autoencoder model, FloatPoints latents, List<Epoch> history)
      throws IOException {
    Npy.write(run.latents(), latents.coordinates(), latents.count(), latents.dimension());
    writeLabels();
    Samples generated = drawFigures(backend, model, latents, "");
    draw(() -> LossFigure.write(run.figure("losses"), history, output()));
    double outside = UnitBall.shareOutside(latents);
    Map<String, String> results = new LinkedHashMap<>();
    Epoch last = history.get(history.size() - 1);
    results.put("reconstruction, test", format("%.4f %s", last.testReconstruction(), output().unit()));
    results.put("reconstruction, training", format("%.4f %s", last.loss(Reconstruction.KIND), output().unit()));
    results.put("test embeddings outside the unit ball", format("%.1f %%", 100 * outside));
    PhDimension dimension = PhDimensionFile.of(run);
    if (dimension != null) {
      draw(() -> DimensionFigure.write(run.figure(PH_DIMENSION), dimension));
      results.put("PH dimension of the last " + PhDimension.POINTS + " iterates", PhDimensionFile.words(dimension));
    } else {
      Files.deleteIfExists(run.figure(PH_DIMENSION));
    }
    results.put("seconds", format("%.1f", last.seconds()));
    RunReport.write(run.path(), title(), settings(config), history, results,
        generated instanceof Vectors vectors ? features(backend, model, latents, vectors) : List.of());
    return outside;
  }

  private List<FeatureRow> features(Backend backend, Autoencoder model, FloatPoints latents, Vectors generated) {
    Scaling scaling = config.options().scaling();
    try (Matrix z = backend.allocate(latents.count(), latents.dimension()).upload(latents.coordinates())) {
      Vectors reconstructed = ((Vectors) test.samples()).shape().samples(model.decode(z));
      return FeatureTable.of(scaling.undo((Vectors) test.samples()), scaling.undo(reconstructed),
          scaling.undo(generated));
    }
  }

  private Output output() {
    return config.config().output();
  }

  /** Draws the latent points and generated samples, which it returns; {@code suffix} distinguishes epochs. */
  public Samples drawFigures(Backend backend, Autoencoder model, FloatPoints latents, String suffix)
      throws IOException {
    TrainConfig train = config.config();
    draw(() -> LatentFigure.write(run.figure("latent" + suffix), latents,
        test.labels(), config.classes(), title()));
    Path png = run.figure("generated" + suffix);
    int count = test.samples() instanceof Images ? GENERATED : Math.min(MOST_VECTORS, test.count());
    Samples generated =
        GeneratedSamples.generate(backend, model, config.shape(), train.model().prior(), count, train.seed());
    if (generated instanceof Images images) {
      draw(() -> ImageGrid.write(png, images, GENERATED_COLUMNS));
    } else {
      draw(() -> VectorFigure.write(png, (Vectors) test.samples(), test.labels(), config.classes(),
          (Vectors) generated, config.options().scaling().kind().unit()));
    }
    return generated;
  }

  private String title() {
    return RunConfig.title(config.dataset(), config.config());
  }

  /** A description of a run for the user: names of settings and their values. */
  public static Map<String, String> settings(RunConfig config) {
    TrainConfig train = config.config();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("data set", config.dataset());
    settings.put("model", train.model().label() + " (" + train.model().title() + ")");
    settings.put("latent dimension", String.valueOf(train.latent()));
    HiddenLayers hidden = train.hidden();
    settings.put("hidden layers", hidden.encoder().toString());
    if (!hidden.mirrored()) {
      settings.put("hidden layers of the decoder", hidden.decoder().toString());
    }
    if (hidden.activation() != Activation.ELU) {
      settings.put("activation", hidden.activation().title());
    }
    if (hidden.batchNorm()) {
      settings.put("batch normalisation", "before each activation");
    }
    settings.put("output", train.output() + ": " + (train.output() == Output.BERNOULLI ? "cross-entropy"
        : train.output().unit()));
    if (config.options().scaling() != null) {
      settings.put("scale", config.options().scaling().kind().toString());
    }
    settings.put("batch", String.valueOf(train.batch()));
    settings.put("epochs", String.valueOf(train.epochs()));
    settings.put("learning rate", String.valueOf(train.rate()));
    for (Term term : train.objective().terms()) {
      TermKind.Values values = term.kind().valuesOf(term);
      for (Setting<?> setting : term.kind().settings()) {
        put(settings, setting, values);
      }
      if (train.objective().scheduled().contains(term)) {
        settings.put(term.kind().weight().title(), train.objective().schedule(term).words());
      }
    }
    settings.put("seed", String.valueOf(train.seed()));
    if (train.phDimension()) {
      settings.put("PH dimension", "measured");
    }
    settings.put("device", config.conditions());
    settings.put("gpu-tae", Version.get());
    return settings;
  }

  /** Adds a line for a setting if it has an effect. */
  private static <V> void put(Map<String, String> lines, Setting<V> setting, TermKind.Values values) {
    V value = values.get(setting);
    if (!Double.valueOf(Double.POSITIVE_INFINITY).equals(value)) {
      lines.put(setting.title(), setting.text(value));
    }
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  @FunctionalInterface
  private interface Figure {
    void write() throws IOException;
  }

  /** If Java cannot draw, the run gets no pictures. The user is told once, and the training goes on. */
  private void draw(Figure figure) throws IOException {
    try {
      figure.write();
    } catch (FigureException e) {
      if (!figuresFailed) {
        figuresFailed = true;
        warn.accept("no figures: " + e.getMessage());
      }
    }
  }
}
