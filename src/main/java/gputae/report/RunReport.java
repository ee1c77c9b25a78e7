package gputae.report;

import gputae.data.WholeFile;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * {@code report.html}: a run on one page that needs nothing beside it. Figures are embedded, text is escaped, there is no script and no link to
 * anywhere; it reads on a phone, on paper, in light and dark.
 */
public final class RunReport {

  private record Figure(String file, String title, String caption) {}

  private static final List<Figure> FIGURES = List.of(
      new Figure("latent.png", "Latent space",
          "Embeddings of the test images, coloured by class, and the unit circle. Many dimensions are shown by their first two principal components."),
      new Figure("generated.png", "Generated images", "Images decoded from points sampled from the prior of the latent space."),
      new Figure("losses.png", "Losses", "Means over each epoch; the test curve is measured after it."));

  private static final String STYLE = """
      :root { color-scheme: light dark; --ink: #1d2329; --faint: #5f6b76; --line: #dfe4e8; --page: #f6f7f9; --card: #ffffff; --accent: #2f6fb0; }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e6e9ec; --faint: #9aa5af; --line: #333b43; --page: #14181c; --card: #1d2329; --accent: #7db7ea; }
      }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
      main { max-width: 72rem; margin: 0 auto; padding: clamp(1rem, 4vw, 2.5rem); }
      h1 { font-size: clamp(1.4rem, 4vw, 2rem); line-height: 1.2; margin: 0 0 1.25rem; overflow-wrap: anywhere; }
      h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
      .cards { columns: 2 24rem; column-gap: 1rem; }
      section, details, figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.15rem; margin: 0 0 1rem; }
      section, figure { break-inside: avoid; }
      figure img { display: block; width: 100%; height: auto; background: #fff; border-radius: 6px; }
      figcaption { color: var(--faint); font-size: .875rem; margin-top: .6rem; }
      table { border-collapse: collapse; width: 100%; font-size: .925rem; }
      th, td { text-align: left; vertical-align: top; padding: .32rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
      tr:first-child > * { border-top: 0; }
      .pairs th { font-weight: 400; color: var(--faint); padding-right: 1rem; width: 45%; }
      .pairs td { font-variant-numeric: tabular-nums; }
      .results td { font-weight: 600; }
      .scroll { overflow-x: auto; }
      .epochs { margin-top: .75rem; font-size: .85rem; }
      .epochs th, .epochs td { text-align: right; padding: .22rem .55rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
      .epochs th { color: var(--faint); font-weight: 600; }
      .epochs thead th { border-bottom: 1px solid var(--line); }
      summary { cursor: pointer; font-weight: 600; color: var(--accent); }
      .cards + details { margin-top: 1rem; }
      @media print {
        :root { color-scheme: light; --ink: #000; --faint: #444; --line: #ccc; --page: #fff; --card: #fff; --accent: #000; }
        main { max-width: none; padding: 0; }
        .cards { columns: 2; }
        details:not([open]) { display: none; }
      }
      """;

  private RunReport() {}

  /**
   * Writes {@code runDirectory/report.html}. Of {@code runDirectory/figures} it embeds latent.png, generated.png and losses.png, those that exist.
   *
   * @param runDirectory the run
   * @param title        heading of the page
   * @param settings     name and value of each setting, shown in the map's order
   * @param epochs       in order; with none the table of epochs is left out
   * @param results      name and value of each result, shown in the map's order
   * @throws IOException with one line naming the file that could not be read or written
   */
  public static void write(Path runDirectory, String title, Map<String, String> settings, List<Epoch> epochs, Map<String, String> results)
      throws IOException {
    StringBuilder page = new StringBuilder(1 << 16);
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .append("<title>").append(escaped(title)).append("</title>\n<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n<main>\n")
        .append("<h1>").append(escaped(title)).append("</h1>\n<div class=\"cards\">\n");
    pairs(page, "Results", "pairs results", results);
    for (Figure figure : FIGURES) {
      embed(page, runDirectory.resolve("figures").resolve(figure.file()), figure);
    }
    pairs(page, "Settings", "pairs", settings);
    page.append("</div>\n");
    if (!epochs.isEmpty()) {
      epochs(page, epochs);
    }
    page.append("</main>\n</body>\n</html>\n");
    WholeFile.write(runDirectory.resolve("report.html"), page.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void pairs(StringBuilder page, String heading, String style, Map<String, String> entries) {
    if (entries.isEmpty()) {
      return;
    }
    page.append("<section>\n<h2>").append(heading).append("</h2>\n<table class=\"").append(style).append("\">\n");
    entries.forEach((name, value) ->
        page.append("<tr><th scope=\"row\">").append(escaped(name)).append("</th><td>").append(escaped(value)).append("</td></tr>\n"));
    page.append("</table>\n</section>\n");
  }

  private static void embed(StringBuilder page, Path png, Figure figure) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(png);
    } catch (NoSuchFileException e) {
      return;
    } catch (IOException e) {
      throw new IOException(png + ": cannot be read: " + WholeFile.inWords(e), e);
    }
    page.append("<figure>\n<h2>").append(figure.title()).append("</h2>\n<img alt=\"").append(figure.title()).append("\" src=\"data:image/png;base64,")
        .append(Base64.getEncoder().encodeToString(bytes)).append("\">\n<figcaption>").append(figure.caption()).append("</figcaption>\n</figure>\n");
  }

  private static void epochs(StringBuilder page, List<Epoch> epochs) {
    boolean ball = epochs.stream().anyMatch(e -> e.ball() != 0);
    boolean deaths = epochs.stream().anyMatch(e -> e.deaths() != 0);
    boolean kl = epochs.stream().anyMatch(e -> e.kl() != 0);
    page.append("<details>\n<summary>All epochs (").append(epochs.size()).append(")</summary>\n<div class=\"scroll\">\n<table class=\"epochs\">\n")
        .append("<thead><tr><th>epoch</th><th>time</th><th>rec</th>").append(ball ? "<th>ball</th>" : "").append(deaths ? "<th>deaths</th>" : "")
        .append(kl ? "<th>kl</th>" : "").append("<th>total</th><th>test rec</th><th>steps/s</th></tr></thead>\n<tbody>\n");
    for (Epoch e : epochs) {
      page.append("<tr>");
      cell(page, Integer.toString(e.epoch()));
      cell(page, Numbers.duration(e.seconds()));
      cell(page, Numbers.fourDigits(e.reconstruction()));
      if (ball) {
        cell(page, Numbers.fourDigits(e.ball()));
      }
      if (deaths) {
        cell(page, Numbers.fourDigits(e.deaths()));
      }
      if (kl) {
        cell(page, Numbers.fourDigits(e.kl()));
      }
      cell(page, Numbers.fourDigits(e.total()));
      cell(page, Numbers.fourDigits(e.testReconstruction()));
      cell(page, Numbers.rate(e.stepsPerSecond()));
      page.append("</tr>\n");
    }
    page.append("</tbody>\n</table>\n</div>\n</details>\n");
  }

  private static void cell(StringBuilder page, String text) {
    page.append("<td>").append(text).append("</td>");
  }

  /** Text for element content and quoted attributes; null, which a map may hold, is empty. */
  static String escaped(String text) {
    return text == null ? "" : text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
  }
}
