package gputae.paper;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Measure;
import gputae.paper.PaperResults.Cost;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.paper.PaperResults.Timing;
import gputae.report.EvaluationPage;
import gputae.report.Figure;
import gputae.report.Page;
import gputae.train.ModelKind;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class PaperReportTest {

  @TempDir
  Path folder;
  private int pictures;

  /** The beginning of a PNG of 64 x 48 pixels, and a number; the report reads no further. */
  private Path picture() throws IOException {
    ByteBuffer png = ByteBuffer.allocate(32).putLong(0x89504e470d0a1a0aL).putInt(13)
        .put("IHDR".getBytes(StandardCharsets.US_ASCII)).putInt(64).putInt(48);
    return Files.write(folder.resolve("picture" + pictures + ".png"), png.putInt(pictures++).array());
  }

  /** Everything that the paper shows, on two data sets, one of them with an awkward name. */
  private PaperExample complete() throws IOException {
    PaperExample example = new PaperExample();
    for (String dataset : List.of("MNIST", "<i>Fashion</i> & \"co\"")) {
      for (ModelKind model : ModelKind.PAPER) {
        for (int latent : PaperResults.LATENTS) {
          Path cloud = latent == 2 && model != ModelKind.VAE ? picture() : null;
          Object[] measured = new Object[2 * Measure.values().length];
          for (Measure measure : Measure.values()) {
            measured[2 * measure.ordinal()] = measure;
            measured[2 * measure.ordinal() + 1] = 0.1 * latent + measure.ordinal() + model.ordinal();
          }
          example.with(dataset, model, latent, cloud, picture(), measured);
        }
      }
    }
    return example.with(new Timing(128, new Cost(85.3, 91.5), new Cost(1450, 3300), null))
        .with(new Timing(512, new Cost(190, 310), null, "no <GUDHI> here"));
  }

  private String page(PaperExample example) throws IOException {
    PaperReport.write(folder.resolve("paper"), example.results());
    return Files.readString(folder.resolve("paper/report.html"));
  }

  /** HTML that is XML too. */
  static Document parsed(String page) throws Exception {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    return builder.parse(new InputSource(new StringReader(page)));
  }

  private static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  @Test
  void everyPictureIsThereOnceAndLaterPlacesReferToIt() throws Exception {
    Document page = parsed(page(complete()));
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < pictures; i++) {
      expected.add(Page.embedded(Files.readAllBytes(folder.resolve("picture" + i + ".png"))));
    }
    List<Element> images = elements(page, "image");
    assertEquals(2 * (3 + 12), images.size());
    assertEquals(expected,
        images.stream().map(i -> i.getAttribute("href")).collect(Collectors.toCollection(TreeSet::new)));
    Set<String> ids = images.stream().map(i -> "#" + i.getAttribute("id")).collect(Collectors.toSet());
    List<Element> uses = elements(page, "use");
    // The AE's and the regularised AE's grids of two dimensions, and one cloud, for each data set.
    assertEquals(2 * (2 * 2 + 1), uses.size());
    assertTrue(uses.stream().allMatch(use -> ids.contains(use.getAttribute("href"))));
    assertEquals("0 0 64 48", ((Element) images.get(0).getParentNode()).getAttribute("viewBox"));
    assertEquals("64 48", images.get(0).getAttribute("width") + " " + images.get(0).getAttribute("height"));
  }

  @Test
  void pageNeedsNothingElse() throws Exception {
    String page = page(complete());
    String text = page.replaceAll("base64,[^\"]*", "");
    assertTrue(page.startsWith("<!DOCTYPE html>"));
    for (String outside : List.of("http:", "https:", "<link", "<script", "<a ", "url(", "@import", "<i>", "<GUDHI>",
        folder.toString())) {
      assertFalse(text.contains(outside), outside);
    }
    assertTrue(text.contains("&lt;i&gt;Fashion&lt;/i&gt; &amp; &quot;co&quot;"));
    assertTrue(text.contains("a &lt;processor&gt;") && text.contains("no &lt;GUDHI&gt; here"));
    pictures = 0;
    assertEquals(page, page(complete()));
  }

  @Test
  void everyClaimRuleAndMeaningIsThere() throws Exception {
    String text = parsed(page(complete())).getDocumentElement().getTextContent();
    for (Claim claim : Claim.values()) {
      assertTrue(text.contains(claim.quote()) && text.contains(claim.rule()) && text.contains(claim.source()),
          claim.name());
    }
    for (Measure measure : Measure.values()) {
      assertTrue(text.contains(measure.meaning()), measure.name());
    }
    assertFalse(text.contains("provisional") || text.contains("Not in this report") || text.contains("not trained")
        || text.contains("no picture"));
  }

  @Test
  void fewEpochsAndMissingModelsAreSaidAtTheTop() throws Exception {
    Path grid = picture();
    String page = page(new PaperExample().epochs(20)
        .with("MNIST", ModelKind.TAE, 2, folder.resolve("gone.png"), grid, Measure.OUTSIDE, 0.05, Measure.HOLE_RATIO,
            1.1)
        .with("MNIST", ModelKind.VAE, 5, null, null));
    String text = parsed(page).getDocumentElement().getTextContent();
    assertTrue(text.contains("20 of the paper\u2019s 100 epochs, so the verdicts are provisional."));
    assertTrue(text.contains("Not in this report: MNIST: AE; AE + Reg at d = 5, 10; ball penalty alone; VAE."), text);
    assertTrue(text.contains("1 of 3 comparisons"));
    assertTrue(text.contains("not trained") && text.contains("no picture"));
    assertFalse(page.contains("NaN"));
    assertFalse(Files.exists(folder.resolve("paper/tables/cost.csv")));
  }

  @Test
  void noResultsAtAll() throws Exception {
    parsed(page(new PaperExample()));
    parsed(page(new PaperExample().with(new Timing(128, null, null, null))));
    parsed(page(new PaperExample().with(new Result("MNIST", ModelKind.AE, 2, List.of()))));
    parsed(page(new PaperExample()
        .with(new Result("photos", ModelKind.AE, 7, List.of(new Run(3, null, Double.NaN, null, null))))));
  }

  @Test
  void picturesThatAreNoneAreRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("text.png"), "this is not a picture but a text");
    IOException e =
        assertThrows(IOException.class, () -> page(new PaperExample().with("MNIST", ModelKind.AE, 2, text, null)));
    assertEquals(text + ": is not a PNG", e.getMessage());
  }

  @Test
  void onlyMnistHasThePapersFigures() throws Exception {
    String page = page(complete());
    for (String figure : List.of("Figure 2: AE", "Figure 3: AE + Reg", "Figure 4: MNIST, d = 2",
        "Figure 5: MNIST, d = 10", "Figure 6: MNIST, d = 2",
        "Figure 7: MNIST, generated images")) {
      assertEquals(1, page.split(Pattern.quote("4>" + figure) + "<|3>" + Pattern.quote(figure) + "<", -1).length - 1,
          figure);
    }
  }

  @Test
  void tables() throws IOException {
    page(complete());
    String[] names = folder.resolve("paper/tables").toFile().list();
    assertEquals(Set.of("cost.csv", "cost.md", "means.csv", "means.md", "measures.csv", "measures.md", "verdicts.csv",
        "verdicts.md"), Set.of(names));
    List<String> measures = Files.readAllLines(folder.resolve("paper/tables/measures.csv"));
    assertEquals(1 + 24, measures.size());
    assertTrue(
        measures.get(0).startsWith("dataset,model,latent,seed,bce_train,") && measures.get(0).endsWith(",seconds"),
        measures.get(0));
    assertTrue(measures.get(1).startsWith("MNIST,ae,2,0,0.2,1.2,"), measures.get(1));
    assertEquals(1 + 2 * 6 + 1, Files.readAllLines(folder.resolve("paper/tables/verdicts.csv")).size());
    assertEquals("""
        batch,gputae_ae_us,gputae_tae_us,pytorch_ae_us,pytorch_gudhi_tae_us,reason
        128,85.3,91.5,1450.0,3300.0,
        512,190.0,310.0,,,no <GUDHI> here
        """, Files.readString(folder.resolve("paper/tables/cost.csv")));
  }

  @Test
  void theChartHasALineForEachSeries() throws Exception {
    List<Timing> timings = List.of(new Timing(512, new Cost(190, 310), null, null),
        new Timing(128, new Cost(85.3, 91.5), new Cost(1450, Double.NaN), null));
    Document chart = parsed(CostChart.svg(timings));
    assertEquals(3, elements(chart, "polyline").size());
    assertEquals(5, elements(chart, "circle").size());
    assertEquals("", CostChart.svg(timings.subList(0, 1)));
    assertEquals("", CostChart.svg(List.of()));
  }

  @Test
  void evaluationPage() throws Exception {
    Path png = picture();
    Path html = folder.resolve("deep/evaluation.html");
    EvaluationPage.write(html, "a <b> & c", Map.of("model", "\"tae\""),
        PaperExample.evaluation(Measure.OUTSIDE, 0.0881, Measure.FRECHET, 61.9),
        List.of(new Figure(png, "Latent > space", "a < b"), new Figure(folder.resolve("none.png"), "Absent", "")));
    String page = Files.readString(html);
    Document document = parsed(page);
    assertEquals("a <b> & c", elements(document, "h1").get(0).getTextContent());
    assertEquals(List.of("The unit ball", "Generated samples", "Latent > space", "Settings"),
        elements(document, "h2").stream().map(Element::getTextContent).toList());
    assertTrue(document.getDocumentElement().getTextContent().contains(Measure.OUTSIDE.meaning()));
    assertTrue(page.contains("<td>0.08810</td>") && page.contains("<td>61.90</td>"));
    assertArrayEquals(Files.readAllBytes(png),
        Base64.getDecoder().decode(elements(document, "img").get(0).getAttribute("src").split(",")[1]));
  }
}
