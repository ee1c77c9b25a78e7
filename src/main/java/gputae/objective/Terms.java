package gputae.objective;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;

/** All kinds of terms. A new kind is added to the list {@link #OWN}, or a jar names it as a service. */
public final class Terms {

  /** The kinds of the paper's models. For every model, files have a column for each of them. */
  public static final List<TermKind<?>> PAPER = List.of(Reconstruction.KIND, Ball.KIND, Deaths.KIND, Kl.KIND);

  /** The kinds that can be added to any model, in the order of their columns. */
  private static final List<TermKind<?>> OWN =
      List.of(Signature.KIND, ClassDeaths.KIND, Landscape.KIND, IterateDimension.KIND, MeanDiscrepancy.KIND,
          LatentNorm.KIND, DecoderNorm.KIND);

  private static final List<TermKind<?>> ALL = all(OWN);

  private Terms() {}

  /** All kinds, those of {@link #PAPER} first. */
  public static List<TermKind<?>> all() {
    return ALL;
  }

  /** The kinds that a user adds to a model by giving them a weight. */
  public static List<TermKind<?>> added() {
    return ALL.subList(PAPER.size(), ALL.size());
  }

  @SuppressWarnings("rawtypes")
  private static List<TermKind<?>> all(List<TermKind<?>> own) {
    List<TermKind<?>> all = new ArrayList<>(PAPER);
    all.addAll(own);
    for (TermKind kind : ServiceLoader.load(TermKind.class)) {
      all.add(kind);
    }
    for (TermKind<?> kind : all.subList(PAPER.size(), all.size())) {
      if (kind.weight() == null) {
        throw new IllegalStateException("the term " + kind + " is added by its weight, which it lacks");
      }
    }
    Set<String> names = new HashSet<>();
    for (TermKind<?> kind : all) {
      if (!names.add(kind.name())) {
        throw new IllegalStateException("two terms are called " + kind.name());
      }
      for (Setting<?> setting : kind.settings()) {
        if (!names.add(setting.option())) {
          throw new IllegalStateException("two terms have the setting " + setting);
        }
      }
    }
    return List.copyOf(all);
  }
}
