package gputae.report;

import com.google.gson.stream.JsonWriter;
import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.text.Csv;
import gputae.text.StrictJson;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An evaluation as text for programs. Doubles keep every digit; equal evaluations give equal text. */
public final class EvaluationFiles {

  /** The number of the set of measures. It grows when a measure is added. */
  private static final int EDITION = 2;

  private static final String EDITION_KEY = "edition";
  private static final String SAMPLER = "sampler";
  private static final String SETTINGS = "settings";
  private static final String MEASURES = "measures";
  private static final Map<String, Measure> BY_KEY =
      Arrays.stream(Measure.values()).collect(Collectors.toMap(Measure::key, Function.identity()));

  private EvaluationFiles() {}

  /**
   * {@code {"edition": number, "settings": {name: text, ...}, "measures": {key: number, ...}}}: the number of the set
   * of measures, settings in the order of the map, measures in that of {@link Measure}. If the generated images are not
   * samples of the prior, {@code "sampler": text} stands before the settings. A measure that is NaN is left out, like
   * one without a value. JSON has no infinite numbers, so these are written as the texts "Infinity" and "-Infinity".
   */
  public static String json(Evaluation evaluation, Map<String, String> settings) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setIndent("  ");
      json.beginObject().name(EDITION_KEY).value(EDITION);
      if (!evaluation.ofPrior()) {
        json.name(SAMPLER).value(evaluation.sampler());
      }
      json.name(SETTINGS).beginObject();
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        json.name(setting.getKey()).value(setting.getValue() == null ? "" : setting.getValue());
      }
      json.endObject().name(MEASURES).beginObject();
      for (Map.Entry<Measure, Double> measured : evaluation.values().entrySet()) {
        double value = measured.getValue();
        if (!Double.isNaN(value)) {
          json.name(measured.getKey().key());
          // JsonWriter refuses infinite numbers.
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
   * Reads the text that {@link #json} wrote. There is no evaluation if an earlier version wrote it, which had fewer
   * measures.
   *
   * @throws IllegalArgumentException with one line that says what is wrong: not JSON, another structure, an unknown
   *     measure, a measure that occurs twice, a value that is no number
   */
  public static Optional<Evaluation> fromJson(String text) {
    Object whole;
    try {
      whole = StrictJson.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("it is not the JSON of an evaluation: " + e.getMessage(), e);
    }
    if (!(whole instanceof Map<?, ?> parts)) {
      throw new IllegalArgumentException("it is not the JSON of an evaluation, but " + StrictJson.shown(whole));
    }
    for (Object part : parts.keySet()) {
      if (!part.equals(EDITION_KEY) && !part.equals(SAMPLER) && !part.equals(SETTINGS) && !part.equals(MEASURES)) {
        throw new IllegalArgumentException("unknown key " + StrictJson.shown(part));
      }
    }
    if (parts.containsKey(SETTINGS)) {
      object(SETTINGS, parts.get(SETTINGS)).forEach((name, value) -> {
        if (!(value instanceof String)) {
          throw new IllegalArgumentException(
              "setting " + StrictJson.shown(name) + " is not text, but " + StrictJson.shown(value));
        }
      });
    }
    if (!parts.containsKey(MEASURES)) {
      throw new IllegalArgumentException("there is no \"" + MEASURES + "\"");
    }
    Object sampler = parts.containsKey(SAMPLER) ? parts.get(SAMPLER) : Evaluation.PRIOR;
    if (!(sampler instanceof String name)) {
      throw new IllegalArgumentException("\"" + SAMPLER + "\" is not text, but " + StrictJson.shown(sampler));
    }
    Evaluation evaluation = new Evaluation(measures(object(MEASURES, parts.get(MEASURES))), name);
    // The first edition had no number.
    Object edition = parts.get(EDITION_KEY);
    if (edition != null && !edition.toString().matches("[0-9]{1,4}")) {
      throw new IllegalArgumentException("\"" + EDITION_KEY + "\" is " + StrictJson.shown(edition));
    }
    return edition != null && Integer.parseInt(edition.toString()) >= EDITION ? Optional.of(evaluation)
        : Optional.empty();
  }

  private static Map<?, ?> object(String key, Object value) {
    if (!(value instanceof Map<?, ?> object)) {
      throw new IllegalArgumentException("\"" + key + "\" is " + StrictJson.shown(value) + ", expected an object");
    }
    return object;
  }

  private static Map<Measure, Double> measures(Map<?, ?> measured) {
    Map<Measure, Double> values = new EnumMap<>(Measure.class);
    measured.forEach((key, value) -> {
      Measure measure = BY_KEY.get(key);
      if (measure == null) {
        throw new IllegalArgumentException("unknown measure " + StrictJson.shown(key));
      }
      if (!(value instanceof StrictJson.Number) && !"Infinity".equals(value) && !"-Infinity".equals(value)) {
        throw new IllegalArgumentException(StrictJson.shown(key) + " is not a number: " + StrictJson.shown(value));
      }
      values.put(measure, Double.parseDouble(value.toString()));
    });
    return values;
  }

  /**
   * {@code measure,value,meaning}, with a row for each measure that has a value. If the generated images are not
   * samples of the prior, a fourth column, {@code sampler}, says of which distribution they are.
   */
  public static String csv(Evaluation evaluation) {
    Csv csv = new Csv();
    csv.row(cells(evaluation, "measure", "value", "meaning", SAMPLER));
    evaluation.values().forEach((measure, value) -> csv.row(cells(evaluation, measure.key(), Csv.number(value),
        measure.meaning(), measure.group() == Measure.Group.GENERATION ? evaluation.sampler() : "")));
    return csv.toString();
  }

  private static List<String> cells(Evaluation evaluation, String... cells) {
    return List.of(cells).subList(0, evaluation.ofPrior() ? 3 : 4);
  }
}
