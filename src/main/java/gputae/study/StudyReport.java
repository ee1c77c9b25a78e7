package gputae.study;

import gputae.evaluate.Measure;
import gputae.files.WholeFile;
import gputae.report.MeasureTable;
import gputae.report.Page;
import gputae.report.Spread;
import gputae.report.Verdict;
import gputae.report.VerdictMarkup;
import gputae.run.PhDimensionFile;
import gputae.study.StudyAnswer.Chart;
import gputae.study.StudyAnswer.Claim;
import gputae.study.StudyAnswer.Shown;
import gputae.text.Csv;
import gputae.text.MarkdownTable;
import gputae.text.Numbers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The report of a study: a page, and the same numbers as tables in CSV and Markdown. */
public final class StudyReport {

  private final Study study;
  private final List<StudyRun> runs;
  private final List<String> failed;
  private final Map<String, String> conditions;
  private final MeasureTable table;

  private StudyReport(Study study, List<StudyRun> runs, List<String> failed, Map<String, String> conditions) {
    this.study = study;
    this.runs = runs;
    this.failed = failed;
    this.conditions = conditions;
    this.table = table(study, runs);
  }

  /**
   * Writes {@code report.html} and the tables in {@code tables/}, each as .csv and .md: {@code measures}, a row for
   * each training; {@code means}, over the seeds; {@code verdicts}, a row for each claim and data set.
   *
   * @param folder     existing files are replaced, missing folders are made
   * @param runs       the trainings that are done
   * @param failed     names of trainings that failed
   * @param conditions names and values: device, version, date, command
   */
  public static void write(Path folder, Study study, List<StudyRun> runs, List<String> failed,
      Map<String, String> conditions) throws IOException {
    new StudyReport(study, runs, failed, conditions).write(folder);
  }

  private static MeasureTable table(Study study, List<StudyRun> runs) {
    Set<Measure> measures = EnumSet.copyOf(study.measures());
    List<MeasureTable.Row> rows = new ArrayList<>();
    for (StudyRun run : runs) {
      Map<String, Double> others = new LinkedHashMap<>();
      if (run.config().phDimension()) {
        others.put("gap", run.gap());
      }
      if (run.dimension() != null && run.dimension().exists()) {
        others.put(PhDimensionFile.COLUMN, run.dimension().dimension());
      }
      others.put("seconds", run.seconds());
      rows.add(new MeasureTable.Row(run.parameters(), run.evaluation().only(measures), others));
    }
    return new MeasureTable(rows);
  }

  private void write(Path folder) throws IOException {
    StudyAnswer answer = study.answer(runs);
    Path tables = folder.resolve("tables");
    text(tables.resolve("measures.csv"), table.csv());
    text(tables.resolve("measures.md"), table.markdown());
    text(tables.resolve("means.csv"), table.meansCsv());
    text(tables.resolve("means.md"), table.meansMarkdown());
    verdicts(tables, answer);
    Page page = Page.article(study.title());
    page.add("<p class=\"lead\">").text(study.question()).add("</p>\n");
    if (!failed.isEmpty()) {
      page.add("<p class=\"note\">These trainings failed, so no verdict counts them: ").text(String.join(", ", failed))
          .add(".</p>\n");
    }
    answer(page, answer);
    claims(page, answer);
    charts(page, answer);
    pictures(page, answer);
    page.add("<section>\n<h2>How it was decided</h2>\n");
    study.rules().forEach(rule -> page.add("<p>").text(rule).add("</p>\n"));
    page.add("</section>\n");
    measures(page);
    page.pairs("Conditions", "pairs", conditions);
    page.write(folder.resolve("report.html"));
  }

