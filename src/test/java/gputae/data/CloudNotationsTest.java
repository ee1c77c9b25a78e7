package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One cloud of five points in many notations: each gives the same coordinates, or is refused with one line that names
 * the remedy. None silently gives other coordinates.
 */
class CloudNotationsTest {

  // All of them float16 numbers with a fraction, so that no dialect rounds and no row looks like counts.
  private static final double[][] POINTS = {{1.5, -2.25, 0.125}, {1000.5, 0.0625, 3.75}, {-7.5, 12.25, -0.5},
    {0.375, 5.5, 9.25}, {2.75, -6.125, 4.5}};

  @TempDir
  Path directory;

  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private Charset charset;

  @BeforeEach
  void utf8() {
    charset = StandardCharsets.UTF_8;
  }

  private void text(String name, String content) {
    files.put(name, content.getBytes(charset));
  }

  private static String rows(String separator, String end) {
    return rows(separator, end, Double::toString, i -> "");
  }

  private interface Form {
    String of(double value);
  }

  private static String rows(String separator, String end, Form form, IntFunction<String> before) {
    return IntStream.range(0, POINTS.length)
        .mapToObj(i -> before.apply(i)
            + Arrays.stream(POINTS[i]).mapToObj(form::of).collect(Collectors.joining(separator)) + end)
        .collect(Collectors.joining());
  }

