package gputae.cli;

import gputae.run.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The values that a sweep gives to options of {@code train}. The sweep trains every combination of one value each.
 *
 * @param axes names of the options without dashes, each with its values in order
 */
record Grid(Map<String, List<String>> axes) {

  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})\\.\\.(\\d{1,9})");

  private static final Pattern SIZES = Pattern.compile("\\d+(\\+\\d+)+");

  /** More models than anybody waits for: such a number is probably a typing error. */
  private static final int MOST = 100_000;

  /**
   * Reads {@code latent=2,5,10,seed=0..4}. A part with {@code =} begins an option; the other parts are further values
   * of the option before them; {@code a..b} are the integers from a to b. A value that contains commas itself, such as
   * the sizes of layers, is written with {@code +} instead.
   *
   * @throws Failure a usage failure that says what is wrong
   */
  static Grid parse(List<String> texts) {
    Map<String, Set<String>> axes = new LinkedHashMap<>();
    for (String text : texts) {
      String option = null;
      for (String part : text.split(",", -1)) {
        int equals = part.indexOf('=');
        if (equals >= 0) {
          option = part.substring(0, equals).strip();
          if (!option.matches("[a-z][a-z-]*")) {
            throw wrong(text,
                "'" + option + "' is no option of train; their names are written without dashes before them");
          }
          if (axes.putIfAbsent(option, new LinkedHashSet<>()) != null) {
            throw wrong(text, option + " is given twice");
          }
        }
        if (option == null) {
          throw wrong(text, "it begins with no option; write latent=2,5,10 or the like");
        }
        String value = part.substring(equals + 1).strip();
        if (value.isEmpty()) {
          throw wrong(text, option + " has an empty value");
        }
        for (String one : values(text, value)) {
          if (!axes.get(option).add(one)) {
            throw wrong(text, option + " has the value " + one + " twice"
                + (option.endsWith("hidden") ? "; sizes of layers are joined by +: " + option + "=64+64" : ""));
          }
        }
      }
    }
    Map<String, List<String>> ordered = new LinkedHashMap<>();
    axes.forEach((option, values) -> ordered.put(option, List.copyOf(values)));
    Grid grid = new Grid(ordered);
    if (grid.size() > MOST) {
      throw Failure.usage("--grid has " + grid.size() + " combinations; at most " + MOST);
    }
    return grid;
  }

  private static List<String> values(String text, String value) {
    Matcher range = RANGE.matcher(value);
    if (!range.matches()) {
      return List.of(SIZES.matcher(value).matches() ? value.replace('+', ',') : value);
    }
    int first = Integer.parseInt(range.group(1));
    int last = Integer.parseInt(range.group(2));
    if (last < first || last - first >= MOST) {
      throw wrong(text, value + " is no range of at most " + MOST + " numbers from the smaller to the larger");
    }
    List<String> numbers = new ArrayList<>();
    for (int number = first; number <= last; number++) {
      numbers.add(Integer.toString(number));
    }
    return numbers;
  }

  private static Failure wrong(String text, String what) {
    return Failure.usage("--grid " + text + ": " + what);
  }

  /** Number of combinations. */
  long size() {
    return axes.values().stream().mapToLong(List::size).reduce(1, (a, b) -> a > MOST ? a : a * b);
  }

  /** Every combination; the last option changes fastest. */
  List<Map<String, String>> points() {
    List<Map<String, String>> points = List.of(Map.of());
    for (Map.Entry<String, List<String>> axis : axes.entrySet()) {
      List<Map<String, String>> longer = new ArrayList<>();
      for (Map<String, String> point : points) {
        for (String value : axis.getValue()) {
          Map<String, String> next = new LinkedHashMap<>(point);
          next.put(axis.getKey(), value);
          longer.add(next);
        }
      }
      points = longer;
    }
    return points;
  }
}
