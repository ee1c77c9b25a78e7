package gputae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench/table.py} on the output of JMH, reduced to the parts that it reads. */
class BenchTableTest {

  private static final String RESULTS = """
      [
        {"benchmark": "gputae.bench.MinimumSpanningTree.time", "mode": "avgt",
         "params": {"cloud": "uniform", "device": "cuda", "dimension": "2", "points": "4096"},
         "primaryMetric": {"score": 1234.5678, "scoreError": 12.3, "scoreUnit": "us/op"},
         "secondaryMetrics": {"deviceMicros": {"score": 1200.25, "scoreError": 3.75, "scoreUnit": "us/op"}}},
        {"benchmark": "gputae.bench.MinimumSpanningTree.time", "mode": "avgt",
         "params": {"cloud": "uniform", "device": "cpu", "dimension": "2", "points": "128"},
         "primaryMetric": {"score": 0.0125, "scoreError": "NaN", "scoreUnit": "ms/op"},
         "secondaryMetrics": {"deviceMicros": {"score": 0.012, "scoreError": "NaN", "scoreUnit": "ms/op"}}},
        {"benchmark": "gputae.bench.DenseForward.time", "mode": "avgt",
         "params": {"batch": "128", "device": "cpu", "layer": "784-64"},
         "primaryMetric": {"score": 98.76543, "scoreError": 0.5, "scoreUnit": "us/op"},
         "secondaryMetrics": {"deviceMicros": {"score": 98.7, "scoreError": 0.25, "scoreUnit": "us/op"}}},
        {"benchmark": "gputae.bench.DenseForward.time", "mode": "avgt",
         "params": {"batch": "128", "device": "cpu", "layer": "64-784"},
         "primaryMetric": {"score": 5.0, "scoreError": 0.5, "scoreUnit": "us/op"},
         "secondaryMetrics": {}}
      ]
      """;

  private static final String TABLES = """
      | DenseForward: batch | layer | device | wall, µs | device's own, µs |
      | --- | --- | --- | ---: | ---: |
      | 128 | 64-784 | cpu | 5.000 ± 0.500 |  |
      | 128 | 784-64 | cpu | 98.77 ± 0.50 | 98.70 ± 0.25 |

      | MinimumSpanningTree: cloud | dimension | points | device | wall, µs | device's own, µs |
      | --- | --- | --- | --- | ---: | ---: |
      | uniform | 2 | 128 | cpu | 12.50 | 12.00 |
      | uniform | 2 | 4096 | cuda | 1235 ± 12 | 1200 ± 4 |
      """;

  @TempDir
  Path folder;

  @Test
  void rowsAreInOrderAndFiguresInMicroseconds() throws IOException, InterruptedException {
    assumeTrue(hasPython(), "there is no python3 to run bench/table.py with");
    Path results = Files.writeString(folder.resolve("bench.json"), RESULTS);
    assertEquals(TABLES, run("python3", "bench/table.py", results.toString()));
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      run("python3", "--version");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }
}
