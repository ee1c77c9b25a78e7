package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.files.DataException;
import gputae.linear.DoublePoints;
import gputae.linear.FloatPoints;
import gputae.linear.PointCloud;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloudFilesTest {

  @TempDir
  Path directory;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1,2.5\n-3e-2,4\n", "x,y\n1,2.5\n-3e-2,4", "\ufeff1 ; 2.5\r\n\r\n# note\r\n-.03;+4.\r\n",
    "\n  1 \t 2.5  \n-0.03 4\n",
    "# x y\na b\n1 2.5\n-0.03 4\n", "\"x\", \"y\"\n 1, 2.5\n -0.03 , 4\n"})
  void readsText(String text) throws IOException {
    for (String name : new String[] {"c.csv", "c.txt", "c"}) {
      PointCloud cloud = CloudFiles.readCloud(file(name, text));
      assertEquals(new DoublePoints(new double[] {1, 2.5, -0.03, 4}, 2), cloud);
    }
  }

  @Test
  void readsPipes() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Npy.write(directory.resolve("c.npy"), new float[] {1, 2.5f, -3, 4}, 2, 2);
    for (byte[] content : new byte[][] {"x,y\n1,2.5\n-3,4\n".getBytes(),
      Files.readAllBytes(directory.resolve("c.npy"))}) {
      CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
        try (OutputStream out = new FileOutputStream(pipe.toFile())) {
          out.write(content);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      });
      assertEquals(2, CloudFiles.readCloud(pipe).count());
      writer.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void parsesEveryDigit() throws IOException {
    StringBuilder text = new StringBuilder();
    double[] expected = new double[3000];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < expected.length; i++) {
      expected[i] = Math.scalb(random.nextDouble() - 0.5, random.nextInt(-300, 300));
      text.append(expected[i]).append(i % 3 == 2 ? '\n' : ',');
    }
    PointCloud cloud = CloudFiles.readCloud(file("c.csv", text.toString()));
    assertEquals(new DoublePoints(expected, 3), cloud);
  }

  @Test
  void refusesBadText() {
    refused(() -> CloudFiles.readCloud(file("c.csv", "")), "c.csv: no points");
    refused(() -> CloudFiles.readCloud(file("c.csv", "x,y\n")), "nothing follows the header");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n\n3\n")), "c.csv:3: 1 columns, expected 2 as in line 1");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,4,5\n")), "c.csv:2: 3 columns");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,\n")), "c.csv:2: an empty cell in column 2");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,four\n")),
        "c.csv:2: \"four\" in column 2, expected a number");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,b\n3,4\n")), "c.csv:1: \"b\"");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,4d\n")), "\"4d\"");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,0x1p3\n")), "\"0x1p3\"");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1;2\n3;4,5\n")), "\"4,5\"");
    refused(() -> CloudFiles.readCloud(file("c.csv", "1,2\n3,--4\n")), "\"--4\"");
    refused(() -> CloudFiles.readCloud(file("c.csv", ",x\n0,2\n")), "c.csv:1: column 1 has no name", "row index");
    refused(() -> CloudFiles.readCloud(directory.resolve("none.csv")), "none.csv: cannot be read: no such file");
    refused(() -> CloudFiles.readCloud(directory), "cannot be read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nan", "NaN", "-inf", "Infinity", "1e999"})
  void namesTheFirstPointThatIsNotFinite(String cell) throws IOException {
    refused(() -> CloudFiles.readCloud(file("c.csv", "x,y\n1,2\n3," + cell + "\nnan,nan\n")),
        "c.csv:3: point 1 (counted from 0)", "column 2");
    refused(() -> CloudFiles.readCloud(file("c.csv", cell + ",2\n")), "c.csv:1: point 0");
    Path npy = directory.resolve("c.npy");
    Npy.write(npy, new float[] {0, 0, 0, cell.equals("1e999") ? Float.POSITIVE_INFINITY : Float.NaN}, 2, 2);
    refused(() -> CloudFiles.readCloud(npy), "c.npy: point 1 (counted from 0)", "column 2");
  }

  @Test
  void readsNpyInItsOwnPrecision() throws IOException {
    Path npy = directory.resolve("c.npy");
    Npy.write(npy, new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    assertEquals(new FloatPoints(new float[] {1, 2, 3, 4, 5, 6}, 2), CloudFiles.readCloud(npy));
    Npy.write(npy, new float[] {1, 2, 3}, 3);
    assertEquals(1, CloudFiles.readCloud(npy).dimension());
    Npy.write(npy, new byte[] {1, (byte) 200}, 1, 2);
    assertEquals(new DoublePoints(new double[] {1, 200}, 2), CloudFiles.readCloud(npy));
    Files.write(npy, NpyTest.npy(1, "{'descr': '>f8', 'fortran_order': False, 'shape': (1, 1)}",
        ByteBuffer.allocate(8).putDouble(0.1).array()));
    assertEquals(new DoublePoints(new double[] {0.1}, 1), CloudFiles.readCloud(npy));
    Npy.write(npy, new float[8], 2, 2, 2);
    refused(() -> CloudFiles.readCloud(npy), "[2, 2, 2], expected [points, dimension]");
    Npy.write(npy, new float[0], 0, 2);
    refused(() -> CloudFiles.readCloud(npy), "holds no points");
  }

  private static final TableOptions AUTO = TableOptions.AUTO;
  private final List<String> notes = new ArrayList<>();

  private DistanceMatrix distances(Path file, CloudFiles.Distances form) throws DataException {
    notes.clear();
    return (DistanceMatrix) CloudFiles.readDistances(file, form, AUTO, notes::add);
  }

  private DistanceMatrix lower(Path file) throws DataException {
    return distances(file, CloudFiles.Distances.LOWER);
  }

  private DistanceMatrix square(Path file) throws DataException {
    return distances(file, CloudFiles.Distances.SQUARE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\n1\n2,3\n4,5,6\n", "1 2 3 4 5 6", "1\n2 3\n4\t5 6", "1,2,3,\n4,5,6,\n", "\n1,\n2,3,\n4,5,6"})
  void readsLowerDistances(String text) throws IOException {
    DistanceMatrix matrix = lower(file("d", text));
    assertEquals(4, matrix.points());
    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, matrix.full());
  }

  @Test
  void refusesBadLowerDistances() {
    refused(() -> lower(file("d", "\n")), "d: no distances");
    refused(() -> lower(file("d", "1 2 3 4 5")), "5 distances are no triangle: 3 points have 3, 4 have 6");
    refused(() -> lower(file("d", "1\n2,3\n4,-5,6")), "d:3: the distance of points 3 and 1 (counted from 0) is -5.0");
    refused(() -> lower(file("d", "nan")), "points 1 and 0", "NaN");
    refused(() -> lower(file("d", "1 2 nan")), "points 2 and 1", "NaN");
    refused(() -> lower(file("d", "1 b 1")), "d:1: \"b\"");
    refused(() -> lower(file("d", "1 2 3\n4 5\n6\n")), "upper triangle");
    Path npy = directory.resolve("d.npy");
    assertDoesNotThrow(() -> Npy.write(npy, new float[] {0, 1, 1, 0}, 2, 2));
    refused(() -> lower(npy), "--format distance");
  }

  @Test
  void readsSquareDistances() throws IOException {
    DistanceMatrix matrix = square(file("d", "0,1,2\n1,0,3\n2.000001,3,-0\n"));
    assertEquals(3, matrix.points());
    assertArrayEquals(new double[] {1, 2.000001, 3}, matrix.full());
    assertTrue(notes.get(0).contains("symmetric within rounding"), notes.toString());
    assertEquals(1, square(file("d", "0\n")).points());
    Path npy = directory.resolve("d.npy");
    Npy.write(npy, new float[] {0, 1, 2, 1, 0, 3, 2, 3, 0}, 3, 3);
    assertArrayEquals(new float[] {1, 2, 3}, square(npy).single());
  }

  @Test
  void refusesBadSquareDistances() throws IOException {
    refused(() -> square(file("d", "0 1 2\n1 0 3\n2.00001 3 0")), "d:3: not symmetric: the distance of points 2 and 0");
    refused(() -> square(file("d", "0 1\n1 1e-5\n")), "d:2: the distance of point 1", "to itself");
    refused(() -> square(file("d", "0.0 1.0\n1\n")), "d:2: row 2 of 1 columns");
    refused(() -> square(file("d", "0 1\n1\n")), "d:1: 2 columns", "too short", "--format lower-distance");
    refused(() -> square(file("d", "0 1\n1 0\n1 0\n")), "d:3: row 3");
    refused(() -> square(file("d", "0 1.00000\n")), "ends after 1 rows");
    refused(() -> square(file("d", "0 -1\n-1 0\n")), "points 0 and 1", "-1.0");
    refused(() -> square(file("d", "")), "no distances");
    // A first line that asks for 8 GB.
    refused(() -> square(file("d", "0 ".repeat(65_536))), "too short");
    refused(() -> square(file("d", "0 ".repeat(65_537))), "65537 points", "at most 65536 points");
    Path npy = directory.resolve("d.npy");
    Npy.write(npy, new float[6], 2, 3);
    refused(() -> square(npy), "[2, 3]", "square");
    Npy.write(npy, new float[] {0, 1, 2, 0}, 2, 2);
    refused(() -> square(npy), "not symmetric");
    Files.write(npy, NpyTest.npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 60000)}", new byte[4]));
    refused(() -> square(npy), "expected 14400000000 bytes");
    Files.write(npy, NpyTest.npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (70000, 70000)}", new byte[4]));
    refused(() -> square(npy), "at most 65536 points");
  }
}
