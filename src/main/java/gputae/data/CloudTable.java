package gputae.data;

import gputae.files.DataException;
import gputae.linear.DoublePoints;
import gputae.linear.PointCloud;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads a point cloud from a text table, one point a line, as float64.
 *
 * <p>The first line is a header if no cell of it looks like a number (digits without letters do, damaged or not), if it
 * is 0, 1, 2, ... over numbers with decimals (pandas writes such names), or if it has other columns than the lines
 * after it and counts them. Where a first line of numbers could be either, the file is refused and the message names
 * {@code --header}. A column called id, index, label, class or target, or without a name, is no coordinate unless it is
 * chosen.
 */
final class CloudTable {

  private final TextTable table;
  private final TableOptions options;
  private final Consumer<String> note;

  // The first line with content, as it stands there.
  private String[] first;
  private String firstPlace;

  private char separator;
  private int columns;
  private long columnsLine;
  // Columns that are coordinates, from 0.
  private int[] chosen;

  private double[] values = new double[1024];
  private int points;
  // Of the points behind the first line: whether every cell has decimals, and whether the first cells count the lines
  // from 0 or from 1.
  private boolean allFractional = true;
  private boolean othersFractional = true;
  private boolean countsFromZero = true;
  private boolean countsFromOne = true;
  private int following;
  // The refusal of the first integer that begins with 0, kept until the rest turns out to be readable.
  private String padded;

  private CloudTable(TextTable table, Consumer<String> note) {
    this.table = table;
    this.options = table.options();
    this.note = note;
  }

  static PointCloud read(TextTable table, Consumer<String> note) throws DataException {
    return new CloudTable(table, note).read();
  }

  private PointCloud read() throws DataException {
    if (!table.next()) {
      throw new DataException(table.file() + ": no points: the file is empty or holds only comments");
    }
    separator = table.separator();
    columns = table.split(separator);
    first = table.row();
    firstPlace = table.here();
    long firstLine = table.number();
    char firstSeparator = separator;
    // What the first line is cannot be said before the second one is known; its cells are kept, and read as a point
    // where they are one.
    boolean more = table.next();
    if (more) {
      separator = table.separator();
      columns = table.split(separator);
    }
    columnsLine = table.number();
    Boolean header = options.header();
    if (header == null) {
      header = headerByItself(more);
    }
    if (Boolean.TRUE.equals(header) && !more) {
      throw new DataException(table.file() + ": no points: nothing follows the header line");
    }
    boolean otherColumns = more && first.length != columns;
    if (otherColumns && Boolean.FALSE.equals(header)) {
      throw otherColumns("");
    }
    if (otherColumns && header == null && !isCount(first)) {
      throw otherColumns("; if line " + firstLine + " holds names or counts, " + headerRemedy("yes"));
    }
    if (more && !otherColumns && columns > 1 && firstSeparator != separator && options.header() == null
        && !Boolean.TRUE.equals(header)) {
      throw new DataException(
          firstPlace + ": " + TextTable.shortened(first) + " is separated otherwise than the line after it,"
              + " so it can be names of columns or a point; say which: " + headerRemedy("yes") + " or "
              + headerRemedy("no"));
    }
    String otherColumnsHere = table.here();
    CoordinateColumns coordinates = new CoordinateColumns(table, first, firstPlace, columns, note);
    chosen = coordinates.chosen(Boolean.TRUE.equals(header));
    if (options.columns() == null && columns > 1) {
      table.adviseOnWords(", and if that column holds no coordinates, "
          + options.remedy("choose those that do with --columns", "leave it out of the file"));
    }
    boolean firstIsPoint = !otherColumns && !Boolean.TRUE.equals(header);
    if (firstIsPoint) {
      addFirst();
    }
    while (more) {
      add();
      more = table.next();
    }
    if (header == null && otherColumns) {
      acceptCounts(otherColumnsHere, firstLine);
    } else if (header == null && headerByTheRest()) {
      System.arraycopy(values, chosen.length, values, 0, (points - 1) * chosen.length);
      points--;
      note.accept(firstPlace + ": " + String.join(",", first) + " taken as names of columns"
          + (options.offered() ? " (--header no: as a point)" : ""));
      coordinates.refuseThoseThatAreNone(countsFromZero || countsFromOne);
    }
    if (Boolean.TRUE.equals(header)) {
      coordinates.refuseThoseThatAreNone(countsFromZero || countsFromOne);
    } else {
      warnOfIndex(coordinates);
    }
    if (padded != null) {
      throw new DataException(padded);
    }
    return new DoublePoints(Arrays.copyOf(values, points * chosen.length), chosen.length);
  }

