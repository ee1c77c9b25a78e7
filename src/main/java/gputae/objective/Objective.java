package gputae.objective;

import gputae.backend.Output;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a training minimises: the sum of its terms, each multiplied by its weight. Terms that are maximised are
 * subtracted. An objective has one {@link OutputTerm}, at most one {@link PosteriorTerm}, and any number of
 * {@link LatentTerm}s and {@link ParameterTerm}s, but not two terms of one kind.
 */
public final class Objective {

  private final List<Term> terms;

  /** By kind of term, its weight over the epochs. */
  private final Map<TermKind<?>, WeightSchedule> schedules;

  private final List<TermKind<?>> columns;
  private final OutputTerm output;
  private final PosteriorTerm posterior;

  private Objective(List<Term> unordered, Map<TermKind<?>, WeightSchedule> given) {
    List<TermKind<?>> columns = new ArrayList<>(Terms.PAPER);
    List<Term> ordered = new ArrayList<>(unordered);
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
          "an objective has one term of the outputs, at most one of the posterior, any number of the latent points and"
              + " of the parameters: " + terms);
    }
    this.output = outputs.get(0);
    this.posterior = posteriors.isEmpty() ? null : posteriors.get(0);
    this.schedules = schedules(given);
  }

  /** The schedules of all terms: those that are given, and otherwise the terms' own weights. */
  private Map<TermKind<?>, WeightSchedule> schedules(Map<TermKind<?>, WeightSchedule> given) {
    given.forEach((kind, schedule) -> {
      if (!has(kind) || kind.weight() == null) {
        throw new IllegalArgumentException("there is a schedule for the " + kind.title()
            + (has(kind) ? ", whose weight is always 1" : ", which is not in the objective"));
      }
      kind.weight().require(schedule.from());
    });
    Map<TermKind<?>, WeightSchedule> schedules = new HashMap<>();
    for (Term term : terms) {
      WeightSchedule schedule = given.getOrDefault(term.kind(), WeightSchedule.constant(term.weight()));
      if (term.weight() != schedule.to()) {
        throw new IllegalArgumentException("the schedule " + schedule + " does not end with the weight of the "
            + term.kind().title() + ", " + term.weight());
      }
      schedules.put(term.kind(), schedule);
    }
    return schedules;
  }

  /** An objective with these terms, given in any order. */
  public static Objective of(List<? extends Term> terms) {
    return of(terms, Map.of());
  }

  /**
   * An objective with these terms, given in any order, and with weights that change from epoch to epoch.
   *
   * @param schedules schedules of some terms by kind; each ends with the weight of its term
   * @throws IllegalArgumentException if the terms make no objective, or a schedule belongs to no term
   */
  public static Objective of(List<? extends Term> terms, Map<TermKind<?>, WeightSchedule> schedules) {
    return new Objective(List.copyOf(terms), schedules);
  }

  /** The sum of these terms, which may be given in any order. */
  public static Objective of(Term... terms) {
    return of(List.of(terms));
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
   * The columns of the terms' values on the device and in files. The columns of {@link Terms#PAPER} always come first;
   * the columns of the other terms follow. If this objective does not have a term, its column holds 0.
   */
  public List<TermKind<?>> columns() {
    return columns;
  }

  /** The index of the column of a kind, counted from 0. */
  public int column(TermKind<?> kind) {
    int column = columns.indexOf(kind);
    if (column < 0) {
      throw new IllegalArgumentException("the objective has no " + kind.title());
    }
    return column;
  }

  /** Whether the objective has a term of this kind. */
  public boolean has(TermKind<?> kind) {
    return terms.stream().anyMatch(term -> term.kind().equals(kind));
  }

  /** The terms whose weight changes from epoch to epoch. */
  public List<Term> scheduled() {
    return terms.stream().filter(term -> !schedule(term).isConstant()).toList();
  }

  /** The weight of a term over the epochs. */
  public WeightSchedule schedule(Term term) {
    return schedules.get(term.kind());
  }

  /** The same terms and schedules with another meaning of the decoder's outputs. */
  public Objective with(Output meaning) {
    return with(new Reconstruction(meaning));
  }

  /** The same terms and schedules, but for the term of this kind, which has the same weight. */
  public Objective with(Term other) {
    List<Term> others = terms.stream().map(term -> term.kind().equals(other.kind()) ? other : term).toList();
    Map<TermKind<?>, WeightSchedule> weighted = new HashMap<>(schedules);
    weighted.keySet().removeIf(kind -> kind.weight() == null);
    return of(others, weighted);
  }

  /** The signature loss; null if the objective does not have it. */
  public Signature signature() {
    return terms.stream().filter(Signature.class::isInstance).map(Signature.class::cast).findFirst().orElse(null);
  }

  /** The reconstruction. */
  public OutputTerm output() {
    return output;
  }

  /** The term of a variational encoder; null if the encoder gives points. */
  public PosteriorTerm posterior() {
    return posterior;
  }

  /** Whether the encoder gives a normal distribution for each sample. */
  public boolean variational() {
    return posterior != null;
  }

  /** The scalars of all terms, in the order of the terms. */
  public List<String> scalars() {
    return latent().stream().flatMap(term -> term.scalars().stream()).toList();
  }

  /** Whether a term needs the images' classes. */
  public boolean needsClasses() {
    return latent().stream().anyMatch(LatentTerm::needsClasses);
  }

  /** Whether a term needs samples of the prior. */
  public boolean needsPrior() {
    return latent().stream().anyMatch(LatentTerm::needsPrior);
  }

  /** The terms of the latent points. */
  public List<LatentTerm> latent() {
    return each(LatentTerm.class);
  }

  /** The terms of the network's parameters. */
  public List<ParameterTerm> parameter() {
    return each(ParameterTerm.class);
  }

  /** What the terms of the parameters keep from step to step for a buffer of {@code parameters} numbers. */
  public List<ParameterTerm.State> state(long parameters) {
    return parameter().stream().flatMap(term -> term.state(parameters).stream()).toList();
  }

  private <T extends Term> List<T> each(Class<T> type) {
    return terms.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /**
   * The value of the objective in an epoch, computed from the values of the terms in the order of the columns.
   *
   * @param epoch counted from 1
   */
  public double total(double[] values, int epoch) {
    double total = 0;
    // Means are added first. This order has been the same since the first run, so the sum has always had the same bits.
    for (TermKind.Over over : TermKind.Over.values()) {
      for (Term term : terms) {
        if (term.kind().over() == over) {
          total += term.kind().signed(schedule(term).in(epoch) * values[column(term.kind())]);
        }
      }
    }
    return total;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Objective objective && terms.equals(objective.terms)
        && schedules.equals(objective.schedules);
  }

  @Override
  public int hashCode() {
    return 31 * terms.hashCode() + schedules.hashCode();
  }

  @Override
  public String toString() {
    return scheduled().isEmpty() ? terms.toString() : terms + " with the weights " + schedules;
  }
}
