package gputae.report;

import gputae.objective.Reconstruction;
import gputae.objective.TermKind;
import gputae.text.Numbers;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code report.html}: a run on one self-contained page. */
public final class RunReport {

  private static final List<Figure> FIGURES = List.of(
      new Figure(Path.of("latent.png"), "Latent space",
          "Embeddings of the test samples, coloured by class, and the unit circle. Many dimensions are shown by their "
              + "first two principal components."),
      new Figure(Path.of("generated.png"), "Generated samples",
          "Samples decoded from points of the prior of the latent space. Vectors are beside those of the test split."),
      new Figure(Path.of("losses.png"), "Losses", "Means over each epoch; the test curve is measured after it."),
      new Figure(Path.of("ph-dimension.png"), "PH dimension",
          "Random subsets of the network's weights after each of the last 1,000 steps: the sum of the death times of a"
              + " subset against its size. With m the slope of the line, the dimension is 1 / (1 \u2212 m)."));

  /** Number of features in a report; more would make a page that nobody reads. */
  private static final int MOST_FEATURES = 200;

  private RunReport() {}

  /**
   * Writes {@code runDirectory/report.html}. It embeds latent.png, generated.png, losses.png and
   * ph-dimension.png of {@code runDirectory/figures}, if they exist.
   *
   * @param runDirectory the run
   * @param title        heading of the page
   * @param settings     name and value of each setting, shown in the map's order
   * @param epochs       in order; if empty, the table of epochs is left out
   * @param results      name and value of each result, shown in the map's order
   * @param features     the features of vectors; empty for images
   * @throws IOException with one line naming the file that could not be read or written
   */
  public static void write(Path runDirectory, String title, Map<String, String> settings, List<Epoch> epochs,
      Map<String, String> results, List<FeatureRow> features)
      throws IOException {
    Page page = new Page(title);
    page.add("<div class=\"cards\">\n");
    page.pairs("Results", "pairs results", results);
    for (Figure figure : FIGURES) {
      page.figure(new Figure(runDirectory.resolve("figures").resolve(figure.png()), figure.title(), figure.caption()));
    }
    page.pairs("Settings", "pairs", settings);
    page.add("</div>\n");
    if (!features.isEmpty()) {
      features(page, features);
    }
    if (!epochs.isEmpty()) {
      epochs(page, epochs);
    }
    page.write(runDirectory.resolve("report.html"));
  }

  private static void epochs(Page page, List<Epoch> epochs) {
    List<TermKind<?>> terms = epochs.get(0).losses().columns().stream()
        .filter(kind -> kind.equals(Reconstruction.KIND) || epochs.stream().anyMatch(e -> e.loss(kind) != 0)).toList();
    page.add("<details>\n<summary>All epochs (" + epochs.size()
        + ")</summary>\n<div class=\"scroll\">\n<table class=\"epochs\">\n")
        .add("<thead><tr><th>epoch</th><th>time</th>");
    for (TermKind<?> kind : terms) {
      page.add("<th>" + kind.name() + "</th>");
    }
    page.add("<th>total</th><th>test rec</th><th>steps/s</th></tr></thead>\n<tbody>\n");
    for (Epoch e : epochs) {
      page.add("<tr>");
      cell(page, Integer.toString(e.epoch()));
      cell(page, Numbers.duration(e.seconds()));
      for (TermKind<?> kind : terms) {
        cell(page, Numbers.fourDigits(e.loss(kind)));
      }
      cell(page, Numbers.fourDigits(e.total()));
      cell(page, Numbers.fourDigits(e.testReconstruction()));
      cell(page, Numbers.rate(e.stepsPerSecond()));
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</div>\n</details>\n");
  }

  private static void features(Page page, List<FeatureRow> features) {
    int shown = Math.min(MOST_FEATURES, features.size());
    page.add("<details open>\n<summary>Features (" + (shown < features.size() ? "the first " + shown + " of " : "")
        + features.size() + "), in the unit of the data</summary>\n<div class=\"scroll\">\n<table class=\"epochs\">\n")
        .add("<thead><tr><th>feature</th><th>test, mean</th><th>standard deviation</th><th>generated, mean</th>"
            + "<th>standard deviation</th><th>error of reconstruction (RMSE)</th></tr></thead>\n<tbody>\n");
    for (FeatureRow feature : features.subList(0, shown)) {
      page.add("<tr>");
      page.add("<td>").text(feature.name()).add("</td>");
      cell(page, Numbers.fourDigits(feature.mean()));
      cell(page, Numbers.fourDigits(feature.deviation()));
      cell(page, Numbers.fourDigits(feature.generatedMean()));
      cell(page, Numbers.fourDigits(feature.generatedDeviation()));
      cell(page, Numbers.fourDigits(feature.error()));
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</div>\n</details>\n");
  }

  private static void cell(Page page, String text) {
    page.add("<td>").add(text).add("</td>");
  }
}
