package gputae.run;

import gputae.files.RegularFile;
import gputae.files.WholeFile;
import gputae.objective.Losses;
import gputae.objective.TermKind;
import gputae.train.Epoch;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code metrics.csv}: one row per epoch, with a column for each term of the objective; units as in {@link Epoch}.
 * UTF-8; lines end in '\n'; the decimal separator is a point; doubles have enough digits to be read back as the same
 * double.
 */
public final class MetricsCsv {

  /** Stricter than Double.parseDouble, which also accepts blanks, hexadecimal digits and a trailing 'd' or 'f'. */
  private static final Pattern NUMBER = Pattern.compile("NaN|-?(Infinity|[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?)");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

  private final List<TermKind<?>> terms;
  private final List<String> columns;

  /**
   * The format for all runs with one objective.
   *
   * @param terms the columns of that objective
   */
  public MetricsCsv(List<TermKind<?>> terms) {
    this.terms = terms;
    List<String> names = new ArrayList<>(List.of("epoch", "seconds"));
    terms.forEach(term -> names.add(term.name()));
    names.addAll(List.of("total", "test_rec", "steps_per_second"));
    this.columns = List.copyOf(names);
  }

  /** The first line, without its line end. */
  public String header() {
    return String.join(",", columns);
  }

  /**
   * Writes the whole file anew, through a temporary file beside it and a rename, so that a reader never sees half of
   * it.
   *
   * @throws IOException with one line naming the file
   */
  public void write(Path csv, List<Epoch> epochs) throws IOException {
    StringBuilder text = new StringBuilder(header()).append('\n');
    for (Epoch epoch : epochs) {
      text.append(row(epoch));
    }
    WholeFile.write(csv, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Adds one row. It need not reach the disk at once: a checkpoint holds the rows too. A file that is missing or empty
   * gets the header first.
   *
   * @throws IOException with one line naming the file; also if its last line is cut off, as after a crash
   */
  public void append(Path csv, Epoch epoch) throws IOException {
    try (FileChannel channel =
        FileChannel.open(csv, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      if (size > 0) {
        ByteBuffer last = ByteBuffer.allocate(1);
        channel.read(last, size - 1);
        if (last.get(0) != '\n') {
          throw new IOException("the last line is cut off; rewrite the file first");
        }
      }
      ByteBuffer rest =
          ByteBuffer.wrap(((size == 0 ? header() + "\n" : "") + row(epoch)).getBytes(StandardCharsets.UTF_8));
      channel.position(size);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (IOException e) {
      throw new IOException(csv + ": cannot be extended: " + WholeFile.inWords(e), e);
    }
  }

  /**
   * Reads the file back and checks it strictly: the exact header, a number in each column, ascending epochs, a line end
   * after every line.
   *
   * @return the rows in order; empty if the file has only the header
   * @throws IOException with one line naming the file and, if there is one, the line (from 1), its text and what was
   *     expected
   */
  public List<Epoch> read(Path csv) throws IOException {
    String[] lines = RegularFile.text(csv).split("\n", -1);
    if (!lines[0].equals(header())) {
      throw wrong(csv, 1, "the header is " + quoted(lines[0]) + ", expected \"" + header() + "\"");
    }
    if (!lines[lines.length - 1].isEmpty()) {
      throw wrong(csv, lines.length, "the line is cut off: " + quoted(lines[lines.length - 1]));
    }
    List<Epoch> epochs = new ArrayList<>();
    for (int i = 1; i < lines.length - 1; i++) {
      Epoch epoch = parse(csv, i + 1, lines[i]);
      if (!epochs.isEmpty() && epoch.epoch() <= epochs.get(epochs.size() - 1).epoch()) {
        throw wrong(csv, i + 1,
            "epoch " + epoch.epoch() + " comes after epoch " + epochs.get(epochs.size() - 1).epoch());
      }
      epochs.add(epoch);
    }
    return epochs;
  }

  private String row(Epoch e) {
    StringBuilder row = new StringBuilder().append(e.epoch()).append(',').append(number(e.seconds()));
    for (TermKind<?> term : terms) {
      row.append(',').append(number(e.loss(term)));
    }
    return row.append(',').append(number(e.total())).append(',').append(number(e.testReconstruction())).append(',')
        .append(number(e.stepsPerSecond())).append('\n').toString();
  }

  /**
   * The shortest digits that Double.toString finds, without its ".0", and without an exponent where plain digits are as
   * short.
   */
  private static String number(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value == 0 ? "0" : Double.toString(value);
    }
    String scientific = Double.toString(value);
    String plain = new BigDecimal(scientific).stripTrailingZeros().toPlainString();
    return plain.length() <= 20 ? plain : scientific;
  }

  private Epoch parse(Path csv, int line, String text) throws IOException {
    String[] fields = text.split(",", -1);
    if (fields.length != columns.size()) {
      throw wrong(csv, line, fields.length + " columns, expected " + columns.size() + ": " + quoted(text));
    }
    if (!COUNT.matcher(fields[0]).matches()) {
      throw wrong(csv, line, quoted(fields[0]) + " is not the number of an epoch");
    }
    double[] values = new double[fields.length];
    for (int c = 1; c < values.length; c++) {
      if (!NUMBER.matcher(fields[c]).matches()) {
        throw wrong(csv, line, quoted(fields[c]) + " in column " + columns.get(c) + " is not a number");
      }
      values[c] = Double.parseDouble(fields[c]);
    }
    int after = 2 + terms.size();
    return new Epoch(Integer.parseInt(fields[0]), values[1],
        new Losses(terms, Arrays.copyOfRange(values, 2, after)), values[after], values[after + 1], values[after + 2]);
  }

  private static String quoted(String text) {
    String shown = text.length() <= 80 ? text : text.substring(0, 77) + "...";
    return "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"";
  }

  private static IOException wrong(Path csv, int line, String what) {
    return new IOException(csv + ": line " + line + ": " + what);
  }
}
