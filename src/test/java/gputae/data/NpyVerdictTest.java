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
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four thousand damaged .npy and .npz files, with what numpy read from each. This program must refuse them, or read the
 * same shape and values. If only one of the two refuses a file, the kind of the difference is listed with its
 * frequency. {@code bench/peers/npy_mutants.py} makes the record.
 */
class NpyVerdictTest {

  /** The files from this one on are .npz. */
  private static final int FIRST_ARCHIVE = 15;

  /** Files that numpy reads and we refuse, by words of our message. Python takes more notations than anyone writes. */
  private static final Map<String, Integer> STRICTER = Map.ofEntries(
      entry("bytes follow", 183),
      entry("values of type", 58),
      entry("is unknown or there twice", 72),
      entry("expected nothing but spaces", 28),
      entry("expected a size of the shape", 28),
      entry("sizes of at most", 1),
      entry("expected '", 67),
      entry("expected True or False", 4),
      entry("expected one of 'descr'", 4),
      entry("a bool of", 28),
      entry("an integer of 2^63", 4),
      entry("a zip file without .npy arrays", 33),
      entry("a .npz file of", 22),
      entry("damaged .npz file", 23));

  /** Files that we read as an array but not as a cloud. */
  private static final Map<String, Integer> NO_CLOUD = Map.of(
      "expected [points, dimension]", 92,
      "beyond 2^53", 19,
      "must be a finite number", 12);

  /** Files that we read and numpy refuses, by words of numpy's message. */
  private static final Map<String, Integer> LOOSER = Map.of(
      // Version 3 with line ends around the dictionary, or with sizes such as 6L, as in versions 1 and 2.
      "ValueError Cannot parse header", 6,
      // One byte of an archive's directory is damaged; the members of the archive are whole.
      "BadZipFile", 1);

  /** The number of archives in which numpy lists more members than the one .npy file. */
  private static final int OTHER_MEMBERS = 15;

  @TempDir
  private Path folder;

  @Test
  void readsWhatNumpyReads() throws IOException {
    Map<String, Integer> stricter = new HashMap<>();
    Map<String, Integer> noCloud = new HashMap<>();
    Map<String, Integer> looser = new HashMap<>();
    List<String> wrong = new ArrayList<>();
    int same = 0;
    int otherMembers = 0;
    for (Mutants.Mutant mutant : Mutants.recorded("npy")) {
      Path file = mutant.writeTo(folder.resolve("mutant"));
      String cloud = cloud(file);
      String ours = mutant.file() < FIRST_ARCHIVE ? array(file) : cloud;
      boolean read = !ours.startsWith(":");
      String numpy = mutant.what().substring(mutant.what().indexOf(',') + 1);
      if (mutant.read() && !read) {
        Mutants.count(stricter, STRICTER, ours, mutant, wrong);
      } else if (!mutant.read() && read) {
        Mutants.count(looser, LOOSER, mutant.what(), mutant, wrong);
      } else if (read && mutant.what().startsWith("archive,2")) {
        otherMembers++;
      } else if (read && mutant.file() >= FIRST_ARCHIVE ? !asCloud(numpy).equals(ours) : read && !numpy.equals(ours)) {
        wrong.add(ours + " | " + mutant.line());
      } else {
        same += read ? 1 : 0;
      }
      if (mutant.file() < FIRST_ARCHIVE && cloud.startsWith(":") && read) {
        Mutants.count(noCloud, NO_CLOUD, cloud, mutant, wrong);
      } else if (!cloud.startsWith(":") && !cloud.equals(asCloud(ours))) {
        wrong.add("as a cloud " + cloud + " | " + mutant.line());
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(STRICTER, stricter);
    assertEquals(NO_CLOUD, noCloud);
    assertEquals(LOOSER, looser);
    assertEquals(OTHER_MEMBERS, otherMembers);
    assertEquals(722, same);
  }

  /** Numbers on a line are points of one coordinate. */
  private static String asCloud(String shapeAndDigest) {
    return shapeAndDigest.replaceFirst("^(\\d+),", "$1x1,");
  }

  private static String array(Path file) {
    try {
      NpyArray array = Npy.read(file);
      return Arrays.stream(array.shape()).mapToObj(Integer::toString).collect(Collectors.joining("x")) + ","
          + Mutants.digest(values(array));
    } catch (DataException e) {
      return Mutants.refusal(e, file);
    }
  }

  private static String cloud(Path file) {
    try {
      PointCloud cloud = CloudFiles.readCloud(file, TableOptions.AUTO, line -> {});
      return cloud.count() + "x" + cloud.dimension() + "," + Mutants.digest(cloud.inDouble().coordinates());
    } catch (DataException e) {
      return Mutants.refusal(e, file);
    }
  }

  private static double[] values(NpyArray array) {
    if (array instanceof NpyArray.Bytes bytes) {
      return IntStream.range(0, bytes.values().length).mapToDouble(i -> bytes.values()[i] & 0xff).toArray();
    } else if (array instanceof NpyArray.Floats floats) {
      return IntStream.range(0, floats.values().length).mapToDouble(i -> floats.values()[i]).toArray();
    } else if (array instanceof NpyArray.Integers integers) {
      return LongStream.of(integers.values()).asDoubleStream().toArray();
    }
    return ((NpyArray.Doubles) array).values();
  }
}
