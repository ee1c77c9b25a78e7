package gputae.data;

import gputae.files.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Which columns of a text table are coordinates: those that were chosen, else all, if no name speaks against it. */
final class CoordinateColumns {

  private static final Set<String> NO_COORDINATES = Set.of("id", "ids", "index", "idx", "label", "labels", "class",
      "classes", "target", "targets");

  private final TextTable table;
  private final TableOptions options;
  private final String[] first;
  private final String firstPlace;
  private final int columns;
  private final Consumer<String> note;

  /**
   * @param first   cells of the first line, at {@code firstPlace}
   * @param columns of the lines after it
   */
  CoordinateColumns(TextTable table, String[] first, String firstPlace, int columns, Consumer<String> note) {
    this.table = table;
    this.options = table.options();
    this.first = first;
    this.firstPlace = firstPlace;
    this.columns = columns;
    this.note = note;
  }

  /**
   * The columns that are coordinates, from 0.
   *
   * @param header whether the first line holds names or counts
   */
  int[] chosen(boolean header) throws DataException {
    if (options.columns() == null) {
      return IntStream.range(0, columns).toArray();
    }
    List<String> choices = options.columns();
    // Names of digits, such as pandas writes: taken as names only where they cannot be positions.
    boolean byName = choices.stream().anyMatch(c -> positions(c) == null)
        || choices.contains("0") && choices.stream().allMatch(Arrays.asList(first)::contains);
    List<Integer> found = new ArrayList<>();
    for (String choice : choices) {
      int[] range = positions(choice);
      int place = byName ? Arrays.asList(first).indexOf(choice) : -1;
      if (place >= 0 && first.length == columns) {
        if (place != Arrays.asList(first).lastIndexOf(choice)) {
          throw new DataException(firstPlace + ": two columns are called " + TextTable.shown(choice)
              + "; choose by position: --columns 1,2");
        }
        found.add(place);
      } else if (range == null) {
        throw new DataException(firstPlace + ": no column is called " + TextTable.shown(choice) + "; there are "
            + TextTable.shortened(first));
      } else if (range[0] < 1 || range[1] > columns) {
        throw new DataException(table.file() + ": --columns " + choice + ": there are columns 1 to " + columns);
      } else {
        IntStream.rangeClosed(range[0] - 1, range[1] - 1).forEach(found::add);
      }
    }
    if (found.stream().distinct().count() < found.size()) {
      throw new DataException(table.file() + ": --columns " + String.join(",", choices) + " chooses a column twice");
    }
    if (header && !byName && found.stream().anyMatch(i -> i < first.length && NumberText.isWhole(first[i]))) {
      note.accept(table.file() + ": --columns counts from 1; chosen are those called "
          + found.stream().map(i -> first[i]).collect(Collectors.joining(",")));
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  /** First and last position of a choice such as 3 or 2-5, or null where it is a name. */
  static int[] positions(String choice) {
    if (!choice.matches("\\d{1,9}(-\\d{1,9})?")) {
      return null;
    }
    String[] ends = choice.split("-");
    int low = Integer.parseInt(ends[0]);
    int high = Integer.parseInt(ends[ends.length - 1]);
    return low <= high ? new int[] {low, high} : null;
  }

  /**
   * Refuses columns whose names say that they hold no coordinates, where none were chosen.
   *
   * @param firstCounts whether the first column counts the lines
   */
  void refuseThoseThatAreNone(boolean firstCounts) throws DataException {
    if (options.columns() != null) {
      return;
    }
    if (first.length == columns - 1 && firstCounts) {
      throw new DataException(firstPlace + ": names " + first.length + " columns, and the lines after it have "
          + columns
          + ": the first is probably the number of a row; choose the coordinates" + remedyFromSecond());
    }
    if (first.length != columns) {
      if (options.header() == null) {
        note.accept(firstPlace + ": passed over, since the lines after it have other columns");
      }
      return;
    }
    for (int i = 0; i < columns; i++) {
      if (isNoCoordinate(first[i])) {
        String called = first[i].isEmpty() ? "has no name, so it is probably a row index" : "is called "
            + TextTable.shown(first[i]);
        throw new DataException(firstPlace + ": column " + (i + 1) + " " + called + "; choose the coordinates"
            + remedy(without(i)));
      }
    }
  }

  /** Whether a column's name says that it holds no coordinates. */
  static boolean isNoCoordinate(String called) {
    String name = called.strip().toLowerCase(Locale.ROOT);
    return name.isEmpty() || name.startsWith("unnamed") || NO_COORDINATES.contains(name);
  }

  /** What a message advises where the first column seems to be no coordinate. */
  String remedyFromSecond() {
    return remedy(columns > 2 ? "2-" + columns : "2");
  }

  private String remedy(String positions) {
    return options.remedy(": --columns " + positions, ", and leave the other columns out of the file");
  }

  /** The other columns, as positions. */
  private String without(int column) {
    if (columns == 1) {
      return "1";
    }
    String before = column == 0 ? "" : column == 1 ? "1" : column == 2 ? "1,2" : "1-" + column;
    int next = column + 2;
    String after = next > columns ? "" : next == columns ? "" + next : next + 1 == columns ? next + ","
        + columns : next + "-" + columns;
    return before + (before.isEmpty() || after.isEmpty() ? "" : ",") + after;
  }
}
