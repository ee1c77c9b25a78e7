package gputae.objective;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a training minimises: the sum of its terms, each times its weight, those that are maximised subtracted. It has
 * one {@link OutputTerm}, at most one {@link PosteriorTerm}, and any number of {@link LatentTerm}s and
 * {@link ParameterTerm}s, one of a kind.
 */
public final class Objective {

  private final List<Term> terms;
  private final List<TermKind<?>> columns;
  private final OutputTerm output;
  private final PosteriorTerm posterior;

  private Objective(List<Term> given) {
    List<TermKind<?>> columns = new ArrayList<>(Terms.PAPER);
    List<Term> ordered = new ArrayList<>(given);
    ordered.sort(Comparator.comparingInt(term -> position(term.kind())));
    for (Term term : ordered) {
      if (!columns.contains(term.kind())) {
        columns.add(term.kind());
      }
    }
    this.terms = List.copyOf(ordered);
    this.columns = List.copyOf(columns);
    if (terms.stream().map(Term::kind).distinct().count() < terms.size()) {
      throw new IllegalArgumentException("two terms of one kind in " + terms);
    }
    List<OutputTerm> outputs = each(OutputTerm.class);
    List<PosteriorTerm> posteriors = each(PosteriorTerm.class);
    if (outputs.size() != 1 || posteriors.size() > 1
        || outputs.size() + posteriors.size() + latent().size() + parameter().size() != terms.size()) {
      throw new IllegalArgumentException(
          "an objective has one term of the outputs, at most one of the posterior, any of the latent points and of the"
              + " parameters: " + terms);
    }
    this.output = outputs.get(0);
    this.posterior = posteriors.isEmpty() ? null : posteriors.get(0);
  }

  /** The sum of these terms, in any order. */
  public static Objective of(List<? extends Term> terms) {
    return new Objective(List.copyOf(terms));
  }

  /** The sum of these terms, in any order. */
  public static Objective of(Term... terms) {
    return new Objective(List.of(terms));
  }

  private static int position(TermKind<?> kind) {
    int position = Terms.all().indexOf(kind);
    return position < 0 ? Integer.MAX_VALUE : position;
  }

  /** The terms, in the order of {@link Terms#all}. */
  public List<Term> terms() {
    return terms;
  }

  /**
   * The columns that the terms' values have on the device and in files: those of {@link Terms#PAPER}, always, then
   * the other terms'. The column of a term that this objective lacks holds 0.
   */
  public List<TermKind<?>> columns() {
    return columns;
  }

  /** The column of a kind, from 0. */
  public int column(TermKind<?> kind) {
    int column = columns.indexOf(kind);
    if (column < 0) {
      throw new IllegalArgumentException("the objective has no " + kind.title());
    }
    return column;
  }

  /** Whether it has a term of this kind. */
  public boolean has(TermKind<?> kind) {
    return terms.stream().anyMatch(term -> term.kind().equals(kind));
  }

  /** The reconstruction. */
  public OutputTerm output() {
    return output;
  }

  /** The term of a variational encoder; null where the encoder gives points. */
  public PosteriorTerm posterior() {
    return posterior;
  }

  /** Whether the encoder gives a normal distribution for each image. */
  public boolean variational() {
    return posterior != null;
  }

  /** Whether a term needs the images' classes. */
  public boolean needsClasses() {
    return latent().stream().anyMatch(LatentTerm::needsClasses);
  }

  /** The terms of the latent points. */
  public List<LatentTerm> latent() {
    return each(LatentTerm.class);
  }

  /** The terms of the network's parameters. */
  public List<ParameterTerm> parameter() {
    return each(ParameterTerm.class);
  }

  private <T extends Term> List<T> each(Class<T> type) {
    return terms.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The objective's value, formed from the terms' values by column. */
  public double total(double[] values) {
    double total = 0;
    // Means first: so the sum has had its last bit since the first run.
    for (TermKind.Over over : TermKind.Over.values()) {
      for (Term term : terms) {
        if (term.kind().over() == over) {
          total += term.weighted(values[column(term.kind())]);
        }
      }
    }
    return total;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Objective objective && terms.equals(objective.terms);
  }

  @Override
  public int hashCode() {
    return terms.hashCode();
  }

  @Override
  public String toString() {
    return terms.toString();
  }
}
