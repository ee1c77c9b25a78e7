package gputae.data;

import static gputae.data.IdxFiles.counting;
import static gputae.data.IdxFiles.idx;
import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.evaluate.Sample;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {

  @TempDir
  Path directory;

  private final List<String> log = new ArrayList<>();

  /** Opens data as earlier versions did, which held out the last sixth and knew grey images alone. */
  private Dataset open(Path path) throws IOException {
    return Datasets.open(path.toString(), null, LAST_SIXTH, log::add);
  }

  private static final DataOptions LAST_SIXTH =
      new DataOptions(null, null, new HeldOut.LastSixth(), DataOptions.Form.GREY, null, null);

  @Test
  void idxDirectories() throws IOException {
    for (boolean compressed : new boolean[] {false, true}) {
      Path place = Files.createDirectory(directory.resolve("idx" + compressed));
      IdxFiles.four(place, compressed);
      Dataset named = Datasets.open("fashion-mnist", place, DataOptions.DEFAULT, log::add);
      assertEquals("fashion-mnist", named.name());
      assertEquals("Ankle boot", named.classes().get(9));
      assertEquals(12, named.train().count());
      assertEquals(4, named.test().count());
      assertArrayEquals(counting(72), named.train().images().pixels());
      assertEquals(9, named.test().labels()[0]);
      assertEquals("idx" + compressed, open(place).name());
      assertEquals("9", open(place).classes().get(9));
      assertEquals("kmnist", Datasets.open("kmnist", place, DataOptions.DEFAULT, log::add).name());
    }
    Path place = directory.resolve("idxfalse");
    Files.delete(place.resolve("train-labels-idx1-ubyte"));
    Files.delete(place.resolve("t10k-labels-idx1-ubyte"));
    assertTrue(Datasets.open("mnist", place, DataOptions.DEFAULT, log::add).classes().isEmpty());
    assertTrue(log.get(log.size() - 1).contains("no labels"));
    Files.write(place.resolve("t10k-images-idx3-ubyte"), idx(counting(24), 4, 3, 2));
    refused(() -> open(place), "training images are 2 x 3, test images 3 x 2");
    Files.delete(place.resolve("t10k-images-idx3-ubyte"));
    refused(() -> open(place), "there is train-images-idx3-ubyte, but no file of test images");
    Files.write(directory.resolve("idxtrue/t10k-labels-idx1-ubyte"), idx(new byte[] {0, 1, 2, 10}, 4));
    refused(() -> Datasets.open("mnist", directory.resolve("idxtrue"), DataOptions.DEFAULT, log::add), "label 10");
    assertEquals(11, open(directory.resolve("idxtrue")).classes().size());
  }

  @Test
  void oneNpyFile() throws IOException {
    Path file = directory.resolve("shapes.npy");
    Npy.write(file, counting(13 * 4), 13, 2, 2);
    Dataset data = open(file);
    assertEquals("shapes", data.name());
    assertEquals(11, data.train().count());
    assertEquals(2, data.test().count());
    assertEquals(counting(52)[44], data.test().images().pixels()[0]);
    assertNull(data.train().labels());
    assertTrue(data.classes().isEmpty());
    assertTrue(log.get(0).contains("13 images, 2 of them are the test split (the last sixth)"), log.get(0));

    Npy.write(directory.resolve("shapes-labels.npy"), new byte[] {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3}, 13);
    data = open(file);
    assertEquals(List.of("0", "1", "2", "3"), data.classes());
    assertArrayEquals(new byte[] {2, 3}, data.test().labels());
    Npy.write(directory.resolve("shapes-labels.npy"), new byte[12], 12);
    refused(() -> open(file), "shapes-labels.npy: shape [12], expected [13]");
    Npy.write(directory.resolve("shapes-labels.npy"), new float[] {0.5f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 13);
    refused(() -> open(file), "shapes-labels.npy: label 0 (counted from 0) is 0.5, expected integers");
    byte[] many = new byte[26];
    many[5] = 1;
    Files.write(directory.resolve("shapes-labels.npy"),
        NpyTest.npy(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (13,)}", many));
    refused(() -> open(file), "label 2 (counted from 0) is 256, expected 0 to 254, or -1");
    Npy.write(file, new byte[4], 1, 2, 2);
    Files.delete(directory.resolve("shapes-labels.npy"));
    refused(() -> open(file), "at least 2");
  }

  private void signedLabels(int... labels) throws IOException {
    byte[] bytes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      bytes[i] = (byte) labels[i];
    }
    Files.write(directory.resolve("shapes-labels.npy"),
        NpyTest.npy(1, "{'descr': '|i1', 'fortran_order': False, 'shape': (" + labels.length + ",)}", bytes));
  }

  /** A label of -1 stands for no class. */
  @Test
  void imagesWithoutAClass() throws IOException {
    Path file = directory.resolve("shapes.npy");
    Npy.write(file, counting(13 * 4), 13, 2, 2);
    signedLabels(0, -1, 2, 0, 1, -1, 0, 1, 2, 0, 1, -1, 2);
    Dataset data = open(file);
    assertTrue(log.contains(directory.resolve("shapes-labels.npy") + ": 3 of 13 samples have no class (label -1)"),
        log.toString());
    assertEquals(List.of("0", "1", "2"), data.classes());
    assertEquals(9, data.train().classified());
    assertEquals(1, data.test().classified());
    assertFalse(data.test().hasClass(0));
    assertTrue(data.test().hasClass(1));
    byte[] memberships = data.train().memberships(3);
    assertArrayEquals(new byte[] {(byte) 255, 0, 0, 0, 0, 0, 0, 0, (byte) 255}, Arrays.copyOf(memberships, 9));
    assertArrayEquals(new int[] {0, 2, 3, 4, 6, 7, 8, 9, 10}, data.train().withClass());
    Split classified = Sample.classified(data.train());
    assertArrayEquals(new byte[] {0, 2, 0, 1, 0, 1, 2, 0, 1}, classified.labels());
    assertArrayEquals(Arrays.copyOfRange(counting(52), 8, 12), Arrays.copyOfRange(classified.images().pixels(), 4, 8));
    assertSame(classified, Sample.classified(classified));
    // No test image has a class.
    signedLabels(0, -1, 2, 0, 1, -1, 0, 1, 2, 0, 1, -1, -1);
    assertNull(open(file).test().labels());
    // No image has one.
    signedLabels(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    log.clear();
    data = open(file);
    assertNull(data.train().labels());
    assertEquals(0, data.train().withClass().length);
    assertTrue(data.classes().isEmpty());
    assertEquals("13 of 13 samples have no class (label -1)", log.get(0).substring(log.get(0).indexOf(": ") + 2));
    assertFalse(log.toString().contains("there is no"), log.toString());
    signedLabels(0, -2, 2, 0, 1, -1, 0, 1, 2, 0, 1, -1, 2);
    refused(() -> open(file), "label 1 (counted from 0) is -2, expected 0 to 254, or -1 for a sample without a class");
    byte[] unsigned = new byte[13];
    unsigned[4] = (byte) 255;
    Npy.write(directory.resolve("shapes-labels.npy"), unsigned, 13);
    refused(() -> open(file), "label 4 (counted from 0) is 255, expected 0 to 254", "store -1 as a signed integer");
  }

  @Test
  void npyShapesAndFloats() throws IOException {
    Path file = directory.resolve("f.npy");
    float[] values = new float[18];
    values[1] = 1;
    values[2] = 0.5f;
    values[3] = 0.001f;
    values[4] = 0.002f;
    Npy.write(file, values, 2, 3, 3);
    Dataset data = open(file);
    assertEquals(new Shape.Image(3, 3), data.shape());
    assertArrayEquals(new byte[] {0, (byte) 255, (byte) 128, 0, 1, 0, 0, 0, 0}, data.train().images().pixels());
    assertTrue(log.get(0).contains("round(255 x)"), log.get(0));
    Npy.write(file, values, 3, 6);
    DataOptions images = new DataOptions(null, null, HeldOut.DEFAULT, DataOptions.Form.IMAGES, null, null);
    assertEquals(new Shape.Image(1, 6), Datasets.open(file.toString(), null, images, log::add).shape());
    for (float bad : new float[] {Float.NaN, 1.01f, -0.01f}) {
      values[13] = bad;
      Npy.write(file, values, 2, 3, 3);
      refused(() -> open(file), "element [1, 1, 1] is ", "[0, 1]");
    }
    Npy.write(file, values, 18);
    refused(() -> open(file), "shape [18], expected images");
    Npy.write(file, new byte[0], 0, 3, 3);
    refused(() -> open(file), "is empty");
  }

  @Test
  void npyDirectories() throws IOException {
    Npy.write(directory.resolve("train-images.npy"), counting(12), 3, 2, 2);
    refused(() -> open(directory), "there is train-images.npy, but no file of test images");
    Npy.write(directory.resolve("test-images.npy"), counting(8), 2, 2, 2);
    Npy.write(directory.resolve("train-labels.npy"), new byte[] {0, 2, 1}, 3);
    Npy.write(directory.resolve("test-labels.npy"), new byte[] {1, 1}, 2);
    Dataset data = open(directory);
    assertEquals(3, data.train().count());
    assertArrayEquals(new byte[] {1, 1}, data.test().labels());
    assertEquals(List.of("0", "1", "2"), data.classes());
    Files.write(directory.resolve("train-labels.npy"),
        NpyTest.npy(1, "{'descr': '|i1', 'fortran_order': False, 'shape': (3,)}", new byte[] {-1, 1, 0}));
    data = open(directory);
    assertEquals(Labels.NO_CLASS, data.train().classOf(0));
    assertEquals(1, data.train().classOf(1));
    assertEquals(List.of("0", "1"), data.classes());
    assertTrue(log.get(log.size() - 1).endsWith("train-labels.npy: 1 of 3 samples have no class (label -1)"),
        log.toString());
  }

  private void image(String path, int type, int size, int rgb) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(size, size, type);
    for (int i = 0; i < size * size; i++) {
      if (type == BufferedImage.TYPE_BYTE_GRAY) {
        image.getRaster().setSample(i % size, i / size, 0, rgb);
      } else if (type == BufferedImage.TYPE_USHORT_GRAY) {
        image.getRaster().setSample(i % size, i / size, 0, rgb * 257);
      } else {
        image.setRGB(i % size, i / size, rgb);
      }
    }
    assertTrue(ImageIO.write(image, path.substring(path.lastIndexOf('.') + 1), file.toFile()));
  }

  @Test
  void imageFolders() throws IOException {
    image("train/cat/1.png", BufferedImage.TYPE_BYTE_GRAY, 4, 100);
    image("train/cat/2.png", BufferedImage.TYPE_USHORT_GRAY, 4, 101);
    image("train/ant/1.png", BufferedImage.TYPE_INT_RGB, 4, 0xff0000);
    image("train/ant/2.png", BufferedImage.TYPE_INT_RGB, 4, 0x00ff00);
    image("train/ant/3.png", BufferedImage.TYPE_INT_ARGB, 4, 0x80ffffff);
    image("test/cat/1.jpg", BufferedImage.TYPE_BYTE_GRAY, 4, 200);
    Files.writeString(directory.resolve("train/cat/notes.txt"), "not an image");
    Dataset data = open(directory);
    assertEquals(List.of("ant", "cat"), data.classes());
    assertArrayEquals(new byte[] {0, 0, 0, 1, 1}, data.train().labels());
    int[] expected = {76, 150, 128, 100, 101};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], data.train().images().pixels()[16 * i + 5] & 0xff, "image " + i);
    }
    assertEquals(200, data.test().images().pixels()[0] & 0xff, 2);
    assertTrue(log.stream().anyMatch(line -> line.endsWith("colour becomes grey (luminance) in 2 of 6 images")),
        log.toString());

    image("test/dog/1.png", BufferedImage.TYPE_BYTE_GRAY, 4, 1);
    refused(() -> open(directory), "dog: a class that", "do not have");
    Files.delete(directory.resolve("test/dog/1.png"));
    Files.delete(directory.resolve("test/dog"));
    image("test/cat/2.png", BufferedImage.TYPE_BYTE_GRAY, 5, 1);
    refused(() -> open(directory), "2.png: 5 x 5 pixels, but ", "has 4 x 4");
    byte[] whole = Files.readAllBytes(directory.resolve("train/cat/1.png"));
    Files.write(directory.resolve("test/cat/2.png"), Arrays.copyOf(whole, whole.length / 2));
    refused(() -> open(directory), "2.png: ");
    Files.writeString(directory.resolve("test/cat/2.png"), "no image");
    refused(() -> open(directory), "2.png: not an image");
  }

  @Test
  void imagesThatTheDecodersWouldMakeSomethingOf() throws IOException {
    image("a/1.png", BufferedImage.TYPE_BYTE_GRAY, 16, 100);
    image("a/2.jpg", BufferedImage.TYPE_INT_RGB, 16, 0x646464);
    Path tested = directory.resolve("a/2.jpg");
    byte[] jpeg = Files.readAllBytes(tested);
    assertEquals(100, open(directory).test().images().pixels()[0], 1);
    assertTrue(log.stream().noneMatch(line -> line.contains("colour")), log.toString());

    // The file is cut within its data; the decoder would fill the rest with grey.
    Files.write(tested, Arrays.copyOf(jpeg, jpeg.length - 4));
    refused(() -> open(directory), "2.jpg: a damaged image (");
    // A frame header of four channels.
    byte[] cmyk = jpeg.clone();
    for (int at = 2;; at += 2 + ((cmyk[at + 2] & 0xff) << 8 | cmyk[at + 3] & 0xff)) {
      if ((cmyk[at + 1] & 0xff) == 0xc0) {
        cmyk[at + 9] = 4;
        break;
      }
    }
    Files.write(tested, cmyk);
    refused(() -> open(directory), "2.jpg: a JPEG of 4 channels (CMYK); convert it");
    // By its content this file is a TIFF, whose width is negative.
    Files.write(tested,
        new byte[] {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0, 1, 4, 0, 1, 0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0});
    refused(() -> open(directory), "2.jpg: not an image that can be read, expected PNG, JPEG or PNM");
  }

  /** Rows that are sorted by class leave images of every class in both parts. */
  @Test
  void everyClassIsHeldOut() throws IOException {
    Path file = directory.resolve("sorted.npy");
    Npy.write(file, counting(60), 60, 1, 1);
    byte[] labels = new byte[60];
    Arrays.fill(labels, 12, 58, (byte) 1);
    labels[58] = 2;
    labels[59] = 2;
    Npy.write(directory.resolve("sorted-labels.npy"), labels, 60);
    Dataset data = Datasets.open(file.toString(), null, DataOptions.DEFAULT, log::add);
    assertEquals(HeldOut.DEFAULT, data.heldOut());
    assertArrayEquals(new long[] {2, 8, 1}, countsOf(data.test()));
    assertArrayEquals(new long[] {10, 38, 1}, countsOf(data.train()));
    // Both parts keep the order of the file, and one seed always chooses the same images.
    Dataset again = Datasets.open(file.toString(), null, DataOptions.DEFAULT, log::add);
    assertArrayEquals(data.test().images().pixels(), again.test().images().pixels());
    byte[] test = data.test().images().pixels();
    assertFalse(Arrays.equals(Arrays.copyOfRange(counting(60), 49, 60), test), "not the last images");
    List<Integer> places = IntStream.range(0, test.length).mapToObj(i -> indexOf(counting(60), test[i])).toList();
    assertEquals(places.stream().sorted().toList(), places);
    Dataset half = Datasets.open(file.toString(), null, DataOptions.DEFAULT.with(new HeldOut.Shuffled(0.5, 0)),
        log::add);
    assertArrayEquals(new long[] {6, 23, 1}, countsOf(half.test()));
    assertTrue(log.get(log.size() - 1).contains("a share of 0.5 of each class, chosen at random with seed 0"),
        log.toString());
    Dataset other = Datasets.open(file.toString(), null, DataOptions.DEFAULT.with(new HeldOut.Shuffled(0.5, 1)),
        log::add);
    assertFalse(Arrays.equals(half.test().images().pixels(), other.test().images().pixels()));
  }

  private static long[] countsOf(Split split) {
    return IntStream.range(0, 3).mapToLong(label -> Split.count(split.labels(), label)).toArray();
  }

  private static int indexOf(byte[] values, byte value) {
    return IntStream.range(0, values.length).filter(i -> values[i] == value).findFirst().orElseThrow();
  }

  @Test
  void aClassOfOneImageIsTrainedOnUnlessThereIsNoOther() {
    byte[] one = {0, 1, 2, 3, 4};
    boolean[] held = HeldOut.DEFAULT.of(5, one, false);
    assertEquals(1, IntStream.range(0, 5).filter(i -> held[i]).count());
    boolean[] two = HeldOut.DEFAULT.of(5, new byte[] {0, 1, 2, 2, 4}, false);
    assertTrue(two[2] != two[3] && !two[0] && !two[1] && !two[4]);
    boolean[] most = new HeldOut.Shuffled(0.99, 0).of(4, null, false);
    assertEquals(3, IntStream.range(0, 4).filter(i -> most[i]).count());
  }

  @Test
  void classFoldersHoldOutTheLastSixth() throws IOException {
    for (int i = 0; i < 12; i++) {
      image(String.format("b/%02d.png", i), BufferedImage.TYPE_BYTE_GRAY, 2, i);
    }
    image("a/0.png", BufferedImage.TYPE_BYTE_GRAY, 2, 50);
    image("a/1.png", BufferedImage.TYPE_BYTE_GRAY, 2, 51);
    Dataset data = open(directory);
    assertEquals(11, data.train().count());
    assertArrayEquals(new byte[] {0, 1, 1}, data.test().labels());
    assertEquals(51, data.test().images().pixels()[0]);
    assertEquals(10, data.test().images().pixels()[4]);
    assertTrue(log.get(0).contains("14 images, 3 of them are the test split (the last sixth of each class)"),
        log.get(0));
    Files.createDirectory(directory.resolve("c"));
    refused(() -> open(directory), "c: no .png, .jpg, .pgm or .ppm file");
  }

  @Test
  void saysWhatItCannotOpen() throws IOException {
    refused(() -> Datasets.open("mnits", null, DataOptions.DEFAULT, log::add), "mnits: no such file or directory",
        "digits, mnist, fashion-mnist");
    refused(() -> Datasets.open("digits", directory, DataOptions.DEFAULT, log::add), "built in");
    refused(() -> Datasets.open("mnist", directory.resolve("none"), DataOptions.DEFAULT, log::add), "no such directory",
        "--data");
    refused(() -> Datasets.open("bad\0name", null, DataOptions.DEFAULT, log::add), "bad?name");
    refused(() -> open(directory), "no data set", "train-images");
    refused(() -> open(Files.writeString(directory.resolve("a.zip"), "PK")), "a.zip: no samples");
  }
}
