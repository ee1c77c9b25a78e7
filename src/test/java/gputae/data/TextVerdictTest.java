package gputae.data;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five thousand damaged tables of numbers, with what numpy.loadtxt read from each, and what it read with other
 * settings, such as after a header or with another separator. This program must refuse them, or read one of these
 * results, by the rules of {@link CloudTable}. Results that differ from the plain one are counted by kind.
 * {@code bench/peers/text_mutants.py} makes the record.
 */
class TextVerdictTest {

  /** Tables that loadtxt reads in the plain way and we refuse, by words of our message. */
  private static final Map<String, Integer> STRICTER = Map.ofEntries(
      entry("every coordinate must be a finite number", 35),
      entry("not a number that float64 can hold", 13),
      entry("begins with 0", 10),
      entry("counts what follows, or is a point", 63),
      entry("can be names of columns or a point", 17),
      // Unicode's other spaces, which do not count as spaces here.
      entry("expected a number", 12),
      entry("columns, expected", 5),
      entry("a binary file of no kind known here", 7));

  /** Tables that we read in another way than the plain one; "though plain" means that the plain way reads them too. */
  private static final Map<String, Integer> OTHER_WAY = Map.ofEntries(
      entry("comments", 207),
      entry("comments+exponents", 1),
      entry("comments+header", 18),
      entry("comments+quotes", 2),
      entry("comments+quotes+header", 1),
      entry("encoding", 17),
      entry("encoding+comments", 10),
      entry("encoding+header", 9),
      entry("encoding+quotes+header", 5),
      entry("exponents", 10),
      entry("header", 169),
      // Names 0,1 over numbers with decimals, as pandas writes them; the reader says so.
      entry("header, though plain", 58),
      entry("quotes", 5),
      entry("quotes+header", 97),
      entry("separator", 21),
      entry("separator+header", 3),
      entry("separator+quotes+header", 1));

  /** Tables that we read and loadtxt reads in no way, by words of numpy's message: quotes after a comma and a space. */
  private static final Map<String, Integer> LOOSER = Map.of("could not convert", 1);

  @TempDir
  private Path folder;

  @Test
  void readsWhatLoadtxtReads() throws IOException {
    Map<String, Integer> stricter = new HashMap<>();
    Map<String, Integer> otherWay = new HashMap<>();
    Map<String, Integer> looser = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    int same = 0;
    for (Mutants.Mutant mutant : Mutants.recorded("text")) {
      String ours = cloud(mutant.writeTo(folder.resolve("mutant")));
      boolean read = !ours.startsWith(":");
      Map<String, String> readings = !mutant.read() ? Map.of() : Arrays.stream(mutant.what().split(","))
          .map(reading -> reading.split("="))
          .collect(Collectors.toMap(words -> words[1], words -> words[0]));
      if (!read) {
        if (readings.containsValue("plain")) {
          Mutants.count(stricter, STRICTER, ours, mutant, wrong);
        }
      } else if (!readings.containsKey(ours)) {
        Mutants.count(looser, LOOSER, ours + " " + mutant.what(), mutant, wrong);
      } else if (readings.get(ours).equals("plain")) {
        same++;
      } else {
        otherWay.merge(readings.get(ours) + (readings.containsValue("plain") ? ", though plain" : ""), 1, Integer::sum);
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(STRICTER, stricter);
    assertEquals(OTHER_WAY, otherWay);
    assertEquals(LOOSER, looser);
    assertEquals(974, same);
  }

  private static String cloud(Path file) {
    try {
      PointCloud cloud = CloudFiles.readCloud(file, TableOptions.AUTO, line -> {});
      return cloud.count() + "x" + cloud.dimension() + ":" + Mutants.digest(cloud.inDouble().coordinates());
    } catch (DataException e) {
      return Mutants.refusal(e, file);
    }
  }
}
