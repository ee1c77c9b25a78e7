package gputae.paper;

import gputae.report.Page;
import gputae.report.Verdict;
import gputae.report.VerdictMarkup;
import java.util.List;

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
        datasets
            .forEach(dataset -> page.add("<td>" + VerdictMarkup.outcome(claim.verdict(results, dataset)) + "</td>"));
      } else {
        page.add(
            "<td colspan=\"" + datasets.size() + "\">" + VerdictMarkup.outcome(claim.verdict(results, "")) + "</td>");
      }
      page.add("</tr>\n");
    }
    page.add("</tbody>\n</table>\n</section>\n");
  }

  /** The paper's sentence, and for each data set the verdict with what it rests on. */
  void claim(Claim claim) {
    page.add("<div class=\"claim\">\n<p><span class=\"quote\">\u201c").text(claim.quote())
        .add("\u201d</span> <span class=\"source\">").text(claim.source())
        .add("</span></p>\n<div class=\"two\">\n");
    for (String dataset : claim.perDataset() ? datasets : List.of("")) {
      Verdict verdict = claim.verdict(results, dataset);
      page.add("<div>").text(dataset).add(dataset.isEmpty() ? "" : ": ").add(VerdictMarkup.word(verdict));
      VerdictMarkup.findings(page, verdict);
      page.add("</div>\n");
    }
    page.add("</div>\n</div>\n");
  }
}
