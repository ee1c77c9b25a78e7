package gputae.report;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.text.Numbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A page with the measures of one model, or of embeddings that another program made: a card for each group, every value
 * with its meaning.
 */
public final class EvaluationPage {

  private EvaluationPage() {}

  /**
   * Writes the page. Measures without a value, groups without measures and figures without a file are left out.
   *
   * @param html     the file, replaced if it exists; missing directories are made
   * @param title    heading of the page
   * @param settings name and value of each setting, shown in the map's order
   * @param figures  in the order in which they appear
   * @throws IOException with one line naming the file that could not be read or written
   */
  public static void write(Path html, String title, Map<String, String> settings, Evaluation evaluation,
      List<Figure> figures) throws IOException {
    Page page = new Page(title);
    page.add("<div class=\"cards\">\n");
    for (Measure.Group group : Measure.Group.values()) {
      List<Measure> measures = evaluation.values().keySet().stream().filter(m -> m.group() == group).toList();
      if (measures.isEmpty()) {
        continue;
      }
      page.add("<section>\n<h2>").text(evaluation.title(group)).add("</h2>\n<table class=\"measures\">\n");
      for (Measure measure : measures) {
        page.add("<tr><th scope=\"row\">").text(measure.title()).add("<small>").text(measure.meaning())
            .add("</small></th><td>")
            .text(Numbers.fourDigits(evaluation.get(measure))).add("</td></tr>\n");
      }
      page.add("</table>\n</section>\n");
    }
    for (Figure figure : figures) {
      page.figure(figure);
    }
    page.pairs("Settings", "pairs", settings);
    page.add("</div>\n").write(html);
  }
}
