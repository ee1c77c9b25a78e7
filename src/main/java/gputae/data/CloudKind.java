package gputae.data;

import gputae.files.DataException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The kinds of files that hold point clouds or distances. The first bytes of a file decide its kind. */
enum CloudKind {
  NPY("a .npy file"),
  NPZ("a .npz file"),
  DIPHA("a DIPHA file"),
  PLY("a PLY file"),
  OFF("an OFF file"),
  PCD("a PCD file"),
  XYZ("an XYZ file"),
  TABLE("a text table");

  private static final int HEAD = 1 << 14;
  private static final Pattern XYZ_ROW = Pattern.compile("\\s*[A-Za-z]\\w{0,3}(\\s+[-+.\\d][-+.\\deE]*){3}(\\s.*)?");
  private static final Pattern XYZ_NUMBERED_ROW = Pattern
      .compile("\\s*\\d{1,3}(\\s+[-+]?\\d*\\.\\d*([eE][-+]?\\d+)?){3}\\s*");

  // Other kinds of files by their first bytes, each with advice how to get numbers out of it.
  private static final Map<String, String> OTHERS = new LinkedHashMap<>();

  static {
    OTHERS.put("\u0089PNG", "a PNG image");
    OTHERS.put("\u00ff\u00d8\u00ff", "a JPEG image");
    OTHERS.put("%PDF", "a PDF document");
    OTHERS.put("\u0089HDF", "an HDF5 file; convert: numpy.save('NEW.npy', h5py.File('FILE')['NAME'][:])");
    OTHERS.put("MATLAB 5.0", "a MATLAB file; convert: numpy.save('NEW.npy', scipy.io.loadmat('FILE')['NAME'])");
    OTHERS.put("PAR1", "a Parquet file; convert: pandas.read_parquet('FILE').to_csv('NEW.csv', index=False)");
    OTHERS.put("ARROW1", "an Arrow file; convert: pandas.read_feather('FILE').to_csv('NEW.csv', index=False)");
    OTHERS.put("\u00d0\u00cf\u0011\u00e0", "an Excel file; save it as CSV");
    OTHERS.put("BZh", "a bzip2 file; unpack it: bunzip2 FILE");
    OTHERS.put("\u00fd7zXZ", "an xz file; unpack it: unxz FILE");
    OTHERS.put("(\u00b5/\u00fd", "a zstd file; unpack it: unzstd FILE");
    OTHERS.put("\u0080\u0002", "a Python pickle; convert: numpy.save('NEW.npy', numpy.asarray(OBJECT))");
    OTHERS.put("\u0080\u0003", OTHERS.get("\u0080\u0002"));
    OTHERS.put("\u0080\u0004", OTHERS.get("\u0080\u0002"));
    OTHERS.put("\u0080\u0005", OTHERS.get("\u0080\u0002"));
    OTHERS.put("RDX", "an R file; convert: write.csv(OBJECT, 'NEW.csv', row.names = FALSE)");
    OTHERS.put("SQLite format 3", "an SQLite database");
    OTHERS.put("LASF", "a LAS file; convert it to PLY or text");
    OTHERS.put("%%MatrixMarket",
        "a MatrixMarket file; convert: numpy.save('NEW.npy', scipy.io.mmread('FILE').toarray())");
    OTHERS.put("# vtk DataFile", "a VTK file; convert it to PLY or text");
    OTHERS.put("<", "XML or HTML; write one point a line");
    OTHERS.put("{", "JSON; write one point a line, without brackets");
    OTHERS.put("[", "JSON or MATLAB text; write one point a line, without brackets");
  }

  private final String words;

  CloudKind(String words) {
    this.words = words;
  }

  /** "a PLY file" */
  String words() {
    return words;
  }

  /**
   * Finds the kind by the first bytes and leaves them to be read. Refuses a binary file of unknown kind, and a file of
   * a known kind that holds something else.
   */
  static CloudKind of(Source source) throws DataException {
    byte[] head = source.peek(HEAD);
    if (NpyHeader.isAt(head)) {
      return NPY;
    }
    if (Dipha.isAt(head)) {
      return DIPHA;
    }
    String bytes = new String(head, StandardCharsets.ISO_8859_1);
    if (bytes.startsWith("PK\u0003\u0004")) {
      if (bytes.startsWith(".npy", 30 + nameLength(head) - 4)) {
        return NPZ;
      }
      throw new DataException(source.file()
          + ": a zip file without .npy arrays (perhaps a spreadsheet or a PyTorch file); unpack it, or save it as CSV");
    }
    Charset wide = TextTable.wideCharset(head.length > 4 ? Arrays.copyOf(head, 4) : head, source.file());
    String text = wide == null ? new String(head, StandardCharsets.UTF_8) : new String(head, wide);
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    if (text.matches("(?s)ply[\r\n].*")) {
      return PLY;
    }
    CloudKind kind = ofText(text);
    if (kind != null) {
      return kind;
    }
    for (Map.Entry<String, String> other : OTHERS.entrySet()) {
      if (bytes.startsWith(other.getKey()) || text.stripLeading().startsWith(other.getKey())) {
        throw new DataException(source.file() + ": "
            + other.getValue().replace("FILE", String.valueOf(source.file().getFileName())));
      }
    }
    if (wide == null) {
      refuseBinary(head, source);
    }
    return TABLE;
  }

  private static int nameLength(byte[] head) {
    return head.length < 30 ? 0 : head[26] & 0xff | (head[27] & 0xff) << 8;
  }

  /** The kind by the first line with content, or null if that line does not decide it. */
  private static CloudKind ofText(String text) {
    if (text.startsWith("# .PCD")) {
      return PCD;
    }
    String[] lines = text.split("\r\n|\n|\r", 64);
    for (String line : lines) {
      String content = line.strip();
      if (content.isEmpty() || content.startsWith("#")) {
        continue;
      }
      if (content.matches("(ST)?C?N?4?n?OFF(\\s.*)?")) {
        return OFF;
      }
      if (content.matches("(VERSION|FIELDS|COLUMNS)\\s.*")) {
        return PCD;
      }
      break;
    }
    boolean counted = lines.length >= 3 && lines[0].strip().matches("\\d{1,9}");
    if (counted && (XYZ_ROW.matcher(lines[2]).matches() || isComment(lines[1])
        && XYZ_NUMBERED_ROW.matcher(lines[2]).matches())) {
      return XYZ;
    }
    return null;
  }

  /** Whether the second line of a file is not a line of numbers. */
  private static boolean isComment(String line) {
    return line.isBlank() || !line.strip().matches("[-+.\\deE\\s,;]+");
  }

  private static void refuseBinary(byte[] head, Source source) throws DataException {
    for (int i = 0; i < head.length; i++) {
      int c = head[i] & 0xff;
      if (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x0b) {
        throw new DataException(source.at(source.offset() + i) + ": a byte " + String.format("%02x", c)
            + ", so this is a binary file of no kind known here;"
            + " give text, .npy, .npz, OFF, PLY, PCD, XYZ or DIPHA (Ripser's binary distances: --format binary)");
      }
    }
  }
}
