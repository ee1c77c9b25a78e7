package gputae.data;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reads the fields x, y, z of an ASCII PCD file of the Point Cloud Library; other fields are left out. */
final class PcdCloud {

  private PcdCloud() {}

  static PointCloud read(TextTable table, Consumer<String> note) throws DataException {
    Map<String, String[]> header = new HashMap<>();
    while (!header.containsKey("DATA")) {
      if (!table.next()) {
        throw new DataException(table.file() + ": a PCD header without its line DATA; the file is truncated");
      }
      table.split(' ');
      String[] row = table.row();
      header.put(row[0].equals("COLUMNS") ? "FIELDS" : row[0], Arrays.copyOfRange(row, 1, row.length));
    }
    if (!Arrays.equals(header.get("DATA"), new String[] {"ascii"})) {
      throw new DataException(table.here()
          + ": PCD data that are not ascii; convert them: pcl_convert_pcd_ascii_binary FILE NEW.pcd 0");
    }
    List<String> fields = List.of(header.getOrDefault("FIELDS", new String[0]));
    String[] counts = header.getOrDefault("COUNT", new String[0]);
    int[] columns = {-1, -1, -1};
    int width = 0;
    for (int i = 0; i < fields.size(); i++) {
      int place = List.of("x", "y", "z").indexOf(fields.get(i));
      int count = counts.length == 0 ? 1 : number(counts, i, "COUNT", table);
      if (place >= 0 && count == 1) {
        columns[place] = width;
      }
      width += Math.min(count, 1 << 20);
    }
    int dimension = columns[2] >= 0 ? 3 : 2;
    if (columns[0] < 0 || columns[1] < 0) {
      throw new DataException(table.file() + ": PCD fields " + String.join(" ", fields)
          + ", expected x, y and z among them");
    }
    if (fields.size() > dimension) {
      note.accept(table.file() + ": of the fields " + String.join(" ", fields)
          + (dimension == 3 ? " x, y, z" : " x, y") + " are the coordinates");
    }
    int points = number(header.getOrDefault("POINTS", new String[0]), 0, "POINTS", table);
    GrowingCloud cloud = new GrowingCloud(table.file(), dimension);
    int row = 0;
    for (; table.next(); row++) {
      int found = table.split(' ');
      if (found != width) {
        throw new DataException(table.here() + ": " + found + " columns, expected " + width);
      }
      for (int k = 0; k < dimension; k++) {
        cloud.add(table.asDouble(columns[k]), table.here(), columns[k]);
      }
    }
    if (row != points || points == 0) {
      throw new DataException(table.file() + ": " + row + " points, expected " + points
          + " as its header says, and at least one");
    }
    return cloud.finished();
  }

  private static int number(String[] values, int i, String key, TextTable table) throws DataException {
    if (i >= values.length || !values[i].matches("\\d{1,9}")) {
      throw new DataException(table.file() + ": PCD header: expected a number after " + key);
    }
    return Integer.parseInt(values[i]);
  }
}
