package gputae.run;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.files.RegularFile;
import gputae.files.WholeFile;
import gputae.report.EvaluationFiles;
import gputae.report.EvaluationPage;
import gputae.report.Figure;
import gputae.text.Numbers;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The files of an evaluation: JSON for programs, a table, and a page for the user. */
public final class EvaluationOutputs {

  private final Path folder;

  /** The evaluation files in the folder of a run, or in another folder. */
  public EvaluationOutputs(Path folder) {
    this.folder = folder;
  }

  private Path json() {
    return folder.resolve("evaluation.json");
  }

  private Path csv() {
    return folder.resolve("evaluation.csv");
  }

  /** The page for the user. */
  public Path page() {
    return folder.resolve("evaluation.html");
  }

  /** The pictures of a run that a page of measures shows. */
  public static List<Figure> figures(RunDirectory run) {
    return List.of(
        new Figure(run.figure("latent"), "Latent space",
            "Embeddings of the test samples, coloured by class, and the unit ball."),
        new Figure(run.figure("generated"), "Generated samples",
            "Samples decoded from points of the prior of the latent space."));
  }

  /** Writes the page first and the JSON last: if the JSON exists, all files exist. */
  public void write(String title, Map<String, String> settings, Evaluation evaluation, List<Figure> figures)
      throws IOException {
    EvaluationPage.write(page(), title, settings, evaluation, figures);
    WholeFile.write(csv(), EvaluationFiles.csv(evaluation).getBytes(StandardCharsets.UTF_8));
    WholeFile.write(json(), EvaluationFiles.json(evaluation, settings).getBytes(StandardCharsets.UTF_8));
  }

  /** The evaluation that {@link #write} left here, or null. One of an earlier version, with fewer measures, is none. */
  public Evaluation read() throws IOException {
    if (!Files.exists(json())) {
      return null;
    }
    try {
      return EvaluationFiles.fromJson(RegularFile.text(json())).orElse(null);
    } catch (IllegalArgumentException e) {
      throw new Failure(json() + ": " + e.getMessage() + "; remove it, and it will be made again", e);
    }
  }

  /** All files, whether they exist or not. */
  public List<Path> files() {
    return List.of(json(), csv(), page());
  }

  /** Removes the files that exist. */
  public void remove() throws IOException {
    for (Path file : files()) {
      Files.deleteIfExists(file);
    }
  }

  /** Prints a line for each measure. */
  public static void print(Evaluation evaluation, PrintStream out) {
    Measure.Group group = null;
    for (Map.Entry<Measure, Double> one : evaluation.values().entrySet()) {
      if (one.getKey().group() != group) {
        group = one.getKey().group();
        out.println(evaluation.title(group));
      }
      out.printf("  %-28s%s%n", one.getKey().title(), Numbers.fourDigits(one.getValue()));
    }
  }
}
