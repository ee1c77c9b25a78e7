package gputae.data;

import gputae.files.DataException;

/**
 * What a user says about a data set that its files do not show.
 *
 * @param key         which images to take if there are several sets: the name of an array, or that of a set of files in
 *     a folder ({@link DataFileName#set}); null if the files decide
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

  /** Refuses what has no meaning for a data set that is no file of arrays and no table. */
  void refuseFor(String dataset, String kind) throws DataException {
    if (key != null || labelColumn != null) {
      throw new DataException(dataset + ": is " + kind + "; --key and --label-column are for files of arrays and for"
          + " tables");
    }
  }
}
