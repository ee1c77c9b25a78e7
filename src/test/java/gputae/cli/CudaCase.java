package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.CudaMain;
import gputae.backend.cuda.FakeCuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the tests of GPUs share: the stand-ins for NVIDIA's libraries (native/testing/fake), tiny data, and trainings on
 * them.
 */
abstract class CudaCase {

  @TempDir
  static Path shared;

  @TempDir
  Path folder;

  static Path sharedData;

  /** Runs without any GPU, for results to compare with; these depend on no variable of the environment. */
  static Jar.Together without;

  Path data;
  FakeCuda fake;

  @BeforeAll
  static void openWithout() throws IOException {
    sharedData = Tiny.write(shared);
    without = new Jar(shared).together();
  }

  @AfterAll
  static void closeWithout() {
    without.close();
  }

  @BeforeEach
  void open() throws IOException {
    fake = new FakeCuda();
    data = Tiny.write(Files.createDirectory(folder.resolve("data")));
  }

  Jar jar() {
    Jar jar = new Jar(folder);
    fake.environment().forEach(jar::with);
    return jar;
  }

  /** How the kernels of this build reach a GPU of sm_90. */
  static String code() {
    return FakeCuda.machineCode() ? "machine code" : "PTX for sm_75 compiled by the driver (CUDA 13.0)";
  }

  /** The weights after these epochs on the host runner. They are the same in every test, so each training runs once. */
  static synchronized byte[] weightsOfTheHostRunner(int epochs) throws IOException {
    Path run = shared.resolve("host" + epochs);
    if (Files.notExists(run)) {
      without.run(Tiny.train(sharedData, "--epochs", epochs, "--device", "host-runner", "--out", run)).succeeded();
    }
    return Files.readAllBytes(run.resolve("model.safetensors"));
  }

  Jar.Result train(Object... more) {
    return jar().run(Tiny.train(data, more));
  }

  /** The line that begins with this name in the output of {@link CudaMain}; doctor prints it too. */
  String found(String name) {
    return line(jar().main(CudaMain.class).run(), name);
  }

  static String line(Jar.Result said, String name) {
    return said.succeeded().outLines().stream().filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).trim()).findFirst().orElse("no line");
  }

  /** The last process that wrote its counts left no object of CUDA alive. */
  void assertNothingAlive() throws IOException {
    FakeCuda.counts(folder.resolve("counts"))
        .forEach((what, count) -> assertTrue(!what.startsWith("alive") || count == 0, what + " " + count));
  }

  void trainRefuses(String... texts) throws IOException {
    assertRefused(train(REFUSED), texts);
  }

  static final Object[] REFUSED = {"--epochs", 1, "--device", "cuda", "--out", "run"};

  void assertRefused(Jar.Result training, String... texts) throws IOException {
    training.failed(texts).failed("--device cuda: ", "--device cpu");
    assertTrue(Files.notExists(folder.resolve("run")), Tiny.content(folder).toString());
  }

  /** The same in one process; returns the output of doctor from that process. */
  Jar.Result trainRefusesAndDoctorSays(String... texts) throws IOException {
    try (Jar.Together program = jar().together()) {
      assertRefused(program.run(Tiny.train(data, REFUSED)), texts);
      return program.run("doctor");
    }
  }
}
