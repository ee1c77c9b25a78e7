package gputae.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The verdict that numbers give for one claim.
 *
 * @param word     the verdict, which follows from the findings
 * @param findings every comparison of the claim
 */
public record Verdict(Word word, List<Finding> findings) {

  /** The verdict in a word. */
  public enum Word {
    HOLDS("holds"),
    IN_PART("holds in part"),
    NOT("does not hold"),
    NOT_MEASURED("not measured");

    private final String text;

    Word(String text) {
      this.text = text;
    }

    /** The word as pages write it. */
    public String text() {
      return text;
    }
  }

  /** What a comparison gave. */
  public enum Outcome {
    YES, NO, NOT_MEASURED
  }

  /** One comparison, with the numbers that it compared. */
  public record Finding(Outcome outcome, String words) {

    /** A comparison that was made. */
    public static Finding of(boolean yes, String words) {
      return new Finding(yes ? Outcome.YES : Outcome.NO, words);
    }

    /** The same comparison, with what it compared named before the numbers. */
    public Finding named(String what) {
      return new Finding(outcome, what + ": " + words);
    }

    /** A comparison for which numbers are missing. */
    public static Finding notMeasured(String what) {
      return new Finding(Outcome.NOT_MEASURED, what);
    }
  }

  /**
   * A claim holds if all of its comparisons hold, and holds in part if some do. Comparisons that were not measured do
   * not count.
   */
  public static Verdict of(List<Finding> findings) {
    boolean yes = findings.stream().anyMatch(f -> f.outcome() == Outcome.YES);
    boolean no = findings.stream().anyMatch(f -> f.outcome() == Outcome.NO);
    return new Verdict(yes && no ? Word.IN_PART : yes ? Word.HOLDS : no ? Word.NOT : Word.NOT_MEASURED,
        List.copyOf(findings));
  }

  private String words(Outcome outcome) {
    return findings.stream().filter(f -> f.outcome() == outcome).map(Finding::words).collect(Collectors.joining("; "));
  }

  /**
   * All findings in one line, without the verdict: "d = 2: ...; but not: d = 10: ...; not measured: d = 5". Empty if
   * nothing was measured.
   */
  public String evidence() {
    if (word == Word.NOT_MEASURED) {
      return "";
    }
    List<String> parts = new ArrayList<>();
    String yes = words(Outcome.YES);
    String no = words(Outcome.NO);
    String open = words(Outcome.NOT_MEASURED);
    if (!yes.isEmpty()) {
      parts.add(yes);
    }
    if (!no.isEmpty()) {
      parts.add(yes.isEmpty() ? no : "but not: " + no);
    }
    if (!open.isEmpty()) {
      parts.add("not measured: " + open);
    }
    return String.join("; ", parts);
  }
}
