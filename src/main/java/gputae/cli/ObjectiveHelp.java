package gputae.cli;

import gputae.objective.Setting;
import gputae.objective.TermKind;
import gputae.objective.Terms;
import gputae.train.ModelKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** What the help of {@code train} says of the objective. */
final class ObjectiveHelp {

  /** Where the models of a term stand. */
  private static final int MODELS_COLUMN = 77;

  private ObjectiveHelp() {}

  /** Adds it below the options. */
  static void addTo(CommandSpec train) {
    List<String> lines = new ArrayList<>();
    lines.add("  " + formula());
    int widest = Terms.all().stream().mapToInt(kind -> kind.name().length()).max().orElseThrow();
    for (TermKind<?> kind : Terms.all()) {
      List<String> help = kind.help();
      for (int i = 0; i < help.size(); i++) {
        StringBuilder line = new StringBuilder("  ").append(i == 0 ? kind.name() : "");
        line.append(" ".repeat(4 + widest - line.length())).append(help.get(i));
        String models = i < help.size() - 1 ? "" : models(kind);
        if (!models.isEmpty()) {
          line.append(" ".repeat(Math.max(2, MODELS_COLUMN - line.length()))).append(models);
        }
        lines.add(line.toString());
      }
    }
    List<String> sums = Terms.all().stream().filter(kind -> kind.over() == TermKind.Over.SUM).map(TermKind::name).toList();
    lines.add("");
    lines.add(String.join(sums.size() == 2 ? " and " : ", ", sums)
        + " are sums: a larger batch or latent dimension weighs them more.");
    lines.add("Means over an epoch leave out its last batch where that has fewer images.");
    lines.add("Ctrl-C and SIGTERM save a checkpoint; --resume continues to the same bytes.");
    train.usageMessage().footerHeading("%nThe objective, minimised by Adam on each batch of B images:%n");
    train.usageMessage().footer(lines.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new));
  }

  private static String formula() {
    StringBuilder formula = new StringBuilder();
    for (TermKind.Over over : TermKind.Over.values()) {
      for (TermKind<?> kind : Terms.all()) {
        if (kind.over() == over) {
          formula.append(formula.length() == 0 ? "" : kind.maximised() ? " - " : " + ");
          Setting.Real weight = kind.weight();
          formula.append(weight == null ? "" : weight.key() + " * ").append(kind.name());
        }
      }
    }
    return formula.toString();
  }

  /** Those that have the term; nothing where all do. */
  private static String models(TermKind<?> kind) {
    if (Terms.added().contains(kind)) {
      return "with " + kind.weight().option();
    }
    List<ModelKind> with = Arrays.stream(ModelKind.values()).filter(model -> model.terms().contains(kind)).toList();
    return with.size() == ModelKind.values().length ? ""
        : with.stream().map(ModelKind::label).collect(Collectors.joining(", "));
  }
}
