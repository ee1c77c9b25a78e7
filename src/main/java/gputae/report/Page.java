package gputae.report;

import gputae.files.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;

/**
 * An HTML page that needs nothing beside it: figures are embedded, text is escaped, there is no script and no link to anywhere; it reads on a phone, on paper, in
 * light and dark. It is well-formed XML too, if the text it is given is.
 */
public final class Page {

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
      .measures th { font-weight: 400; padding-right: 1rem; }
      .measures small { display: block; color: var(--faint); font-size: .8rem; line-height: 1.35; }
      .measures td { text-align: right; white-space: nowrap; font-weight: 600; font-variant-numeric: tabular-nums; }
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
        .append("<title>").append(escaped(title)).append("</title>\n<style>\n").append(STYLE).append(style).append("</style>\n</head>\n<body>\n")
        .append(kind.isEmpty() ? "<main>\n" : "<main class=\"" + kind + "\">\n").append("<h1>").append(escaped(title)).append("</h1>\n");
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
    entries.forEach((name, value) -> add("<tr><th scope=\"row\">").text(name).add("</th><td>").text(value).add("</td></tr>\n"));
    add("</table>\n</section>\n");
  }

  /** The figure, if its file is there. */
  public void figure(Figure figure) throws IOException {
    byte[] png = bytesOrNull(figure.png());
    if (png != null) {
      add("<figure>\n<h2>").text(figure.title()).add("</h2>\n<img alt=\"").text(figure.title()).add("\" src=\"").add(embedded(png)).add("\"/>\n<figcaption>")
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
    return text == null ? "" : text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;");
  }
}
