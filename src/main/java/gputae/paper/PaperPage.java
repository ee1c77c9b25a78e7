package gputae.paper;

import static gputae.train.ModelKind.AE;
import static gputae.train.ModelKind.DISK;
import static gputae.train.ModelKind.TAE;
import static gputae.train.ModelKind.VAE;

import gputae.evaluate.Measure;
import gputae.paper.PaperResults.Conditions;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.paper.PaperResults.Timing;
import gputae.report.Page;
import gputae.report.Spread;
import gputae.text.Numbers;
import gputae.train.ModelKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code report.html} of the reproduced paper: its figures and tables in its order, each picture with its numbers and
 * the claim that it bears on.
 */
final class PaperPage {

  private static final List<Measure> CLOUD = List.of(Measure.OUTSIDE, Measure.HOLE_RATIO, Measure.ENERGY_DISTANCE);
  private static final List<Measure> IMAGES =
      List.of(Measure.CLASS_ENTROPY, Measure.SMALLEST_CLASS, Measure.FRECHET, Measure.PRECISION, Measure.RECALL,
          Measure.DENSITY, Measure.COVERAGE);
  private static final List<Measure> KEY_IMAGES = List.of(Measure.CLASS_ENTROPY, Measure.FRECHET, Measure.COVERAGE);

  private final PaperResults results;
  private final List<String> datasets;
  private final Page page;
  private final VerdictText verdicts;
  private final RunPictures pictures;

  PaperPage(PaperResults results) {
    this.results = results;
    datasets = results.datasets();
    page = Page.article("Homological Regularization for Autoencoders, reproduced");
    verdicts = new VerdictText(page, results);
    pictures = new RunPictures(page);
  }

  void write(Path html) throws IOException {
    opening();
    latentSpaces();
    generatedImages();
    appendix();
    ballAlone();
    reconstruction();
    cost();
    allMeasures();
    rules();
    definitions();
    page.write(html);
  }

  private void opening() {
    Conditions conditions = results.conditions();
    page.add(
        "<p class=\"lead\">The experiments of B. Hoagland, J. Liu and M. Montelli, with numbers beside the pictures. "
            + "AE is the plain autoencoder, AE + Reg the"
            + " one with their topological term, d the dimension of the latent space.</p>\n");
    if (conditions.epochs() < PaperResults.EPOCHS) {
      page.add("<p class=\"note\">" + conditions.epochs() + " of the paper\u2019s " + PaperResults.EPOCHS
          + " epochs, so the verdicts are provisional.</p>\n");
    }
    String missing = missing();
    if (!missing.isEmpty()) {
      page.add("<p class=\"note\">Not in this report: ").text(missing).add(".</p>\n");
    }
    if (!datasets.isEmpty()) {
      verdicts.summary();
    }
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("device", conditions.device());
    entries.put("gpu-tae", conditions.version());
    entries.put("date", conditions.date());
    entries.put("epochs", Integer.toString(conditions.epochs()));
    entries.put(conditions.seeds().size() == 1 ? "seed" : "seeds",
        conditions.seeds().stream().map(String::valueOf).collect(Collectors.joining(", ")));
    entries.putAll(conditions.settings());
    entries.put("command", conditions.command());
    page.pairs("Conditions", "pairs", entries);
  }

