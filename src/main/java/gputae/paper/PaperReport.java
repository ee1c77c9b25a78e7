package gputae.paper;

import gputae.report.Verdict;
import gputae.files.WholeFile;
import gputae.paper.PaperResults.Cost;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.paper.PaperResults.Timing;
import gputae.report.MeasureTable.Row;
import gputae.report.MeasureTable;
import gputae.text.Csv;
import gputae.text.MarkdownTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The reproduction of the paper: a page with its figures, tables and claims, and the same numbers as tables in CSV and
 * Markdown.
 */
public final class PaperReport {

  private PaperReport() {}

  /**
   * Writes {@code report.html} and the tables in {@code tables/}, each as .csv and .md: {@code measures}, a row for
   * each training; {@code means}, over the seeds; {@code verdicts}, a row for each claim and data set; {@code cost}, a
   * row for each batch size, if there are any.
   *
   * @param folder the folder to write into; existing files are replaced, missing directories are made
   * @throws IOException with one line naming the file that could not be read or written, or the picture that is not a
   *     PNG
   */
  public static void write(Path folder, PaperResults results) throws IOException {
    MeasureTable measures = measures(results);
    Path tables = folder.resolve("tables");
    write(tables.resolve("measures.csv"), measures.csv());
    write(tables.resolve("measures.md"), measures.markdown());
    write(tables.resolve("means.csv"), measures.meansCsv());
    write(tables.resolve("means.md"), measures.meansMarkdown());
    verdicts(tables, results);
    if (!results.timings().isEmpty()) {
      cost(tables, results.timings());
    }
    new PaperPage(results).write(folder.resolve("report.html"));
  }

  /** The table with a row for every training, including its seconds. */
  static MeasureTable measures(PaperResults results) {
    List<Row> rows = new ArrayList<>();
    for (Result result : results.results()) {
      for (Run run : result.runs()) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("dataset", result.dataset());
        parameters.put("model", result.model().label());
        parameters.put("latent", Integer.toString(result.latent()));
        parameters.put(MeasureTable.SEED, Long.toString(run.seed()));
        rows.add(new Row(parameters, run.evaluation(), Map.of("seconds", run.seconds())));
      }
    }
    return new MeasureTable(rows);
  }

  private static void verdicts(Path tables, PaperResults results) throws IOException {
    List<String> heading = List.of("claim", "source", "dataset", "verdict", "evidence");
    Csv csv = new Csv();
    MarkdownTable markdown = new MarkdownTable(heading.size(), heading);
    csv.row(heading);
    for (Claim claim : Claim.values()) {
      for (String dataset : claim.perDataset() ? results.datasets() : List.of("")) {
        Verdict verdict = claim.verdict(results, dataset);
        List<String> row = List.of(claim.title(), claim.source(), dataset, verdict.word().text(), verdict.evidence());
        csv.row(row);
        markdown.row(row);
      }
    }
    write(tables.resolve("verdicts.csv"), csv.toString());
    write(tables.resolve("verdicts.md"), markdown.toString());
  }

  private static void cost(Path tables, List<Timing> timings) throws IOException {
    Csv csv = new Csv();
    csv.row(List.of("batch", "gputae_ae_us", "gputae_tae_us", "pytorch_ae_us", "pytorch_gudhi_tae_us", "reason"));
    MarkdownTable markdown = new MarkdownTable(0, List.of("batch", "AE, gpu-tae, us", "AE + Reg, gpu-tae, us",
        "AE, PyTorch, us", "AE + Reg, PyTorch + GUDHI, us"));
    for (Timing timing : timings) {
      List<String> exact = new ArrayList<>(List.of(Integer.toString(timing.batch())));
      List<String> rounded = new ArrayList<>(exact);
      for (double time : times(timing)) {
        exact.add(Csv.number(time));
        rounded.add(PaperPage.time(time));
      }
      exact.add(timing.reason() == null ? "" : timing.reason());
      csv.row(exact);
      markdown.row(rounded);
    }
    write(tables.resolve("cost.csv"), csv.toString());
    write(tables.resolve("cost.md"), markdown.toString());
  }

  /** Times of gpu-tae without and with the term, then of PyTorch without and with it. */
  static double[] times(Timing timing) {
    Cost none = new Cost(Double.NaN, Double.NaN);
    Cost own = timing.own() == null ? none : timing.own();
    Cost peer = timing.peer() == null ? none : timing.peer();
    return new double[] {own.plain(), own.regularised(), peer.plain(), peer.regularised()};
  }

  private static void write(Path file, String text) throws IOException {
    WholeFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
