package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Death times of files, against cases computed by hand. */
class H0IT extends CommandTests {

  private static final byte[] SQUARE_F4 = Tiny.littleEndian(0f, 0f, 2f, 0f, 2f, 2f, 0f, 2f);

  /** Death times of a file, as {@code --out} writes them. */
  private List<String> deaths(Path file, Object... more) throws IOException {
    Path out = folder.resolve(file.getFileName() + ".deaths");
    Object[] arguments = Stream.concat(Stream.of("h0", file, "--out", out, "--threads", 2), Stream.of(more)).toArray();
    Jar.Result result = program.run(arguments).succeeded();
    assertEquals("", result.err(), result.toString());
    assertTrue(result.out().startsWith("points "), result.toString());
    String text = Files.readString(out);
    assertTrue(text.isEmpty() || text.endsWith("\n"), text);
    return text.lines().toList();
  }

  private Path text(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  @Test
  void everyKindOfFileGivesTheSameSquare() throws IOException {
    // Four corners of a square of side 2: three edges, never the diagonal.
    List<String> expected = List.of("2", "2", "2");
    assertEquals(expected, deaths(text("plain.csv", "0,0", "2,0", "2,2", "0,2")));
    assertEquals(expected, deaths(text("headed.csv", "x,y", "0,0", "2,0", "2,2", "0,2")));
    assertEquals(expected, deaths(text("white.txt", "# a square", "0 0", "2 0", "", "2\t2", "0   2")));
    assertEquals(expected, deaths(Tiny.writeNpy(folder.resolve("f4.npy"), "<f4", "(4, 2)", SQUARE_F4)));
    assertEquals(expected,
        deaths(Tiny.writeNpy(folder.resolve("f8.npy"), "<f8", "(4, 2)", Tiny.littleEndian(0., 0, 2, 0, 2, 2, 0, 2))));
    // The distances of the square give the same; sqrt 8 as float32 is 2.828427.
    assertEquals(expected, deaths(text("lower.txt", "2", "2.828427,2", "2,2.828427,2"), "--format", "lower-distance"));
    assertEquals(expected,
        deaths(text("full.txt", "0 2 2.828427 2", "2 0 2 2.828427", "2.828427 2 0 2", "2 2.828427 2 0"), "--format",
            "distance"));
  }

  @Test
  void smallCasesComeOutAsWorkedOutByHand() throws IOException {
    assertEquals(List.of("0", "0", "5"), deaths(text("duplicates.csv", "0,0", "3,4", "0,0", "3,4")),
        "two pairs of duplicates, 5 apart");
    assertEquals(List.of(), deaths(text("point.csv", "1,2,3")), "one point never dies");
    // Points on a line at 0, 1, 3, 6, 10, shuffled: the deaths are the gaps.
    assertEquals(List.of("1", "2", "3", "4"), deaths(text("gaps.csv", "6", "0", "10", "1", "3")));
    // Collinear points in the plane, along (3, 4): the deaths are the gaps times 5.
    assertEquals(List.of("5", "10", "15", "20"), deaths(text("slanted.csv", "18,24", "0,0", "30,40", "3,4", "9,12")));
    assertEquals(List.of("0.1"), deaths(text("tenth.csv", "0", "0.1")),
        "the shortest digits that give back the float32");
  }

  @Test
  void theSummaryTellsCountDimensionAndSum() throws IOException {
    Jar.Result result = new Jar(folder).run("h0", text("gaps.csv", "0", "1", "3", "6", "10")).succeeded();
    String summary = result.out().replaceAll(" +", " ");
    for (String line : List.of("points 5\n", "dimension 1\n", "total persistence 10.0\n", "largest death 4\n",
        "median death 2.5\n")) {
      assertTrue(summary.contains(line), "no " + line + result);
    }
  }

  @Test
  void landscapesAreTheTentsOfTheLargestDeaths() throws IOException {
    Path gaps = text("gaps.csv", "0", "1", "3", "6", "10");
    Jar.Result result =
        new Jar(folder).run("h0", gaps, "--landscape", 2, "--out-landscape", "tents.csv").succeeded();
    String summary = result.out().replaceAll(" +", " ");
    for (String line : List.of("landscapes 2\n", "landscape L1 6.25\n",
        "landscape L2 " + Math.sqrt((64 + 27) / 12.0) + "\n", "landscape maximum 2\n")) {
      assertTrue(summary.contains(line), "no " + line + result);
    }
    assertEquals(List.of("k,t,value", "1,0,0", "1,2,2", "1,4,0", "2,0,0", "2,1.5,1.5", "2,3,0"),
        Files.readAllLines(folder.resolve("tents.csv")));
    // More landscapes than death times.
    new Jar(folder).run("h0", gaps, "--landscape", 9, "--out-landscape", "tents.npy").succeeded();
    Tiny.readNpy(folder.resolve("tents.npy"), "<f8", "(12, 3)");
    new Jar(folder).run("h0", gaps, "--landscape", 0).wrongUsage();
    assertTrue(new Jar(folder).run("h0", gaps, "--out-landscape", "x.csv").wrongUsage().err()
        .contains("--out-landscape needs --landscape K"));
    new Jar(folder).run("h0", gaps, "--landscape", 2, "--out-landscape", gaps).wrongUsage();
  }

  @Test
  void edgesAreThoseOfTheTreeInOrder() throws IOException {
    Path out = folder.resolve("edges.csv");
    program.run("h0", text("gaps.csv", "6", "0", "10", "1", "3"), "--edges", out).succeeded();
    assertEquals("u,v,length\n1,3,1\n3,4,2\n0,4,3\n0,2,4\n", Files.readString(out));
    // Edges of equal length are ordered by the smaller point, then by the larger one.
    program.run("h0", text("square.csv", "0,0", "2,0", "2,2", "0,2"), "--edges", out).succeeded();
    assertEquals("u,v,length\n0,1,2\n0,3,2\n1,2,2\n", Files.readString(out));
    program
        .run("h0", text("lower.txt", "2", "2.828427,2", "2,2.828427,2"), "--format", "lower-distance", "--edges", out)
        .succeeded();
    assertEquals("u,v,length\n0,1,2\n0,3,2\n1,2,2\n", Files.readString(out));
  }

  @Test
  void deathsAscendReadBackAsTheSameFloatsAndDoNotDependOnTheFormat() throws IOException {
    Random random = new Random(5);
    float[] coordinates = new float[3 * 200];
    double[] same = new double[coordinates.length];
    StringBuilder csv = new StringBuilder();
    for (int i = 0; i < coordinates.length; i++) {
      coordinates[i] = random.nextFloat();
      same[i] = coordinates[i];
      csv.append(coordinates[i]).append(i % 3 == 2 ? '\n' : ',');
    }
    List<String> deaths =
        deaths(Tiny.writeNpy(folder.resolve("cloud.npy"), "<f4", "(200, 3)", Tiny.littleEndian(coordinates)));
    assertEquals(199, deaths.size());
    float before = 0;
    for (String death : deaths) {
      float value = Float.parseFloat(death);
      assertTrue(value >= before, death + " after " + before);
      // The text is the float32 itself, not a double near it.
      assertEquals(death, Decimal.shortest(value));
      before = value;
    }
    // The edges have the same lengths. Recomputed in double, the lengths agree to (d/2 + 2) 2^-24.
    Path edges = folder.resolve("edges.csv");
    program.run("h0", folder.resolve("cloud.npy"), "--edges", edges).succeeded();
    List<String> rows = Files.readAllLines(edges);
    for (int i = 0; i < 199; i++) {
      String[] row = rows.get(i + 1).split(",");
      assertEquals(deaths.get(i), row[2]);
      int u = Integer.parseInt(row[0]);
      int v = Integer.parseInt(row[1]);
      double sum = 0;
      for (int k = 0; k < 3; k++) {
        sum += (same[3 * u + k] - same[3 * v + k]) * (same[3 * u + k] - same[3 * v + k]);
      }
      double length = Math.sqrt(sum);
      assertTrue(Math.abs(Double.parseDouble(row[2]) - length) <= 3.5 * 0x1p-24 * length,
          rows.get(i + 1) + " is " + length);
    }
    assertTrue(Files.readString(edges).lines().skip(1)
        .allMatch(row -> Integer.parseInt(row.split(",")[0]) < Integer.parseInt(row.split(",")[1])));
  }

  @Test
  void hugeAndTinyCoordinatesNeitherOverflowNorVanish() throws IOException {
    for (double unit : new double[] {0x1p1000, 0x1p-1000}) {
      double[] square = {0, 0, unit, 0, unit, unit, 0, unit};
      List<String> deaths =
          deaths(Tiny.writeNpy(folder.resolve("square" + unit + ".npy"), "<f8", "(4, 2)", Tiny.littleEndian(square)));
      assertEquals(List.of(unit, unit, unit), deaths.stream().map(Double::valueOf).toList());
    }
    for (String unit : List.of("1e300", "1e-300")) {
      List<String> deaths = deaths(text("gaps" + unit + ".csv", "0", unit, "3" + unit.substring(1)));
      double one = Double.parseDouble(unit);
      // Coordinates, taken from the middle of the axis, keep the 24 bits of float32: half an ulp of 1.5 for each end.
      assertEquals(one, Double.parseDouble(deaths.get(0)), one * 0x1p-22);
      assertEquals(2 * one, Double.parseDouble(deaths.get(1)), one * 0x1p-22);
    }
    // The extremes of float32, in a float32 file.
    for (float unit : new float[] {0x1p126f, Float.MIN_NORMAL, Float.MIN_VALUE}) {
      List<String> deaths = deaths(
          Tiny.writeNpy(folder.resolve("line" + unit + ".npy"), "<f4", "(3, 1)", Tiny.littleEndian(0f, unit, -unit)));
      assertEquals(List.of(unit, unit), deaths.stream().map(Float::valueOf).toList());
    }
  }

  @Test
  void filesThatAreNoCloudFailWithOneLineThatNamesThePlace() throws IOException {
    text("nan.csv", "0,0", "1,NaN", "2,2");
    text("infinite.csv", "0,0", "1,1", "inf,2");
    Tiny.writeNpy(folder.resolve("nan.npy"), "<f4", "(2, 1)", Tiny.littleEndian(0f, Float.NaN));
    text("ragged.csv", "0,0", "1,1", "2");
    text("words.csv", "0,0", "one,two");
    text("empty.csv", "");
    text("four.txt", "1", "2 3", "4");
    text("negative.txt", "-1");
    text("askew.txt", "0 1", "2 0");
    byte[] whole = Files.readAllBytes(Tiny.writeNpy(folder.resolve("cut.npy"), "<f4", "(4, 2)", SQUARE_F4));
    Files.write(folder.resolve("cut.npy"), java.util.Arrays.copyOf(whole, whole.length - 1));
    Map<String,
        String> named = Map.of("nowhere.csv", "nowhere.csv", ".", "directory", "nan.csv", "point 1", "infinite.csv",
            "point 2", "nan.npy", "point 1",
            "ragged.csv", "ragged.csv:3", "words.csv", "words.csv:2", "empty.csv", "no points", "cut.npy", "truncated");
    named.forEach((file, text) -> program.run("h0", file).failed(file, text));
    Stream.of("lower-distance four.txt", "lower-distance negative.txt", "distance askew.txt", "distance nowhere.txt")
        .map(line -> line.split(" "))
        .forEach(words -> program.run("h0", "--format", words[0], words[1]).failed(words[1]));
  }

  @Test
  void aFileThatCannotBeWrittenFailsWithOneLine() throws IOException {
    Path points = text("points.csv", "0", "1");
    new Jar(folder).run("h0", points, "--out", points.resolve("below-a-file.csv")).failed("below-a-file.csv");
    program.run("h0", points, "--edges", folder).failed(folder.toString());
  }
}
