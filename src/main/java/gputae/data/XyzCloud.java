package gputae.data;

import gputae.files.DataException;
import gputae.linear.PointCloud;

/**
 * Reads the positions of an XYZ file of chemistry: the number of atoms, a comment, then lines with an element and three
 * coordinates.
 */
final class XyzCloud {

  private XyzCloud() {}

  static PointCloud read(TextTable table) throws DataException {
    table.nextRaw();
    int atoms = Integer.parseInt(table.text());
    table.nextRaw();
    String comment = table.text();
    boolean standard = !comment.contains("Properties=") || comment.contains("Properties=species:S:1:pos:R:3");
    if (!standard) {
      throw new DataException(table.here()
          + ": an extended XYZ file whose columns do not begin with species and pos; write the positions as text");
    }
    if (atoms == 0) {
      throw new DataException(table.file() + ": no points: 0 atoms");
    }
    GrowingCloud cloud = new GrowingCloud(table.file(), 3);
    boolean more = comment.contains("Properties=");
    for (int i = 0; i < atoms; i++) {
      if (!table.next()) {
        throw new DataException(table.file() + ": ends after " + i + " of " + atoms + " atoms; the file is truncated");
      }
      int found = table.split(' ');
      if (found < 4 || found > 4 && !more) {
        throw new DataException(table.here() + ": " + found + " columns, expected an element and three coordinates");
      }
      for (int k = 1; k <= 3; k++) {
        cloud.add(table.asDouble(k), table.here(), k);
      }
    }
    if (table.next()) {
      throw new DataException(table.here() + ": more lines than the " + atoms
          + " atoms that line 1 counts; of several frames, write one to a file of its own");
    }
    return cloud.finished();
  }
}