  /**
   * What the first line is, as far as it and the second one say it: true, false, or null where the rest has to tell.
   */
  private Boolean headerByItself(boolean more) throws DataException {
    boolean anyNumber = false;
    boolean allNumbers = true;
    boolean anyName = false;
    for (int i = 0; i < first.length; i++) {
      boolean matters = matters(i, more);
      boolean number = NumberText.looksLikeNumber(cellOf(first[i]));
      anyNumber |= number;
      allNumbers &= !matters || number;
      anyName |= !number && !first[i].isEmpty();
    }
    if (!anyNumber) {
      return true;
    }
    if (options.columns() != null && options.columns().stream().anyMatch(c -> CoordinateColumns.positions(c) == null)) {
      // Names were asked for, so there must be a line of them.
      return true;
    }
    if (allNumbers) {
      return null;
    }
    // Names beside numbers 0, 1, 2, ..., as pandas writes them; an empty one is that of the index.
    int expected = 0;
    for (String cell : first) {
      if (NumberText.looksLikeNumber(cellOf(cell))) {
        if (!cell.equals(Integer.toString(expected++))) {
          return anyName && more ? refuseMixed() : false;
        }
      }
    }
    return true;
  }

  private boolean refuseMixed() throws DataException {
    for (int i = 0; i < first.length; i++) {
      String cell = cellOf(first[i]);
      if (!NumberText.isPlain(cell) && !NumberText.isNotFinite(cell) && !NumberText.isFortran(cell)) {
        throw new DataException(firstPlace + ": " + TextTable.shown(first[i]) + " in column " + (i + 1)
            + ", expected a number"
            + NumberText.remedy(first[i], options) + "; if this line holds names, " + headerRemedy("yes"));
      }
    }
    return false;
  }

  /**
   * With chosen columns, a cell of another column says nothing about the first line, unless it stands above a number.
   */
  private boolean matters(int column, boolean more) {
    if (options.columns() == null || !more || column >= columns) {
      return true;
    }
    for (String choice : options.columns()) {
      int[] range = CoordinateColumns.positions(choice);
      if (range == null || range[0] <= column + 1 && column + 1 <= range[1]) {
        return true;
      }
    }
    return NumberText.looksLikeNumber(cellOf(table.cell(column)));
  }

  private boolean headerByTheRest() throws DataException {
    if (following == 0) {
      return false;
    }
    boolean names = true;
    for (int i = 0; i < first.length; i++) {
      names &= first[i].equals(Integer.toString(i));
    }
    if (names && first.length >= 2 && allFractional) {
      return true;
    }
    // One column that begins with 0 is an ordinary list, unless everything after it is written otherwise.
    if (names && (first.length >= 2 || following >= 3 && allFractional)) {
      throw new DataException(
          firstPlace + ": " + TextTable.shortened(first) + " can be names of columns or a point; say which: "
              + headerRemedy("yes") + " or " + headerRemedy("no"));
    }
    // Numbers that ascend, all of them whole above numbers that are not: years as names, perhaps.
    boolean ascending = first.length >= 2 && isCount(first);
    for (int i = 1; i < first.length && ascending; i++) {
      ascending = Double.parseDouble(first[i - 1]) < Double.parseDouble(first[i]);
    }
    if (ascending && following >= 2 && allFractional) {
      throw new DataException(
          firstPlace + ": " + TextTable.shortened(first) + " can be names of columns or a point; say which: "
              + headerRemedy("yes") + " or " + headerRemedy("no"));
    }
    boolean counts = following >= 2 && first[0].equals(Integer.toString(following))
        && (first.length == 1 || isCount(first)
            && (first[1].equals(Integer.toString(columns)) || Arrays.stream(first).skip(1).allMatch("0"::equals)));
    if (counts) {
      throw new DataException(
          firstPlace + ": " + TextTable.shortened(first) + " counts what follows, or is a point; say which: "
              + headerRemedy("yes") + " or " + headerRemedy("no"));
    }
    return false;
  }

  /**
   * A first line of other columns than the rest is passed over where it gives the number of lines, and of columns if it
   * gives more.
   */
  private void acceptCounts(String secondPlace, long firstLine) throws DataException {
    boolean fits = first[0].equals(Integer.toString(points))
        && (first.length == 1 || first[1].equals(Integer.toString(columns)));
    if (!fits) {
      throw new DataException(secondPlace + ": " + columns + " columns, expected " + first.length + " as in line "
          + firstLine
          + "; if line " + firstLine + " holds names or counts, " + headerRemedy("yes"));
    }
    note.accept(firstPlace + ": " + String.join(" ", first) + " taken as counts of what follows");
  }

  private static boolean isCount(String[] cells) {
    return Arrays.stream(cells).allMatch(NumberText::isWhole);
  }

