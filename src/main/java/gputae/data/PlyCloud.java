package gputae.data;

import gputae.files.DataException;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads the vertices of a PLY file, ascii or binary of either byte order: properties x, y and, if present, z. Other
 * properties are left out, and other elements are skipped.
 */
final class PlyCloud {

  private static final Map<String,
      String> TYPES = Map.ofEntries(Map.entry("char", "i1"), Map.entry("int8", "i1"), Map.entry("uchar", "u1"),
          Map.entry("uint8", "u1"), Map.entry("short", "i2"), Map.entry("int16", "i2"), Map.entry("ushort", "u2"),
          Map.entry("uint16", "u2"),
          Map.entry("int", "i4"), Map.entry("int32", "i4"), Map.entry("uint", "u4"), Map.entry("uint32", "u4"),
          Map.entry("float", "f4"),
          Map.entry("float32", "f4"), Map.entry("double", "f8"), Map.entry("float64", "f8"));
  private static final int LONGEST_LINE = 1 << 14;
  private static final int MOST_LINES = 1 << 12;

  /** @param list type of the length of a list, or null for a single value */
  private record Property(String name, String type, String list) {}

  private record Element(String name, int count, List<Property> properties) {}

  private final Source source;
  private final Consumer<String> note;
  private String format;
  private final List<Element> elements = new ArrayList<>();

  private PlyCloud(Source source, Consumer<String> note) {
    this.source = source;
    this.note = note;
  }

  static PointCloud read(Source source, Consumer<String> note) throws DataException {
    PlyCloud ply = new PlyCloud(source, note);
    ply.readHeader();
    return ply.readVertices();
  }

  private void readHeader() throws DataException {
    for (int lines = 0; lines < MOST_LINES; lines++) {
      String line = line();
      String[] words = line.strip().split("\\s+");
      switch (words[0]) {
        case "ply", "comment", "obj_info", "" -> {
        }
        case "format" -> format = words.length == 3 ? words[1] : null;
        case "element" -> elements.add(new Element(word(words, 1), count(word(words, 2)), new ArrayList<>()));
        case "property" -> property(words);
        case "end_header" -> {
          if (format == null || !List.of("ascii", "binary_little_endian", "binary_big_endian").contains(format)) {
            throw broken("a format other than ascii, binary_little_endian or binary_big_endian");
          }
          return;
        }
        default -> throw broken("\"" + words[0] + "\"");
      }
    }
    throw broken("more than " + MOST_LINES + " lines");
  }

  private void property(String[] words) throws DataException {
    if (elements.isEmpty()) {
      throw broken("a property before any element");
    }
    boolean list = word(words, 1).equals("list");
    String type = TYPES.get(word(words, list ? 3 : 1));
    String length = list ? TYPES.get(word(words, 2)) : null;
    if (type == null || list && (length == null || length.startsWith("f"))) {
      throw broken("a property of unknown type: " + String.join(" ", words));
    }
    elements.get(elements.size() - 1).properties().add(new Property(word(words, list ? 4 : 2), type, length));
  }

  private PointCloud readVertices() throws DataException {
    Element vertices = elements.stream().filter(e -> e.name().equals("vertex")).findFirst()
        .orElseThrow(() -> new DataException(source.file() + ": a PLY file without vertices"));
    List<String> names = vertices.properties().stream().map(Property::name).toList();
    List<String> axes = names.contains("z") ? List.of("x", "y", "z") : List.of("x", "y");
    if (!names.containsAll(axes) || vertices.properties().stream().anyMatch(p -> p.list() != null)
        || vertices.count() == 0) {
      throw new DataException(source.file() + ": " + vertices.count() + " PLY vertices with the properties "
          + String.join(", ", names)
          + ", expected some with single values x, y and z");
    }
    if (names.size() > axes.size()) {
      note.accept(source.file() + ": of the properties " + String.join(", ", names)
          + (axes.size() == 3 ? " x, y, z" : " x, y") + " are the coordinates");
    }
    return format.equals("ascii") ? text(vertices, names, axes) : binary(vertices, names, axes);
  }

