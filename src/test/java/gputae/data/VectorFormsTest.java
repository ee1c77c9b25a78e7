package gputae.data;

import static gputae.data.IdxFiles.gzip;
import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.DataOptions.Form;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The forms in which people hold vectors of features: 12 vectors of 3 features in three classes, written in each form.
 * Every form is read as it is meant, or refused in one line that says what to do.
 */
class VectorFormsTest {

  private static final int COUNT = 12;
  private static final int FEATURES = 3;
  private static final List<String> NAMES = List.of("length", "width", "weight");

  @TempDir
  Path directory;

  /** Writes a data set and returns what a user gives to --dataset. */
  private interface Writing {
    Path write(Path folder) throws IOException;
  }

  private record Known(String name, Writing writing, DataOptions options, List<String> words) {}

  private final List<Known> right = new ArrayList<>();
  private final List<Known> wrong = new ArrayList<>();

  /** A feature; the first one tells the vector. */
  private static float feature(int vector, int k) {
    return k == 0 ? vector - 3.5f : 100.25f * k + vector * vector;
  }

  private static int label(int vector) {
    return vector % 3;
  }

  private static final int[] ALL = IntStream.range(0, COUNT).toArray();
  private static final int[] TRAIN = IntStream.range(0, 9).toArray();
  private static final int[] TEST = IntStream.range(9, COUNT).toArray();

  private static float[] values(int... vectors) {
    float[] values = new float[vectors.length * FEATURES];
    for (int i = 0; i < values.length; i++) {
      values[i] = feature(vectors[i / FEATURES], i % FEATURES);
    }
    return values;
  }

  private static double[] doubles(int... vectors) {
    float[] values = values(vectors);
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static byte[] labels(int... vectors) {
    byte[] labels = new byte[vectors.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) label(vectors[i]);
    }
    return labels;
  }

  private static String table(String separator, boolean names, List<String> classes, int... vectors) {
    StringBuilder text = new StringBuilder();
    if (names) {
      text.append(String.join(separator, NAMES)).append(classes == null ? "" : separator + "species").append('\n');
    }
    for (int i : vectors) {
      text.append(IntStream.range(0, FEATURES).mapToObj(k -> Float.toString(feature(i, k)))
          .collect(Collectors.joining(separator)));
      text.append(classes == null ? "" : separator + classes.get(label(i))).append('\n');
    }
    return text.toString();
  }

  private static final List<String> WORDS = List.of("setosa", "versicolor", "virginica");

