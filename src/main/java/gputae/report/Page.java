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
 * An HTML page that needs nothing beside it: figures are embedded, text is escaped, there is no script and no link to
 * anywhere; it reads on a phone, on paper, in light and dark. It is well-formed XML too, if the text it is given is.
 */
public final class Page {

  private static final String STYLE = Page.style(Page.class, "page.css");

  /** A style sheet that lies beside a class of the program. */
  public static String style(Class<?> beside, String name) {
    try (InputStream css = beside.getResourceAsStream(name)) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final StringBuilder html = new StringBuilder(1 << 16);

  /** A page that begins with its title. */
  public Page(String title) {
    this(title, "", "");
  }

  /**
   * A page that begins with its title.
   *
   * @param kind  class of everything on the page
   * @param style rules beside those that all pages share
   */
  public Page(String title, String kind, String style) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
        .append("<title>").append(escaped(title)).append("</title>\n<style>\n").append(STYLE).append(style)
        .append("</style>\n</head>\n<body>\n")
        .append(kind.isEmpty() ? "<main>\n" : "<main class=\"" + kind + "\">\n").append("<h1>").append(escaped(title))
        .append("</h1>\n");
  }

  /** Markup as it is. */
  public Page add(String markup) {
    html.append(markup);
    return this;
  }

  /** Text, escaped. */
  public Page text(String text) {
    html.append(escaped(text));
    return this;
  }

  /** A table of names and values in the map's order, in a section of its own; nothing for an empty map. */
  public void pairs(String heading, String style, Map<String, String> entries) {
    if (entries.isEmpty()) {
      return;
    }
    add("<section>\n<h2>").text(heading).add("</h2>\n<table class=\"" + style + "\">\n");
    entries.forEach(
        (name, value) -> add("<tr><th scope=\"row\">").text(name).add("</th><td>").text(value).add("</td></tr>\n"));
    add("</table>\n</section>\n");
  }

  /** The figure, if its file is there. */
  public void figure(Figure figure) throws IOException {
    byte[] png = bytesOrNull(figure.png());
    if (png != null) {
      add("<figure>\n<h2>").text(figure.title()).add("</h2>\n<img alt=\"").text(figure.title()).add("\" src=\"")
          .add(embedded(png)).add("\"/>\n<figcaption>")
          .text(figure.caption()).add("</figcaption>\n</figure>\n");
    }
  }

  /** The file's bytes; null if there is no such file. */
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

  /** A PNG as an address. */
  public static String embedded(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }

  /** Ends the page and writes it, whole or not at all. */
  public void write(Path file) throws IOException {
    add("</main>\n</body>\n</html>\n");
    WholeFile.write(file, html.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Text for element content and quoted attributes; null is empty. */
  public static String escaped(String text) {
    return text == null ? "" : text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        .replace("\"", "&quot;").replace("'", "&#39;");
  }
}
