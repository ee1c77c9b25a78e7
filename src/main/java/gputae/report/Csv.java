package gputae.report;

import java.util.List;

/** Rows of comma-separated values: quoted as RFC 4180 says, numbers in full precision, lines that end as those of {@code metrics.csv}. */
final class Csv {

  private final StringBuilder text = new StringBuilder();

  void row(List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      text.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
    }
    text.append('\n');
  }

  /** Every digit of the value; nothing where there is none. */
  static String number(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }

  private static String quoted(String cell) {
    boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r') && cell.equals(cell.strip());
    return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
