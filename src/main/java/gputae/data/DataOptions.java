package gputae.data;

import gputae.files.DataException;
import java.util.Locale;

/**
 * What a user says about a data set that its files do not show.
 *
 * @param key         which samples to take if there are several sets: the name of an array, or that of a set of files
 *     in a folder ({@link DataFileName#set}); null if the files decide
 * @param labelColumn the column of a table that holds the classes, by its name or by its number from 1, or
 *     {@link #NO_LABELS}; null if the table decides
 * @param heldOut     how test samples are chosen if the data bring none
 * @param form        what the rows of an array or a table are; null if the data decide
 * @param scale       how features are to be scaled; null if the data decide: vectors are standardised
 * @param scaling     the scaling of an earlier training; null if the training samples give it
 */
public record DataOptions(String key, String labelColumn, HeldOut heldOut, Form form, Scaling.Kind scale,
    Scaling scaling) {

  /** What the rows of an array or a table are. */
  public enum Form {
    /** 8-bit images; those with colours are kept in colour. */
    IMAGES,
    /** 8-bit images; colours become grey. */
    GREY,
    /** Vectors of features. */
    VECTORS;

    /** The name on the command line and in files. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The value of {@code labelColumn} that says that a table has no column of classes. */
  public static final String NO_LABELS = "none";

  /** Nothing is said. */
  public static final DataOptions DEFAULT = new DataOptions(null, null, HeldOut.DEFAULT);

  /** Options that say nothing about form and scale. */
  public DataOptions(String key, String labelColumn, HeldOut heldOut) {
    this(key, labelColumn, heldOut, null, null, null);
  }

  /** The same with another choice of the test samples. */
  public DataOptions with(HeldOut other) {
    return new DataOptions(key, labelColumn, other, form, scale, scaling);
  }

  /** The same with another key and another column. */
  public DataOptions with(String otherKey, String otherColumn) {
    return new DataOptions(otherKey, otherColumn, heldOut, form, scale, scaling);
  }

  /** What must be said so that a data set that was opened with these options is opened as it was. */
  public DataOptions as(Dataset opened) {
    return new DataOptions(key, labelColumn, opened.heldOut(), formOf(opened.shape()),
        opened.scaling() == null ? null : opened.scaling().kind(), opened.scaling());
  }

  /** The form with which samples of a shape are read as they are. */
  public static Form formOf(Shape shape) {
    return shape instanceof Shape.Image image ? image.channels() == 1 ? Form.GREY : Form.IMAGES : Form.VECTORS;
  }

  /** Refuses what has no meaning for a data set that is no file of arrays and no table. */
  void refuseFor(String dataset, String kind) throws DataException {
    if (key != null || labelColumn != null || form == Form.VECTORS) {
      throw new DataException(dataset + ": is " + kind + "; --key, --label-column and --as are for files of arrays"
          + " and for tables");
    }
  }
}
