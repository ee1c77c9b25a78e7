package gputae.paper;

import gputae.paper.Verdict.Finding;
import gputae.paper.Verdict.Outcome;
import gputae.report.Page;
import java.util.List;
import java.util.stream.Collectors;

/** Writes the claims into the paper's page: a table of all verdicts, and each claim with what its verdict rests on. */
final class VerdictText {

  private final Page page;
  private final PaperResults results;
  private final List<String> datasets;

  VerdictText(Page page, PaperResults results) {
    this.page = page;
    this.results = results;
    datasets = results.datasets();
  }

  /** A row for each claim, a column for each data set. */
  void summary() {
    page.add(
        "<section>\n<h2>The paper\u2019s claims and these numbers</h2>\n<table class=\"rows "
            + "summary\">\n<thead><tr><th>claim</th>");
    datasets.forEach(dataset -> page.add("<th scope=\"col\">").text(dataset).add("</th>"));
    page.add("</tr></thead>\n<tbody>\n");
    for (Claim claim : Claim.values()) {
      page.add("<tr><th scope=\"row\">").text(claim.title()).add("<small>").text(claim.source()).add("</small></th>");
      if (claim.perDataset()) {
        datasets.forEach(dataset -> page.add("<td>" + outcome(claim.verdict(results, dataset)) + "</td>"));
      } else {
        page.add("<td colspan=\"" + datasets.size() + "\">" + outcome(claim.verdict(results, "")) + "</td>");
      }
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</section>\n");
  }

  /** The verdict, and whether it rests on a part of the comparisons. */
  private static String outcome(Verdict verdict) {
    long measured = verdict.findings().stream().filter(f -> f.outcome() != Outcome.NOT_MEASURED).count();
    int all = verdict.findings().size();
    return word(verdict)
        + (measured == 0 || measured == all ? "" : "<small>" + measured + " of " + all + " comparisons</small>");
  }

  private static String word(Verdict verdict) {
    String style = switch (verdict.word()) {
      case HOLDS -> "holds";
      case IN_PART -> "part";
      case NOT -> "fails";
      case NOT_MEASURED -> "open";
    };
    return "<span class=\"word " + style + "\">" + verdict.word().text() + "</span>";
  }

  /** The paper's sentence, and for each data set the verdict with what it rests on. */
  void claim(Claim claim) {
    page.add("<div class=\"claim\">\n<p><span class=\"quote\">\u201c").text(claim.quote())
        .add("\u201d</span> <span class=\"source\">").text(claim.source())
        .add("</span></p>\n<div class=\"two\">\n");
    for (String dataset : claim.perDataset() ? datasets : List.of("")) {
      Verdict verdict = claim.verdict(results, dataset);
      page.add("<div>").text(dataset).add(dataset.isEmpty() ? "" : ": ").add(word(verdict));
      String open = verdict.findings().stream().filter(f -> f.outcome() == Outcome.NOT_MEASURED).map(Finding::words)
          .collect(Collectors.joining("; "));
      if (verdict.word() != Verdict.Word.NOT_MEASURED) {
        page.add("\n<ul class=\"findings\">\n");
        for (Finding finding : verdict.findings()) {
          if (finding.outcome() != Outcome.NOT_MEASURED) {
            page.add(finding.outcome() == Outcome.YES ? "<li><span>\u2713</span>" : "<li><span>\u2717</span>")
                .text(unbroken(finding.words())).add("</li>\n");
          }
        }
        page.add(
            open.isEmpty() ? "" : "<li><span>\u2013</span>not measured: " + Page.escaped(unbroken(open)) + "</li>\n")
            .add("</ul>\n");
      }
      page.add("</div>\n");
    }
    page.add("</div>\n</div>\n");
  }

  /** Lines do not end within a number. */
  private static String unbroken(String words) {
    return words.replace(" \u00b1 ", "\u00a0\u00b1\u00a0").replace(" %", "\u00a0%").replace("d = ", "d\u00a0=\u00a0")
        .replace("AE ", "AE\u00a0");
  }
}
