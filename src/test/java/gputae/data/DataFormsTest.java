package gputae.data;

import static gputae.data.IdxFiles.gzip;
import static gputae.data.IdxFiles.idx;
import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The forms in which people hold sets of 8-bit images: 12 images of 4 x 4 in three classes, written in each form. Every
 * form is read as it is meant, or refused in one line that says what to do.
 */
class DataFormsTest {

  private static final int COUNT = 12;
  private static final int SIDE = 4;
  private static final int PIXELS = SIDE * SIDE;

  /** The images that are test images in forms that divide them. */
  private static final IntPredicate TESTED = i -> i >= 9;

  @TempDir
  Path directory;

  /** Writes a data set and returns what a user gives to --dataset. */
  private interface Form {
    Path write(Path folder) throws IOException;
  }

  private final Map<String, Form> right = new LinkedHashMap<>();
  private final Map<String, String[]> said = new LinkedHashMap<>();
  private final Map<String, DataOptions> options = new LinkedHashMap<>();
  private final Map<String, Form> wrong = new LinkedHashMap<>();

  /** A pixel of an image; the first one tells the image. */
  private static int pixel(int image, int p) {
    return p == 0 ? 20 * image + 1 : (17 * image + 31 * p + 3) % 256;
  }

  private static int label(int image) {
    return image % 3;
  }

