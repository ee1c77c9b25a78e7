package gputae.report;

import gputae.files.WholeFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;

/**
 * An HTML page in one file: figures are embedded, text is escaped, there is no script and no external link. It is
 * readable on a phone, on paper, in light and dark mode. It is also well-formed XML if the text given to it is.
 */
public final class Page {

  private static final String STYLE = style("page.css");
  private static final String ARTICLE = style("article.css");

  private static String style(String name) {
    try (InputStream css = Page.class.getResourceAsStream(name)) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final StringBuilder html = new StringBuilder(1 << 16);

  /** A page to be read from the top to the bottom: sections with text, pictures side by side, claims, charts. */
  public static Page article(String title) {
    return new Page(title, "article", ARTICLE);
  }

  /** A page that begins with its title. */
  public Page(String title) {
    this(title, "", "");
  }

  /**
   * A page that begins with its title.
   *
   * @param kind  CSS class of the whole page
   * @param style rules in addition to those that all pages share
   */
  private Page(String title, String kind, String style) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
        .append("<title>").append(escaped(title)).append("</title>\n<style>\n").append(STYLE).append(style)
        .append("</style>\n</head>\n<body>\n")
        .append(kind.isEmpty() ? "<main>\n" : "<main class=\"" + kind + "\">\n").append("<h1>").append(escaped(title))
        .append("</h1>\n");
  }

  /** Adds markup unchanged. */
  public Page add(String markup) {
    html.append(markup);
    return this;
  }

  /** Adds text, escaped. */
  public Page text(String text) {
    html.append(escaped(text));
    return this;
  }

  /** Adds a section with a table of names and values in the map's order; nothing for an empty map. */
  public void pairs(String heading, String style, Map<String, String> entries) {
    if (entries.isEmpty()) {
      return;
    }
    add("<section>\n<h2>").text(heading).add("</h2>\n<table class=\"" + style + "\">\n");
    entries.forEach(
        (name, value) -> add("<tr><th scope=\"row\">").text(name).add("</th><td>").text(value).add("</td></tr>\n"));
    add("</table>\n</section>\n");
  }

  /** Adds the figure if its file exists. */
  public void figure(Figure figure) throws IOException {
    byte[] png = bytesOrNull(figure.png());
    if (png != null) {
      add("<figure>\n<h2>").text(figure.title()).add("</h2>\n<img alt=\"").text(figure.title()).add("\" src=\"")
          .add(embedded(png)).add("\"/>\n<figcaption>")
          .text(figure.caption()).add("</figcaption>\n</figure>\n");
    }
  }

  /** The bytes of the file; null if it does not exist. */
  public static byte[] bytesOrNull(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a folder, where a picture belongs; remove it");
    }
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new IOException(file + ": cannot be read: " + WholeFile.inWords(e), e);
    }
  }

  /** A PNG as a data URL. */
  public static String embedded(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }

  /** Ends the page and writes the file; it is never half written. */
  public void write(Path file) throws IOException {
    add("</main>\n</body>\n</html>\n");
    WholeFile.write(file, html.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Escapes text for element content and quoted attributes; null gives the empty text. */
  public static String escaped(String text) {
    return text == null ? "" : text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        .replace("\"", "&quot;").replace("'", "&#39;");
  }
}