  private String headerRemedy(String answer) {
    return options.remedy("--header " + answer, answer.equals("yes") ? "remove it" : "write it with decimals");
  }

  private DataException otherColumns(String remedy) {
    return new DataException(table.here() + ": " + columns + " columns, expected " + first.length + " as in line "
        + firstPlace.substring(firstPlace.lastIndexOf(':') + 1) + remedy);
  }

  private void warnOfIndex(CoordinateColumns coordinates) {
    boolean counts = countsFromZero || countsFromOne;
    if (options.columns() == null && columns >= 2 && following >= 3 && counts && othersFractional
        && points == following + 1 && countedFirst()) {
      note.accept("warning: " + table.file() + ": column 1 counts the lines; if it is an index, choose the coordinates"
          + coordinates.remedyFromSecond());
    }
  }

  private boolean countedFirst() {
    return first[0].equals("0") && countsFromZero || first[0].equals("1") && countsFromOne;
  }

  /** What a cell of the first line is under the decimal mark. */
  private String cellOf(String cell) {
    return NumberText.withPoint(cell, options);
  }

  /** The first line as a point; the table is on the second line already. */
  private void addFirst() throws DataException {
    reserve();
    for (int i = 0; i < chosen.length; i++) {
      String cell = cellOf(first[chosen[i]]);
      String where = firstPlace + ": " + TextTable.shown(first[chosen[i]]) + " in column " + (chosen[i] + 1);
      if (NumberText.isNotFinite(cell)) {
        refuseNotFinite(NumberText.notFinite(cell), firstPlace, 0, chosen[i]);
      } else if (!NumberText.isPlain(cell) && !NumberText.isFortran(cell)) {
        String names = options.header() == null && !cell.isEmpty() ? "; if this line holds names, "
            + headerRemedy("yes") : "";
        throw new DataException(where + ", expected a number" + NumberText.remedy(first[chosen[i]], options) + names);
      }
      double value = Double.parseDouble(cell.replace('d', 'e').replace('D', 'e'));
      if (NumberText.isLost(cell, value)) {
        throw new DataException(where + " is not a number that float64 can hold; subtract or scale the data");
      }
      refuseNotFinite(value, firstPlace, 0, chosen[i]);
      values[i] = value;
      if (separator == ',' && cell.matches("0\\d+")) {
        notePadded(firstPlace, cell, chosen[i]);
      }
    }
    points++;
  }

  /** With commas between cells, 05 may be what follows a decimal comma or a thousands separator. */
  private void notePadded(String place, String cell, int column) {
    if (options.decimal() == null && padded == null) {
      padded = place + ": \"" + cell + "\" in column " + (column + 1)
          + " begins with 0: is the comma a decimal mark or a thousands separator? "
          + options.remedy("say --decimal , or --decimal . (columns of integers)",
              "write numbers with a decimal point");
    }
  }

  /** Room for one more point. */
  private void reserve() throws DataException {
    long needed = (points + 1L) * chosen.length;
    if (needed > Source.LARGEST_ARRAY) {
      throw new DataException(table.here() + ": more than the " + Source.LARGEST_ARRAY
          + " coordinates that can be held");
    }
    if (needed > values.length) {
      values = Arrays.copyOf(values, (int) Math.min(Source.LARGEST_ARRAY, Math.max(needed, values.length * 3L / 2)));
    }
  }

  /** The current line as a point. */
  private void add() throws DataException {
    int found = table.split(separator);
    if (found != columns) {
      throw new DataException(table.here() + ": " + found + " columns, expected " + columns + " as in line "
          + columnsLine);
    }
    reserve();
    int offset = points * chosen.length;
    for (int i = 0; i < chosen.length; i++) {
      int column = chosen[i];
      double value = table.asDouble(column);
      if (!Double.isFinite(value)) {
        refuseNotFinite(value, table.here(), points, column);
      }
      values[offset + i] = value;
      boolean fractional = table.wasFractional();
      allFractional &= fractional;
      othersFractional &= column == 0 || fractional;
      if (!fractional && separator == ',' && table.hasLeadingZero(column)) {
        notePadded(table.here(), table.cell(column), column);
      }
    }
    if (countsFromZero || countsFromOne) {
      // The first line, where it is a point, is the one before these.
      int place = points;
      countsFromZero &= table.isCount(0, place);
      countsFromOne &= table.isCount(0, place + 1L);
    }
    points++;
    following++;
  }

  static void refuseNotFinite(double value, String where, int point, int column) throws DataException {
    if (!Double.isFinite(value)) {
      throw new DataException(where + ": point " + point + " (counted from 0) has coordinate " + value + " in column "
          + (column + 1)
          + "; every coordinate must be a finite number");
    }
  }
}
