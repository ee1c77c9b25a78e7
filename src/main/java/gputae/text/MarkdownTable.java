package gputae.text;

import java.util.ArrayList;
import java.util.List;

/**
 * A Markdown table that is also readable as plain text: every column is as wide as its widest cell, words are aligned
 * to the left, numbers to the right.
 */
public final class MarkdownTable {

  private final int words;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * A table without rows.
   *
   * @param words   number of columns, from the left, that hold words
   * @param heading headings of the columns
   */
  public MarkdownTable(int words, List<String> heading) {
    this.words = words;
    row(heading);
  }

  /** Adds a row; it must have one cell for each heading. */
  public void row(List<String> cells) {
    rows.add(cells.stream().map(cell -> cell.replace("|", "\\|").replaceAll("\\s*\\R\\s*", " ")).toList());
  }

  @Override
  public String toString() {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(Math.max(widths[c], 3), length(row.get(c)));
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns; c++) {
        String cell = rows.get(r).get(c);
        String space = " ".repeat(widths[c] - length(cell));
        text.append("| ").append(c < words ? cell + space : space + cell).append(' ');
      }
      text.append("|\n");
      if (r == 0) {
        for (int c = 0; c < columns; c++) {
          text.append("| ").append("-".repeat(c < words ? widths[c] : widths[c] - 1)).append(c < words ? " " : ": ");
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
