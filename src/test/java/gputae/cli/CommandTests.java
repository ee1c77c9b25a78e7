package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests of commands that share one process and one folder. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CommandTests {

  /** The folder where {@link #program} works; it is emptied before each test. */
  Path folder;

  /** Runs commands that need no separate process. */
  Jar.Together program;

  @BeforeAll
  void start(@TempDir Path folder) {
    this.folder = folder;
    program = jar().together();
  }

  @AfterAll
  void end() {
    program.close();
  }

  @BeforeEach
  void empty() throws IOException {
    Tiny.empty(folder);
  }

  /** A separate process in {@link #folder}, with the environment that these tests need. */
  Jar jar() {
    return new Jar(folder);
  }

  /** A column of the {@code metrics.csv} of a run in {@link #folder}: a value for each epoch. */
  double[] column(String run, String name) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(run).resolve("metrics.csv"));
    int column = Arrays.asList(lines.get(0).split(",")).indexOf(name);
    assertTrue(column >= 0, name + " in " + lines.get(0));
    return lines.stream().skip(1).mapToDouble(line -> Double.parseDouble(line.split(",")[column])).toArray();
  }

  /** The words of a command line, and more. */
  static Object[] with(Object[] first, Object... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray();
  }

  /**
   * Trains once without a pause, into the run "whole", and once with a pause, into the run "parts". Both must end in
   * the same weights.
   *
   * @param command a training without --device, --epochs and --out
   * @param pause   number of epochs before the pause
   * @return the result of the training without a pause
   */
  Jar.Result assertResumesToTheSameBytes(Object[] command, int pause, int epochs, String device) throws IOException {
    Jar.Result whole =
        program.run(with(command, "--device", device, "--epochs", epochs, "--out", "whole")).succeeded();
    program.run(with(command, "--device", device, "--epochs", pause, "--out", "parts")).succeeded();
    program.run("train", "--resume", "parts", "--epochs", epochs, "--threads", 2, "--device", device).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("whole/model.safetensors")),
        Files.readAllBytes(folder.resolve("parts/model.safetensors")));
    return whole;
  }
}
