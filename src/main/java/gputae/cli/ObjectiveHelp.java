package gputae.cli;

import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.train.ModelKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** The part of the help of {@code train} that describes the objective. */
final class ObjectiveHelp {

  /** The column of the models of a term, and the end of a line. */
  private static final int MODELS_COLUMN = 70;

  private static final int WIDTH = 78;

  private ObjectiveHelp() {}

  /** Adds it below the options. */
  static void addTo(CommandSpec train) {
    List<String> lines = new ArrayList<>();
    lines.addAll(formula());
    int widest = Terms.all().stream().mapToInt(kind -> kind.name().length()).max().orElseThrow();
    for (TermKind<?> kind : Terms.all()) {
      StringBuilder line = new StringBuilder("  ").append(kind.name());
      for (String text : kind.help().stream().flatMap(text -> wrapped(text, WIDTH - 4 - widest)).toList()) {
        if (line.length() > 4 + widest) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(" ".repeat(4 + widest - line.length())).append(text);
      }
      String models = models(kind);
      int gap = Math.max(2, MODELS_COLUMN - line.length());
      if (line.length() + gap + models.length() > WIDTH) {
        lines.add(line.toString());
        line.setLength(0);
        gap = 4 + widest;
      }
      lines.add((line + " ".repeat(gap) + models).stripTrailing());
    }
    List<String> sums =
        Terms.all().stream().filter(kind -> kind.over() == TermKind.Over.SUM).map(TermKind::name).toList();
    lines.add("");
    lines.addAll(wrapped(String.join(", ", sums.subList(0, sums.size() - 1)) + " and " + sums.get(sums.size() - 1)
        + " are sums: a larger batch or latent dimension weighs them more.", WIDTH).toList());
    lines.add("Means over an epoch leave out its last batch where that has fewer images.");
    lines.add("Ctrl-C and SIGTERM save a checkpoint; --resume continues to the same bytes.");
    train.usageMessage().footerHeading("%nThe objective, minimised by Adam on each batch of B images:%n");
    train.usageMessage().footer(lines.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new));
  }

  /** Breaks the words into lines of at most {@code width} characters. */
  private static Stream<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines.stream();
  }

  private static List<String> formula() {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder("  ");
    for (TermKind.Over over : TermKind.Over.values()) {
      for (TermKind<?> kind : Terms.all()) {
        if (kind.over() == over) {
          String weight = kind.weight() == null ? "" : kind.weight().key() + " * ";
          String summand = weight + kind.name();
          String sign = line.toString().isBlank() && lines.isEmpty() ? "" : kind.maximised() ? " - " : " + ";
          if (line.length() + sign.length() + summand.length() > WIDTH) {
            lines.add(line.toString());
            line.setLength(0);
            line.append("   ");
          }
          line.append(sign).append(summand);
        }
      }
    }
    lines.add(line.toString());
    return lines;
  }

  /** The models that have the term; empty if all do. */
  private static String models(TermKind<?> kind) {
    List<String> with = new ArrayList<>();
    for (ModelKind model : ModelKind.values()) {
      if (model.terms().contains(kind)) {
        with.add(model.label());
      }
    }
    if (Terms.added().contains(kind)) {
      with.add("with " + kind.weight().option());
    }
    return with.size() == ModelKind.values().length ? "" : String.join(", ", with);
  }
}
