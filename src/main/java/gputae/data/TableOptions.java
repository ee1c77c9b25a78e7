package gputae.data;

import gputae.files.DataException;
import java.util.List;

/**
 * What the user says about a text table where it cannot speak for itself.
 *
 * @param header  whether the first line holds names or counts; null where the file shall tell
 * @param columns the columns that are coordinates, each a position from 1 ("3"), a range ("2-5") or a name; null for
 *     all
 * @param decimal the decimal mark, '.' or ','; null where nothing was said, which means '.'
 * @param offered whether the command has the options --header, --columns and --decimal, so that messages may name them
 */
public record TableOptions(Boolean header, List<String> columns, Character decimal, boolean offered) {

  /** Nothing said, and no way to say it. */
  public static final TableOptions NONE = new TableOptions(null, null, null, false);

  /** Nothing said, though there were options for it. */
  public static final TableOptions AUTO = new TableOptions(null, null, null, true);

  boolean decimalComma() {
    return decimal != null && decimal == ',';
  }

  /** What a message advises: the option where there is one, else what to do to the file. */
  String remedy(String option, String otherwise) {
    return offered ? option : otherwise;
  }

  /** Refuses options that say something about a file which is no text table. */
  void refuseFor(String file, String kind) throws DataException {
    if (header != null || columns != null || decimal != null) {
      throw new DataException(file + ": is " + kind + "; --header, --columns and --decimal are for text tables");
    }
  }
}
