package gputae.objective;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What all terms of one kind have in common: names, unit, settings, help. Each kind is a class of its own, listed in
 * {@link Terms}.
 *
 * @param <T> the terms of this kind
 */
public abstract class TermKind<T extends Term> {

  /** How the values of a batch's images are combined. */
  public enum Over {
    /** A mean over the batch: values of batches of different sizes are comparable. */
    MEAN,
    /** A sum over the batch: a larger batch has a larger value. Means over steps leave out a shorter last batch. */
    SUM
  }

  private final String name;
  private final String title;
  private final Over over;
  private final Setting.Real weight;

  /**
   * @param name  name of the column in {@code metrics.csv}: lower-case letters, digits and underscores
   * @param title name in reports, as it is written in the middle of a sentence
   */
  protected TermKind(String name, String title, Over over) {
    if (!name.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalArgumentException("'" + name + "' is no name of a term: lower-case letters, digits and _");
    }
    this.name = name;
    this.title = title;
    this.over = over;
    this.weight = Setting.Real.atLeast(0, "lambda-" + name.replace('_', '-'), "X", "weight of the " + title,
        "Weight of the " + title + "; without it the term is not in the objective.", 0);
  }

  /** The name of the column in {@code metrics.csv}, which the console also shows. */
  public final String name() {
    return name;
  }

  /** The name in reports, as it is written in the middle of a sentence. */
  public final String title() {
    return title;
  }

  /** Whether the value of a batch is a mean or a sum. */
  public final Over over() {
    return over;
  }

  /** The unit; empty if the value is a length in the latent space or has no unit. */
  public String unit() {
    return "";
  }

  /** Whether a larger value is better. If so, the objective subtracts the value. */
  public boolean maximised() {
    return false;
  }

  /** An amount with the sign that it has in the objective. The sign is reversed if the term is maximised. */
  final double signed(double amount) {
    return maximised() ? -amount : amount;
  }

  /** The name of the term's curve, if the name stands alone. */
  public String curve() {
    return name;
  }

  /** The title of the term's panel in a figure. */
  public String heading() {
    return title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1) + ", "
        + (!unit().isEmpty() ? unit() : over == Over.SUM ? "sum over a batch" : "mean over a batch");
  }

  /** The title of the term's curve in the window. */
  public String caption() {
    return over == Over.SUM ? title + " of a batch" : title;
  }

  /**
   * What the term is, for the help of {@code train}: lines of at most 62 characters. They give the formula and the
   * unit, and say whether the value is a mean or a sum.
   */
  public abstract List<String> help();

  /** The weight as a setting; null if the weight is always 1. */
  public Setting.Real weight() {
    return weight;
  }

  /** The settings other than the weight. */
  public List<Setting<?>> options() {
    return List.of();
  }

  /** All settings: first the weight, if it is a setting, then the others. */
  public final List<Setting<?>> settings() {
    List<Setting<?>> settings = new ArrayList<>();
    if (weight() != null) {
      settings.add(weight());
    }
    settings.addAll(options());
    return settings;
  }

  /** Makes a term from the values of all its {@link #settings}. */
  public abstract T of(Values values);

  /** The values from which {@link #of} makes this term. */
  public abstract Values values(T term);

  /** The values of a term that is known to be of this kind. */
  @SuppressWarnings("unchecked")
  public final Values valuesOf(Term term) {
    if (!term.kind().equals(this)) {
      throw new IllegalArgumentException(term + " is no " + title);
    }
    return values((T) term);
  }

  /** Two kinds are equal if they have the same class, since a jar's kind may be created more than once. */
  @Override
  @SuppressWarnings("EqualsGetClass")
  public final boolean equals(Object other) {
    return other != null && getClass() == other.getClass();
  }

  @Override
  public final int hashCode() {
    return getClass().hashCode();
  }

  @Override
  public final String toString() {
    return name;
  }

  /** Values of settings. */
  public record Values(Map<Setting<?>, Object> values) {

    public Values {
      values = Map.copyOf(values);
    }

    /** The value of a setting, or its default if no value was given. */
    public <V> V get(Setting<V> setting) {
      return values.containsKey(setting) ? setting.type().cast(values.get(setting)) : setting.fallback();
    }
  }
}
