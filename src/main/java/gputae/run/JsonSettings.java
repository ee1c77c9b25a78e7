package gputae.run;

import gputae.files.RegularFile;
import gputae.text.StrictJson;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoublePredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A file with one JSON object whose values are read by key. A value that is missing, of another type or out of range
 * causes a failure with one line: the file, the key, the value, what is expected, and what to do.
 */
final class JsonSettings {

  private final Path file;
  private final Map<?, ?> values;
  private final String advice;

  private JsonSettings(Path file, Map<?, ?> values, String advice) {
    this.file = file;
    this.values = values;
    this.advice = advice;
  }

  /** @param advice what to do about a damaged file */
  static JsonSettings read(Path file, String advice) throws IOException {
    Object value;
    try {
      value = StrictJson.parse(RegularFile.text(file));
    } catch (IllegalArgumentException e) {
      throw new Failure(file + " cannot be read: " + e.getMessage() + "; " + advice, e);
    }
    if (!(value instanceof Map<?, ?> values)) {
      throw new Failure(file + " holds " + StrictJson.shown(value) + ", not an object with settings; " + advice);
    }
    return new JsonSettings(file, values, advice);
  }

  Path file() {
    return file;
  }

  Set<String> keys() {
    return values.keySet().stream().map(String::valueOf).collect(Collectors.toCollection(LinkedHashSet::new));
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** Whether the value of a key is a text; false if there is no such key. */
  boolean isText(String key) {
    return values.get(key) instanceof String;
  }

  String text(String key, String expected, Predicate<String> right) {
    return text(key, value(key, expected), expected, right);
  }

  List<String> texts(String key, String expected) {
    List<String> texts = new ArrayList<>();
    for (Object element : array(key, expected)) {
      texts.add(text(key, element, expected, text -> true));
    }
    return texts;
  }

  int integer(String key, int least, int most) {
    return (int) integer(key, "an integer from " + least + " to " + most, least, most);
  }

  long integer(String key, String expected, long least, long most) {
    return integer(key, value(key, expected), expected, least, most);
  }

  List<Integer> integers(String key, String expected, int least, int most) {
    List<Integer> integers = new ArrayList<>();
    for (Object element : array(key, expected)) {
      integers.add((int) integer(key, element, expected, least, most));
    }
    return integers;
  }

  /** A finite number. */
  double number(String key, String expected, DoublePredicate right) {
    return number(key, value(key, expected), expected, right);
  }

  private double number(String key, Object value, String expected, DoublePredicate right) {
    double number = value instanceof StrictJson.Number given ? Double.parseDouble(given.digits()) : Double.NaN;
    if (!right.test(number)) {
      throw wrong(key, value, expected);
    }
    return number;
  }

  /** Finite numbers. */
  double[] numbers(String key, String expected, DoublePredicate right) {
    return array(key, expected).stream().mapToDouble(element -> number(key, element, expected, right)).toArray();
  }

  /** {@code count} finite numbers. */
  double[] numbers(String key, String expected, int count, DoublePredicate right) {
    double[] numbers = numbers(key, expected, right);
    if (numbers.length != count) {
      throw wrong(key, values.get(key), expected);
    }
    return numbers;
  }

  /** The value of a key that is true or false; false if there is no such key. */
  boolean flag(String key) {
    if (has(key) && !(values.get(key) instanceof Boolean)) {
      throw wrong(key, values.get(key), "true or false");
    }
    return Boolean.TRUE.equals(values.get(key));
  }

  /** The constant that the text names. */
  <E extends Enum<E>> E oneOf(String key, List<E> constants) {
    String expected = "one of " + String.join(", ", constants.stream().map(JsonSettings::name).toList());
    Object value = value(key, expected);
    return constants.stream().filter(constant -> name(constant).equals(value)).findFirst()
        .orElseThrow(() -> wrong(key, value, expected));
  }

  /** The name as files spell it. */
  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private List<?> array(String key, String expected) {
    if (!(value(key, expected) instanceof List<?> array)) {
      throw wrong(key, values.get(key), expected);
    }
    return array;
  }

  private String text(String key, Object value, String expected, Predicate<String> right) {
    if (!(value instanceof String text) || !right.test(text)) {
      throw wrong(key, value, expected);
    }
    return text;
  }

  private long integer(String key, Object value, String expected, long least, long most) {
    String digits = value instanceof StrictJson.Number number ? number.digits() : "";
    // The largest long has 19 digits. The limit keeps a very long text from becoming a very large number.
    if (!digits.matches("-?\\d{1,19}")) {
      throw wrong(key, value, expected);
    }
    BigInteger integer = new BigInteger(digits);
    if (integer.compareTo(BigInteger.valueOf(least)) < 0 || integer.compareTo(BigInteger.valueOf(most)) > 0) {
      throw wrong(key, value, expected);
    }
    return integer.longValue();
  }

  private Object value(String key, String expected) {
    if (!values.containsKey(key)) {
      throw new Failure(file + " has no \"" + key + "\", expected " + expected + "; " + advice);
    }
    return values.get(key);
  }

  /** The failure for a value that exists but is wrong. */
  Failure wrong(String key, Object value, String expected) {
    return new Failure(
        file + ": \"" + key + "\" is " + StrictJson.shown(value) + ", expected " + expected + "; " + advice);
  }
}