  private static String formatted(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private PointCloud read(String name, TableOptions options) throws IOException {
    notes.clear();
    return CloudFiles.readCloud(Files.write(directory.resolve(name), files.get(name)), options, notes::add);
  }

  /** Asserts that every file so far gives the cloud. */
  private void allRight(TableOptions options) throws IOException {
    assertTrue(!files.isEmpty());
    for (String name : files.keySet()) {
      PointCloud cloud;
      try {
        cloud = read(name, options);
      } catch (DataException e) {
        throw new AssertionError(name + ": " + e.getMessage(), e);
      }
      assertEquals(3, cloud.dimension(), name);
      assertArrayEquals(Arrays.stream(POINTS).flatMapToDouble(Arrays::stream).toArray(),
          cloud.inDouble().coordinates(), name);
    }
    files.clear();
  }

  /** Asserts that every file so far is refused with a line that says this. */
  private void allRefused(TableOptions options, String... parts) {
    for (String name : files.keySet()) {
      String[] all = Arrays.copyOf(parts, parts.length + 1);
      all[parts.length] = name;
      refused(() -> read(name, options), all);
    }
    files.clear();
  }

  private static TableOptions columns(String... columns) {
    return new TableOptions(null, List.of(columns), null, true);
  }

  private static TableOptions header(boolean answer) {
    return new TableOptions(answer, null, null, true);
  }

  private static final TableOptions DECIMAL_COMMA = new TableOptions(null, null, ',', true);

  @Test
  void separatorsLineEndsAndEncodings() throws IOException {
    for (String separator : new String[] {",", ", ", ";", " ; ", " ", "   ", "\t", " \t", " ,\t"}) {
      for (String end : new String[] {"\n", "\r\n", "\r"}) {
        text("sep" + files.size(), rows(separator, end));
      }
    }
    text("no last end", rows(",", "\n").strip());
    text("blank lines", "\n \n" + rows(",", "\n\n") + "\r\n");
    text("blank lines of CR", "\r\r" + rows(",", "\r\r"));
    text("spaces around", rows(" , ", "  \n", Double::toString, i -> "   "));
    text("mark", "\ufeff" + rows(",", "\n"));
    text("mark and CR LF", "\ufeff" + rows(";", "\r\n"));
    files.put("gzip", IdxFiles.gzip(rows(",", "\n").getBytes(StandardCharsets.UTF_8)));
    files.put("gzip.npy", IdxFiles.gzip(npy("<f8", false)));
    for (Charset wide : new Charset[] {StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE}) {
      charset = wide;
      text(wide.name(), "\ufeff" + rows("\t", "\r\n"));
      text(wide.name() + " headed", "\ufeffx\ty\tz\n" + rows("\t", "\n"));
      files.put(wide.name() + ".gz", IdxFiles.gzip(("\ufeff" + rows(",", "\n")).getBytes(wide)));
    }
    allRight(TableOptions.AUTO);
    charset = StandardCharsets.UTF_16LE;
    text("UTF-16 without a mark", rows(",", "\n"));
    allRefused(TableOptions.AUTO, "binary");
    charset = Charset.forName("UTF-32LE");
    text("UTF-32", "\ufeff" + rows(",", "\n"));
    allRefused(TableOptions.AUTO, "UTF-32", "iconv");
  }

  @Test
  void numbers() throws IOException {
    text("e", rows(",", "\n", v -> formatted("%.18e", v), i -> ""));
    text("E", rows(",", "\n", v -> formatted("%.10E", v), i -> ""));
    text("plus", rows(",", "\n", v -> formatted("%+.10f", v), i -> ""));
    text("many zeros", rows(" ", "\n", v -> formatted("%.30f", v), i -> ""));
    text("padded", rows(" ", "\n", v -> formatted("%20.6f", v), i -> ""));
    text("no leading zero", rows(",", "\n", v -> formatted("%.4f", v).replaceFirst("^(-?)0\\.", "$1."), i -> ""));
    text("Fortran", rows(" ", "\n", v -> formatted("%.10e", v).replace("e", "D"), i -> ""));
    text("fortran", rows(" ", "\n", v -> formatted("%.10e", v).replace("e", "d"), i -> ""));
    text("quoted", rows(",", "\n", v -> "\"" + v + "\"", i -> ""));
    text("quoted, headed", "\"x\",\"y\",\"z\"\n" + rows(",", "\n", v -> "\"" + v + "\"", i -> ""));
    allRight(TableOptions.AUTO);
    text("comma;", rows(";", "\n", v -> Double.toString(v).replace('.', ','), i -> ""));
    text("comma spaces", rows(" ", "\n", v -> Double.toString(v).replace('.', ','), i -> ""));
    text("comma tabs", "x\ty\tz\n" + rows("\t", "\n", v -> Double.toString(v).replace('.', ','), i -> ""));
    text("comma quoted", rows(",", "\n", v -> "\"" + Double.toString(v).replace('.', ',') + "\"", i -> ""));
    Map<String, byte[]> commas = new LinkedHashMap<>(files);
    allRight(DECIMAL_COMMA);
    files.putAll(commas);
    allRefused(TableOptions.AUTO, "--decimal ,");
    text("points", rows(";", "\n"));
    allRefused(DECIMAL_COMMA, "--decimal ,");
    text("hexadecimal", rows(",", "\n", Double::toHexString, i -> ""));
    allRefused(TableOptions.AUTO, "hexadecimal");
    text("thousands quoted", rows(";", "\n", v -> "\"" + formatted("%,.3f", v) + "\"", i -> ""));
    text("apostrophes", rows(";", "\n", v -> formatted("%,.3f", v).replace(',', '\''), i -> ""));
    text("underscores", rows(";", "\n", v -> formatted("%,.3f", v).replace(',', '_'), i -> ""));
    allRefused(TableOptions.AUTO, "thousands");
    text("unit", rows(",", "\n", v -> v + "mm", i -> ""));
    text("spaced unit", rows(",", "\n", v -> v + " mm", i -> ""));
    text("percent", rows(",", "\n", v -> v + "%", i -> ""));
    text("dollar", rows(",", "\n", v -> "$" + v, i -> ""));
    allRefused(TableOptions.AUTO, "units");
    text("NA in the first line", rows(",", "\n").replaceFirst("1.5", "NA"));
    text("NAs only in the first line", "NA,NA,NA\n" + rows(",", "\n"));
    text("an empty cell", rows(",", "\n").replaceFirst("-7.5", ""));
    allRefused(TableOptions.AUTO, "missing values");
    text("nan", rows(",", "\n").replaceFirst("-7.5", "nan"));
    text("inf", rows(",", "\n").replaceFirst("-7.5", "-Inf"));
    allRefused(TableOptions.AUTO, "point 2 (counted from 0)", "finite");
    text("too small", rows(",", "\n").replaceFirst("-7.5", "1e-400"));
    text("too long an integer", rows(",", "\n").replaceFirst("-7.5", "9007199254740993"));
    allRefused(TableOptions.AUTO, "float64");
    text("brackets", "[[1.5, 2.5], [3.5, 4.5]]");
    text("object", "{\"x\": [1.5]}");
    allRefused(TableOptions.AUTO, "brackets");
    // The numbers 1.05, 2.5 and 3.25 with decimal commas, one in each line.
    text("one column", "1,05\n2,5\n3,25\n");
    allRefused(TableOptions.AUTO, "begins with 0", "--decimal ,");
  }

  @Test
  void headersAndComments() throws IOException {
    for (String line : new String[] {"x,y,z", "\"x\",\"y\",\"z\"", "x1,x2,x3", "0,1,2", "PC 1,PC 2,PC 3",
      "Latent point cloud, second run", "# x,y,z", "#x\n#y",
      "% x y z", "// made by hand", "5", "5,3", "5 3", "5;3"}) {
      text("first line " + line.replace('/', '.'), line + "\n" + rows(",", "\n"));
    }
    text("comments", rows(",", " # a point\n"));
    text("comments between", rows(",", "\n# a point\n% more\n"));
    text("counts, then spaces", "5 3\n" + rows(" ", "\n"));
    text("count, then blank", "5\n\n" + rows(" ", "\n"));
    allRight(TableOptions.AUTO);
    text("named as numbers", "9,8,7\n" + rows(",", "\n"));
    text("named as years", "2010,2011,2012\n" + rows(",", "\n"));
    text("wrong counts", "6 3 0 0\n" + rows(",", "\n"));
    allRight(header(true));
    text("no header", rows(",", "\n"));
    allRight(header(false));
    text("wrong counts", "6,3\n" + rows(",", "\n"));
    text("wrong count", "4\n" + rows(",", "\n"));
    text("names and numbers", "x,2,3\n" + rows(",", "\n"));
    text("a name and a number with a unit", "x,y,3mm\n" + rows(",", "\n"));
    text("counts as a point", "5,3,0\n" + rows(",", "\n").replace("1.5,-2.25,0.125", "1,2,3"));
    allRefused(TableOptions.AUTO, "--header yes");
    text("names that ascend", "1,2,3\n" + rows(",", "\n"));
    text("years as names", "2010,2011,2012\n" + rows(",", "\n"));
    allRefused(TableOptions.AUTO, "--header yes", "--header no");
    text("two numbers in one", "0.5|1.25\n2\n4\n");
    text("a damaged exponent", "1e1.5\n2\n");
    text("a damaged byte", "1.5e+\u00b00 -2.\u00b55\n0.5 1\n");
    allRefused(TableOptions.AUTO, "expected a number", "--header yes");
    text("a column of words", "a,b,species\n0.5,1.5,setosa\n");
    allRefused(TableOptions.AUTO, "\"setosa\" in column 3", "--columns");
    text("a minus sign of print", "\u22121.5,2\n3,4\n");
    allRefused(TableOptions.AUTO, "minus sign");
    // Above other integers, the first line can be names or a point.
    text("0,1 over integers", "0,1\n5,7\n3,2\n");
    text("counts or a point", "2 2\n0.5 1\n2.5 3\n");
    text("a count or a number", "3\n0.5\n1.5\n9\n");
    text("0 over decimals", "0\n0.5\n1.5\n9.5\n");
    text("another separator below", "1;2\n0.5,1.5\n2,3\n");
    allRefused(TableOptions.AUTO, "--header yes", "--header no");
    text("only a header", "x,y,z\n");
    text("nothing", "");
    text("only comments", "# x\n\n");
    allRefused(TableOptions.AUTO, "no points");
  }

  @Test
  void columns() throws IOException {
    IntFunction<String> index = i -> i + ",";
    for (String name : new String[] {"", "id", "ID", "Index", "label", "labels", "class", "target", "Unnamed: 0",
      "\"\""}) {
      text("first column '" + name + "'", name + ",x,y,z\n" + rows(",", "\n", Double::toString, index));
    }
    text("pandas' index", ",0,1,2\n" + rows(",", "\n", Double::toString, index));
    text("R's row names", "\"x\" \"y\" \"z\"\n" + rows(" ", "\n", Double::toString, i -> "\"" + (i + 1) + "\" "));
    Map<String, byte[]> indexed = new LinkedHashMap<>(files);
    allRefused(TableOptions.AUTO, "--columns 2-4");
    files.putAll(indexed);
    allRefused(TableOptions.NONE, "out of the file");
    files.putAll(indexed);
    files.remove("R's row names");
    allRight(columns("2", "3-4"));
    text("pandas' labels", "0,1,2,labels\n" + rows(",", ",7\n"));
    text("labels of words", "x,y,z,class\n" + rows(",", ",left\n"));
    indexed = new LinkedHashMap<>(files);
    files.remove("labels of words");
    allRefused(TableOptions.AUTO, "column 4", "--columns 1-3");
    files.putAll(indexed);
    allRight(columns("1-3"));
    text("named", "name,z,x,y\n"
        + IntStream.range(0, 5).mapToObj(i -> "p" + i + "," + POINTS[i][2] + "," + POINTS[i][0] + "," + POINTS[i][1]
            + "\n")
            .collect(Collectors.joining()));
    allRight(columns("x", "y", "z"));
    text("digits as names", "0,1,2,labels\n" + rows(",", ",7\n"));
    allRight(columns("0", "1", "2"));
    text("words beside numbers", rows(",", ",word\n"));
    allRight(columns("1", "2", "3"));
    text("no such name", "x,y,z\n" + rows(",", "\n"));
    allRefused(columns("x", "w"), "no column is called \"w\"", "x,y,z");
    text("no such position", "x,y,z\n" + rows(",", "\n"));
    allRefused(columns("1-4"), "columns 1 to 3");
    text("twice", "x,y,z\n" + rows(",", "\n"));
    allRefused(columns("1", "1-2"), "twice");
    text("two of a name", "x,x,z\n" + rows(",", "\n"));
    allRefused(columns("x"), "by position");
    files.put("options.npy", npy("<f8", false));
    allRefused(columns("1"), "text tables");
    text("numbered rows", rows(",", "\n", Double::toString, index));
    assertEquals(4, read("numbered rows", TableOptions.AUTO).dimension());
    assertTrue(notes.get(0).contains("warning") && notes.get(0).contains("--columns 2-4"), notes.toString());
  }

  private static byte[] npy(String type, boolean fortran) {
    ByteBuffer values = ByteBuffer.allocate(200).order(type.startsWith(">")
        ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 15; i++) {
      double value = fortran ? POINTS[i % 5][i / 5] : POINTS[i / 3][i % 3];
      switch (type.charAt(type.length() - 1)) {
        case '2' -> values.putShort(half(value));
        case '4' -> values.putFloat((float) value);
        default -> values.putDouble(value);
      }
    }
    String dictionary = "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False")
        + ", 'shape': (5, 3), }";
    return NpyTest.npy(1, dictionary, Arrays.copyOf(values.array(), values.position()));
  }

