package gputae.data;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.files.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three thousand damaged PNG and JPEG files, with what Pillow read from each. This program must refuse them, or read
 * the same size and grey values. If only one of the two refuses a file, the kind of the difference is listed with its
 * frequency. {@code bench/peers/image_mutants.py} makes the record.
 */
class ImageVerdictTest {

  /**
   * Files that Pillow reads and we refuse, by words of our message. Pillow checks no checksum of pixels and fills up
   * JPEGs.
   */
  private static final Map<String, Integer> STRICTER = Map.ofEntries(
      entry("its first chunk is no IHDR", 16),
      entry("before the pixels", 12),
      entry("behind the pixels", 18),
      entry("no name of a chunk", 2),
      entry("the checksum of its chunk", 16),
      entry("it ends within its chunk", 11),
      entry("it ends before its chunk IEND", 63),
      entry("its compressed pixels end too early", 38),
      entry("more pixels than its header says", 26),
      entry("a palette that is missing", 5),
      entry("a pixel of colour", 6),
      // Messages of the JDK's decoder of PNG: methods that do not exist, and small chunks with nonsense in them.
      entry("reading PNG header", 24),
      entry("PNG metadata", 1),
      // Warnings of libjpeg, or files that the JDK's decoder of JPEG does not take.
      entry("Corrupt JPEG data", 272),
      entry("Invalid SOS parameters", 4),
      entry("Missing EOI marker", 1),
      entry("Inconsistent progression sequence", 1),
      entry("Unknown Adobe color transform code", 3),
      entry("Invalid icc profile", 1),
      entry("Unsupported Image Type", 5));

  /** Files that we read and Pillow refuses, by words of Pillow's message. */
  private static final Map<String, Integer> LOOSER = Map.of(
      // A chunk cHRM of a wrong length, which changes no pixel; a marker ff01 in a JPEG, which has no meaning.
      "cannot identify image file", 7,
      // An animation without pictures; we read the first picture of the file.
      "Invalid APNG", 3);

  @TempDir
  private Path folder;

  @Test
  void readsWhatPillowReads() throws IOException {
    assumeTrue(Runtime.version().feature() == 17, "the words and limits of the decoders are recorded for Java 17");
    Map<String, Integer> stricter = new HashMap<>();
    Map<String, Integer> looser = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    int same = 0;
    for (Mutants.Mutant mutant : Mutants.recorded("image")) {
      boolean png = mutant.bytes().length > 0 && mutant.bytes()[0] == (byte) 0x89;
      String ours = grey(mutant.writeTo(folder.resolve("mutant")), png);
      boolean read = !ours.startsWith(":");
      String pillow = mutant.what().substring(mutant.what().indexOf(',') + 1);
      if (mutant.read() && !read) {
        Mutants.count(stricter, STRICTER, ours, mutant, wrong);
      } else if (!mutant.read() && read) {
        Mutants.count(looser, LOOSER, mutant.what(), mutant, wrong);
      } else if (read && !(png ? pillow.equals(ours) : isClose(pillow, ours))) {
        wrong.add(ours + " | " + mutant.line());
      } else {
        same += read ? 1 : 0;
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(STRICTER, stricter);
    assertEquals(LOOSER, looser);
    assertEquals(795, same);
  }

  /** Whether the sizes are the same, and the means of fields up to 1, since decoders of JPEG round. */
  private static boolean isClose(String pillow, String ours) {
    int comma = pillow.indexOf(',') + 1;
    if (!ours.startsWith(pillow.substring(0, comma))) {
      return false;
    }
    byte[] expected = HexFormat.of().parseHex(pillow.substring(comma));
    byte[] found = HexFormat.of().parseHex(ours.substring(comma));
    for (int i = 0; i < expected.length; i++) {
      if (Math.abs((expected[i] & 0xff) - (found[i] & 0xff)) > 1) {
        return false;
      }
    }
    return true;
  }

  private static String grey(Path file, boolean png) {
    try {
      Picture.Size size = Picture.sizeOf(file);
      byte[] pixels = new byte[size.height() * size.width()];
      Picture.decode(file, size, 1, pixels, 0);
      String values = png ? Mutants.digest(pixels)
          : HexFormat.of().formatHex(means(pixels, size.height(), size.width()));
      return size.width() + "x" + size.height() + "," + values;
    } catch (DataException e) {
      return Mutants.refusal(e, file);
    }
  }

  /** Means of 4 x 4 fields, the first ones larger by 1 where the size is no multiple of 4. */
  private static byte[] means(byte[] pixels, int height, int width) {
    byte[] means = new byte[16];
    for (int field = 0; field < 16; field++) {
      long sum = 0;
      int count = 0;
      for (int y = start(field / 4, height); y < start(field / 4 + 1, height); y++) {
        for (int x = start(field % 4, width); x < start(field % 4 + 1, width); x++) {
          sum += pixels[y * width + x] & 0xff;
          count++;
        }
      }
      means[field] = (byte) Math.round(count == 0 ? 0 : (double) sum / count);
    }
    return means;
  }

  private static int start(int part, int size) {
    return part * (size / 4) + Math.min(part, size % 4);
  }
}