  private PointCloud text(Element vertices, List<String> names, List<String> axes) throws DataException {
    TextTable table = new TextTable(source, TableOptions.NONE);
    GrowingCloud cloud = new GrowingCloud(source.file(), axes.size());
    for (Element element : elements) {
      for (int i = 0; i < element.count(); i++) {
        if (!table.next()) {
          throw new DataException(source.file() + ": ends after " + i + " of " + element.count() + " elements "
              + element.name()
              + "; the file is truncated");
        }
        if (element != vertices) {
          continue;
        }
        int found = table.split(' ');
        String where = source.file() + ": vertex " + i;
        if (found != names.size()) {
          throw new DataException(where + " has " + found + " numbers, expected " + names.size());
        }
        for (String axis : axes) {
          cloud.add(table.asDouble(names.indexOf(axis)), where, names.indexOf(axis));
        }
      }
    }
    if (table.next()) {
      throw new DataException(source.file() + ": more lines than its PLY header counts");
    }
    return cloud.finished();
  }

  private PointCloud binary(Element vertices, List<String> names, List<String> axes) throws DataException {
    ByteOrder order = format.equals("binary_big_endian") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    for (Element element : elements) {
      if (element == vertices) {
        break;
      }
      for (int i = 0; i < element.count() && !element.properties().isEmpty(); i++) {
        for (Property property : element.properties()) {
          long times = property.list() == null
              ? 1 : (long) value(ByteBuffer.wrap(source.take(size(property.list()), "list")).order(order), 0,
                  property.list());
          if (times < 0 || times > Source.LARGEST_ARRAY / 8) {
            throw broken("a list of " + times + " values");
          }
          source.take((int) times * size(property.type()), "elements");
        }
      }
    }
    int stride = vertices.properties().stream().mapToInt(p -> size(p.type())).sum();
    int[] offsets = new int[axes.size()];
    String[] types = new String[axes.size()];
    for (int k = 0; k < offsets.length; k++) {
      int place = names.indexOf(axes.get(k));
      types[k] = vertices.properties().get(place).type();
      offsets[k] = vertices.properties().subList(0, place).stream().mapToInt(p -> size(p.type())).sum();
    }
    source.demand((long) vertices.count() * stride, "vertices");
    GrowingCloud cloud = new GrowingCloud(source.file(), axes.size());
    byte[] vertex = new byte[stride];
    ByteBuffer buffer = ByteBuffer.wrap(vertex).order(order);
    for (int i = 0; i < vertices.count(); i++) {
      source.fill(vertex, stride, "vertices");
      for (int k = 0; k < offsets.length; k++) {
        cloud.add(value(buffer, offsets[k], types[k]), source.file().toString(), k);
      }
    }
    DoublePoints full = cloud.finished();
    if (!List.of(types).stream().allMatch("f4"::equals)) {
      return full;
    }
    float[] single = new float[full.coordinates().length];
    for (int i = 0; i < single.length; i++) {
      single[i] = (float) full.coordinates()[i];
    }
    return new FloatPoints(single, full.dimension());
  }

  private static int size(String type) {
    return type.charAt(1) - '0';
  }

  private static double value(ByteBuffer buffer, int offset, String type) {
    return switch (type) {
      case "i1" -> buffer.get(offset);
      case "u1" -> buffer.get(offset) & 0xff;
      case "i2" -> buffer.getShort(offset);
      case "u2" -> buffer.getShort(offset) & 0xffff;
      case "i4" -> buffer.getInt(offset);
      case "u4" -> buffer.getInt(offset) & 0xffffffffL;
      case "f4" -> buffer.getFloat(offset);
      default -> buffer.getDouble(offset);
    };
  }

  private String word(String[] words, int i) throws DataException {
    if (i >= words.length) {
      throw broken("a line that is too short: " + String.join(" ", words));
    }
    return words[i];
  }

  private int count(String word) throws DataException {
    if (!word.matches("\\d{1,9}")) {
      throw broken("\"" + word + "\", expected a number of elements");
    }
    return Integer.parseInt(word);
  }

  /** Reads a line of the header. The bytes after the last line may be binary, so nothing is read ahead. */
  private String line() throws DataException {
    byte[] line = new byte[LONGEST_LINE];
    for (int length = 0; length < LONGEST_LINE;) {
      byte c = source.take(1, "PLY header")[0];
      if (c == '\n' || c == '\r') {
        // After CR the LF is read at once: after the header it would be taken as data.
        byte[] following = c == '\r' ? source.peek(1) : new byte[0];
        if (following.length == 1 && following[0] == '\n') {
          source.take(1, "PLY header");
        }
        return new String(line, 0, length, StandardCharsets.US_ASCII);
      }
      line[length++] = c;
    }
    throw broken("a line of more than " + LONGEST_LINE + " bytes");
  }

  private DataException broken(String what) {
    return new DataException(source.here() + ": PLY header: " + what);
  }
}
