package gputae.cli;

import gputae.backend.Backend;
import gputae.data.CloudFiles;
import gputae.data.DataOptions;
import gputae.data.Dataset;
import gputae.data.SampleFile;
import gputae.data.Samples;
import gputae.data.HeldOut;
import gputae.data.Labels;
import gputae.data.Npy;
import gputae.data.NpyArray;
import gputae.data.TableOptions;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Evaluator;
import gputae.evaluate.InputSpace;
import gputae.evaluate.Sample;
import gputae.files.DataException;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import gputae.model.Autoencoder;
import gputae.run.DataFingerprint;
import gputae.run.Evaluating;
import gputae.run.EvaluationOutputs;
import gputae.run.Failure;
import gputae.run.JudgeCache;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.run.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures a trained model, or embeddings that another program made. */
@Command(
    name = "evaluate",
    description = {
      "Measure a model: its reconstruction, how its embeddings fill the unit ball and preserve neighbourhoods, and "
          + "its generated images, which a classifier trained here judges.",
      ""},
    footerHeading = "%n",
    footer = {
      "Leaves evaluation.json, evaluation.csv and evaluation.html in the run; the files of an earlier evaluation are "
          + "replaced. With --latents and --data it measures "
          + "embeddings of another program: the unit ball, the",
      "shape of the cloud and neighbourhoods. If there are more than 10,000 points, a sample is used. The page explains"
          + " every measure and gives its source."
    },
    mixinStandardHelpOptions = true)
final class EvaluateCommand implements Callable<Integer> {

  private static final int SAMPLE_SEED = 0;

  @Parameters(paramLabel = "RUN", arity = "0..1", description = "Folder of a run.")
  private Path run;

