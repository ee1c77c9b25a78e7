package gputae.study;

import gputae.report.Verdict;
import gputae.report.Verdict.Finding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a study found.
 *
 * @param summary the answer in a few sentences, which follow from the verdicts and numbers
 * @param claims  the claims that were put to the test
 * @param charts  charts with their headings
 * @param shown   runs whose pictures the report shows, side by side, with their titles
 */
public record StudyAnswer(List<String> summary, List<Claim> claims, List<Chart> charts, List<Shown> shown) {

  /**
   * A claim.
   *
   * @param text     a sentence that can be true or false
   * @param verdicts by data set
   */
  public record Claim(String text, Map<String, Verdict> verdicts) {

    /**
     * A claim about several data sets.
     *
     * @param findings the comparisons on a data set, by its name
     */
    static Claim of(String text, List<String> datasets, Function<String, List<Finding>> findings) {
      Map<String, Verdict> verdicts = new LinkedHashMap<>();
      datasets.forEach(dataset -> verdicts.put(dataset, Verdict.of(findings.apply(dataset))));
      return new Claim(text, verdicts);
    }

    /** The claim and its verdict on a data set, for a summary. */
    String sentence(String dataset) {
      return text.substring(0, text.length() - 1) + ": " + verdicts.get(dataset).word().text() + " on " + dataset + ".";
    }
  }

  /**
   * A chart.
   *
   * @param heading title
   * @param svg     markup
   * @param caption what the chart shows
   */
  public record Chart(String heading, String svg, String caption) {}

  /**
   * A run whose pictures are shown.
   *
   * @param title heading of its pictures
   */
  public record Shown(String title, StudyRun run) {}
}
