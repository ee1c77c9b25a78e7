package gputae.text;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * JSON exactly as in RFC 8259, with limits: no name twice in an object, no half of a surrogate pair, no number beyond a
 * double, at most 127 nested values. An object becomes a map in the order of the text, an array a list, text a
 * {@link String}; other values become a {@link Number}, a {@link Boolean} or null.
 */
public final class StrictJson {

  /** The depth limit of serde_json, which reads safetensors. */
  private static final int DEEPEST = 127;

  /** Number of characters of a value or of a place that a message shows. */
  private static final int MOST_SHOWN = 60;

  /** The place where the library found the error; the rest of its message is about the library. */
  private static final Pattern PLACE = Pattern.compile(" at line (\\d+) column (\\d+) path (\\S+)");

  /** A number as it is written, so {@code 1}, {@code 1.0} and {@code 1e0} differ. */
  @SuppressWarnings("JavaLangClash")
  public record Number(String digits) {
    @Override
    public String toString() {
      return digits;
    }
  }

  private StrictJson() {}

  /**
   * Parses the single value of a text.
   *
   * @throws IllegalArgumentException with one line that says what is wrong and where
   */
  public static Object parse(String text) {
    try (JsonReader json = new JsonReader(new StringReader(text))) {
      json.setStrictness(Strictness.STRICT);
      json.setNestingLimit(DEEPEST);
      Object value = value(json);
      // The reader throws if anything but blanks follows the value.
      JsonToken unused = json.peek();
      return value;
    } catch (EOFException e) {
      throw new IllegalArgumentException("it ends too early", e);
    } catch (MalformedJsonException e) {
      Matcher place = PLACE.matcher(String.valueOf(e.getMessage()));
      String where = place.find()
          ? " at line " + place.group(1) + ", column " + place.group(2) + ", in " + shortened(place.group(3)) : "";
      throw new IllegalArgumentException("it is not JSON" + where, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Object value(JsonReader json) throws IOException {
    return switch (json.peek()) {
      case BEGIN_OBJECT -> object(json);
      case BEGIN_ARRAY -> array(json);
      case STRING -> whole(json, json.nextString());
      case NUMBER -> number(json, json.nextString());
      case BOOLEAN -> json.nextBoolean();
      case NULL -> {
        json.nextNull();
        yield null;
      }
      default -> throw new IllegalArgumentException("it is not JSON");
    };
  }

  private static Map<String, Object> object(JsonReader json) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    json.beginObject();
    while (json.hasNext()) {
      String name = whole(json, json.nextName());
      if (values.containsKey(name)) {
        throw new IllegalArgumentException(shown(name) + " is there twice");
      }
      values.put(name, value(json));
    }
    json.endObject();
    return values;
  }

  private static List<Object> array(JsonReader json) throws IOException {
    List<Object> values = new ArrayList<>();
    json.beginArray();
    while (json.peek() != JsonToken.END_ARRAY) {
      values.add(value(json));
    }
    json.endArray();
    return values;
  }

  private static String whole(JsonReader json, String text) {
    // A pair of characters is one code point; half of a pair is one in this range.
    if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw new IllegalArgumentException(
          "half of a pair of characters stands alone in " + shortened(json.getPreviousPath()));
    }
    return text;
  }

  private static Number number(JsonReader json, String digits) {
    if (Double.isInfinite(Double.parseDouble(digits))) {
      throw new IllegalArgumentException(
          shown(new Number(digits)) + " is too large for a number, in " + shortened(json.getPreviousPath()));
    }
    return new Number(digits);
  }

  /** A value as JSON for messages, on one line and shortened. */
  public static String shown(Object value) {
    StringBuilder text = new StringBuilder();
    show(value, text);
    return shortened(text.toString());
  }

  private static String shortened(String text) {
    String most = text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN - 3) + "...";
    return most.replaceAll("\\p{Cntrl}", "?");
  }

  private static void show(Object value, StringBuilder text) {
    if (text.length() > MOST_SHOWN) {
      return;
    }
    if (value instanceof Map<?, ?> object) {
      String separator = "{";
      for (Map.Entry<?, ?> entry : object.entrySet()) {
        show(entry.getKey(), text.append(separator));
        show(entry.getValue(), text.append(": "));
        separator = ", ";
      }
      text.append(object.isEmpty() ? "{}" : "}");
    } else if (value instanceof List<?> array) {
      String separator = "[";
      for (Object element : array) {
        show(element, text.append(separator));
        separator = ", ";
      }
      text.append(array.isEmpty() ? "[]" : "]");
    } else if (value instanceof String string) {
      text.append('"').append(string).append('"');
    } else {
      text.append(value);
    }
  }
}