  private static Path text(Path folder, String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static byte[] bytesOf(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    return bytes;
  }

  private static Path npz(Path folder, Object... namesAndFiles) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (int i = 0; i < namesAndFiles.length; i += 2) {
        zip.putNextEntry(new ZipEntry(namesAndFiles[i] + ".npy"));
        zip.write((byte[]) namesAndFiles[i + 1]);
        zip.closeEntry();
      }
    }
    return Files.write(folder.resolve("set.npz"), out.toByteArray());
  }

  private static byte[] floats(Path folder, int... vectors) throws IOException {
    Path file = folder.resolve("array.npy");
    Npy.write(file, values(vectors), vectors.length, FEATURES);
    return bytesOf(file);
  }

  private static byte[] classes(Path folder, int... vectors) throws IOException {
    Path file = folder.resolve("array.npy");
    Npy.write(file, labels(vectors), vectors.length);
    return bytesOf(file);
  }

  private static DataOptions options(String labelColumn, Form form) {
    return new DataOptions(null, labelColumn, null, form, Scaling.Kind.NONE, null);
  }

  private void is(String name, Writing writing, String... words) {
    right.add(new Known(name, writing, options(null, null), List.of(words)));
  }

  private void refuses(String name, Writing writing, DataOptions options, String... words) {
    wrong.add(new Known(name, writing, options, List.of(words)));
  }

  private void forms() {
    is("npy float32", folder -> {
      Files.write(folder.resolve("set-labels.npy"), classes(folder, ALL));
      return Files.write(folder.resolve("set.npy"), floats(folder, ALL));
    }, "vectors of 3 features", "labels from set-labels.npy");
    is("npy float64", folder -> {
      Npy.write(folder.resolve("set_labels.npy"), labels(ALL), COUNT);
      Npy.write(folder.resolve("set.npy"), doubles(ALL), COUNT, FEATURES);
      return folder.resolve("set.npy");
    });
    is("npy gzip", folder -> {
      Files.write(folder.resolve("set-labels.npy"), classes(folder, ALL));
      return Files.write(folder.resolve("set.npy.gz"), gzip(floats(folder, ALL)));
    });
    is("X.npy and y.npy", folder -> {
      Files.write(folder.resolve("y.npy"), classes(folder, ALL));
      return Files.write(folder.resolve("X.npy"), floats(folder, ALL));
    });
    is("divided npy", folder -> {
      Files.write(folder.resolve("X_train.npy"), floats(folder, TRAIN));
      Files.write(folder.resolve("y_train.npy"), classes(folder, TRAIN));
      Files.write(folder.resolve("X_test.npy"), floats(folder, TEST));
      Files.write(folder.resolve("y_test.npy"), classes(folder, TEST));
      return folder;
    });
    is("npz of data and target",
        folder -> npz(folder, "data", floats(folder, ALL), "target", classes(folder, ALL)));
    is("npz of training and test arrays",
        folder -> npz(folder, "x_train", floats(folder, TRAIN), "y_train", classes(folder, TRAIN), "x_test",
            floats(folder, TEST), "y_test", classes(folder, TEST)));
    is("csv with names and words as classes", folder -> text(folder, "set.csv", table(",", true, WORDS, ALL)),
        "classes from column 4 (species), numbers from 3 other columns");
    is("csv with a column called label", folder -> text(folder, "set.csv",
        table(",", true, List.of("0", "1", "2"), ALL).replace("species", "Label")), "column 4 (Label)");
    is("csv without names", folder -> text(folder, "set.csv", table(",", false, WORDS, ALL)), "column 4");
    is("csv with an index", folder -> text(folder, "set.csv", Arrays.stream(table(",", true, WORDS, ALL).split("\n"))
        .map(line -> (line.startsWith("length") ? "" : Integer.toString(line.length())) + "," + line + "\n")
        .collect(Collectors.joining())), "column 1 (an empty cell) is left out");
    is("tsv", folder -> text(folder, "set.tsv", table("\t", true, WORDS, ALL)));
    is("csv gzip", folder -> Files.write(folder.resolve("set.csv.gz"),
        gzip(table(";", true, WORDS, ALL).getBytes(StandardCharsets.UTF_8))));
    is("divided csv", folder -> {
      text(folder, "train.csv", table(",", true, WORDS, TRAIN));
      return text(folder, "test.csv", table(",", true, WORDS, TEST)).getParent();
    });
    is("text with blanks", folder -> text(folder, "set.txt", table(" ", false, WORDS, ALL)));
    right.add(new Known("csv with --label-column", folder -> text(folder, "set.csv",
        table(",", true, List.of("0", "1", "2"), ALL)), options("species", null), List.of()));
    right.add(new Known("csv with --label-column 4", folder -> text(folder, "set.csv",
        table(",", false, List.of("0", "1", "2"), ALL)), options("4", null), List.of()));
  }

  @TestFactory
  Stream<DynamicTest> everyFormIsReadAsItIsMeant() {
    forms();
    return right.stream().map(form -> DynamicTest.dynamicTest(form.name, () -> isRead(form)));
  }

  private void isRead(Known form) throws IOException {
    Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.name.hashCode())));
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(form.writing.write(folder).toString(), null, form.options, log::add);
    boolean named = data.shape().equals(new Shape.Features(NAMES));
    assertTrue(named || data.shape().equals(Shape.Features.numbered(FEATURES)), data.shape().toString());
    TreeSet<Integer> found = new TreeSet<>();
    for (Split split : List.of(data.train(), data.test())) {
      for (int i = 0; i < split.count(); i++) {
        int vector = Math.round(split.samples().value(i, 0) + 3.5f);
        assertTrue(found.add(vector), "vector " + vector + " twice");
        for (int k = 0; k < FEATURES; k++) {
          assertEquals(feature(vector, k), split.samples().value(i, k), log.toString());
        }
        assertEquals(label(vector), split.classOf(i), log.toString());
        assertTrue(data.heldOut() != null || vector >= 9 == (split == data.test()), "part of vector " + vector);
      }
    }
    assertEquals(COUNT, found.size());
    assertTrue(data.classes().equals(WORDS) || data.classes().equals(List.of("0", "1", "2")),
        data.classes().toString());
    assertEquals(3, data.test().count());
    if (data.heldOut() != null) {
      assertTrue(log.stream().anyMatch(line -> line.contains("12 vectors, 3 of them are the test split")),
          log.toString());
    }
    for (String line : form.words) {
      assertTrue(log.stream().anyMatch(each -> each.contains(line)), log.toString());
    }
    assertTrue(log.get(log.size() - 1).endsWith(": the features stay as they are"), log.toString());
  }

  private void refusals() {
    DataOptions auto = options(null, null);
    refuses("a NaN in an array", folder -> {
      float[] values = values(ALL);
      values[7] = Float.NaN;
      Npy.write(folder.resolve("set.npy"), values, COUNT, FEATURES);
      return folder.resolve("set.npy");
    }, auto, "row 2 (counted from 0), number 1 is NaN", "must be finite", "remove such rows");
    refuses("an infinity in a table", folder -> text(folder, "set.csv",
        table(",", true, WORDS, ALL).replaceFirst("\n-3.5,[^,]*,", "\n-3.5,inf,")), auto, "set.csv");
    refuses("a number beyond float32", folder -> {
      double[] values = doubles(ALL);
      values[4] = 1e300;
      Npy.write(folder.resolve("set.npy"), values, COUNT, FEATURES);
      return folder.resolve("set.npy");
    }, auto, "row 1 (counted from 0), number 1 is 1.0E300", "finite float32");
    refuses("columns without names and without classes", folder -> text(folder, "set.csv",
        table(",", false, null, ALL)), auto, "3 columns without names; say which holds the classes", "none");
    refuses("two columns of words", folder -> text(folder, "set.csv",
        table(",", true, WORDS, ALL).replace("width", "colour").replaceAll("(?m)^(-?[0-9.]+),[0-9.]+", "$1,red")),
        auto, "the columns [colour, species] hold words; leave out all but one");
    refuses("other names in the test table", folder -> {
      text(folder, "train.csv", table(",", true, WORDS, TRAIN));
      return text(folder, "test.csv", table(",", true, WORDS, TEST).replace("width,weight", "weight,width"))
          .getParent();
    }, auto, "feature 2 is called width in the training vectors, weight in the test vectors", "the same order");
    refuses("another number of features in the test array", folder -> {
      Files.write(folder.resolve("X_train.npy"), floats(folder, TRAIN));
      Npy.write(folder.resolve("X_test.npy"), new float[8], 4, 2);
      return folder;
    }, auto, "training vectors are 3 features, test vectors 2 features");
    refuses("400 ids as classes", folder -> text(folder, "set.csv", "sensor,a,b\n" + IntStream.range(0, 400)
        .mapToObj(i -> "s" + i + "," + i / 7.0 + "," + i * 1.5 + "\n").collect(Collectors.joining())), auto,
        "400 different words in column 1 (sensor) as classes", "call the column id");
    refuses("a regression target called y", folder -> text(folder, "set.csv", "a,b,y\n1.5,2,0.25\n2.5,3,0.75\n"), auto,
        "column 3 (y)", "label 0 (counted from 0) is 0.25", "--label-column none");
    refuses("an empty array", folder -> {
      Npy.write(folder.resolve("set.npy"), new float[0], 0, 3);
      return folder.resolve("set.npy");
    }, auto, "shape [0, 3] is empty");
    refuses("one vector", folder -> {
      Npy.write(folder.resolve("set.npy"), values(0), 1, 3);
      return folder.resolve("set.npy");
    }, auto, "1 sample, expected at least 2");
    refuses("one axis, as vectors", folder -> {
      Npy.write(folder.resolve("set.npy"), values(ALL), COUNT * FEATURES);
      return folder.resolve("set.npy");
    }, options(null, Form.VECTORS), "expected vectors [n, features]", "reshape(-1, FEATURES)");
    refuses("vectors, as images", folder -> Files.write(folder.resolve("set.npy"), floats(folder, ALL)),
        options(null, Form.IMAGES), "expected floats in [0, 1]", "--as vectors");
    refuses("IDX, as vectors", folder -> Files.write(folder.resolve("x-idx3-ubyte"),
        IdxFiles.idx(new byte[8], 2, 2, 2)), options(null, Form.VECTORS), "is an IDX file of images", "leave --as");
    refuses("images, scaled", folder -> {
      Npy.write(folder.resolve("set.npy"), new byte[] {0, 1, 2, 3, 4, 5, 6, 7}, 2, 2, 2);
      return folder.resolve("set.npy");
    }, new DataOptions(null, null, null, null, Scaling.Kind.UNIT, null), "--scale unit is for vectors", "leave it out");
    refuses("another number of features than the run", folder -> Files.write(folder.resolve("set.npy"),
        floats(folder, ALL)),
        new DataOptions(null, null, null, Form.VECTORS, null, new Scaling(Scaling.Kind.NONE, new double[4],
            new double[] {1, 1, 1, 1})),
        "holds vectors of 3 features, not of 4");
  }

  @TestFactory
  Stream<DynamicTest> everyOtherFormIsRefusedWithARemedy() {
    refusals();
    return wrong.stream().map(form -> DynamicTest.dynamicTest(form.name, () -> {
      Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.name.hashCode())));
      Path place = form.writing.write(folder);
      refused(() -> Datasets.open(place.toString(), null, form.options, line -> {}),
          form.words.toArray(String[]::new));
    }));
  }

  /** What the rows of a file are taken for if nobody says it, and that a line says it. */
  @Test
  void rowsAreImagesOrVectors() throws IOException {
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("bytes, 16 columns", "4 x 4");
    expected.put("bytes, 15 columns", "15 features");
    expected.put("bytes, 9 columns", "9 features");
    expected.put("byte / 255, 16 columns", "4 x 4");
    expected.put("unit floats, 16 columns", "16 features");
    expected.put("unit floats, 64 columns", "8 x 8");
    expected.put("floats, 64 columns", "64 features");
    for (Map.Entry<String, String> form : expected.entrySet()) {
      String kind = form.getKey().substring(0, form.getKey().indexOf(','));
      int columns = Integer.parseInt(form.getKey().replaceAll(".*, | columns", ""));
      Path file = directory.resolve("set.npy");
      float[] values = new float[6 * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = switch (kind) {
          case "bytes" -> i % 256;
          case "byte / 255" -> i % 256 / 255f;
          case "unit floats" -> (i * 0.6180339f) % 1;
          default -> i - 100.5f;
        };
      }
      Npy.write(file, values, 6, columns);
      List<String> log = new ArrayList<>();
      Dataset read = Datasets.open(file.toString(), null, DataOptions.DEFAULT, log::add);
      assertEquals(form.getValue(), read.shape().toString(), form.getKey());
      boolean images = read.shape() instanceof Shape.Image;
      assertTrue(log.stream().anyMatch(line -> line.contains(images ? "taken as images of " + form.getValue()
          + " (--as vectors" : "vectors of " + form.getValue())), log.toString());
      Dataset vectors = Datasets.open(file.toString(), null, options(null, Form.VECTORS), log::add);
      assertEquals(columns + " features", vectors.shape().toString());
      assertEquals(values[0], Stream.of(vectors.train(), vectors.test()).flatMap(split -> IntStream
          .range(0, split.count()).mapToObj(i -> split.samples().value(i, 0))).min(Float::compare).orElseThrow(),
          1e-6f * Math.abs(values[0]) + (kind.equals("unit floats") ? 1 : 0));
    }
  }

  private List<String> said(String table) throws IOException {
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(text(directory, "set.csv", table).toString(), null, options(null, null), log::add);
    log.add(data.shape() + ", " + data.classes().size() + " classes");
    return log;
  }

  /** What a table may mean in two ways is said. */
  @Test
  void whatIsDoubtfulIsSaid() throws IOException {
    List<String> log = said("x,y,z\n0,1,2.5\n3,4,5.5\n6,7,8.5\n");
    assertEquals("3 features, 0 classes", log.get(log.size() - 1), "y beside x is a coordinate");
    log = said("a,b,label\n0.5,1,-1\n3.5,4,1\n6.5,7,-1\n7.5,8,1\n");
    assertTrue(log.toString().contains("2 of 4 samples have no class (label -1); if -1 and 1 are two classes, write 0"
        + " and 1"), log.toString());
    log = said("name,a,b\nanna,1.5,2\nbert,2.5,3\ncarl,3.5,4\n");
    assertTrue(log.toString().contains("column 1 (name) has another word on each line"), log.toString());
    log = said("time,a\n1700000000,1.5\n1700000001,2.5\n1700000002,3.5\n");
    assertFalse(log.toString().contains("float32 rounds"), "a table is read as float32: " + log);
    Path file = directory.resolve("set.npy");
    Npy.write(file, new double[] {1700000000, 1.5, 1700000001, 2.5, 1700000002, 3.5}, 3, 2);
    log.clear();
    Datasets.open(file.toString(), null, options(null, null), log::add);
    assertTrue(log.toString().contains("number 0 lies from 1.7E9 to 1.700000002E9, and float32 rounds it by up to"),
        log.toString());
  }

  /** Numbered features of a table that could be pixels of a square image are features. */
  @Test
  void numberedFeaturesAreNoPixels() throws IOException {
    for (String prefix : List.of("gene", "cg", "V", "PC")) {
      String names = IntStream.range(0, 64).mapToObj(k -> prefix + k).collect(Collectors.joining(","));
      List<String> log = said(names + ("\n" + "1,0,".repeat(31) + "1,0").repeat(4) + "\n");
      assertEquals("64 features, 0 classes", log.get(log.size() - 1), prefix);
    }
  }

  /** Runs of earlier versions read small tables as images, and still do. */
  @Test
  void earlierVersionsReadSmallTablesAsImages() throws IOException {
    DataOptions earlier = new DataOptions(null, null, new HeldOut.LastSixth(), Form.GREY, null, null);
    Path nine = text(directory, "nine.csv", "1,2,3,4,5,6,7,8,9\n".repeat(6));
    assertEquals("3 x 3", Datasets.open(nine.toString(), null, earlier, line -> {}).shape().toString());
    Path ten = text(directory, "ten.csv", IntStream.range(0, 6).mapToObj(i -> i % 2 + ",10,200,30,40,50,60,70,80,90\n")
        .collect(Collectors.joining()));
    Dataset data = Datasets.open(ten.toString(), null, earlier, line -> {});
    assertEquals("3 x 3", data.shape().toString());
    assertEquals(2, data.classes().size());
  }

  @Test
  void aFeatureThatLeavesItsConstantIsNamed() throws IOException {
    Npy.write(directory.resolve("X_train.npy"), new float[] {1, 5, 2, 5, 3, 5}, 3, 2);
    Npy.write(directory.resolve("X_test.npy"), new float[] {1, 5, 2, 7}, 2, 2);
    List<String> log = new ArrayList<>();
    Datasets.open(directory.toString(), null, new DataOptions(null, null, null), log::add);
    assertTrue(log.toString().contains("feature x2 is constant in the training samples, but not in the test samples"),
        log.toString());
    Npy.write(directory.resolve("X_train.npy"), new float[] {1e-30f, 5, 2e-30f, 5, 3e-30f, 5}, 3, 2);
    Npy.write(directory.resolve("X_test.npy"), new float[] {3e38f, 5}, 1, 2);
    refused(() -> Datasets.open(directory.toString(), null, new DataOptions(null, null, null), log::add),
        "a value of feature x1 is too large for float32 when it is scaled");
  }

  /** More than two axes are flattened if the user wants vectors. */
  @Test
  void arraysOfMoreAxesBecomeVectors() throws IOException {
    Path file = directory.resolve("set.npy");
    Npy.write(file, values(ALL), 6, 2, 3);
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(file.toString(), null, options(null, Form.VECTORS), log::add);
    assertEquals(6, data.shape().size());
    assertTrue(log.get(0).endsWith("vectors of 6 features, the numbers of [2, 3] one after another"), log.toString());
  }

  /** Names of features that are no pixels, and 16 columns of bytes: a table, not images. */
  @Test
  void namedFeaturesAreNoPixels() throws IOException {
    String names = IntStream.range(0, 16).mapToObj(k -> "" + (char) ('a' + k)).collect(Collectors.joining(","));
    String rows = IntStream.range(0, 6).mapToObj(i -> IntStream.range(0, 16).mapToObj(k -> "" + (i * k))
        .collect(Collectors.joining(","))).collect(Collectors.joining("\n"));
    for (boolean pixels : new boolean[] {false, true}) {
      String heading = pixels ? names.replaceAll("([a-p])", "pixel_$1") : names;
      Path file = text(directory, "set.csv", heading + "\n" + rows + "\n");
      Dataset data = Datasets.open(file.toString(), null, new DataOptions(null, null, null), line -> {});
      assertEquals(pixels ? "4 x 4" : "16 features", data.shape().toString());
    }
  }
}
