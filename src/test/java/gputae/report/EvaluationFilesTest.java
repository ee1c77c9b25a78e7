package gputae.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.paper.PaperExample;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluationFilesTest {

  @Test
  void everyDoubleComesBack() {
    Random random = new Random(20260501);
    for (int i = 0; i < 100; i++) {
      Map<Measure, Double> values = new EnumMap<>(Measure.class);
      for (Measure measure : Measure.values()) {
        double value = Double.longBitsToDouble(random.nextLong());
        if (!Double.isNaN(value)) {
          values.put(measure, value);
        }
      }
      values.put(Measure.FRECHET, Double.POSITIVE_INFINITY);
      values.put(Measure.RECALL, Double.NEGATIVE_INFINITY);
      values.put(Measure.DENSITY, -0.0);
      Evaluation evaluation = new Evaluation(values);
      assertEquals(evaluation,
          EvaluationFiles.fromJson(EvaluationFiles.json(evaluation, Map.of("a", "b"))).orElseThrow());
    }
  }

  @Test
  void textIsStableAndReadable() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("zeta", "\"x\"\n");
    settings.put("alpha", null);
    assertEquals("""
        {
          "edition": 2,
          "settings": {
            "zeta": "\\"x\\"\\n",
            "alpha": ""
          },
          "measures": {
            "bce_test": 0.1849,
            "frechet": "Infinity"
          }
        }
        """, EvaluationFiles.json(PaperExample.evaluation(Measure.FRECHET, Double.POSITIVE_INFINITY, Measure.COVERAGE,
        Double.NaN, Measure.BCE_TEST, 0.1849), settings));
  }

  @Test
  void aSamplerOtherThanThePriorIsNamed() {
    Map<Measure, Double> values = new EnumMap<>(Map.of(Measure.OUTSIDE, 0.1, Measure.FRECHET, 43.5));
    Evaluation evaluation = new Evaluation(values, "gmm:10");
    String json = EvaluationFiles.json(evaluation, Map.of());
    assertTrue(json.startsWith("{\n  \"edition\": 2,\n  \"sampler\": \"gmm:10\",\n  \"settings\": {}"), json);
    assertEquals(evaluation, EvaluationFiles.fromJson(json).orElseThrow());
    assertEquals("prior", EvaluationFiles.fromJson(EvaluationFiles.json(new Evaluation(values), Map.of()))
        .orElseThrow().sampler());
    List<String> csv = EvaluationFiles.csv(evaluation).lines().toList();
    assertEquals("measure,value,meaning,sampler", csv.get(0));
    assertEquals("outside,0.1,share of the embeddings whose norm is greater than 1,", csv.get(1));
    assertTrue(csv.get(2).startsWith("frechet,43.5,") && csv.get(2).endsWith(",gmm:10"), csv.get(2));
    assertEquals("Generated samples, sampler gmm:10", evaluation.title(Measure.Group.GENERATION));
    assertEquals("Generated samples", new Evaluation(values).title(Measure.Group.GENERATION));
    assertEquals("The unit ball", evaluation.title(Measure.Group.BALL));
    assertEquals("gmm:10", evaluation.only(EnumSet.of(Measure.OUTSIDE)).sampler());
  }

  /** A run that was measured by an earlier version is measured again. */
  @Test
  void anEvaluationWithFewerMeasuresIsNone() {
    assertTrue(EvaluationFiles.fromJson("{\"settings\": {}, \"measures\": {\"outside\": 1}}").isEmpty());
    assertTrue(EvaluationFiles.fromJson("{\"edition\": 1, \"measures\": {\"outside\": 1}}").isEmpty());
    assertTrue(EvaluationFiles.fromJson("{\"edition\": 2, \"measures\": {\"outside\": 1}}").isPresent());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"measures\": {\"bce\": 1}}                           | unknown measure \"bce\"",
        "{\"measures\": {\"outside\": 1, \"outside\": 1}}       | it is not the JSON of an evaluation: \"outside\" is "
            + "there twice",
        "{\"measures\": {\"outside\": null}}                    | \"outside\" is not a number",
        "{\"measures\": {\"outside\": \"0.5\"}}                 | \"outside\" is not a number: \"0.5\"",
        "{\"measures\": {\"outside\": NaN}}                     | it is not the JSON of an evaluation",
        "{\"measures\": {}, \"measures\": {}}                   | it is not the JSON of an evaluation: \"measures\" is "
            + "there twice",
        "{\"settings\": {\"a\": 1}, \"measures\": {}}           | setting \"a\" is not text",
        "{\"sampler\": 1, \"measures\": {}}                      | \"sampler\" is not text, but 1",
        "{\"settings\": {}}                                     | there is no \"measures\"",
        "{\"edition\": -1, \"measures\": {}}                    | \"edition\" is -1",
        "{\"values\": {}, \"measures\": {}}                     | unknown key \"values\"",
        "{\"measures\": {\"outside\": 1}                        | it is not the JSON of an evaluation: it ends too "
            + "early",
        "{\"measures\": {}} {}                                  | it is not the JSON of an evaluation",
        "{measures: {}}                                         | it is not the JSON of an evaluation",
        "[]                                                     | it is not the JSON of an evaluation",
        "``                                                     | it is not the JSON of an evaluation: it ends too "
            + "early"
      })
  void whatIsNotAnEvaluationIsRefused(String text, String message) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> EvaluationFiles.fromJson(text));
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }

  @Test
  void csvSaysWhatIsMeant() {
    assertEquals("""
        measure,value,meaning
        bce_test,0.1849,"mean binary cross-entropy of the test samples, nats per number of a sample"
        outside,0.1,share of the embeddings whose norm is greater than 1
        """, EvaluationFiles.csv(PaperExample.evaluation(Measure.OUTSIDE, 0.1, Measure.BCE_TEST, 0.1849)));
  }
}
