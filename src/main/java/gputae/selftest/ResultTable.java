package gputae.selftest;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results of the self-test as text: a row for each operation, a summary, the failures. */
public final class ResultTable {

  /** Width of the rest of the row in characters: operation, sizes, worst error, bound, result. */
  private static final String ROW = "%-22s%-56s%10s%11s  %-6s";

  /** Width of a line in characters; names of kernels continue on the next line. */
  private static final int WIDTH = 140;

  /** On a CPU the cause may be a wider instruction set. */
  private static final String ADVICE =
      "Results of this device cannot be trusted: use --device cpu (on a CPU: GPU_TAE_CPU=baseline), and report this "
          + "table with"
          + " what doctor prints.";

  private ResultTable() {}

  /** The units and the names of the columns. */
  public static String header() {
    return "Errors in u, the rounding of a float32 (2^-24) times the size of what is summed, or in se, standard errors "
        + "of a mean; the worst is\n"
        + "where error / bound is largest. exact: every bit is the reference's.\n\n"
        + row("operation", "sizes", "worst", "bound", "", List.of("kernels"));
  }

  /**
   * The row of one operation; it may take more than one line.
   *
   * @param plain the text in place of the kernels if the backend does not count them
   */
  public static String row(Result result, String plain) {
    boolean exact = result.unit() == Unit.EXACT;
    String unit = " " + result.unit().symbol();
    String worst = !exact ? number(result.worstError()) + unit : result.passed() ? "exact" : "wrong";
    return row(result.operation(), result.sizes(), worst, exact ? "" : number(result.bound()) + unit,
        result.passed() ? "pass" : "FAIL",
        result.kernels().isEmpty() ? List.of(plain) : List.copyOf(result.kernels()));
  }

  private static String row(String operation, String sizes, String worst, String bound, String verdict,
      List<String> kernels) {
    String start = String.format(ROW, operation, sizes, worst, bound, verdict);
    List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder(start)));
    for (int k = 0; k < kernels.size(); k++) {
      String word = kernels.get(k) + (k + 1 < kernels.size() ? "," : "");
      StringBuilder line = lines.get(lines.size() - 1);
      if (line.length() > start.length() && line.length() + 1 + word.length() > WIDTH) {
        line = new StringBuilder(" ".repeat(start.length()));
        lines.add(line);
      }
      line.append(line.length() > start.length() ? " " : "").append(word);
    }
    return String.join("\n", lines);
  }

  /** The number with about three digits. */
  private static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "NaN" : "inf";
    }
    return String.format(Locale.ROOT,
        value >= 1e5 ? "%.1e" : value >= 100 || value == Math.rint(value) ? "%.0f" : "%.2f", value);
  }

  /**
   * One line with the overall result; below it a line for each failure, and advice.
   *
   * @param device  the device that was tested
   * @param seconds time that the test took
   */
  public static String summary(List<Result> results, String device, double seconds) {
    List<Result> failed = results.stream().filter(result -> !result.passed()).toList();
    String end = String.format(Locale.ROOT, "%s in %.1f s", device, seconds);
    if (failed.isEmpty()) {
      return results.size() + " operations passed on " + end;
    }
    StringBuilder text =
        new StringBuilder(failed.size() + " of " + results.size() + " operations FAILED on " + end + ": ");
    text.append(String.join(", ", failed.stream().map(Result::operation).toList()));
    for (Result result : failed) {
      for (String failure : result.failures()) {
        text.append("\n  ").append(result.operation()).append(": ").append(failure);
      }
    }
    return text.append("\n").append(ADVICE).toString();
  }
}
