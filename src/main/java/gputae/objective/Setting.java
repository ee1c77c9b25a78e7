package gputae.objective;

import java.util.List;
import java.util.Locale;

/**
 * A setting of a term: an option of the command line, a key of {@code config.json}, a line of a report.
 *
 * @param <V> the type of its values
 */
public abstract sealed class Setting<V> permits Setting.Real, Setting.Count, Setting.Choice {

  private final String name;
  private final String title;
  private final String label;
  private final String description;
  private final V fallback;

  private Setting(String name, String label, String title, String description, V fallback) {
    if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
      throw new IllegalArgumentException("'" + name + "' is no name of a setting: lower-case words joined by hyphens");
    }
    this.name = name;
    this.label = label;
    this.title = title;
    this.description = description;
    this.fallback = fallback;
  }

  /** The option of the command line, with its dashes. */
  public String option() {
    return "--" + name;
  }

  /** The key in {@code config.json}. */
  public String key() {
    return name.replace('-', '_');
  }

  /** The name in reports, as it is written in the middle of a sentence. */
  public String title() {
    return title;
  }

  /**
   * The text for the help of the command line: one sentence. It also gives the default if the default is not the same
   * everywhere.
   */
  public String description() {
    return description;
  }

  /** The value that is used if none is given. */
  public V fallback() {
    return fallback;
  }

  /** The class of the values. */
  public abstract Class<V> type();

  /** Whether a value is allowed. */
  public abstract boolean allows(V value);

  /** Which values are allowed, in words that can follow "it is". */
  public abstract String allowed();

  /** The word that stands for the value in the usage of the option. */
  public String label() {
    return label;
  }

  /** A value as text, for reports and for the command line. */
  public abstract String text(V value);

  /**
   * Returns the value if it is allowed.
   *
   * @throws IllegalArgumentException if the value is not allowed; the message is one line that names the setting
   */
  public final V require(V value) {
    if (!allows(value)) {
      throw new IllegalArgumentException(name + " is " + text(value) + "; it is " + allowed());
    }
    return value;
  }

  /** Two settings are equal if they have the same name. */
  @Override
  public final boolean equals(Object other) {
    return other instanceof Setting<?> setting && name.equals(setting.name);
  }

  @Override
  public final int hashCode() {
    return name.hashCode();
  }

  @Override
  public final String toString() {
    return name;
  }

  /** A real number. */
  public static final class Real extends Setting<Double> {
    private final double bound;
    private final boolean boundAllowed;
    private final boolean infiniteAllowed;

    private Real(String name, String label, String title, String description, double fallback, double bound,
        boolean boundAllowed, boolean infiniteAllowed) {
      super(name, label, title, description, fallback);
      this.bound = bound;
      this.boundAllowed = boundAllowed;
      this.infiniteAllowed = infiniteAllowed;
    }

    /** A finite number of at least {@code bound}. */
    public static Real atLeast(double bound, String name, String label, String title, String description,
        double fallback) {
      return new Real(name, label, title, description, fallback, bound, true, false);
    }

    /** A finite number greater than {@code bound}. */
    public static Real finiteAbove(double bound, String name, String label, String title, String description,
        double fallback) {
      return new Real(name, label, title, description, fallback, bound, false, false);
    }

    /** A number greater than {@code bound}; it may be infinite. Files leave out a value that is infinite. */
    public static Real above(double bound, String name, String label, String title, String description,
        double fallback) {
      return new Real(name, label, title, description, fallback, bound, false, true);
    }

    @Override
    public Class<Double> type() {
      return Double.class;
    }

    @Override
    public boolean allows(Double value) {
      return (boundAllowed ? value >= bound : value > bound) && (infiniteAllowed || value < Double.POSITIVE_INFINITY);
    }

    @Override
    public String allowed() {
      return (infiniteAllowed ? "" : "finite and ") + (boundAllowed ? "at least " : "greater than ") + number();
    }

    /** What a file must hold for this setting, in words that begin with the article. */
    public String inFile() {
      return "a number " + (boundAllowed ? "of at least " : "greater than ") + number();
    }

    private String number() {
      return bound == (long) bound ? Long.toString((long) bound) : Double.toString(bound);
    }

    @Override
    public String text(Double value) {
      return value.toString();
    }
  }

  /** An integer from 1 on. */
  public static final class Count extends Setting<Integer> {

    /** An integer from 1 on. */
    public Count(String name, String label, String title, String description, int fallback) {
      super(name, label, title, description, fallback);
    }

    @Override
    public Class<Integer> type() {
      return Integer.class;
    }

    @Override
    public boolean allows(Integer value) {
      return value >= 1;
    }

    @Override
    public String allowed() {
      return "at least 1";
    }

    @Override
    public String text(Integer value) {
      return value.toString();
    }
  }

  /** One of the constants of an enum, written as its name in lower case. */
  public static final class Choice<E extends Enum<E>> extends Setting<E> {
    private final Class<E> type;

    /** A choice between all constants of {@code type}. */
    public Choice(Class<E> type, String name, String label, String title, String description, E fallback) {
      super(name, label, title, description, fallback);
      this.type = type;
    }

    @Override
    public Class<E> type() {
      return type;
    }

    /** The constants that can be chosen. */
    public List<E> constants() {
      return List.of(type.getEnumConstants());
    }

    @Override
    public boolean allows(E value) {
      return value != null;
    }

    @Override
    public String allowed() {
      return "one of " + String.join(", ", constants().stream().map(this::text).toList());
    }

    @Override
    public String text(E value) {
      return value.name().toLowerCase(Locale.ROOT);
    }
  }
}
