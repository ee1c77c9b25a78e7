package gputae.paper;

import gputae.evaluate.Measure;
import gputae.paper.PaperResults.Result;
import gputae.paper.PaperResults.Run;
import gputae.report.Page;
import gputae.report.Spread;
import gputae.text.Numbers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Writes pictures of runs into the paper's page, side by side, each with its numbers. */
final class RunPictures {

  private final Page page;

  /** Pictures that are in the page already: later places refer to the first, so that each is there once. */
  private final Map<Path, Picture> pictures = new HashMap<>();

  private record Picture(String id, int width, int height) {}

  RunPictures(Page page) {
    this.page = page;
  }

  /**
   * Writes a row.
   *
   * @param columns "two" or "three", a class of the style sheet
   * @param titles  of the pictures
   * @param picture of a run; the first run that has it is shown
   */
  void row(String columns, List<Result> row, List<String> titles, Function<Run, Path> picture,
      List<Measure> measures) throws IOException {
    page.add("<div class=\"" + columns + "\">\n");
    for (int i = 0; i < row.size(); i++) {
      Result result = row.get(i);
      page.add("<figure>\n<h4>").text(titles.get(i)).add("</h4>\n");
      picture(result, picture, result.dataset() + ", " + titles.get(i) + ", d = " + result.latent());
      page.add("<table class=\"numbers\">\n");
      for (Measure measure : measures) {
        Spread value = result.spread(measure);
        if (value.measured()) {
          // A digit more where a deviation is to be read.
          int decimals = Math.abs(value.mean()) < 0.001 ? 4
              : Math.min(4, Numbers.commonDecimals(value.count() > 1 ? 4 : 3, value.mean()));
          page.add("<tr><th scope=\"row\">").text(measure.title()).add("</th><td>").text(value.rounded(decimals))
              .add("</td></tr>\n");
        }
      }
      page.add("</table>\n</figure>\n");
    }
    page.add("</div>\n");
  }

  /** The picture of the first run that has one. */
  private void picture(Result result, Function<Run, Path> file, String description) throws IOException {
    for (Run run : result.runs()) {
      Path png = file.apply(run);
      if (png == null) {
        continue;
      }
      Picture known = pictures.get(png);
      byte[] bytes = known == null ? Page.bytesOrNull(png) : null;
      if (known == null && bytes == null) {
        continue;
      }
      Picture shown = known == null ? sized(png, bytes) : known;
      page.add("<svg class=\"picture\" viewBox=\"0 0 " + shown.width() + " " + shown.height()
          + "\" role=\"img\" aria-label=\"").text(description)
          .add("\">");
      if (known == null) {
        page.add("<image id=\"" + shown.id() + "\" width=\"" + shown.width() + "\" height=\"" + shown.height()
            + "\" href=\"")
            .add(Page.embedded(bytes)).add("\"/>");
        pictures.put(png, shown);
      } else {
        page.add("<use href=\"#" + shown.id() + "\"/>");
      }
      page.add("</svg>\n");
      return;
    }
    page.add("<div class=\"absent\">" + (result.runs().isEmpty() ? "not trained" : "no picture") + "</div>\n");
  }

  /** Width and height stand in a PNG's first chunk. */
  private Picture sized(Path png, byte[] bytes) throws IOException {
    if (bytes.length < 24 || ByteBuffer.wrap(bytes).getLong() != 0x89504e470d0a1a0aL) {
      throw new IOException(png + ": is not a PNG");
    }
    return new Picture("picture-" + (pictures.size() + 1), ByteBuffer.wrap(bytes).getInt(16),
        ByteBuffer.wrap(bytes).getInt(20));
  }
}
