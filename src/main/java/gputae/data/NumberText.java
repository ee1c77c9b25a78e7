package gputae.data;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The ways in which people and programs write numbers: which of them are read, and the advice for the others. */
final class NumberText {

  private static final Set<String> NOT_FINITE = Set.of("nan", "inf", "infinity", "1.#inf", "1.#qnan", "1.#ind");
  private static final Set<String> MISSING = Set.of("na", "n/a", "#n/a", "null", "none", "nil", "?", "-", "--",
      "missing");
  private static final Pattern PLAIN = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern WHOLE = Pattern.compile("[+-]?\\d+");
  private static final Pattern FORTRAN = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)[dD][+-]?\\d+");
  private static final Pattern HEXADECIMAL = Pattern.compile("[+-]?0[xX][0-9a-fA-F.]+([pP][+-]?\\d+)?");
  private static final Pattern GROUPED = Pattern.compile("[+-]?\\d{1,3}([,'\u2019_. \u00a0\u202f]\\d{3})+([.,]\\d*)?");
  private static final Pattern DECIMAL_COMMA = Pattern.compile("[+-]?(\\d*,\\d+|\\d+,)([eE][+-]?\\d+)?");
  private static final Pattern SPACED = Pattern.compile("[+-]?[\\d.]+\\s+[+-]?[\\d.]+");
  // A number between signs of currency or comparison and a unit. The unit may have letters but no digits, unlike the
  // name 3x3.
  private static final Pattern WITH_UNIT = Pattern
      .compile("[^\\p{L}\\d]{0,3}(\\d[\\d.,'_]*|\\.\\d+)([eE][+-]?\\d+)?[^\\d]{0,12}");

  // Digits and signs without any letter except that of an exponent, such as 1.5|2 or 1e1.5: these are damaged numbers
  // rather than a name.
  private static final Pattern WITHOUT_LETTERS = Pattern
      .compile("(?=.*\\p{Nd})([^\\p{L}]|(?<=[\\p{Nd}.])[eEdD](?=[-+\\p{Nd}]))*");

  private NumberText() {}

  /** The cell with a point as its decimal mark, whatever its own mark is; any other point is not a decimal mark. */
  static String withPoint(String cell, TableOptions options) {
    return options.decimalComma() ? cell.replace('.', '_').replace(',', '.') : cell;
  }

  /** A word that stands for a missing value. */
  static boolean isMissing(String cell) {
    return MISSING.contains(cell.toLowerCase(Locale.ROOT));
  }

  /** A decimal number such as 1234, -.5 or 1e-3. */
  static boolean isPlain(String cell) {
    return PLAIN.matcher(cell).matches();
  }

  /** An integer without a decimal point. */
  static boolean isWhole(String cell) {
    return WHOLE.matcher(cell).matches();
  }

  /** Fortran's double precision exponent, as in 1.5D+00. */
  static boolean isFortran(String cell) {
    return FORTRAN.matcher(cell).matches();
  }

  /** NaN or infinity as C, Java, Python, R and old Windows write them. */
  static boolean isNotFinite(String cell) {
    return NOT_FINITE.contains(unsigned(cell));
  }

  /** The value of a word that {@link #isNotFinite} accepts. */
  static double notFinite(String cell) {
    boolean infinite = unsigned(cell).contains("inf");
    return !infinite ? Double.NaN : cell.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  /** Whether the text is meant as a number or as a missing number; a line with such a cell is no line of names. */
  static boolean looksLikeNumber(String cell) {
    return isPlain(cell) || isFortran(cell) || isNotFinite(cell) || MISSING.contains(cell.toLowerCase(Locale.ROOT))
        || HEXADECIMAL.matcher(cell).matches()
        || GROUPED.matcher(cell).matches() || WITH_UNIT.matcher(cell).matches()
        || WITHOUT_LETTERS.matcher(cell).matches();
  }

  /** Whether text with digits other than 0 was read as 0, or an integer as another integer. */
  static boolean isLost(String cell, double value) {
    if (value == 0) {
      for (int i = 0; i < cell.length() && "eEdD".indexOf(cell.charAt(i)) < 0; i++) {
        if (cell.charAt(i) > '0' && cell.charAt(i) <= '9') {
          return true;
        }
      }
      return false;
    }
    return cell.length() > 15 && isWhole(cell) && new BigDecimal(cell).compareTo(new BigDecimal(value)) != 0;
  }

  /** Advice for a cell that is not read as a number; begins with "; " or is empty. */
  static String remedy(String cell, TableOptions options) {
    if (cell.isEmpty() || MISSING.contains(cell.toLowerCase(Locale.ROOT))) {
      return "; fill missing values in, or leave their lines out";
    }
    if (cell.startsWith("\u2212") || cell.startsWith("\u2013")) {
      return "; write the minus sign as -";
    }
    if (HEXADECIMAL.matcher(cell).matches()) {
      return "; write hexadecimal numbers as decimals";
    }
    if (!options.decimalComma() && SPACED.matcher(cell).matches()) {
      return "; separate all columns alike, or if the comma is the decimal mark, "
          + options.remedy("give --decimal ,", "write a point");
    }
    if (!options.decimalComma() && DECIMAL_COMMA.matcher(cell).matches()) {
      return "; if the comma is the decimal mark, " + options.remedy("give --decimal ,", "write a point");
    }
    if (options.decimalComma() && cell.indexOf('.') >= 0 && cell.indexOf(',') < 0) {
      return "; with --decimal , the decimal mark is a comma";
    }
    if (GROUPED.matcher(cell).matches()) {
      return "; write numbers without thousands separators";
    }
    if (WITH_UNIT.matcher(cell).matches()) {
      return "; write numbers without units";
    }
    if (cell.indexOf('|') >= 0 || cell.indexOf(':') > 0) {
      return "; separate columns by commas, semicolons, spaces or tabs";
    }
    if (cell.startsWith("[") || cell.startsWith("{") || cell.startsWith("(")) {
      return "; write one point a line, without brackets";
    }
    return "";
  }

  private static String unsigned(String cell) {
    String word = cell.toLowerCase(Locale.ROOT);
    return word.startsWith("-") || word.startsWith("+") ? word.substring(1) : word;
  }
}
