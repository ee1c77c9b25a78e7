package gputae.data;

import gputae.files.DataException;
import java.util.List;

/**
 * What the user says about a text table that does not show it by itself.
 *
 * @param header  whether the first line holds names or counts; null if the file decides
 * @param columns the columns that are coordinates, each a position from 1 ("3"), a range ("2-5") or a name; null for
 *     all
 * @param decimal the decimal mark, '.' or ','; null if the user gave none, which means '.'
 * @param offered whether the command has the options --header, --columns and --decimal, so that messages may name them
 */
public record TableOptions(Boolean header, List<String> columns, Character decimal, boolean offered) {

  /** Options not given, and the command does not have them. */
  public static final TableOptions NONE = new TableOptions(null, null, null, false);

  /** Options not given, but the command has them. */
  public static final TableOptions AUTO = new TableOptions(null, null, null, true);

  boolean decimalComma() {
    return decimal != null && decimal == ',';
  }

  /** The advice of a message: the option if the command has it, otherwise what to change in the file. */
  String remedy(String option, String otherwise) {
    return offered ? option : otherwise;
  }

  /** Refuses options for text tables if the file is no text table. */
  void refuseFor(String file, String kind) throws DataException {
    if (header != null || columns != null || decimal != null) {
      throw new DataException(file + ": is " + kind + "; --header, --columns and --decimal are for text tables");
    }
  }
}
