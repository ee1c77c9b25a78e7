package gputae.data;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the vertices of an OFF file (Geomview's, CGAL's, GUDHI's): the word OFF, the numbers of vertices, faces and
 * edges, then one vertex per line. After nOFF the dimension comes before the numbers. Normals and colours (NOFF, COFF,
 * STOFF) are left out, and faces are skipped.
 */
final class OffCloud {

  private OffCloud() {}

  static PointCloud read(TextTable table) throws DataException {
    table.next();
    table.split(' ');
    String keyword = table.row()[0];
    String place = table.here();
    if (keyword.contains("4")) {
      throw new DataException(place + ": " + keyword + " has homogeneous coordinates; write the points as OFF or nOFF");
    }
    boolean any = keyword.contains("n");
    boolean more = keyword.matches("(ST|C|N).*");
    List<Integer> sizes = new ArrayList<>();
    sizes(table, 1, sizes);
    // The dimension may have its own line; the numbers are never spread over several lines.
    while (sizes.size() < (any ? 2 : 1)) {
      if (!table.next()) {
        throw new DataException(table.file() + ": ends before its number of vertices");
      }
      table.split(' ');
      sizes(table, 0, sizes);
    }
    int dimension = any ? sizes.get(0) : 3;
    int points = sizes.get(any ? 1 : 0);
    int facesAt = any ? 2 : 1;
    long faces = sizes.size() > facesAt ? sizes.get(facesAt) : 0;
    if (points < 1 || dimension < 1 || sizes.size() > facesAt + 2) {
      throw new DataException(table.here() + ": expected " + (any ? "a dimension and " : "")
          + "numbers of vertices, faces and edges, at least one vertex");
    }
    GrowingCloud cloud = new GrowingCloud(table.file(), dimension);
    for (int i = 0; i < points; i++) {
      if (!table.next()) {
        throw new DataException(table.file() + ": ends after " + i + " of " + points
            + " vertices; the file is truncated");
      }
      int found = table.split(' ');
      if (found < dimension || found > dimension && !more) {
        throw new DataException(table.here() + ": a vertex of " + found + " numbers, expected " + dimension);
      }
      for (int k = 0; k < dimension; k++) {
        cloud.add(table.asDouble(k), table.here(), k);
      }
    }
    long lines = 0;
    while (table.next()) {
      lines++;
    }
    if (lines != faces) {
      throw new DataException(table.file() + ": " + lines + " lines follow the " + points + " vertices, expected "
          + faces
          + " faces; its numbers do not fit its content");
    }
    return cloud.finished();
  }

  private static void sizes(TextTable table, int from, List<Integer> sizes) throws DataException {
    String[] row = table.row();
    for (int i = from; i < row.length; i++) {
      if (!row[i].matches("\\d{1,9}")) {
        throw new DataException(table.here() + ": " + TextTable.shown(row[i])
            + ", expected numbers of vertices, faces and edges in text"
            + (row[i].equals("BINARY") ? "; binary OFF is not read, convert it to PLY" : ""));
      }
      sizes.add(Integer.parseInt(row[i]));
    }
  }
}
