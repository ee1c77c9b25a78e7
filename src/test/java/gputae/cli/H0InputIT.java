package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Files of the kinds that users have: {@code h0} gives the right death times, or one line that says what to do. */
class H0InputIT extends CommandTests {

  /** Inputs that went wrong elsewhere, with right answers; they are not part of the repository. */
  private static final Path CASES = Path.of("../shared/cases").toAbsolutePath().normalize();

  private Path text(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private double[] deaths(Path file, Object... more) throws IOException {
    return deaths(run(file, more));
  }

  private Jar.Result run(Path file, Object... more) {
    Object[] arguments = Stream.concat(Stream.of("h0", file, "--out", folder.resolve("deaths.csv"), "--threads", 2),
        Stream.of(more)).toArray();
    return program.run(arguments);
  }

  private double[] deaths(Jar.Result result) throws IOException {
    result.succeeded();
    return Files.readAllLines(folder.resolve("deaths.csv")).stream().mapToDouble(Double::parseDouble).toArray();
  }

  private static void assertDeaths(double[] found, double... expected) {
    assertEquals(expected.length, found.length);
    for (int i = 0; i < found.length; i++) {
      int place = i;
      assertTrue(Math.abs(found[i] - expected[i]) <= 1e-8 * expected[i], () -> found[place] + " instead of "
          + expected[place]);
    }
  }

  private static void assertDeaths(double[] found, int count, double sum) {
    assertEquals(count, found.length);
    assertEquals(sum, Arrays.stream(found).sum(), 1e-6);
  }

  private static Path shared(String name) {
    assumeTrue(Files.exists(CASES.resolve(name)), "no folder ../shared/cases beside the repository");
    return CASES.resolve(name);
  }

  @Test
  void sharedClouds() throws IOException {
    double[] off = deaths(shared("cloud.off"));
    assertDeaths(off, 49, 31.2775909);
    assertEquals(2.2367141, off[48], 1e-6);
    assertDeaths(deaths(shared("header-of-numbers.csv")), 39, 56.8575142);
    program.run("h0", shared("header-of-numbers-and-labels.csv")).failed("\"labels\"", "--columns 1,2");
    assertDeaths(deaths(shared("header-of-numbers-and-labels.csv"), "--columns", "1,2"), 39, 56.8575142);
    assertDeaths(deaths(shared("h0-mixed-scales.csv")), 1e-6, 2e-6, 14.1421335024);
    assertDeaths(deaths(shared("h0-mixed-scales-2.csv")), 1e-9, 2e-9, 1.41421356025);
  }

  @Test
  void sharedDistances() throws IOException {
    Jar.Result forest = run(shared("infinite-distances.csv"), "--format", "distance");
    assertDeaths(deaths(forest), 1.5, 2, 3);
    assertTrue(forest.out().replaceAll(" +", " ").contains("infinite classes 2\n"), forest.toString());
    assertDeaths(deaths(shared("lower-triangle-with-diagonal.csv"), "--format", "lower-distance"), 11, 8.887487);
    assertDeaths(deaths(shared("condensed-distances.txt"), "--format", "condensed"), 29, 38.8199659);
  }

  @Test
  void pandasWritesHeadersOfNumbers() throws IOException {
    String rows = "0.5,1.25\n3.5,5.25\n3.5,6.5\n";
    Jar.Result result = run(text("header.csv", "0,1\n" + rows));
    assertDeaths(deaths(result), 1.25, 5);
    assertTrue(result.err().contains("header.csv:1: 0,1 taken as names"), result.toString());
    assertDeaths(deaths(text("header.csv", "0,1\n" + rows), "--header", "no"), Math.sqrt(0.3125), 1.25, 5);
    program.run("h0", text("index.csv", ",0,1\n0,0.5,1.25\n1,3.5,5.25\n")).failed("index.csv:1: column 1",
        "--columns 2,3");
    assertDeaths(deaths(text("index.csv", ",0,1\n0,0.5,1.25\n1,3.5,5.25\n"), "--columns", "2-3"), 5);
    program.run("h0", text("labels.csv", "x,y,label\n0.5,1.25,1\n3.5,5.25,2\n")).failed("\"label\"", "--columns 1,2");
    assertDeaths(deaths(text("labels.csv", "x,y,label\n0.5,1.25,1\n3.5,5.25,2\n"), "--columns", "x,y"), 5);
    program.run("h0", text("grid.csv", "0,1\n2,3\n")).failed("grid.csv:1", "--header yes", "--header no");
    program.run("h0", text("comma.csv", "1,5;2,5\n4,5;6,5\n")).failed("comma.csv:1", "--decimal ,");
    assertDeaths(deaths(text("comma.csv", "1,5;2,5\n4,5;6,5\n"), "--decimal", ","), 5);
  }

  @Test
  void scalesOfOneFile() throws IOException {
    assertDeaths(deaths(text("two.csv", "0,0\n1e-9,0\n3e-9,0\n1,1\n")), 1e-9, 2e-9, 1.41421356025);
    Jar.Result single = run(text("two.csv", "0,0\n1e-9,0\n3e-9,0\n1,1\n"), "--precision", "single");
    assertEquals(0, deaths(single)[1]);
    assertTrue(single.out().contains("float32 (rounded from float64)"), single.toString());
    for (String scale : new String[] {"e-60", "e60"}) {
      double one = Double.parseDouble("1" + scale);
      assertDeaths(deaths(text("cloud.csv", "0\n1" + scale + "\n3" + scale + "\n")), one, 2 * one);
      assertDeaths(deaths(text("lower.csv", "1" + scale + "\n3" + scale + ",2" + scale + "\n"), "--format",
          "lower-distance"), one, 2 * one);
      assertDeaths(deaths(text("square.csv", "0,1" + scale + "\n1" + scale + ",0\n"), "--format", "distance"), one);
    }
    // There are too many points for the reference alone: 8,000. Float32 merges 4,000 of them into one.
    Random random = new Random(3);
    String many = IntStream.range(0, 8000).mapToObj(i -> i < 4000 ? i + "," + i : 8e3 + 1e-8 * random.nextDouble()
        + "," + 1e-8 * random.nextDouble())
        .collect(Collectors.joining("\n"));
    Jar.Result large = run(text("many.csv", many));
    double[] found = deaths(large);
    assertTrue(found[0] > 0 && found[3998] < 1e-8, found[0] + " to " + found[3998]);
    assertEquals(Math.sqrt(2), found[4000], 1e-12);
    assertTrue(large.out().contains("float64, death times within 1e-5"), large.toString());
    assertDeaths(deaths(text("many.csv", many), "--precision", "double"), found);
  }

  @Test
  void formsOfDistances() throws IOException {
    // A path 0 - 1 - 2 - 3 of lengths 1, 2, 4.
    double[] expected = {1, 2, 4};
    assertDeaths(deaths(text("upper.txt", "1 3 7\n2 6\n4\n"), "--format", "upper-distance"), expected);
    assertDeaths(deaths(text("flat.txt", "1\n3\n7\n2\n6\n4\n"), "--format", "condensed"), expected);
    assertDeaths(deaths(text("lower.txt", "0\n1 0\n3 2 0\n7 6 4 0\n"), "--format", "lower-distance"), expected);
    Jar.Result sparse = run(text("sparse.txt", "0 1 1\n1 2 2\n4 5 4\n"), "--format", "sparse");
    assertDeaths(deaths(sparse), expected);
    assertTrue(sparse.out().replaceAll(" +", " ").contains("points 6\nfinite deaths 3\ninfinite classes 3\n"),
        sparse.toString());
    Path integers = Tiny.writeNpy(folder.resolve("i.npy"), "<i4", "(2, 2)",
        new byte[] {0, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0});
    Jar.Result result = run(integers, "--format", "distance");
    assertDeaths(deaths(result), 5);
    assertTrue(result.err().contains("integers"), result.toString());
    Jar.Result points = run(text("square.txt", "0 1 3\n1 0 2\n3 2 0\n"));
    assertEquals(2, deaths(points).length);
    assertTrue(points.err().contains("warning") && points.err().contains("--format distance"), points.toString());
    program.run("h0", text("upper.txt", "1 3 7\n2 6\n4\n"), "--format",
        "lower-distance").failed("--format upper-distance");
    program.run("h0", integers, "--format", "distance", "--precision", "single").wrongUsage();
    program.run("h0", integers, "--columns", "1").failed("i.npy", "text tables");
    program.run("h0", integers, "--decimal", "x").wrongUsage();
    program.run("h0", integers, "--format", "upside-down").wrongUsage();
  }

  @Test
  void aFileNamedOtherwiseIsReadByItsContent() throws IOException {
    Path npy = Tiny.writeNpy(folder.resolve("array.csv"), "<f8", "(2, 2)", Tiny.littleEndian(0.5, 1, 3.5, 5));
    assertDeaths(deaths(npy), 5);
    assertDeaths(deaths(text("text.npy", "0.5,1\n3.5,5\n")), 5);
    Files.write(folder.resolve("unknown.csv"), new byte[] {1, 2, 3, 0, 0, 0});
    program.run("h0", "unknown.csv").failed("unknown.csv", "binary file of no kind known");
  }
}
