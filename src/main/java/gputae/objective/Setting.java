package gputae.objective;

import java.util.List;
import java.util.Locale;

/**
 * A setting of a term: an option of the command line, a key of {@code config.json}, a line of a report.
 *
 * @param <V> what its values are
 */
public abstract sealed class Setting<V> permits Setting.Real, Setting.Choice {

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

  /** The option, dashes included. */
  public String option() {
    return "--" + name;
  }

  /** The key in {@code config.json}. */
  public String key() {
    return name.replace('-', '_');
  }

  /** For reports, in the middle of a sentence. */
  public String title() {
    return title;
  }

  /** For the help of the command line: one sentence, with the default where that is not the same everywhere. */
  public String description() {
    return description;
  }

  /** The value where none is given. */
  public V fallback() {
    return fallback;
  }

  /** The class of the values. */
  public abstract Class<V> type();

  /** Whether a value is allowed. */
  public abstract boolean allows(V value);

  /** What values are allowed, after "it is". */
  public abstract String allowed();

  /** What stands for the value in the usage of the option. */
  public String label() {
    return label;
  }

  /** The value in a report and on the command line. */
  public abstract String text(V value);

  /**
   * The value, if it is allowed.
   *
   * @throws IllegalArgumentException if it is not, with one line that names the setting
   */
  public final V require(V value) {
    if (!allows(value)) {
      throw new IllegalArgumentException(name + " is " + text(value) + "; it is " + allowed());
    }
    return value;
  }

  /** Settings are equal that have one name. */
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

    /** A number greater than {@code bound}, or infinite; a file leaves an infinite one out. */
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

    /** What a file holds, with its article. */
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

  /** One of the constants of an enum, by its name in lower case. */
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

    /** What there is to choose from. */
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
