package gputae.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.objective.Losses;
import gputae.objective.Terms;
import gputae.train.Epoch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsCsvTest {

  private static final MetricsCsv METRICS = new MetricsCsv(Terms.PAPER);

  private static final Epoch FIRST = new Epoch(1, 0.25, Losses.ofPaper(0.1912, 1.42, 9.81, 0), 0.15, 0.1899, 2431);
  private static final Epoch SECOND =
      new Epoch(2, 0.5, Losses.ofPaper(1e-5, 1e22, 100, 0.1 + 0.2), -3, Double.NaN, Double.POSITIVE_INFINITY);

  @TempDir
  Path directory;

  @Test
  void text() throws IOException {
    Path csv = directory.resolve("metrics.csv");
    METRICS.write(csv, List.of(FIRST, SECOND));
    assertEquals("""
        epoch,seconds,rec,ball,deaths,kl,total,test_rec,steps_per_second
        1,0.25,0.1912,1.42,9.81,0,0.15,0.1899,2431
        2,0.5,0.00001,1.0E22,100,0.30000000000000004,-3,NaN,Infinity
        """, Files.readString(csv));
  }

  @Test
  void everyDoubleComesBack() throws IOException {
    Path csv = directory.resolve("metrics.csv");
    Random random = new Random(2);
    List<Epoch> epochs = new ArrayList<>();
    for (int e = 1; e <= 500; e++) {
      double[] v = new double[8];
      for (int i = 0; i < 8; i++) {
        v[i] = i % 2 == 0 ? random.nextGaussian() : canonical(Double.longBitsToDouble(random.nextLong()));
      }
      epochs.add(new Epoch(e, v[0], Losses.ofPaper(v[1], v[2], v[3], v[4]), v[5], v[6], v[7]));
    }
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      METRICS.write(csv, epochs);
      assertEquals(epochs, METRICS.read(csv));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void appendedRowsEqualWrittenOnes() throws IOException {
    Path appended = directory.resolve("appended.csv");
    Path written = directory.resolve("written.csv");
    METRICS.append(appended, FIRST);
    METRICS.append(appended, SECOND);
    METRICS.write(written, List.of(FIRST, SECOND));
    assertEquals(Files.readString(written), Files.readString(appended));
    assertEquals(List.of(FIRST, SECOND), METRICS.read(appended));
  }

  @Test
  void rewritingReplacesAndLeavesNothingBehind() throws IOException {
    Path csv = directory.resolve("metrics.csv");
    METRICS.write(csv, List.of(FIRST, SECOND));
    METRICS.write(csv, List.of());
    assertEquals(List.of(), METRICS.read(csv));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(csv), files.toList());
    }
  }

  @Test
  void cutOffLineIsNotExtended() throws IOException {
    Path csv = directory.resolve("metrics.csv");
    Files.writeString(csv, METRICS.header() + "\n1,0.25,0.1");
    IOException e = assertThrows(IOException.class, () -> METRICS.append(csv, SECOND));
    assertEquals(csv + ": cannot be extended: the last line is cut off; rewrite the file first", e.getMessage());
  }

  @Test
  void errorsNameFileAndLine() throws IOException {
    String row = "1,0.25,0.1912,1.42,9.81,0,0.15,0.1899,2431\n";
    assertWrong("", "line 1: the header is \"\", expected \"" + METRICS.header() + "\"");
    assertWrong("epoch,loss\n", "line 1: the header is \"epoch,loss\", expected");
    assertWrong(METRICS.header() + "\r\n" + row, "line 1: the header is");
    assertWrong(METRICS.header(), "line 1: the line is cut off");
    assertWrong(METRICS.header() + "\n" + row + "2,0.5,0.19", "line 3: the line is cut off: \"2,0.5,0.19\"");
    assertWrong(METRICS.header() + "\n" + row + "2,0.5\n", "line 3: 2 columns, expected 9: \"2,0.5\"");
    assertWrong(METRICS.header() + "\n\n" + row, "line 2: 1 columns, expected 9: \"\"");
    assertWrong(METRICS.header() + "\n" + row + row, "line 3: epoch 1 comes after epoch 1");
    assertWrong(METRICS.header() + "\n" + row.replace("1.42", "1,42"), "line 2: 10 columns");
    for (String bad : new String[] {"", " 1.42", "1.42f", "0x1p3", "1.", "+1", "nan", "--1", "1e"}) {
      assertWrong(METRICS.header() + "\n" + row.replace("1.42", bad),
          "line 2: \"" + bad + "\" in column ball is not a number");
    }
    for (String bad : new String[] {"", "-1", "1.0", "12345678901"}) {
      assertWrong(METRICS.header() + "\n" + bad + row.substring(1),
          "line 2: \"" + bad + "\" is not the number of an epoch");
    }
  }

  @Test
  void failuresOfTheFileSystemAreInWords() throws IOException {
    Path missing = directory.resolve("none.csv");
    assertEquals(missing + ": cannot be read: no such file or directory; look at its name and its folder",
        assertThrows(IOException.class, () -> METRICS.read(missing)).getMessage());
    Path file = Files.writeString(directory.resolve("file"), "");
    Path under = file.resolve("metrics.csv");
    String message = assertThrows(IOException.class, () -> METRICS.write(under, List.of(FIRST))).getMessage();
    assertTrue(message.startsWith(under + ": cannot be written: ") && !message.contains("\n"), message);
  }

  private void assertWrong(String text, String what) throws IOException {
    Path csv = directory.resolve("wrong.csv");
    Files.writeString(csv, text);
    String message = assertThrows(IOException.class, () -> METRICS.read(csv), text).getMessage();
    assertTrue(message.startsWith(csv + ": " + what), message);
    assertFalse(message.contains("\n"));
  }

  /** Turns every NaN into the same one, since the file keeps neither sign nor payload of a NaN. */
  private static double canonical(double value) {
    return Double.isNaN(value) ? Double.NaN : value;
  }
}
