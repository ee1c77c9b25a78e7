package gputae.report;

import gputae.report.Verdict.Finding;
import gputae.report.Verdict.Outcome;
import java.util.stream.Collectors;

/** Writes verdicts into an {@linkplain Page#article article}. */
public final class VerdictMarkup {

  private VerdictMarkup() {}

  /** The verdict in a word, in its colour. */
  public static String word(Verdict verdict) {
    String style = switch (verdict.word()) {
      case HOLDS -> "holds";
      case IN_PART -> "part";
      case NOT -> "fails";
      case NOT_MEASURED -> "open";
    };
    return "<span class=\"word " + style + "\">" + verdict.word().text() + "</span>";
  }

  /** The word, and whether the verdict rests on a part of the comparisons. */
  public static String outcome(Verdict verdict) {
    long measured = verdict.findings().stream().filter(f -> f.outcome() != Outcome.NOT_MEASURED).count();
    int all = verdict.findings().size();
    return word(verdict)
        + (measured == 0 || measured == all ? "" : "<small>" + measured + " of " + all + " comparisons</small>");
  }

  /** Adds a list of what the verdict rests on; nothing if nothing was measured. */
  public static void findings(Page page, Verdict verdict) {
    if (verdict.word() == Verdict.Word.NOT_MEASURED) {
      return;
    }
    page.add("\n<ul class=\"findings\">\n");
    for (Finding finding : verdict.findings()) {
      if (finding.outcome() != Outcome.NOT_MEASURED) {
        page.add(finding.outcome() == Outcome.YES ? "<li><span>\u2713</span>" : "<li><span>\u2717</span>")
            .text(unbroken(finding.words())).add("</li>\n");
      }
    }
    String open = verdict.findings().stream().filter(f -> f.outcome() == Outcome.NOT_MEASURED).map(Finding::words)
        .collect(Collectors.joining("; "));
    page.add(open.isEmpty() ? "" : "<li><span>\u2013</span>not measured: " + Page.escaped(unbroken(open)) + "</li>\n")
        .add("</ul>\n");
  }

  /** Lines do not end within a number. */
  private static String unbroken(String words) {
    return words.replace(" \u00b1 ", "\u00a0\u00b1\u00a0").replace(" %", "\u00a0%")
        .replace("d = ", "d\u00a0=\u00a0").replace("AE ", "AE\u00a0");
  }
}