  /** Models and dimensions of the paper that were not evaluated, by data set. */
  private String missing() {
    List<String> parts = new ArrayList<>();
    for (String dataset : datasets) {
      List<String> models = new ArrayList<>();
      for (ModelKind model : ModelKind.PAPER) {
        List<Integer> latents = PaperResults.LATENTS.stream()
            .filter(d -> !results.result(dataset, model, d).evaluated()).toList();
        if (latents.size() == PaperResults.LATENTS.size()) {
          models.add(model.published());
        } else if (!latents.isEmpty()) {
          models
              .add(model.published() + " at d = "
                  + latents.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        }
      }
      if (!models.isEmpty()) {
        parts.add(dataset + ": " + String.join("; ", models));
      }
    }
    return String.join(". ", parts);
  }

  /** The number of the paper's figure, for the one data set that its figures show. */
  private static String figure(String dataset, int number) {
    return dataset.equals("MNIST") ? "Figure " + number + ": " : "";
  }

  private void latentSpaces() throws IOException {
    section("Latent spaces: Figures 2 and 3",
        "Embeddings of 512 training images in two dimensions, without and with the topological term; numbers from the "
            + "embeddings of the test images.");
    verdicts.claim(Claim.FILLS_BALL);
    for (String dataset : datasets) {
      if (results.has(dataset, AE) || results.has(dataset, TAE)) {
        heading(dataset);
        pictures.row("two", List.of(results.result(dataset, AE, 2), results.result(dataset, TAE, 2)),
            List.of(figure(dataset, 2) + "AE", figure(dataset, 3) + "AE + Reg"), Run::cloud, CLOUD);
      }
    }
    page.add("</section>\n");
  }

  private void generatedImages() throws IOException {
    section("Generated images: Figures 4 and 5",
        "Images decoded from points of the standard Gaussian (AE) and of the uniform distribution on the unit ball (AE "
            + "+ Reg).");
    verdicts.claim(Claim.NO_COLLAPSE);
    for (String dataset : datasets) {
      for (int d : new int[] {2, 10}) {
        Result ae = results.result(dataset, AE, d);
        Result tae = results.result(dataset, TAE, d);
        if (!ae.runs().isEmpty() || !tae.runs().isEmpty()) {
          heading(figure(dataset, d == 2 ? 4 : 5) + dataset + ", d = " + d);
          pictures.row("two", List.of(ae, tae), List.of("AE", "AE + Reg"), Run::grid, IMAGES);
        }
      }
    }
    page.add("</section>\n");
  }

  private void appendix() throws IOException {
    section("Appendix A: the tables", "Generated images of the three models by latent dimension.");
    verdicts.claim(Claim.LIKE_VAE);
    verdicts.claim(Claim.CLARITY);
    for (String dataset : datasets) {
      for (int d : results.latents(dataset)) {
        List<Result> row =
            List.of(results.result(dataset, AE, d), results.result(dataset, TAE, d), results.result(dataset, VAE, d));
        if (row.stream().anyMatch(r -> !r.runs().isEmpty())) {
          heading(dataset + ", d = " + d);
          pictures.row("three", row, List.of("AE", "AE + Reg", "VAE"), Run::grid, KEY_IMAGES);
        }
      }
    }
    page.add("</section>\n");
  }

  private void ballAlone() throws IOException {
    section("The ball penalty alone: Figures 6 and 7",
        "The topological term without its death times: what keeps embeddings in the ball does not spread them there.");
    verdicts.claim(Claim.BALL_ALONE);
    for (String dataset : datasets) {
      if (!results.has(dataset, DISK)) {
        continue;
      }
      if (!results.result(dataset, DISK, 2).runs().isEmpty()) {
        heading(figure(dataset, 6) + dataset + ", d = 2");
        pictures.row("two", List.of(results.result(dataset, DISK, 2), results.result(dataset, TAE, 2)),
            List.of("ball penalty alone", "AE + Reg"), Run::cloud, CLOUD);
      }
      List<Result> grids = results.latents(dataset).stream().map(d -> results.result(dataset, DISK, d))
          .filter(r -> !r.runs().isEmpty()).toList();
      heading(figure(dataset, 7) + dataset + ", generated images");
      List<Measure> measures = new ArrayList<>(List.of(Measure.HOLE_RATIO));
      measures.addAll(KEY_IMAGES);
      pictures.row("three", grids, grids.stream().map(r -> "d = " + r.latent()).toList(), Run::grid, measures);
    }
    page.add("</section>\n");
  }

  private void reconstruction() {
    section("Reconstruction: Section V", "Mean binary cross-entropy of the test images, nats per pixel.");
    verdicts.claim(Claim.RECONSTRUCTION);
    for (String dataset : datasets) {
      List<ModelKind> models = ModelKind.PAPER.stream().filter(model -> results.has(dataset, model)).toList();
      heading(dataset);
      page.add("<div class=\"scroll\">\n<table class=\"rows\">\n<thead><tr><th>d</th>");
      models.forEach(model -> page.add("<th class=\"number\">" + model.published() + "</th>"));
      page.add("</tr></thead>\n<tbody>\n");
      List<Result> shown = results.latents(dataset).stream()
          .flatMap(d -> models.stream().map(m -> results.result(dataset, m, d))).toList();
      int decimals = decimals(4, shown, Measure.BCE_TEST);
      for (int d : results.latents(dataset)) {
        page.add("<tr><th scope=\"row\">" + d + "</th>");
        models.forEach(model -> number(results.spread(dataset, model, d, Measure.BCE_TEST).rounded(decimals), ""));
        page.add("</tr>\n");
      }
      page.add("</tbody>\n</table>\n</div>\n");
    }
    page.add("</section>\n");
  }

  private void cost() {
    section("Cost: Section V",
        "Microseconds of one training step of the autoencoder, without and with the topological term.");
    verdicts.claim(Claim.COST);
    List<Timing> timings = results.timings();
    if (!timings.isEmpty()) {
      page.add(
          "<div class=\"scroll\">\n<table class=\"rows\">\n<thead><tr><th></th><th class=\"over\" "
              + "colspan=\"3\">gpu-tae</th>"
              + "<th class=\"over\" colspan=\"3\">PyTorch + GUDHI</th><th class=\"number\">AE + "
              + "Reg</th></tr>\n<tr><th>batch</th>");
      List.of("AE", "AE + Reg", "ratio", "AE", "AE + Reg", "ratio", "speed-up")
          .forEach(title -> page.add("<th class=\"number\">" + title + "</th>"));
      page.add("</tr></thead>\n<tbody>\n");
      Map<String, List<String>> reasons = new LinkedHashMap<>();
      double[][] times = timings.stream().map(PaperReport::times).toArray(double[][]::new);
      for (int i = 0; i < times.length; i++) {
        double[] t = times[i];
        page.add("<tr><th scope=\"row\">" + timings.get(i).batch() + "</th>");
        for (int pair = 0; pair < 4; pair += 2) {
          number(time(t[pair]), "");
          number(time(t[pair + 1]), "");
          number(Numbers.rounded(t[pair + 1] / t[pair], 2), "");
        }
        number(Numbers.rounded(t[3] / t[1], 1), "");
        page.add("</tr>\n");
        if (timings.get(i).reason() != null && !timings.get(i).reason().isEmpty()) {
          reasons.computeIfAbsent(timings.get(i).reason(), r -> new ArrayList<>())
              .add(Integer.toString(timings.get(i).batch()));
        }
      }
      page.add("</tbody>\n</table>\n").add(CostChart.svg(timings)).add("</div>\n");
      reasons.forEach((reason, batches) -> page.add("<p class=\"lead\">PyTorch + GUDHI, batch ")
          .text(String.join(", ", batches)).add(": not measured, ").text(reason).add(".</p>\n"));
    }
    page.add("</section>\n");
  }

  /** Microseconds, for a column. */
  static String time(double microseconds) {
    return Double.isNaN(microseconds) ? Numbers.NONE : Numbers.rounded(microseconds, microseconds < 100 ? 1 : 0);
  }

  private void allMeasures() {
    section("All measures",
        "Means over the seeds, with standard deviations where there are several; the best of a row in bold."
            + " tables/measures.csv has every training, tables/means.csv every digit.");
    for (String dataset : datasets) {
      page.add("<details>\n<summary>").text(dataset).add("</summary>\n");
      for (int d : results.latents(dataset)) {
        List<Result> models = ModelKind.PAPER.stream().map(model -> results.result(dataset, model, d))
            .filter(r -> !r.runs().isEmpty()).toList();
        if (models.isEmpty()) {
          continue;
        }
        heading("d = " + d);
        page.add("<div class=\"scroll\">\n<table class=\"rows\">\n<thead><tr><th></th>");
        models.forEach(r -> page.add("<th class=\"number\">" + r.model().published() + "</th>"));
        page.add("</tr></thead>\n<tbody>\n");
        for (Measure.Group group : Measure.Group.values()) {
          List<Measure> measures = Arrays.stream(Measure.values())
              .filter(m -> m.group() == group && models.stream().anyMatch(r -> r.spread(m).measured())).toList();
          if (!measures.isEmpty()) {
            group(group.title(), models.size());
            measures.forEach(measure -> row(measure.title(), models.stream().map(r -> r.spread(measure)).toList(),
                measure.better()));
          }
        }
        if (models.stream().anyMatch(r -> r.seconds().measured())) {
          group("Training", models.size());
          row("seconds", models.stream().map(Result::seconds).toList(), Measure.Better.NEITHER);
        }
        page.add("</tbody>\n</table>\n</div>\n");
      }
      page.add("</details>\n");
    }
    page.add("</section>\n");
  }

  private void group(String title, int columns) {
    page.add("<tr class=\"group\"><th colspan=\"" + (columns + 1) + "\">").text(title).add("</th></tr>\n");
  }

  private void row(String title, List<Spread> values, Measure.Better better) {
    int decimals = Numbers.commonDecimals(4, values.stream().mapToDouble(Spread::mean).toArray());
    double sign = better == Measure.Better.LOWER ? 1 : -1;
    double best =
        values.stream().mapToDouble(v -> sign * v.mean()).filter(v -> !Double.isNaN(v)).min().orElse(Double.NaN);
    boolean compared = better != Measure.Better.NEITHER && values.stream().filter(Spread::measured).count() > 1;
    page.add("<tr><th scope=\"row\">").text(title).add("</th>");
    values.forEach(v -> number(v.rounded(decimals), compared && sign * v.mean() == best ? " best" : ""));
    page.add("</tr>\n");
  }

  private void rules() {
    section("The rules of the verdicts",
        "Means over the seeds are compared. A claim holds where all of its comparisons do, in part where some do;"
            + " comparisons without numbers do not count, and are named beside the verdict. The thresholds are this "
            + "report\u2019s; the paper names none.");
    page.add("<table class=\"pairs\">\n");
    for (Claim claim : Claim.values()) {
      page.add("<tr><th scope=\"row\">").text(claim.title()).add("</th><td>").text(claim.rule()).add("</td></tr>\n");
    }
    page.add("</table>\n</section>\n");
  }

  private void definitions() {
    section("Definitions",
        "Embeddings are those of the test images, of which at most 10,000; generated images are as many.");
    page.add("<table class=\"pairs\">\n");
    for (Measure measure : Measure.values()) {
      page.add("<tr><th scope=\"row\">").text(measure.title()).add("</th><td>").text(measure.meaning())
          .add("</td></tr>\n");
    }
    page.add("</table>\n</section>\n");
  }

  private void section(String title, String text) {
    page.add("<section>\n<h2>").text(title).add("</h2>\n<p>").text(text).add("</p>\n");
  }

  private void heading(String title) {
    page.add("<h3>").text(title).add("</h3>\n");
  }

  private void number(String text, String style) {
    page.add("<td class=\"number" + style + "\">").text(text).add("</td>");
  }

  private static int decimals(int digits, List<Result> results, Measure measure) {
    return Numbers.commonDecimals(digits, results.stream().mapToDouble(r -> r.spread(measure).mean()).toArray());
  }
}