  private static void text(Path file, String text) throws IOException {
    WholeFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void verdicts(Path tables, StudyAnswer answer) throws IOException {
    List<String> heading = List.of("claim", "dataset", "verdict", "evidence");
    Csv csv = new Csv();
    MarkdownTable markdown = new MarkdownTable(heading.size(), heading);
    csv.row(heading);
    for (Claim claim : answer.claims()) {
      claim.verdicts().forEach((dataset, verdict) -> {
        List<String> row = List.of(claim.text(), dataset, verdict.word().text(), verdict.evidence());
        csv.row(row);
        markdown.row(row);
      });
    }
    text(tables.resolve("verdicts.csv"), csv.toString());
    text(tables.resolve("verdicts.md"), markdown.toString());
  }

  private static void answer(Page page, StudyAnswer answer) {
    Set<String> datasets = new LinkedHashSet<>();
    answer.claims().forEach(claim -> datasets.addAll(claim.verdicts().keySet()));
    page.add("<section>\n<h2>The answer</h2>\n");
    answer.summary().forEach(sentence -> page.add("<p>").text(sentence).add("</p>\n"));
    page.add("<table class=\"rows summary\">\n<thead><tr><th>claim</th>");
    datasets.forEach(dataset -> page.add("<th scope=\"col\">").text(dataset).add("</th>"));
    page.add("</tr></thead>\n<tbody>\n");
    for (Claim claim : answer.claims()) {
      page.add("<tr><th scope=\"row\">").text(claim.text()).add("</th>");
      datasets.forEach(dataset -> page.add("<td>"
          + VerdictMarkup.outcome(claim.verdicts().getOrDefault(dataset, Verdict.of(List.of()))) + "</td>"));
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</section>\n");
  }

  private static void claims(Page page, StudyAnswer answer) {
    page.add("<section>\n<h2>What the verdicts rest on</h2>\n");
    for (Claim claim : answer.claims()) {
      page.add("<div class=\"claim\">\n<p>").text(claim.text()).add("</p>\n<div class=\"two\">\n");
      claim.verdicts().forEach((dataset, verdict) -> {
        page.add("<div>").text(dataset).add(": ").add(VerdictMarkup.word(verdict));
        VerdictMarkup.findings(page, verdict);
        page.add("</div>\n");
      });
      page.add("</div>\n</div>\n");
    }
    page.add("</section>\n");
  }

  private static void charts(Page page, StudyAnswer answer) {
    for (Chart chart : answer.charts()) {
      if (!chart.svg().isEmpty()) {
        page.add("<section>\n<h2>").text(chart.heading()).add("</h2>\n<div class=\"scroll\">\n").add(chart.svg())
            .add("</div>\n<p class=\"lead\">").text(chart.caption()).add("</p>\n</section>\n");
      }
    }
  }

  private static void pictures(Page page, StudyAnswer answer) throws IOException {
    if (answer.shown().isEmpty()) {
      return;
    }
    page.add(
        "<section>\n<h2>Latent spaces</h2>\n<p class=\"lead\">Embeddings of the test images, coloured by class, and"
            + " the unit circle; the first seed that was trained.</p>\n<div class=\"two\">\n");
    for (Shown shown : answer.shown()) {
      picture(page, shown.title(), shown.run().latent());
    }
    page.add("</div>\n</section>\n<section>\n<h2>Generated images</h2>\n<div class=\"two\">\n");
    for (Shown shown : answer.shown()) {
      picture(page, shown.title(), shown.run().generated());
    }
    page.add("</div>\n</section>\n");
  }

  private static void picture(Page page, String title, Path png) throws IOException {
    byte[] bytes = Page.bytesOrNull(png);
    page.add("<figure>\n<h4>").text(title).add("</h4>\n");
    if (bytes == null) {
      page.add("<div class=\"absent\">no picture</div>\n");
    } else {
      page.add("<img class=\"picture\" alt=\"").text(title).add("\" src=\"").add(Page.embedded(bytes)).add("\"/>\n");
    }
    page.add("</figure>\n");
  }

  /** The means over the seeds. */
  private void measures(Page page) {
    List<MeasureTable.Mean> means = table.means();
    if (means.isEmpty()) {
      return;
    }
    Set<String> parameters = new LinkedHashSet<>();
    Set<String> others = new LinkedHashSet<>();
    means.forEach(mean -> {
      parameters.addAll(mean.parameters().keySet());
      others.addAll(mean.others().keySet());
    });
    page.add("<section>\n<h2>All numbers</h2>\n<p class=\"lead\">Means over the seeds, with standard deviations where"
        + " there are several.</p>\n<div class=\"scroll\">\n<table class=\"rows\">\n<thead><tr>");
    parameters.forEach(name -> page.add("<th>").text(name).add("</th>"));
    study.measures().forEach(measure -> page.add("<th class=\"number\">").text(measure.title()).add("</th>"));
    others.forEach(name -> page.add("<th class=\"number\">").text(name.replace('_', ' ')).add("</th>"));
    page.add("</tr></thead>\n<tbody>\n");
    for (MeasureTable.Mean mean : means) {
      page.add("<tr>");
      parameters.forEach(name -> page.add("<td>").text(mean.parameters().getOrDefault(name, "")).add("</td>"));
      for (Measure measure : study.measures()) {
        number(page, mean.measures().get(measure),
            means.stream().map(one -> one.measures().get(measure)).toList());
      }
      for (String name : others) {
        number(page, mean.others().get(name), means.stream().map(one -> one.others().get(name)).toList());
      }
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</div>\n</section>\n");
  }

  private static void number(Page page, Spread value, List<Spread> column) {
    double[] means = column.stream().filter(one -> one != null && one.measured()).mapToDouble(Spread::mean).toArray();
    page.add("<td class=\"number\">")
        .text(value == null || !value.measured() ? Numbers.NONE : value.rounded(Numbers.commonDecimals(4, means)))
        .add("</td>");
  }
}