  private static byte[] bytes(int count, IntFunction<Number> value) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = value.apply(i).byteValue();
    }
    return bytes;
  }

  private static int[] which(IntPredicate wanted) {
    return IntStream.range(0, COUNT).filter(wanted).toArray();
  }

  private static final int[] ALL = which(i -> true);
  private static final int[] TRAIN = which(TESTED.negate());
  private static final int[] TEST = which(TESTED);

  /** uint8 [images, pixels] */
  private static byte[] pixels(int... images) {
    return bytes(images.length * PIXELS, i -> pixel(images[i / PIXELS], i % PIXELS));
  }

  private static byte[] labels(int... images) {
    return bytes(images.length, i -> label(images[i]));
  }

  /** A .npy file of values that a type of NumPy holds. */
  private static byte[] npy(String type, double[] values, int... shape) {
    int size = type.charAt(2) - '0';
    ByteBuffer bytes = ByteBuffer.allocate(size * values.length)
        .order(type.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (type.substring(1)) {
        case "f4" -> bytes.putFloat((float) value);
        case "f8" -> bytes.putDouble(value);
        case "i8" -> bytes.putLong((long) value);
        case "i4" -> bytes.putInt((int) value);
        default -> bytes.put((byte) value);
      }
    }
    String sizes = Arrays.stream(shape).mapToObj(each -> each + ", ").collect(Collectors.joining());
    return NpyTest.npy(1, "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + sizes + "), }",
        bytes.array());
  }

  private static double[] doubles(byte[] values, double unit) {
    return IntStream.range(0, values.length).mapToDouble(i -> (values[i] & 0xff) * unit).toArray();
  }

  private static byte[] npy(byte[] values, int... shape) {
    return npy("|u1", doubles(values, 1), shape);
  }

  private static byte[] images(int... which) {
    return npy(pixels(which), which.length, SIDE, SIDE);
  }

  private static byte[] labelsNpy(int... which) {
    return npy("<i8", doubles(labels(which), 1), which.length);
  }

  private static byte[] npz(Object... namesAndArrays) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (int i = 0; i < namesAndArrays.length; i += 2) {
        zip.putNextEntry(new ZipEntry(namesAndArrays[i] + ".npy"));
        zip.write((byte[]) namesAndArrays[i + 1]);
        zip.closeEntry();
      }
    }
    return out.toByteArray();
  }

  private static Path file(Path folder, String name, byte[] content) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A line of a table for each image: its label, if there are names of labels, and its pixels. */
  private static String table(String separator, double unit, boolean labelLast, List<String> labels, int... which) {
    StringBuilder text = new StringBuilder();
    for (int i : which) {
      String row = IntStream.range(0, PIXELS)
          .mapToObj(p -> unit == 1 ? Integer.toString(pixel(i, p)) : Double.toString(pixel(i, p) * unit))
          .collect(Collectors.joining(separator));
      if (labels != null) {
        String label = labels.get(label(i));
        row = labelLast ? row + separator + label : label + separator + row;
      }
      text.append(row).append('\n');
    }
    return text.toString();
  }

  private static final List<String> DIGITS = List.of("0", "1", "2");

  private static String names(String separator, String before) {
    return before + IntStream.range(0, PIXELS).mapToObj(p -> "pixel" + p).collect(Collectors.joining(separator))
        + "\n";
  }

  private static byte[] png(int image) throws IOException {
    BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
    for (int p = 0; p < PIXELS; p++) {
      picture.getRaster().setSample(p % SIDE, p / SIDE, 0, pixel(image, p));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(picture, "png", out));
    return out.toByteArray();
  }

  private static byte[] pnm(String header, byte[] values) {
    byte[] start = text(header);
    byte[] file = Arrays.copyOf(start, start.length + values.length);
    System.arraycopy(values, 0, file, start.length, values.length);
    return file;
  }

  /** Image files, each with a name that its number and its label make. */
  private static Path pictures(Path folder, IntFunction<String> name, IntFunction<byte[]> content) throws IOException {
    for (int i : ALL) {
      file(folder, name.apply(i), content.apply(i));
    }
    return folder;
  }

  private static byte[] safePng(int image) {
    try {
      return png(image);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void is(String form, Form write, String... lines) {
    right.put(form, write);
    said.put(form, lines);
  }

  private void with(String form, String key, String labelColumn) {
    options.put(form, new DataOptions(key, labelColumn, HeldOut.DEFAULT));
  }

  private void refuses(String form, Form write, String... words) {
    wrong.put(form, write);
    said.put(form, words);
  }

  /** Writes one .npy file of images with its labels beside. */
  private static Form array(byte[] content) {
    return folder -> {
      file(folder, "set-labels.npy", labelsNpy(ALL));
      return file(folder, "set.npy", content);
    };
  }

  /** Writes the training images and labels, then the test images and labels, each as a .npy file of this name. */
  private static Path pairs(Path folder, String... names) throws IOException {
    List<byte[]> contents = List.of(images(TRAIN), labelsNpy(TRAIN), images(TEST), labelsNpy(TEST));
    for (int i = 0; i < names.length; i++) {
      file(folder, names[i] + ".npy", contents.get(i));
    }
    return folder;
  }

  private static double[] colour(boolean first, int colours) {
    double[] values = new double[COUNT * PIXELS * colours];
    for (int i = 0; i < COUNT; i++) {
      for (int p = 0; p < PIXELS; p++) {
        for (int c = 0; c < colours; c++) {
          int at = first ? (i * colours + c) * PIXELS + p : (i * PIXELS + p) * colours + c;
          values[at] = c == 3 ? 255 : pixel(i, p);
        }
      }
    }
    return values;
  }

  private void arrays() {
    double[] values = doubles(pixels(ALL), 1);
    is("npy [n, h, w]", array(npy("|u1", values, COUNT, SIDE, SIDE)), "labels from set-labels.npy");
    is("npy [n, pixels]", array(npy("|u1", values, COUNT, PIXELS)));
    is("npy [n, 1, h, w]", array(npy("|u1", values, COUNT, 1, SIDE, SIDE)));
    is("npy [n, h, w, 1]", array(npy("|u1", values, COUNT, SIDE, SIDE, 1)));
    is("npy colours last", array(npy("|u1", colour(false, 3), COUNT, SIDE, SIDE, 3)));
    is("npy colours first", array(npy("|u1", colour(true, 3), COUNT, 3, SIDE, SIDE)));
    is("npy with alpha", array(npy("|u1", colour(false, 4), COUNT, SIDE, SIDE, 4)));
    is("npy int64", array(npy("<i8", values, COUNT, SIDE, SIDE)), "integers from 0 to 255, taken as uint8");
    is("npy big-endian", array(npy(">i4", values, COUNT, SIDE, SIDE)));
    is("npy float32 in [0, 1]", array(npy("<f4", doubles(pixels(ALL), 1 / 255.0), COUNT, SIDE, SIDE)), "round(255 x)");
    is("npy float64 in [0, 1]", array(npy("<f8", doubles(pixels(ALL), 1 / 255.0), COUNT, SIDE, SIDE)));
    is("npy float32 to 255", array(npy("<f4", values, COUNT, SIDE, SIDE)), "floats that are integers from 0 to 255");
    is("npy gzip", folder -> {
      file(folder, "set-labels.npy", labelsNpy(ALL));
      return file(folder, "set.npy.gz", gzip(images(ALL)));
    });
    is("labels [n, 1]", folder -> {
      file(folder, "set_labels.npy", npy(labels(ALL), COUNT, 1));
      return file(folder, "set_images.npy", images(ALL));
    }, "labels from set_labels.npy");
    is("labels one-hot", folder -> {
      file(folder, "y.npy", npy("<f4", IntStream.range(0, 3 * COUNT).mapToDouble(k -> label(k / 3) == k % 3 ? 1 : 0)
          .toArray(), COUNT, 3));
      return file(folder, "X.npy", images(ALL));
    }, "one column for each of 3 classes");
    is("labels as text", folder -> {
      file(folder, "labels.txt", text("label\n" + Arrays.stream(ALL).mapToObj(i -> label(i) + "\n")
          .collect(Collectors.joining())));
      return file(folder, "images.npy", images(ALL));
    });
    is("labels as floats", folder -> {
      file(folder, "set-labels.npy", npy("<f8", doubles(labels(ALL), 1), COUNT));
      return file(folder, "set.npy", images(ALL));
    });
    is("npy pairs", folder -> pairs(folder, "train-images", "train-labels", "test-images", "test-labels"));
    is("X_train.npy, y_train.npy", folder -> pairs(folder, "X_train", "y_train", "X_test", "y_test"));
    is("training and validation files",
        folder -> pairs(folder, "train_images", "train_labels", "val_images", "val_labels"),
        "there are no test images, so val_images.npy is the test split");
    is("npy pairs beside other files", folder -> {
      file(folder, "train-latents.npy", images(0));
      file(folder, "train-images-small.npy", images(0));
      return pairs(folder, "train-images", "train-labels", "test-images", "test-labels");
    });
    is("an array called target", folder -> {
      file(folder, "target-labels.npy", labelsNpy(ALL));
      return file(folder, "target.npy", images(ALL));
    });
    is("a folder of one file", folder -> {
      file(folder, "set-labels.npy", labelsNpy(ALL));
      return file(folder, "set.npy", images(ALL)).getParent();
    });
  }

  private void archives() {
    is("npz as Keras has it", folder -> file(folder, "mnist.npz", npz("x_test", images(TEST), "x_train", images(TRAIN),
        "y_train", labelsNpy(TRAIN), "y_test", labelsNpy(TEST))), "took x_train, y_train, x_test, y_test");
    is("npz as MedMNIST has it", folder -> file(folder, "medmnist.npz",
        npz("train_images", images(TRAIN), "val_images", images(0, 1), "test_images", images(TEST), "train_labels",
            npy(labels(TRAIN), TRAIN.length, 1), "val_labels", npy(labels(0, 1), 2, 1), "test_labels",
            npy(labels(TEST), TEST.length, 1))),
        "left out val_images, val_labels");
    is("npz of images and labels",
        folder -> file(folder, "set.npz", npz("labels", labelsNpy(ALL), "images", images(ALL))));
    is("npz of data and target", folder -> file(folder, "set.npz", npz("data", images(ALL), "target", labelsNpy(ALL))));
    is("npz of arr_0 and arr_1", folder -> file(folder, "set.npz", npz("arr_0", images(ALL), "arr_1", labelsNpy(ALL))));
    is("npz of one array", folder -> {
      file(folder, "set-labels.npy", labelsNpy(ALL));
      return file(folder, "set.npz", npz("pictures", images(ALL)));
    });
    is("npz of train_images and y_train", folder -> file(folder, "set.npz", npz("train_images", images(TRAIN),
        "test_images", images(TEST), "y_train", labelsNpy(TRAIN), "y_test", labelsNpy(TEST))));
    is("npz of features and targets",
        folder -> file(folder, "set.npz", npz("features", images(ALL), "targets", labelsNpy(ALL))));
    is("npz with --key", folder -> {
      file(folder, "set-labels.npy", labelsNpy(ALL));
      return file(folder, "set.npz", npz("small", images(0, 1), "large", images(ALL)));
    }, "took large; left out small");
    with("npz with --key", "large", null);
    is("npz pairs as KMNIST has them", folder -> {
      file(folder, "kmnist-train-imgs.npz", npz("arr_0", images(TRAIN)));
      file(folder, "kmnist-train-labels.npz", npz("arr_0", labelsNpy(TRAIN)));
      file(folder, "kmnist-test-imgs.npz", npz("arr_0", images(TEST)));
      file(folder, "kmnist-test-labels.npz", npz("arr_0", labelsNpy(TEST)));
      return folder;
    });
  }

  private static byte[] idxImages(int... which) {
    return idx(pixels(which), which.length, SIDE, SIDE);
  }

  private static byte[] transposed(int... which) {
    return idx(bytes(which.length * PIXELS,
        i -> pixel(which[i / PIXELS], i % PIXELS % SIDE * SIDE + i % PIXELS / SIDE)), which.length, SIDE, SIDE);
  }

  private static Path emnist(Path folder, String set) throws IOException {
    file(folder, set + "-train-images-idx3-ubyte.gz", gzip(transposed(TRAIN)));
    file(folder, set + "-train-labels-idx1-ubyte.gz", gzip(idx(labels(TRAIN), TRAIN.length)));
    file(folder, set + "-test-images-idx3-ubyte.gz", gzip(transposed(TEST)));
    file(folder, set + "-test-labels-idx1-ubyte.gz", gzip(idx(labels(TEST), TEST.length)));
    return folder;
  }

  /** Labels as QMNIST has them: int32 [n, 8], of which the first column is the class. */
  private static byte[] qmnist(int... which) {
    ByteBuffer bytes = ByteBuffer.allocate(12 + 32 * which.length).put(new byte[] {0, 0, 12, 2}).putInt(which.length)
        .putInt(8);
    for (int i : which) {
      bytes.putInt(label(i));
      IntStream.range(0, 7).forEach(k -> bytes.putInt(1000 + k));
    }
    return bytes.array();
  }

  private void idxFiles() {
    is("IDX as MNIST has it", folder -> {
      file(folder, "train-images-idx3-ubyte", idxImages(TRAIN));
      file(folder, "train-labels-idx1-ubyte", idx(labels(TRAIN), TRAIN.length));
      file(folder, "t10k-images-idx3-ubyte.gz", gzip(idxImages(TEST)));
      file(folder, "t10k-labels-idx1-ubyte.gz", gzip(idx(labels(TEST), TEST.length)));
      return folder;
    });
    is("IDX with dots", folder -> {
      file(folder, "train-images.idx3-ubyte", idxImages(TRAIN));
      file(folder, "train-labels.idx1-ubyte", idx(labels(TRAIN), TRAIN.length));
      file(folder, "t10k-images.idx3-ubyte", idxImages(TEST));
      file(folder, "t10k-labels.idx1-ubyte", idx(labels(TEST), TEST.length));
      return folder;
    });
    is("IDX as EMNIST has it", folder -> emnist(folder, "emnist-digits"), "they are turned upright");
    is("EMNIST's sets in one folder", folder -> {
      emnist(folder, "emnist-letters");
      return emnist(folder, "emnist-digits");
    });
    with("EMNIST's sets in one folder", "emnist-letters", null);
    is("IDX as QMNIST has it", folder -> {
      file(folder, "qmnist-train-images-idx3-ubyte.gz", gzip(idxImages(TRAIN)));
      file(folder, "qmnist-train-labels-idx2-int.gz", gzip(qmnist(TRAIN)));
      file(folder, "qmnist-test-images-idx3-ubyte.gz", gzip(idxImages(TEST)));
      file(folder, "qmnist-test-labels-idx2-int.gz", gzip(qmnist(TEST)));
      return folder;
    });
    is("one IDX file", folder -> {
      file(folder, "set-labels-idx1-ubyte", idx(labels(ALL), COUNT));
      return file(folder, "set-images-idx3-ubyte", idxImages(ALL));
    });
  }

  private void tables() {
    is("csv as Kaggle has it", folder -> {
      file(folder, "train.csv", text(names(",", "label,") + table(",", 1, false, DIGITS, TRAIN)));
      file(folder, "test.csv", text(names(",", "label,") + table(",", 1, false, DIGITS, TEST)));
      file(folder, "sample_submission.csv", text("ImageId,Label\n1,0\n"));
      return folder;
    }, "classes from column 1 (label), numbers from 16 other columns");
    is("csv without a header", folder -> {
      file(folder, "mnist_train.csv", text(table(",", 1, false, DIGITS, TRAIN)));
      file(folder, "mnist_test.csv", text(table(",", 1, false, DIGITS, TEST)));
      return folder;
    });
    is("csv with the classes last", folder -> file(folder, "set.csv",
        text(names(",", "").strip() + ",Class\n" + table(",", 1, true, DIGITS, ALL))));
    is("csv with numbers as names", folder -> file(folder, "set.csv", text("label,"
        + IntStream.range(0, PIXELS).mapToObj(Integer::toString).collect(Collectors.joining(",")) + "\n"
        + table(",", 1, false, DIGITS, ALL))));
    is("csv with an index", folder -> file(folder, "set.csv", text("," + names(",", "y,")
        + Arrays.stream(ALL).mapToObj(i -> i + "," + table(",", 1, false, DIGITS, i)).collect(Collectors.joining()))),
        "column 1 (an empty cell) is left out");
    is("csv without a header, classes last", folder -> file(folder, "set.csv",
        text(table(",", 1, true, DIGITS, ALL))), "classes from column 17, numbers from 16 other columns");
    is("EMNIST's csv", folder -> file(folder, "emnist-letters-test.csv", text(Arrays.stream(ALL).mapToObj(i -> label(i)
        + IntStream.range(0, PIXELS).mapToObj(p -> "," + pixel(i, p % SIDE * SIDE + p / SIDE))
            .collect(Collectors.joining("", "", "\n")))
        .collect(Collectors.joining()))), "they are turned upright");
    is("tsv", folder -> file(folder, "set.tsv", text(names("\t", "label\t") + table("\t", 1, false, DIGITS, ALL))));
    is("csv with semicolons, gzip", folder -> file(folder, "set.csv.gz",
        gzip(text(names(";", "label;") + table(";", 1, false, DIGITS, ALL)))));
    is("csv of floats", folder -> file(folder, "set.csv",
        text(names(",", "label,") + table(",", 1 / 255.0, false, DIGITS, ALL))), "round(255 x)");
    is("csv with words as classes", folder -> file(folder, "set.csv",
        text(names(",", "label,") + table(",", 1, false, List.of("ant", "bee", "cat"), ALL))));
    is("csv with words and no header", folder -> file(folder, "set.csv",
        text(table(",", 1, true, List.of("ant", "bee", "cat"), ALL))));
    is("csv with --label-column", folder -> file(folder, "set.csv",
        text(names(",", "kind,") + table(",", 1, false, DIGITS, ALL))));
    with("csv with --label-column", null, "kind");
    is("csv with --label-column 17", folder -> file(folder, "set.csv", text(table(",", 1, true, DIGITS, ALL))));
    with("csv with --label-column 17", null, "17");
  }

  private void pictures() {
    is("class folders", folder -> pictures(folder, i -> "c" + label(i) + "/" + i + ".png", DataFormsTest::safePng));
    is("divided class folders", folder -> pictures(folder,
        i -> (TESTED.test(i) ? "test" : "train") + "/c" + label(i) + "/" + i + ".png", DataFormsTest::safePng));
    is("train and val folders", folder -> pictures(folder,
        i -> (TESTED.test(i) ? "val" : "train") + "/c" + label(i) + "/" + i + ".PNG", DataFormsTest::safePng),
        "there is no folder test, so val is the test split");
    is("train, val and test folders", folder -> {
      file(folder, "val/c0/0.png", png(0));
      return pictures(folder, i -> (TESTED.test(i) ? "test" : "train") + "/c" + label(i) + "/" + i + ".png",
          DataFormsTest::safePng);
    }, "val is left out; test is the test split");
    is("class folders and what archives leave", folder -> {
      file(folder, "__MACOSX/c0/._0.png", new byte[3]);
      file(folder, ".DS_Store", new byte[3]);
      file(folder, "c1/Thumbs.db", new byte[3]);
      return pictures(folder, i -> "c" + label(i) + "/" + i + ".png", DataFormsTest::safePng);
    }, "passed over 3 entries that are no images: c1/Thumbs.db, .DS_Store, __MACOSX");
    is("class folders and results beside them", folder -> {
      file(folder, "grid.png", png(3));
      file(folder, "train.csv", text("name\n"));
      file(folder, "c1/more/0.png", png(3));
      return pictures(folder, i -> "c" + label(i) + "/" + i + ".png", DataFormsTest::safePng);
    }, "passed over 3 entries that are no images: grid.png, c1/more, train.csv");
    is("Training and Testing folders", folder -> pictures(folder,
        i -> (TESTED.test(i) ? "Testing" : "Training") + "/c" + label(i) + "/" + i + ".png", DataFormsTest::safePng));
    is("class folders that are links", folder -> {
      pictures(folder, i -> "there/c" + label(i) + "/" + i + ".png", DataFormsTest::safePng);
      Path links = Files.createDirectory(folder.resolve("links"));
      for (int label = 0; label < 3; label++) {
        Files.createSymbolicLink(links.resolve("c" + label), folder.resolve("there/c" + label));
      }
      assertEquals(COUNT + 1, Datasets.filesOf(links).size());
      return links;
    });
    is("PGM", folder -> pictures(folder, i -> "c" + label(i) + "/" + i + ".pgm",
        i -> pnm("P5\n# made by hand\n4 4\n255\n", pixels(i))));
    is("plain PGM", folder -> pictures(folder, i -> "c" + label(i) + "/" + i + ".pgm",
        i -> text("P2 4 4 255\n" + table("\n", 1, false, null, i))));
    is("PGM of 16 bits", folder -> pictures(folder, i -> "c" + label(i) + "/" + i + ".pgm",
        i -> pnm("P5 4 4 65535\n", bytes(2 * PIXELS, k -> pixel(i, k / 2)))));
    is("PPM", folder -> pictures(folder, i -> "c" + label(i) + "/" + i + ".ppm",
        i -> pnm("P6\n4\n4\n255\n", bytes(3 * PIXELS, k -> pixel(i, k / 3)))));
  }

  @TestFactory
  Stream<DynamicTest> everyFormIsReadAsItIsMeant() {
    arrays();
    archives();
    idxFiles();
    tables();
    pictures();
    assertTrue(right.size() >= 45, right.size() + " forms");
    return right.keySet().stream().map(form -> DynamicTest.dynamicTest(form, () -> isRead(form)));
  }

  private void isRead(String form) throws IOException {
    Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.hashCode())));
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(right.get(form).write(folder).toString(), null,
        options.getOrDefault(form, DataOptions.DEFAULT), log::add);
    TreeSet<Integer> found = new TreeSet<>();
    for (Split split : List.of(data.train(), data.test())) {
      assertEquals(SIDE, split.images().height());
      assertEquals(SIDE, split.images().width());
      for (int k = 0; k < split.count(); k++) {
        int image = (split.images().pixels()[k * PIXELS] & 0xff) / 20;
        assertTrue(found.add(image), "image " + image + " twice");
        assertEquals(Arrays.toString(pixels(image)),
            Arrays.toString(Arrays.copyOfRange(split.images().pixels(), k * PIXELS, (k + 1) * PIXELS)), log.toString());
        assertEquals(label(image), split.classOf(k), log.toString());
        assertTrue(data.heldOut() != null || TESTED.test(image) == (split == data.test()), "part of image " + image);
      }
    }
    assertEquals(COUNT, found.size());
    assertEquals(3, data.classes().size(), data.classes().toString());
    if (data.heldOut() != null) {
      assertEquals(3, data.test().count());
      assertTrue(log.stream().anyMatch(line -> line.contains("12 images, 3 of them are the test split"
          + " (a sixth of each class, chosen at random with seed 0)")), log.toString());
    }
    for (String line : said.get(form)) {
      assertTrue(log.stream().anyMatch(each -> each.contains(line)), log.toString());
    }
  }

  private void refusedArrays() {
    double[] values = doubles(pixels(ALL), 1);
    double[] binary = Arrays.stream(values).map(value -> value > 127 ? 1 : 0).toArray();
    refuses("integers 0 and 1", array(npy("<i8", binary, COUNT, SIDE, SIDE)), "white or nearly black", "astype(bool)");
    refuses("integers above 255", array(npy("<i4", Arrays.stream(values).map(v -> 10 * v).toArray(), COUNT, SIDE,
        SIDE)), "expected pixels from 0 to 255");
    refuses("floats from -1 to 1", array(npy("<f4", Arrays.stream(values).map(v -> v / 127.5 - 1).toArray(), COUNT,
        SIDE, SIDE)), "element [0, 0, 0] is -0.99", "(ARRAY + 1) / 2");
    refuses("floats of any size", array(npy("<f4", Arrays.stream(values).map(v -> v - 100.5).toArray(), COUNT, SIDE,
        SIDE)), "expected floats in [0, 1]");
    refuses("one axis", array(npy("|u1", values, COUNT * PIXELS)), "expected images [n, height, width]", "reshape");
    refuses("five axes", array(npy("|u1", values, COUNT, 1, SIDE, SIDE, 1)), "expected images [n, height, width]");
    refuses("ten colours", array(npy("|u1", new double[2 * 10 * 4 * 2], 2, 10, 4, 2)), "with 1 or 3 colours");
    refuses("colours on both sides", array(npy("|u1", new double[2 * 3 * 4 * 3], 2, 3, 4, 3)),
        "can be the second or the last axis");
    refuses("labels that are no integers", folder -> {
      file(folder, "set-labels.npy", npy("<f4", doubles(labels(ALL), 0.5), COUNT));
      return file(folder, "set.npy", images(ALL));
    }, "set-labels.npy: label 1 (counted from 0) is 0.5, expected integers");
    refuses("columns of classes with two ones", folder -> {
      file(folder, "set-labels.npy", npy(bytes(3 * COUNT, k -> 1), COUNT, 3));
      return file(folder, "set.npy", images(ALL));
    }, "row 0 (counted from 0) does not have a single 1", "argmax");
    refuses("two files of labels", folder -> {
      file(folder, "set_labels.npy", labelsNpy(ALL));
      file(folder, "set_labels.csv", text("0\n"));
      return file(folder, "set.npy", images(ALL));
    }, "the labels can be in set_labels.csv or in set_labels.npy");
    refuses("npz of unknown names", folder -> file(folder, "set.npz", npz("a", images(ALL), "b", images(ALL))),
        "2 arrays (a, b)", "--key NAME");
    refuses("several sets", folder -> {
      emnist(folder, "emnist-letters");
      return emnist(folder, "emnist-digits");
    }, "several data sets: emnist-digits, emnist-letters", "--key emnist-letters");
    refuses("no test images", folder -> file(folder, "X_train.npy", images(ALL)).getParent(),
        "there is X_train.npy, but no file of test images", "give ");
  }

  private void refusedTables() {
    refuses("a column too many", folder -> file(folder, "set.csv",
        text(names(",", "kind,") + table(",", 1, false, DIGITS, ALL))), "17 columns, one more than the pixels of a"
            + " square image",
        "--label-column");
    refuses("two columns of classes", folder -> file(folder, "set.csv",
        text(names(",", "label,").strip() + ",class\n" + Arrays.stream(ALL)
            .mapToObj(i -> table(",", 1, false, DIGITS, i).strip() + ",1\n").collect(Collectors.joining()))),
        "[label, class] can all be classes");
    refuses("a short line", folder -> file(folder, "set.csv", text(table(",", 1, false, DIGITS, ALL) + "1,2\n")),
        "set.csv:13: 2 columns, but the first line has 17");
    refuses("no pixels", folder -> file(folder, "set.csv",
        text(names(",", "label,") + table(",", 7, false, DIGITS, ALL))), "expected floats in [0, 1]");
    refuses("a word among pixels", folder -> file(folder, "set.csv",
        text(names(",", "label,") + table(",", 1, false, DIGITS, 0, 1).replace(",21,", ",black,"))),
        "set.csv:3: \"black\" in column 2, expected a number");
  }

  private void refusedFiles() {
    Map<String, byte[]> others = new LinkedHashMap<>();
    others.put("an HDF5 file", bytes(100, i -> i < 4 ? (int) "\u0089HDF".charAt(i) : 0));
    others.put("a MATLAB file", text("MATLAB 5.0 MAT-file, Platform: GLNXA64"));
    others.put("a Parquet file", text("PAR1 and more"));
    others.put("a Python pickle", bytes(50, i -> i == 0 ? 0x80 : i == 1 ? 4 : 65));
    others.put("a PLY file", text("ply\nformat ascii 1.0\nelement vertex 1\nend_header\n"));
    others.forEach((words, content) -> refuses(words, folder -> file(folder, "set.dat", content), words));
    refuses("zip file", folder -> {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (ZipOutputStream zip = new ZipOutputStream(out)) {
        zip.putNextEntry(new ZipEntry("0.png"));
      }
      return file(folder, "set.zip", out.toByteArray());
    }, "a zip file without .npy arrays", "unpack it");
    refuses("words that only test images have", folder -> {
      file(folder, "train.csv", text(table(",", 1, true, List.of("ant", "bee", "cat"), TRAIN)));
      return file(folder, "test.csv", text(table(",", 1, true, List.of("ant", "bee", "dog"), TEST))).getParent();
    }, "the class \"dog\" of a test sample is that of no training sample");
    refuses("a table of 0 and 1", folder -> file(folder, "set.csv", text("0,1,1,0,".repeat(3) + "1,0,0,1\n"
        + "1,1,0,0,".repeat(3) + "0,0,1,0\n")), "all pixels are 0 or 1", "write 255 for white", "--as vectors");
    refuses("--key for one set", folder -> file(folder, "set.npy", images(ALL)), "--key other has no meaning");
    with("--key for one set", "other", null);
    refuses("--key for folders", folder -> pictures(folder, i -> "c/" + i + ".png", DataFormsTest::safePng),
        "is a folder of images; --key, --label-column and --as are for");
    with("--key for folders", "other", null);
    refuses("--label-column for IDX", folder -> file(folder, "set-images-idx3-ubyte", idxImages(ALL)),
        "is an IDX file; --label-column is for text tables");
    with("--label-column for IDX", null, "2");
    refuses("a PGM that claims much", folder -> pictures(folder, i -> "c/" + i + ".pgm",
        i -> text("P5 4096 4096 255\n")), "the image needs at least 16777216 bytes");
    refuses("a cut PGM", folder -> pictures(folder, i -> "c/" + i + ".pgm", i -> pnm("P5 4 4 255\n", new byte[9])),
        "the image needs 16 bytes, but 9 are left");
    refuses("an empty folder", folder -> folder, "no data set; expected train-images");
  }

  @TestFactory
  Stream<DynamicTest> everyOtherFormIsRefusedWithARemedy() {
    refusedArrays();
    refusedTables();
    refusedFiles();
    return wrong.keySet().stream().map(form -> DynamicTest.dynamicTest(form, () -> {
      Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.hashCode())));
      Path place = wrong.get(form).write(folder);
      refused(() -> Datasets.open(place.toString(), null, options.getOrDefault(form, DataOptions.DEFAULT), line -> {}),
          said.get(form));
    }));
  }

  @TestFactory
  Stream<DynamicTest> formsWithoutClasses() {
    Map<String, Form> forms = new LinkedHashMap<>();
    forms.put("image files", folder -> pictures(folder, i -> i + ".png", DataFormsTest::safePng));
    forms.put("divided image files", folder -> pictures(folder,
        i -> (TESTED.test(i) ? "test/" : "train/") + i + ".png", DataFormsTest::safePng));
    forms.put("csv", folder -> file(folder, "set.csv", text(table(",", 1, false, null, ALL))));
    forms.put("npy", folder -> file(folder, "set.npy", images(ALL)));
    return forms.entrySet().stream().map(form -> DynamicTest.dynamicTest(form.getKey(), () -> {
      Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.getKey().hashCode())));
      List<String> log = new ArrayList<>();
      Dataset data = Datasets.open(form.getValue().write(folder).toString(), null, DataOptions.DEFAULT, log::add);
      assertTrue(data.classes().isEmpty() && data.train().labels() == null && data.test().labels() == null);
      assertEquals(COUNT, data.train().count() + data.test().count());
      assertEquals(data.heldOut() == null ? TEST.length : 2, data.test().count());
      assertTrue(data.heldOut() == null || log.toString().contains("no labels"), log.toString());
    }));
  }

  @TestFactory
  Stream<DynamicTest> blackAndWhite() {
    byte[] bits = bytes(COUNT * PIXELS, i -> pixel(i / PIXELS, i % PIXELS) > 127 ? 1 : 0);
    Map<String, Form> forms = new LinkedHashMap<>();
    forms.put("bool", folder -> file(folder, "set.npy", npy("|b1", doubles(bits, 1), COUNT, SIDE, SIDE)));
    forms.put("PBM", folder -> pictures(folder, i -> i + ".pbm", i -> pnm("P4 4 4\n", bytes(SIDE, y -> IntStream
        .range(0, SIDE).map(x -> (1 - bits[i * PIXELS + SIDE * y + x]) << 7 - x).sum()))));
    forms.put("plain PBM", folder -> pictures(folder, i -> i + ".pbm", i -> text("P1\n4 4\n" + IntStream
        .range(0, PIXELS).mapToObj(p -> Integer.toString(1 - bits[i * PIXELS + p])).collect(Collectors.joining()))));
    return forms.entrySet().stream().map(form -> DynamicTest.dynamicTest(form.getKey(), () -> {
      Path folder = Files.createDirectory(directory.resolve(Integer.toString(form.getKey().hashCode())));
      Dataset data = Datasets.open(form.getValue().write(folder).toString(), null, DataOptions.DEFAULT, line -> {});
      List<String> expected = IntStream.range(0, COUNT).mapToObj(i -> Arrays.toString(
          bytes(PIXELS, p -> 255 * bits[i * PIXELS + p]))).sorted().toList();
      assertEquals(expected, Stream.of(data.train(), data.test()).flatMap(split -> IntStream
          .range(0, split.count()).mapToObj(k -> Arrays.toString(
              Arrays.copyOfRange(split.images().pixels(), k * PIXELS, (k + 1) * PIXELS))))
          .sorted().toList());
    }));
  }
}
