package gputae.text;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Rows of comma-separated values: quoted as in RFC 4180, numbers in full precision, line ends as in
 * {@code metrics.csv}. Text that a spreadsheet would compute as a formula gets an apostrophe before it, so that the
 * spreadsheet treats it as text (https://owasp.org/www-community/attacks/CSV_Injection).
 */
public final class Csv {

  private static final Pattern FORMULA = Pattern.compile("^\\s*[=+@\\-\\uff0b\\uff0d\\uff1d\\uff20]");
  private static final Pattern NUMBER = Pattern.compile("[+-]?(Infinity|[0-9.]+([eE][+-]?[0-9]+)?)");

  private final StringBuilder text = new StringBuilder();

  /** Adds a row. */
  public void row(List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      text.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
    }
    text.append('\n');
  }

  /** All digits of the value; empty if there is no value. */
  public static String number(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  private static String quoted(String text) {
    boolean formula = FORMULA.matcher(text).find() && !NUMBER.matcher(text).matches();
    String cell = formula ? "'" + text : text;
    boolean plain =
        cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r') && cell.equals(cell.strip());
    return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
