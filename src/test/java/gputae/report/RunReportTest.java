package gputae.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.objective.Losses;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {

  private static final List<Epoch> EPOCHS = List.of(
      new Epoch(1, 61, Losses.ofPaper(0.2912, 1.42, 9.81, 0), 0.25, 0.2899, 2431),
      new Epoch(2, 122, Losses.ofPaper(0.1912, 1.31, 9.92, 0), 0.15, 0.1899, 2440));

  @TempDir
  Path run;

  @BeforeEach
  void figures() throws IOException {
    Files.createDirectories(run.resolve("figures"));
  }

  @Test
  void everyFigureIsEmbedded() throws IOException {
    Map<String, byte[]> figures = new LinkedHashMap<>();
    figures.put("latent.png", new byte[] {1, 2, 3, (byte) 0xff});
    figures.put("generated.png", new byte[1000]);
    figures.put("losses.png", new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    for (Map.Entry<String, byte[]> figure : figures.entrySet()) {
      Files.write(run.resolve("figures").resolve(figure.getKey()), figure.getValue());
    }
    Matcher images =
        Pattern.compile("src=\"data:image/png;base64,([^\"]*)\"").matcher(page("title", Map.of(), EPOCHS, Map.of()));
    List<byte[]> found = new ArrayList<>();
    while (images.find()) {
      found.add(Base64.getDecoder().decode(images.group(1)));
    }
    assertArrayEquals(figures.values().toArray(), found.toArray());
  }

  @Test
  void missingFiguresAreLeftOut() throws IOException {
    Files.write(run.resolve("figures/losses.png"), new byte[] {7});
    String page = page("title", Map.of(), List.of(), Map.of());
    assertEquals(1, page.split("<figure>", -1).length - 1);
    assertFalse(page.contains("<details>"));
    assertFalse(page.contains("<section>"));
  }

  @Test
  void textIsEscaped() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("<script>alert('x')</script>", "\"a\" & b");
    settings.put("nothing", null);
    String page = page("</title><b>", settings, EPOCHS, Map.of("<i>", "'"));
    assertTrue(page.contains("<title>&lt;/title&gt;&lt;b&gt;</title>"));
    assertTrue(page.contains("<h1>&lt;/title&gt;&lt;b&gt;</h1>"));
    assertTrue(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</th><td>&quot;a&quot; &amp; b</td>"));
    assertTrue(page.contains("&lt;i&gt;</th><td>&#39;</td>"));
    assertFalse(page.contains("<script") || page.contains("<b>") || page.contains("<i>"));
  }

  @Test
  void settingsKeepTheirOrder() throws IOException {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("zeta", "1");
    settings.put("alpha", "2");
    String page = page("title", settings, EPOCHS, Map.of());
    assertTrue(page.indexOf("zeta") < page.indexOf("alpha"));
  }

  @Test
  void epochsAreATableWithoutTermsThatAreZero() throws IOException {
    String page = page("title", Map.of(), EPOCHS, Map.of());
    assertTrue(page.contains("<summary>All epochs (2)</summary>"));
    assertTrue(page.contains(
        "<tr><th>epoch</th><th>time</th><th>rec</th><th>ball</th><th>deaths</th><th>total</th>"
            + "<th>test rec</th><th>steps/s</th></tr>"));
    assertTrue(page.contains(
        "<tr><td>2</td><td>2:02</td><td>0.1912</td><td>1.310</td><td>9.920</td>"
            + "<td>0.1500</td><td>0.1899</td><td>2440</td></tr>"));
  }

  @Test
  void pageNeedsNothingElse() throws IOException {
    Files.write(run.resolve("figures/latent.png"), new byte[] {7});
    String page = page("title", Map.of("a", "b"), EPOCHS, Map.of("c", "d"));
    assertTrue(page.startsWith("<!DOCTYPE html>"));
    assertFalse(page.contains("http:") || page.contains("https:") || page.contains("<link") || page.contains("url("));
    assertEquals(page, page("title", Map.of("a", "b"), EPOCHS, Map.of("c", "d")));
    for (String tag : new String[] {"html", "head", "body", "main", "div", "section", "figure", "details", "table",
      "thead", "tbody", "tr", "th", "td"}) {
      int opened = page.split("<" + tag + "[ >]", -1).length;
      assertEquals(opened, page.split("</" + tag + ">", -1).length, tag);
    }
  }

  @Test
  void featuresHaveATable() throws IOException {
    assertFalse(page("title", Map.of(), EPOCHS, Map.of()).contains("Features"));
    features = List.of(new FeatureRow("sepal <length>", 5.8, 0.8, 6.1, 0.25, 0.125));
    String page = page("title", Map.of("a", "b"), EPOCHS, Map.of());
    assertTrue(page.contains("Features (1), in the unit of the data"));
    assertTrue(page.contains("<td>sepal &lt;length&gt;</td><td>5.800</td><td>0.8000</td><td>6.100</td><td>0.2500</td>"
        + "<td>0.1250</td>"), page);
    features = Collections.nCopies(300, features.get(0));
    page = page("title", Map.of(), EPOCHS, Map.of());
    assertTrue(page.contains("Features (the first 200 of 300)"));
    assertEquals(200, page.split("sepal", -1).length - 1);
  }

  private List<FeatureRow> features = List.of();

  private String page(String title, Map<String, String> settings, List<Epoch> epochs, Map<String, String> results)
      throws IOException {
    RunReport.write(run, title, settings, epochs, results, features);
    return Files.readString(run.resolve("report.html"));
  }
}