  @Option(names = "--latents", paramLabel = "FILE",
      description = "Embeddings of another program instead of a run: .npy [n, d], text with one point per line, or any "
          + "other cloud"
          + " that h0 reads.")
  private Path latents;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "With a run: the place of its data set, if it has moved. With --latents: the embedded data, in "
          + "the same order: .npy (uint8 images, or floats [n, ...]), IDX or text.")
  private Path data;

  @Option(names = "--labels", paramLabel = "FILE",
      description = "With --latents: integer labels for the k-NN accuracy, .npy [n] or text with one per line;"
          + " -1: no class.")
  private Path labels;

  @Mixin
  private SamplerOption sampler;

  @Option(names = "--out", paramLabel = "DIR",
      description = "Folder for the files (default: the run; with --latents no files are written).")
  private Path out;

  @Mixin
  private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    if ((run == null) == (latents == null)) {
      throw Failure.usage("give either a run, or --latents and --data; a run has embeddings of its own");
    }
    if (latents == null && labels != null) {
      throw Failure.usage("--labels goes with --latents; a run's data set has its own");
    }
    if (latents != null && sampler.isGiven()) {
      throw Failure.usage("--sampler goes with a run, whose model generates images; leave it out");
    }
    Outputs.requireFolder("--out", out);
    if (latents != null && data == null) {
      throw Failure.usage("--latents needs --data: what was embedded");
    }
    return latents == null ? evaluateRun() : evaluateLatents();
  }

  private int evaluateRun() throws IOException {
    RunDirectory directory = RunDirectory.existing(run);
    RunConfig config = directory.read();
    outputs(out == null ? run : out).notOver(directory.own(), "which belongs to the run")
        .notOverData(config.dataset(), data != null ? data : config.data());
    Dataset dataset = directory.openData(config, data, System.out::println);
    String fingerprint = DataFingerprint.of(dataset);
    directory.requireData(config, dataset, fingerprint);
    try (Backend backend = device.open(System.out::println);
        Autoencoder model = directory.openModel(backend, config)) {
      Evaluator evaluator = new Evaluator(dataset, new JudgeCache(dataset, fingerprint, System.err::println));
      Evaluating.Measured measured = Evaluating.evaluate(evaluator, backend, model, config, sampler.choice(),
          dataset.train().samples(), System.out::println);
      EvaluationOutputs outputs = new EvaluationOutputs(out == null ? directory.path() : out);
      EvaluationOutputs.print(measured.evaluation(), System.out);
      outputs.write(RunConfig.title(config.dataset(), config.config()), measured.settings(), measured.evaluation(),
          EvaluationOutputs.figures(directory));
      System.out.println("done: see " + outputs.page());
    }
    return 0;
  }

  /** The files of the evaluation; none of them belongs to another run. */
  private Outputs outputs(Path folder) throws IOException {
    if (Files.exists(new RunDirectory(folder).config()) && (run == null || !Files.isSameFile(folder, run))) {
      throw Failure.usage("--out " + folder + " is a run, which has an evaluation of its own; give another folder");
    }
    Outputs outputs = new Outputs();
    new EvaluationOutputs(folder).files().forEach(file -> outputs.add(file.toString(), file));
    return outputs;
  }

  private int evaluateLatents() throws IOException {
    if (out != null) {
      outputs(out).notOver(Stream.of(latents, data, labels).filter(Objects::nonNull).toList(), "which is read");
    }
    FloatPoints embeddings = points(latents);
    int count = embeddings.count();
    int[] classes = labels == null ? null : Labels.read(labels, count, latents, EvaluateCommand::note);
    Sample sample = Sample.of(count, Evaluator.MOST, SAMPLE_SEED);
    try (Backend backend = device.open(System.out::println)) {
      Evaluation evaluation = Evaluator.of(backend, inputs(count, sample), sample.points(embeddings),
          sample.classes(classes));
      EvaluationOutputs.print(evaluation, System.out);
      if (out != null) {
        EvaluationOutputs outputs = new EvaluationOutputs(out);
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("embeddings", latents.toString());
        settings.put("data", data.toString());
        settings.put("points", count > Evaluator.MOST ? Evaluator.MOST + " of " + count : Integer.toString(count));
        settings.put("dimension", Integer.toString(embeddings.dimension()));
        settings.put("gpu-tae", Version.get());
        outputs.write("Embeddings of " + data, settings, evaluation, List.of());
        System.out.println("done: see " + outputs.page());
      }
    }
    return 0;
  }

  /** The inputs that were embedded: images if the file holds bytes, otherwise other vectors. */
  private InputSpace inputs(int count, Sample sample) throws DataException {
    NpyArray array = CloudFiles.holdsNpy(data) ? Npy.read(data) : null;
    if (array instanceof NpyArray.Bytes || array == null && isIdx()) {
      DataOptions asImages = new DataOptions(null, null, HeldOut.DEFAULT, DataOptions.Form.IMAGES, null, null);
      Samples images = SampleFile.read(data, asImages, System.out::println);
      requireCount(images.count(), count);
      return InputSpace.of(sample.samples(images));
    }
    FloatPoints vectors;
    if (array instanceof NpyArray.Floats floats && floats.shape().length > 2) {
      vectors = finite(data, new FloatPoints(floats.values(), rowLength(data, floats.shape())));
    } else if (array instanceof NpyArray.Doubles doubles && doubles.shape().length > 2) {
      vectors = finite(data, new DoublePoints(doubles.values(), rowLength(data, doubles.shape())));
    } else {
      vectors = points(data);
    }
    requireCount(vectors.count(), count);
    return InputSpace.of(sample.points(vectors));
  }

  private boolean isIdx() {
    return data.toString().matches(".*idx\\d-ubyte(\\.gz)?");
  }

  private void requireCount(int found, int count) {
    if (found != count) {
      throw new Failure(data + " holds " + found + " points, " + latents + " holds " + count
          + "; they must be the same ones in the same order");
    }
    if (count < 2) {
      throw new Failure(latents + " holds " + count + " point; at least 2 are needed");
    }
  }

  private static FloatPoints points(Path file) throws DataException {
    return finite(file, CloudFiles.readCloud(file, TableOptions.NONE, EvaluateCommand::note));
  }

  private static void note(String line) {
    System.err.println("gpu-tae: " + line);
  }

  /** The number of coordinates of a point if each row of an array is a point, whatever its shape. */
  private static int rowLength(Path file, int[] shape) {
    int length = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
    if (shape[0] == 0 || length == 0) {
      throw new Failure(file + " holds no points");
    }
    return length;
  }

  /** The points in float32. */
  private static FloatPoints finite(Path file, PointCloud cloud) {
    try {
      FloatPoints points = cloud instanceof FloatPoints single ? single
          : FloatRounding.of(file, cloud.inDouble(), EvaluateCommand::note);
      points.requireFinite();
      return points;
    } catch (IllegalArgumentException e) {
      throw new Failure(file + ": " + e.getMessage(), e);
    }
  }
}
