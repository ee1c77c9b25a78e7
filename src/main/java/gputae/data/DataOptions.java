package gputae.data;

import java.util.List;

/**
 * What a user says about a data set that its files do not show.
 *
 * @param key         which images to take of files that hold several sets: the name of an array, or the beginning of
 *     the files' names; null if the files decide
 * @param labelColumn the column of a table that holds the classes, by its name or by its number from 1, or
 *     {@link #NO_LABELS}; null if the table decides
 * @param heldOut     how test images are chosen if the data bring none
 */
public record DataOptions(String key, String labelColumn, HeldOut heldOut) {

  /** The value of {@code labelColumn} that says that a table has no column of classes. */
  public static final String NO_LABELS = "none";

  /** Nothing is said. */
  public static final DataOptions DEFAULT = new DataOptions(null, null, HeldOut.DEFAULT);

  /** The same with another choice of the test images. */
  public DataOptions with(HeldOut other) {
    return new DataOptions(key, labelColumn, other);
  }

  /** Names of the options of the command line that say this. */
  public static final List<String> NAMES = List.of("--key", "--label-column", "--test-share");
}
