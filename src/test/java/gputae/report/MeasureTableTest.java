package gputae.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Measure;
import gputae.paper.PaperExample;
import gputae.report.MeasureTable.Row;
import gputae.text.Csv;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeasureTableTest {

  private static final MeasureTable TABLE = new MeasureTable(List.of(
      new Row(parameters("model", "ae", "seed", "0"),
          PaperExample.evaluation(Measure.BCE_TEST, 0.1, Measure.FRECHET, 120.25), Map.of("seconds", 79.0)),
      new Row(parameters("model", "ae", "seed", "1"),
          PaperExample.evaluation(Measure.BCE_TEST, 0.3, Measure.FRECHET, 0.5), Map.of("seconds", 81.5)),
      new Row(parameters("model", "a|b", "seed", "0", "note", "say \"x\", y"), null, Map.of()),
      new Row(parameters("model", "vae", "seed", "0"), PaperExample.evaluation(Measure.BCE_TEST, 1 / 3.0), Map.of())));

  private static Map<String, String> parameters(String... pairs) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      parameters.put(pairs[i], pairs[i + 1]);
    }
    return parameters;
  }

  @Test
  void csvHasEveryDigitAndQuotesWhatMustBe() {
    assertEquals("""
        model,seed,note,bce_test,frechet,seconds
        ae,0,,0.1,120.25,79.0
        ae,1,,0.3,0.5,81.5
        a|b,0,"say ""x"", y",,,
        vae,0,,0.3333333333333333,,
        """, TABLE.csv());
  }

  @Test
  void quotesLineEndsAndOuterSpaces() {
    Csv csv = new Csv();
    csv.row(List.of("a\nb", "c\rd", " e", "f g", "", "\u00b5"));
    assertEquals("\"a\nb\",\"c\rd\",\" e\",f g,,\u00b5\n", csv.toString());
  }

  @Test
  void markdownAligns() {
    assertEquals("""
        | model | seed | note       | reconstruction, test | Frechet distance | seconds |
        | ----- | ---- | ---------- | -------------------: | ---------------: | ------: |
        | ae    | 0    |            |               0.1000 |            120.3 |   79.00 |
        | ae    | 1    |            |               0.3000 |              0.5 |   81.50 |
        | a\\|b  | 0    | say "x", y |                    \u2013 |                \u2013 |       \u2013 |
        | vae   | 0    |            |               0.3333 |                \u2013 |       \u2013 |
        """, TABLE.markdown());
  }

  @Test
  void meansAreOverTheSeedsAlone() {
    List<MeasureTable.Mean> means = TABLE.means();
    assertEquals(List.of(Map.of("model", "ae"), Map.of("model", "a|b", "note", "say \"x\", y"), Map.of("model", "vae")),
        means.stream().map(MeasureTable.Mean::parameters).toList());
    assertEquals(2, means.get(0).seeds());
    Spread bce = means.get(0).measures().get(Measure.BCE_TEST);
    assertEquals(0.2, bce.mean(), 1e-15);
    assertEquals(Math.sqrt(0.02), bce.deviation(), 1e-15);
    assertEquals(80.25, means.get(0).others().get("seconds").mean());
    assertEquals(0, means.get(1).measures().get(Measure.BCE_TEST).count());
    assertEquals(new Spread(1 / 3.0, Double.NaN, 1), means.get(2).measures().get(Measure.BCE_TEST));
  }

  @Test
  void meansAsText() {
    assertTrue(TABLE.meansCsv().startsWith(
        "model,note,bce_test,bce_test_sd,frechet,frechet_sd,seconds,seconds_sd\nae,,0.2,0.1414"), TABLE.meansCsv());
    assertTrue(TABLE.meansCsv().endsWith("vae,,0.3333333333333333,,,,,\n"), TABLE.meansCsv());
    assertTrue(TABLE.meansMarkdown().contains("| ae    |            |      0.2000 \u00b1 0.1414 |"),
        TABLE.meansMarkdown());
    assertTrue(TABLE.meansMarkdown().contains("| vae   |            |               0.3333 |"), TABLE.meansMarkdown());
  }

  @Test
  void emptyTables() {
    assertEquals("\n", new MeasureTable(List.of()).csv());
    assertEquals(List.of(), new MeasureTable(List.of()).means());
  }

  @Test
  void spread() {
    assertEquals(new Spread(3, Math.sqrt(10 / 4.0), 5), Spread.of(1, 2, Double.NaN, 3, 4, 5));
    assertEquals(new Spread(Double.NaN, Double.NaN, 0), Spread.of(Double.NaN));
    assertEquals(new Spread(2, 0, 2), Spread.of(2, 2));
    assertEquals("0.976 \u00b1 0.012", new Spread(0.97551, 0.0118, 3).inWords());
    assertEquals("8.8 \u00b1 0.1 %", new Spread(0.0881, 0.0011, 3).inPercent());
    assertEquals("\u2013", Spread.of().rounded(2));
  }
}
