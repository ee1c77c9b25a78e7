package gputae.report;

import gputae.data.RegularFile;
import gputae.data.WholeFile;
import gputae.train.Epoch;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code metrics.csv}: one row an epoch, columns and units as in {@link Epoch}. UTF-8, lines end in '\n', a point as decimal separator; doubles have
 * the digits that give back the same double.
 */
public final class MetricsCsv {

  /** The first line, without its end. */
  public static final String HEADER = "epoch,seconds,rec,ball,deaths,kl,total,test_rec,steps_per_second";

  private static final int COLUMNS = 9;
  /** Stricter than Double.parseDouble, which also takes blanks, hexadecimals and a trailing 'd' or 'f'. */
  private static final Pattern NUMBER = Pattern.compile("NaN|-?(Infinity|[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?)");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

  private MetricsCsv() {}

  /**
   * Rewrites the whole file, through a temporary sibling and a rename, so that a reader never sees half of it.
   *
   * @throws IOException with one line naming the file
   */
  public static void write(Path csv, List<Epoch> epochs) throws IOException {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (Epoch epoch : epochs) {
      text.append(row(epoch));
    }
    WholeFile.write(csv, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Adds one row. It need not reach the disk at once: a checkpoint holds the rows too. A file that is missing or empty gets the header first.
   *
   * @throws IOException with one line naming the file; also if its last line is cut off, as a crash may leave it
   */
  public static void append(Path csv, Epoch epoch) throws IOException {
    try (FileChannel channel = FileChannel.open(csv, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      if (size > 0) {
        ByteBuffer last = ByteBuffer.allocate(1);
        channel.read(last, size - 1);
        if (last.get(0) != '\n') {
          throw new IOException("the last line is cut off; rewrite the file first");
        }
      }
      ByteBuffer rest = ByteBuffer.wrap(((size == 0 ? HEADER + "\n" : "") + row(epoch)).getBytes(StandardCharsets.UTF_8));
      channel.position(size);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (IOException e) {
      throw new IOException(csv + ": cannot be extended: " + WholeFile.inWords(e), e);
    }
  }

  /**
   * Reads the file back, strictly: the exact header, nine numbers a line, epochs ascending, every line ended.
   *
   * @return the rows in order; empty for a file with the header alone
   * @throws IOException with one line naming the file and, where it applies, the line (from 1), what is there and what was expected
   */
  public static List<Epoch> read(Path csv) throws IOException {
    String[] lines = RegularFile.text(csv).split("\n", -1);
    if (!lines[0].equals(HEADER)) {
      throw wrong(csv, 1, "the header is " + quoted(lines[0]) + ", expected \"" + HEADER + "\"");
    }
    if (!lines[lines.length - 1].isEmpty()) {
      throw wrong(csv, lines.length, "the line is cut off: " + quoted(lines[lines.length - 1]));
    }
    List<Epoch> epochs = new ArrayList<>();
    for (int i = 1; i < lines.length - 1; i++) {
      Epoch epoch = parse(csv, i + 1, lines[i]);
      if (!epochs.isEmpty() && epoch.epoch() <= epochs.get(epochs.size() - 1).epoch()) {
        throw wrong(csv, i + 1, "epoch " + epoch.epoch() + " comes after epoch " + epochs.get(epochs.size() - 1).epoch());
      }
      epochs.add(epoch);
    }
    return epochs;
  }

  private static String row(Epoch e) {
    return e.epoch() + "," + number(e.seconds()) + "," + number(e.reconstruction()) + "," + number(e.ball()) + "," + number(e.deaths()) + ","
        + number(e.kl()) + "," + number(e.total()) + "," + number(e.testReconstruction()) + "," + number(e.stepsPerSecond()) + "\n";
  }

  /** Shortest digits as Double.toString finds them, without its ".0" and without exponents where plain digits are as short. */
  private static String number(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : Double.toString(value);
    }
    String scientific = Double.toString(value);
    String plain = new BigDecimal(scientific).stripTrailingZeros().toPlainString();
    return plain.length() <= 20 ? plain : scientific;
  }

  private static Epoch parse(Path csv, int line, String text) throws IOException {
    String[] fields = text.split(",", -1);
    if (fields.length != COLUMNS) {
      throw wrong(csv, line, fields.length + " columns, expected " + COLUMNS + ": " + quoted(text));
    }
    if (!COUNT.matcher(fields[0]).matches()) {
      throw wrong(csv, line, quoted(fields[0]) + " is not the number of an epoch");
    }
    double[] values = new double[COLUMNS];
    for (int c = 1; c < COLUMNS; c++) {
      if (!NUMBER.matcher(fields[c]).matches()) {
        throw wrong(csv, line, quoted(fields[c]) + " in column " + HEADER.split(",")[c] + " is not a number");
      }
      values[c] = Double.parseDouble(fields[c]);
    }
    return new Epoch(Integer.parseInt(fields[0]), values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8]);
  }

  private static String quoted(String text) {
    String shown = text.length() <= 80 ? text : text.substring(0, 77) + "...";
    return "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"";
  }

  private static IOException wrong(Path csv, int line, String what) {
    return new IOException(csv + ": line " + line + ": " + what);
  }
}
