package gputae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code java -jar target/gpu-tae-bench.jar}. */
class BenchJarIT {

  private static final Path PROGRAM = Path.of(System.getProperty("gputae.jar", "target/gpu-tae.jar")).toAbsolutePath();
  private static final Path JAR = PROGRAM.resolveSibling("gpu-tae-bench.jar");

  /** One iteration, as short as possible; another measurement may run on this machine at the same time. */
  private static final List<String> SHORT =
      List.of("-wi", "0", "-i", "1", "-r", "10ms", "-foe", "true", "-jvmArgsPrepend", "-Djmh.ignoreLock=true");

  @TempDir
  Path folder;

  private String run(int exit, String line) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-Djmh.ignoreLock=true", "-jar", JAR.toString()));
    command.addAll(List.of(line.split(" ")));
    command.addAll(SHORT);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("GPU_TAE_CACHE", PROGRAM.resolveSibling("native-cache").toString());
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(exit, process.waitFor(), output);
    return output;
  }

  /** Measures in the process of JMH itself, as a debugger needs it. */
  @Test
  void oneOperationOnBothBackends() throws IOException, InterruptedException {
    String output = run(0,
        "MinimumSpanningTree -f 0 -p device=cpu,host-runner -p points=128 -p dimension=2 -p cloud=uniform -rf json "
            + "-rff out.json");
    assertTrue(output.contains("device: CPU, ") && output.contains("device: host runner, "), output);
    Set<String> devices = new HashSet<>();
    JsonArray results = results();
    for (JsonElement result : results) {
      JsonObject one = result.getAsJsonObject();
      devices.add(one.getAsJsonObject("params").get("device").getAsString());
      assertFigures(one);
    }
    assertEquals(Set.of("cpu", "host-runner"), devices, output);
    assertEquals(2, results.size(), output);
  }

  /** Measures in a separate process, as for real figures. */
  @Test
  void aTrainingStep() throws IOException, InterruptedException {
    run(0, "TrainingStep -p device=cpu -p batch=128 -p model=tae -rf json -rff out.json");
    JsonArray results = results();
    assertEquals(1, results.size());
    assertFigures(results.get(0).getAsJsonObject());
  }

  private JsonArray results() throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve("out.json"))).getAsJsonArray();
  }

  /**
   * Both figures are there. On the CPU, as on the host runner, the device's own time is wall time within the wall time
   * of the invocation. How much shorter it is depends on what else the machine does; {@link DeviceTimeTest} has the
   * arithmetic.
   */
  private static void assertFigures(JsonObject result) {
    assertEquals("avgt", result.get("mode").getAsString());
    JsonObject wall = result.getAsJsonObject("primaryMetric");
    JsonObject device = result.getAsJsonObject("secondaryMetrics").getAsJsonObject("deviceMicros");
    assertEquals("us/op", wall.get("scoreUnit").getAsString());
    assertEquals("us/op", device.get("scoreUnit").getAsString());
    double micros = device.get("score").getAsDouble();
    assertTrue(micros > 0.1, result.toString());
    assertTrue(micros <= wall.get("score").getAsDouble() * (1 + 1e-9), result.toString());
  }

  @Test
  void aDeviceThatDoesNotExistIsNamed() throws IOException, InterruptedException {
    String output = run(1, "AdamStep -f 0 -p device=abacus");
    assertTrue(output.contains("'abacus' is not auto, cuda, cuda:1 (the second GPU), cpu or host-runner"), output);
  }

  @Test
  void theJarCarriesNoticesAndNothingOfTheTests() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertTrue(text(jar, "LICENSE").contains("\"CLASSPATH\" EXCEPTION TO THE GPL"));
      assertTrue(text(jar, "META-INF/LICENSE").contains("Apache License"));
      assertTrue(text(jar, "META-INF/LICENSE.txt").contains("APACHE COMMONS MATH DERIVATIVE WORKS"));
      assertTrue(text(jar, "META-INF/NOTICE.txt").contains("Apache Commons Math"));
      assertTrue(text(jar, "META-INF/THIRD-PARTY.txt").contains("libdnnl"));
      String notices = text(jar, "META-INF/THIRD-PARTY-BENCH.txt");
      assertTrue(notices.contains("JMH 1.37") && notices.contains("Commons Math 3.6.1")
          && notices.contains("JOpt Simple 5.0.4"));
      assertTrue(jar.stream().noneMatch(
          entry -> entry.getName().matches("(org/junit|com/tngtech|org/slf4j|gputae/bench/\\w*(IT|Test)\\.).*")));
      assertTrue(jar.stream().anyMatch(entry -> entry.getName().startsWith("gputae/bench/jmh_generated/")));
    }
    try (JarFile program = new JarFile(PROGRAM.toFile())) {
      assertFalse(program.stream().anyMatch(entry -> entry.getName().matches("(org/openjdk|gputae/bench).*")));
    }
  }

  private static String text(JarFile jar, String name) throws IOException {
    return new String(jar.getInputStream(jar.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
  }
}
