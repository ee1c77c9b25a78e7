package gputae.data;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.files.DataException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;

/**
 * Damaged files and what another program read from each; {@code bench/peers/mutants.py} describes how they are written.
 */
public final class Mutants {

  private Mutants() {}

  /**
   * A damaged file.
   *
   * @param read  whether the other program read it
   * @param what  what it read, or why it did not read it; empty if that is not recorded
   * @param file  number of the file that was damaged
   * @param whole whether this is the undamaged file
   * @param line  the line of the record, for messages
   */
  public record Mutant(boolean read, String what, int file, boolean whole, byte[] bytes, String line) {

    /** Writes the mutant to a file that was not there before: overwriting a file takes far longer. */
    public Path writeTo(Path place) throws IOException {
      Files.deleteIfExists(place);
      return Files.write(place, bytes);
    }
  }

  /** The reason why our reader refuses a file; checks that the message is fit for people. */
  static String refusal(DataException e, Path file) {
    String message = e.getMessage();
    assertTrue(message.startsWith(file + ":") && message.lines().count() == 1, message);
    assertFalse(message.contains("Exception") || message.contains("java."), message);
    return message.substring(file.toString().length());
  }

  /** Counts a difference by the first kind whose words it holds; a difference of no kind is added to {@code wrong}. */
  static void count(Map<String, Integer> counts, Map<String, Integer> kinds, String difference, Mutant mutant,
      List<String> wrong) {
    kinds.keySet().stream().filter(difference::contains).findFirst().ifPresentOrElse(
        kind -> counts.merge(kind, 1, Integer::sum), () -> wrong.add(difference + " | " + mutant.line()));
  }

  /** CRC-32 of values as little-endian float64, every NaN as one. */
  static String digest(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putLong(Double.doubleToLongBits(value));
    }
    return digest(bytes.array());
  }

  static String digest(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return String.format("%08x", crc.getValue());
  }

  /** The mutants of the record {@code golden/NAME-mutants.txt.gz}. */
  public static List<Mutant> recorded(String name) throws IOException {
    List<byte[]> files = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    List<Mutant> mutants = new ArrayList<>();
    InputStream recorded = Mutants.class.getResourceAsStream("/golden/" + name + "-mutants.txt.gz");
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(new GZIPInputStream(recorded), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        String what = words[0].substring(1);
        switch (line.charAt(0)) {
          case '#' -> {
            // This line names the script that made the record.
          }
          case 'F' -> files.add(HexFormat.of().parseHex(words[1]));
          case 'E' -> reasons.add(line.substring(2));
          default -> {
            boolean read = line.charAt(0) == 'A';
            int file = Integer.parseInt(words[1]);
            mutants.add(new Mutant(read, read || what.isEmpty() ? what : reasons.get(Integer.parseInt(what)), file,
                words.length == 2, edited(files.get(file), words), line));
          }
        }
      }
    }
    return mutants;
  }

  private static byte[] edited(byte[] file, String[] words) {
    ByteArrayOutputStream mutant = new ByteArrayOutputStream();
    int done = 0;
    for (int i = 2; i < words.length; i++) {
      String[] edit = words[i].split(":", -1);
      int place = Integer.parseInt(edit[0]);
      mutant.write(file, done, place - done);
      mutant.writeBytes(HexFormat.of().parseHex(edit[2]));
      done = place + Integer.parseInt(edit[1]);
    }
    mutant.write(file, done, file.length - done);
    return mutant.toByteArray();
  }
}
