package gputae.report;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An evaluation as text for programs. Doubles keep every digit; equal evaluations give equal text. */
public final class EvaluationFiles {

  private static final String SETTINGS = "settings";
  private static final String MEASURES = "measures";
  private static final Map<String, Measure> BY_KEY = Arrays.stream(Measure.values()).collect(Collectors.toMap(Measure::key, Function.identity()));

  private EvaluationFiles() {}

  /**
   * {@code {"settings": {name: text, ...}, "measures": {key: number, ...}}}, settings in the map's order, measures in that of {@link Measure}. A measure that is
   * NaN is left out, as one without a value; JSON has no infinite numbers, so these are the texts "Infinity" and "-Infinity".
   */
  public static String json(Evaluation evaluation, Map<String, String> settings) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setIndent("  ");
      json.beginObject().name(SETTINGS).beginObject();
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        json.name(setting.getKey()).value(setting.getValue() == null ? "" : setting.getValue());
      }
      json.endObject().name(MEASURES).beginObject();
      for (Map.Entry<Measure, Double> measured : evaluation.values().entrySet()) {
        double value = measured.getValue();
        if (!Double.isNaN(value)) {
          json.name(measured.getKey().key());
          // JsonWriter refuses what JSON has no number for.
          if (Double.isInfinite(value)) {
            json.value(Double.toString(value));
          } else {
            json.value(value);
          }
        }
      }
      json.endObject().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text + "\n";
  }

  /**
   * What {@link #json} wrote.
   *
   * @throws IllegalArgumentException with one line saying what is wrong: not JSON, not this structure, an unknown measure, one that is there twice, a value that is
   *                                  no number
   */
  public static Evaluation fromJson(String text) {
    try (JsonReader json = new JsonReader(new StringReader(text))) {
      json.setStrictness(Strictness.STRICT);
      Map<Measure, Double> values = null;
      Set<String> parts = new HashSet<>();
      json.beginObject();
      while (json.hasNext()) {
        String part = json.nextName();
        if (!parts.add(part)) {
          throw new IllegalArgumentException("\"" + part + "\" is there twice");
        }
        switch (part) {
          case SETTINGS -> settings(json);
          case MEASURES -> values = measures(json);
          default -> throw new IllegalArgumentException("unknown key \"" + part + "\"");
        }
      }
      json.endObject();
      if (json.peek() != JsonToken.END_DOCUMENT) {
        throw new IllegalArgumentException("something follows the evaluation");
      }
      if (values == null) {
        throw new IllegalArgumentException("there is no \"" + MEASURES + "\"");
      }
      return new Evaluation(values);
    } catch (EOFException e) {
      throw new IllegalArgumentException("it ends too early", e);
    } catch (MalformedJsonException | IllegalStateException e) {
      throw new IllegalArgumentException("it is not the JSON of an evaluation: " + e.getMessage().lines().findFirst().orElse(""), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void settings(JsonReader json) throws IOException {
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      if (json.peek() != JsonToken.STRING) {
        throw new IllegalArgumentException("setting \"" + name + "\" is not text");
      }
      json.nextString();
    }
    json.endObject();
  }

  private static Map<Measure, Double> measures(JsonReader json) throws IOException {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    json.beginObject();
    while (json.hasNext()) {
      String key = json.nextName();
      Measure measure = BY_KEY.get(key);
      if (measure == null) {
        throw new IllegalArgumentException("unknown measure \"" + key + "\"");
      }
      JsonToken kind = json.peek();
      if (kind != JsonToken.NUMBER && kind != JsonToken.STRING) {
        throw new IllegalArgumentException("\"" + key + "\" is not a number");
      }
      String value = json.nextString();
      if (kind == JsonToken.STRING && !List.of("Infinity", "-Infinity").contains(value)) {
        throw new IllegalArgumentException("\"" + key + "\" is not a number: \"" + value + "\"");
      }
      if (values.put(measure, Double.parseDouble(value)) != null) {
        throw new IllegalArgumentException("\"" + key + "\" is there twice");
      }
    }
    json.endObject();
    return values;
  }

  /** {@code measure,value,meaning}, a row for each measure that has a value. */
  public static String csv(Evaluation evaluation) {
    Csv csv = new Csv();
    csv.row(List.of("measure", "value", "meaning"));
    evaluation.values().forEach((measure, value) -> csv.row(List.of(measure.key(), Csv.number(value), measure.meaning())));
    return csv.toString();
  }
}