  /** A number that is a normal float16. */
  private static short half(double value) {
    int exponent = Math.getExponent(value);
    int fraction = (int) Math.scalb(Math.abs(value), 10 - exponent) - 1024;
    return (short) ((value < 0 ? 0x8000 : 0) | exponent + 15 << 10 | fraction);
  }

  @Test
  void arraysOfNumpy() throws IOException {
    for (String type : new String[] {"<f2", ">f2", "<f4", ">f4", "f4", "<f8", ">f8", "=f8", "f8", "|f8"}) {
      for (boolean fortran : new boolean[] {false, true}) {
        files.put("array " + type.replace('|', '!') + fortran + ".txt", npy(type, fortran));
      }
    }
    String fields = "[('x', '<f8'), ('y', '<f8'), ('z', '<f8')]";
    byte[] values = Arrays.copyOfRange(npy("<f8", false), npy("<f8", false).length - 120, npy("<f8", false).length);
    files.put("structured.npy",
        NpyTest.npy(1, "{'descr': " + fields + ", 'fortran_order': False, 'shape': (5L,), }", values));
    files.put("version 3.npy",
        NpyTest.npy(3, "{'descr': [('point', '<f8', (3,))], 'fortran_order': False, 'shape': (5,), }", values));
    files.put("archive.npz", CloudBytes.npz(npy("<f8", false), "arr_0"));
    files.put("archive without a name", CloudBytes.npz(npy(">f4", true), "x"));
    allRight(TableOptions.AUTO);
    byte[] archive = CloudBytes.npz(npy("<f8", false), "a", "b");
    int second = new String(archive, StandardCharsets.ISO_8859_1).indexOf("PK\u0003\u0004", 1);
    files.put("cut off between two.npz", Arrays.copyOf(archive, second));
    files.put("cut off before its directory.npz",
        Arrays.copyOf(CloudBytes.npz(npy("<f8", false), "a"), archive.length / 2));
    allRefused(TableOptions.AUTO, "damaged .npz file");
    files.put("two.npz", CloudBytes.npz(npy("<f8", false), "a", "b"));
    allRefused(TableOptions.AUTO, "2 arrays (a, b)", "numpy.save");
    files.put("labelled.npy",
        NpyTest.npy(1, "{'descr': " + fields.replace("'z'", "'label'") + ", 'fortran_order': False, 'shape': (5,), }",
            values));
    files.put("mixed.npy",
        NpyTest.npy(1, "{'descr': [('x', '<f8'), ('n', '<i8')], 'fortran_order': False, 'shape': (5,), }", values));
    for (String type : new String[] {"<f16", "<c16", "<U3", "|O", "<M8[ns]", "|V8"}) {
      files.put("type " + files.size()
          + ".npy", NpyTest.npy(1, "{'descr': '" + type + "', 'fortran_order': False, 'shape': (5,), }", values));
    }
    files.put("large.npy",
        NpyTest.npy(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }",
            new byte[] {1, 0, 0, 0, 0, 0, 32, 0}));
    allRefused(TableOptions.AUTO, "numpy.save('NEW.npy'");
  }

  @Test
  void otherFormatsOfClouds() throws IOException {
    String plain = rows(" ", "\n");
    text("a.off", "OFF\n5 0 0\n" + plain);
    text("b", "OFF 5 1 0\n# vertices\n" + plain + "3 0 1 2\n");
    text("c.csv", "OFF\r\n\r\n5 0 0\r\n" + rows(" ", "\r\n"));
    text("colours.off", "COFF\n5 0 0\n" + rows(" ", " 255 0 0 255\n"));
    text("d.off", "nOFF\n3 5 0 0\n" + plain);
    text("e.off", "# GUDHI\nnOFF\n3\n5 0 0\n" + plain);
    String header = "element vertex 5\nproperty float x\nproperty float y\nproperty float z\n";
    text("f.ply", "ply\nformat ascii 1.0\n" + header
        + "element face 1\nproperty list uchar int vertex_indices\nend_header\n" + plain + "3 0 1 2\n");
    text("g.ply", ("ply\nformat ascii 1.0\ncomment x\n" + header + "property uchar red\nend_header\n"
        + rows(" ", " 7\n")).replace("\n", "\r\n"));
    text("h.ply", "ply\nformat ascii 1.0\nelement camera 1\nproperty float f\n" + header + "end_header\n1\n" + plain);
    double[] all = Arrays.stream(POINTS).flatMapToDouble(Arrays::stream).toArray();
    for (String format : new String[] {"binary_little_endian", "binary_big_endian"}) {
      files.put(format + " single", CloudBytes.ply(format, true, all));
      files.put(format + " double.gz", IdxFiles.gzip(CloudBytes.ply(format, false, all)));
    }
    text("i.pcd", "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F"
        + " F\nCOUNT 1 1 1\nWIDTH 5\nHEIGHT 1\n"
        + "VIEWPOINT 0 0 0 1 0 0 0\nPOINTS 5\nDATA ascii\n" + plain);
    text("j.pcd", "VERSION .7\nFIELDS rgb normal x y z\nSIZE 4 4 4 4 4\nTYPE U F F F F\nCOUNT 1 2 1 1 1\nWIDTH"
        + " 5\nHEIGHT 1\nPOINTS 5\nDATA ascii\n"
        + rows(" ", "\n", Double::toString, i -> "255 0 1 "));
    text("k.xyz", "5\nfive atoms\n" + rows(" ", "\n", Double::toString, i -> "C "));
    text("l.xyz", "5\n\n" + rows("   ", "\n", Double::toString, i -> "Cl "));
    text("m.xyz", "5\n\n" + rows(" ", "\n", Double::toString, i -> (i + 6) + " "));
    text("n.xyz", "5\nProperties=species:S:1:pos:R:3:forces:R:3\n"
        + rows(" ", " 0 0 1\n", Double::toString, i -> "H "));
    text("o.xyz", plain);
    files.put("p", CloudBytes.longsAndDoubles(new long[] {8067171840L, 3, 5, 3, 1}, all));
    files.put("q.dipha", CloudBytes.longsAndDoubles(new long[] {8067171840L, 3, 5, 3}, all));
    allRight(TableOptions.AUTO);

    text("few.off", "OFF\n6 0 0\n" + plain);
    text("few.ply", "ply\nformat ascii 1.0\n" + header.replace('5', '6') + "end_header\n" + plain);
    text("few.xyz", "6\nx\n" + rows(" ", "\n", Double::toString, i -> "C "));
    allRefused(TableOptions.AUTO, "truncated");
    text("many.off", "OFF\n4 0 0\n" + plain);
    text("many.ply", "ply\nformat ascii 1.0\n" + header.replace('5', '4') + "end_header\n" + plain);
    text("many.xyz", "4\nx\n" + rows(" ", "\n", Double::toString, i -> "C "));
    text("many.pcd", "FIELDS x y z\nPOINTS 4\nDATA ascii\n" + plain);
    allRefused(TableOptions.AUTO);
    text("flat.off", "OFF\n5 0 0\n" + rows(" ", " 1\n"));
    text("homogeneous.off", "4OFF\n5 0 0\n" + rows(" ", " 1\n"));
    text("binary.off", "OFF BINARY\n");
    text("binary.pcd", "VERSION .7\nFIELDS x y z\nPOINTS 1\nDATA binary\n\u0000\u0001");
    text("frames.xyz", "5\nx\n" + rows(" ", "\n", Double::toString, i -> "C ") + "5\nx\n"
        + rows(" ", "\n", Double::toString, i -> "C "));
    text("matrix.mtx", "%%MatrixMarket matrix array real general\n5 3\n");
    allRefused(TableOptions.AUTO);
    files.put("diagram", CloudBytes.longsAndDoubles(new long[] {8067171840L, 2, 1}, 0, 0, 1));
    allRefused(TableOptions.AUTO, "kind 2");
  }

  @Test
  void whatIsBinaryAndUnknownIsCalledSo() {
    Map<String, String> known = Map.of("\u0089PNG\r\n\u001a\n", "PNG", "\u0089HDF\r\n\u001a\n", "h5py", "PAR1\u0000",
        "Parquet", "%PDF-1.4\n", "PDF",
        "MATLAB 5.0 MAT-file", "loadmat", "\u0080\u0004\u0095\u0000", "pickle", "BZh91", "bunzip2",
        "<?xml version=\"1.0\"?>", "XML");
    known.forEach((start, words) -> {
      files.put("known", (start + "1,2\n").getBytes(StandardCharsets.ISO_8859_1));
      allRefused(TableOptions.AUTO, words);
    });
    files.put("unknown.csv", new byte[] {'1', ',', '2', '\n', 0, 1, 2, 3});
    allRefused(TableOptions.AUTO, "at byte 4", "binary file of no kind known");
  }

  @Test
  void matrices() throws IOException {
    double[] lower = {1.5, 2.25, 3.5, 4.75, 5.5, 6.25, 7.5, 8.5, 9.5, 10.5};
    CloudFiles.Distances square = CloudFiles.Distances.SQUARE;
    CloudFiles.Distances low = CloudFiles.Distances.LOWER;
    CloudFiles.Distances up = CloudFiles.Distances.UPPER;
    for (String end : new String[] {"\n", "\r\n", "\r"}) {
      for (String separator : new String[] {",", " ", ";", "\t"}) {
        same(square, matrix(lower, separator, end, (i, j) -> true), lower);
        same(low, matrix(lower, separator, end, (i, j) -> i > j), lower);
        same(low, matrix(lower, separator, end, (i, j) -> i >= j), lower);
        same(up, matrix(lower, separator, end, (i, j) -> i < j), lower);
        same(up, matrix(lower, separator, end, (i, j) -> i <= j), lower);
      }
    }
    String flat = matrix(lower, " ", " ", (i, j) -> i < j).strip();
    same(up, flat, lower);
    same(up, flat.replace(' ', '\n'), lower);
    same(up, flat.replace(" ", ", "), lower);
    same(low, matrix(lower, "\n", "\n", (i, j) -> i >= j), lower);
    same(square, "a,b,c,d,e\n" + matrix(lower, ",", "\n", (i, j) -> true), lower);
    same(square, matrix(lower, ",", "\n", (i, j) -> true).replace("0.0", "1e-9"), lower);
    assertTrue(notes.get(0).contains("within rounding"), notes.toString());
    byte[] condensed = CloudBytes.doubles(Arrays.stream(flat.split(" ")).mapToDouble(Double::parseDouble).toArray());
    same(up, NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (10,)}", condensed), lower);
    same(low, NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (10,)}", CloudBytes.doubles(lower)),
        lower);
    double[] full = Arrays.stream(matrix(lower, " ", " ", (i, j) -> true).strip().split(" "))
        .mapToDouble(Double::parseDouble).toArray();
    same(square, NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (5, 5)}", CloudBytes.doubles(full)),
        lower);
    same(square, CloudBytes.longsAndDoubles(new long[] {8067171840L, 7, 5}, full), lower);
    same(square, CloudBytes.longsAndDoubles(new long[] {8067171840L, 4, 5, 2}, full), lower);
    float[] single = new float[10];
    for (int i = 0; i < 10; i++) {
      single[i] = (float) lower[i];
    }
    same(CloudFiles.Distances.BINARY, CloudBytes.floats(single), lower);
    same(square, NpyTest.npy(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2)}",
        new byte[] {0, 0, 3, 0, 3, 0, 0, 0}), new double[] {3});
    assertTrue(notes.get(0).contains("integers"), notes.toString());
    for (double scale : new double[] {1e-60, 1e60, 1e-300, 1e300}) {
      double[] scaled = Arrays.stream(lower).map(v -> v * scale).toArray();
      same(low, matrix(scaled, ",", "\n", (i, j) -> i > j), scaled);
      same(square, matrix(scaled, ",", "\n", (i, j) -> true), scaled);
    }

    refusedMatrix(low, matrix(lower, ",", "\n", (i, j) -> i < j), "--format upper-distance");
    refusedMatrix(low, matrix(lower, ",", "\n", (i, j) -> true), "--format distance");
    refusedMatrix(up, matrix(lower, ",", "\n", (i, j) -> i > j), "--format lower-distance");
    refusedMatrix(square, matrix(lower, ",", "\n", (i, j) -> i >= j), "--format lower-distance");
    refusedMatrix(square, matrix(lower, ",", "\n", (i, j) -> i <= j), "--format");
    refusedMatrix(square, flat, "condensed");
    refusedMatrix(square, matrix(lower, ",", "\n", (i, j) -> true).replaceFirst("0.0", "0.1"), "itself");
    // By its count alone, a square of 36 numbers could be a triangle of 9 points.
    refusedMatrix(low, ("0 1 1 1 1 1\n").repeat(6), "--format distance");
    Path npy = Files.write(directory.resolve("m"),
        NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (10,)}", condensed));
    refused(() -> CloudFiles.readDistances(npy, square, TableOptions.AUTO, notes::add), "--format condensed");
    same(low, flat.replace(' ', '\n').replaceAll("\\d+\\.\\d+", "1.0"), new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    assertTrue(notes.get(0).contains("--format condensed"), notes.toString());
    Path given = Files.writeString(directory.resolve("m"), matrix(lower, ",", "\n", (i, j) -> true));
    notes.clear();
    assertEquals(5, CloudFiles.readCloud(given, TableOptions.AUTO, notes::add).dimension());
    assertTrue(notes.get(0).contains("--format distance"), notes.toString());
  }

  private interface Part {
    boolean has(int i, int j);
  }

  private static String matrix(double[] lower, String separator, String end, Part part) {
    int n = 5;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < n; i++) {
      List<String> row = new ArrayList<>();
      for (int j = 0; j < n; j++) {
        int high = Math.max(i, j);
        if (part.has(i, j)) {
          row.add(i == j ? "0.0" : Double.toString(lower[high * (high - 1) / 2 + Math.min(i, j)]));
        }
      }
      text.append(row.isEmpty() ? "" : String.join(separator, row) + end);
    }
    return text.toString();
  }

  private void same(CloudFiles.Distances form, String content, double[] lower) throws IOException {
    same(form, content.getBytes(StandardCharsets.UTF_8), lower);
  }

  private void same(CloudFiles.Distances form, byte[] content, double[] lower) throws IOException {
    notes.clear();
    Path file = Files.write(directory.resolve("m"), content);
    DistanceMatrix matrix = (DistanceMatrix) CloudFiles.readDistances(file, form, TableOptions.AUTO, notes::add);
    for (int i = 0; i < lower.length; i++) {
      assertEquals(lower[i], matrix.single() != null ? matrix.single()[i] : matrix.full()[i], form + " entry " + i);
    }
    assertEquals(lower.length, matrix.points() * (matrix.points() - 1) / 2);
  }

  private void refusedMatrix(CloudFiles.Distances form, String content, String part) throws IOException {
    Path file = Files.writeString(directory.resolve("m"), content);
    refused(() -> CloudFiles.readDistances(file, form, TableOptions.AUTO, notes::add), "m", part);
  }

  @Test
  void sparseDistances() throws IOException {
    for (String text : new String[] {"0 1 2.5\n2 1 3\n", "0,1,2.5\n1,2,3\n",
      "i j d\n0\t1\t2.5\n1 0 2.5\n1 1 0\n1 2 3\n",
      "0.0 1.0 2.5\r2.0 1.0 3.0\r0 2 inf"}) {
      Path file = Files.writeString(directory.resolve("s"), text);
      SparseDistances sparse = (SparseDistances) CloudFiles.readDistances(file, CloudFiles.Distances.SPARSE,
          TableOptions.AUTO, notes::add);
      assertEquals(3, sparse.points());
      assertEquals(2.5, sparse.lengths()[0]);
    }
    refusedMatrix(CloudFiles.Distances.SPARSE, "0 1 2.5\n1 0 3\n", "not symmetric");
    refusedMatrix(CloudFiles.Distances.SPARSE, "0 1\n", "2 columns");
    refusedMatrix(CloudFiles.Distances.SPARSE, "0 1.5 1\n", "number of a point");
    refusedMatrix(CloudFiles.Distances.SPARSE, "0 99999999999 1\n", "number of a point");
    refusedMatrix(CloudFiles.Distances.SPARSE, "0 1 -1\n", "-1.0");
    refusedMatrix(CloudFiles.Distances.SPARSE, "5 5 3\n", "points 5 and 5");
  }

  @Test
  void labels() throws IOException {
    int[] expected = {3, -1, 300, 0};
    byte[] doubles = CloudBytes.doubles(3, -1, 300, 0);
    byte[] singles = CloudBytes.floats(3, -1, 300, 0);
    Map<String, byte[]> given = Map.of("text", "3\n-1\n300\n0\n".getBytes(), "headed",
        "label\n3\n-1.0\n300\n0\n".getBytes(),
        "[n]", NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", doubles),
        "[n, 1]", NpyTest.npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1)}", singles));
    for (Map.Entry<String, byte[]> one : given.entrySet()) {
      Path file = Files.write(directory.resolve("labels"), one.getValue());
      notes.clear();
      assertArrayEquals(expected, Labels.read(file, 4, Path.of("z.npy"), notes::add), one.getKey());
      assertTrue(notes.get(0).contains("label -1 (1 point) stands for no class"), notes.toString());
      refused(() -> Labels.read(file, 5, Path.of("z.npy"), notes::add), "4 labels, expected 5", "z.npy");
    }
    Path file = directory.resolve("labels");
    Files.writeString(file, "1\n2.5\n");
    refused(() -> Labels.read(file, 2, file, notes::add), "label 1 (counted from 0) is 2.5");
    Files.writeString(file, "i,label\n0,1\n");
    refused(() -> Labels.read(file, 2, file, notes::add), "more than one column");
  }

  @Test
  void decimalsAreThoseOfTheJdk() {
    java.util.SplittableRandom random = new java.util.SplittableRandom(7);
    int fast = 0;
    for (int i = 0; i < 300_000; i++) {
      double value = i % 3 == 0 ? random.nextDouble() : Double.longBitsToDouble(random.nextLong());
      String text = switch (i % 4) {
        case 0 -> Double.toString(value);
        case 1 -> formatted("%.18e", value);
        case 2 -> formatted("%." + random.nextInt(1, 20) + "f", random.nextDouble(-1e6, 1e6));
        // The middle between two doubles, and one digit beside it.
        default -> new java.math.BigDecimal(1L << 53).add(java.math.BigDecimal.valueOf(random.nextInt(-3, 4)))
            .movePointLeft(random.nextInt(0, 8)).toString();
      };
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      double found = Decimals.parse(bytes, 0, bytes.length, '.');
      if (found == found) {
        fast++;
        assertEquals(Double.parseDouble(text), found, text);
      }
    }
    assertTrue(fast > 150_000, "only " + fast + " taken");
  }
}
