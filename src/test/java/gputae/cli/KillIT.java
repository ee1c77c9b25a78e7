package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A training that is killed by SIGKILL, at any operation on a file or at any moment, continues to the bytes of an
 * uninterrupted run. It continues from its checkpoint, which is complete, or from the beginning if there is none yet.
 * If even its settings do not exist yet, the same command starts it again. Checkpoints are written at each epoch here.
 */
class KillIT extends CommandTests {

  private static final int KILLED = 128 + 9;
  private static final int EPOCHS = 3;

  private Path data;

  @BeforeEach
  void writeData() throws IOException {
    data = Tiny.write(folder);
  }

  private Object[] training(String run, int epochs) {
    return Tiny.train(data, "--epochs", epochs, "--quiet", "--out", run);
  }

  @Test
  void aTrainingKilledAtSomeOperationsOnFilesResumesToTheSameBytes() {
    program.run(training("whole", EPOCHS)).succeeded();
    // Each file is opened, half written, written, synced and renamed. Operations 1-5 are on config.json, 6-10 on
    // metrics.csv, the next on the first checkpoints; 43 is on a figure.
    IntStream.of(3, 12, 19, 43).parallel().forEach(n -> assertTrue(killedAt(n), "operation " + n + " was not reached"));
  }

  @Test
  @Tag("thorough")
  void aTrainingKilledAtAnyOperationOnFilesResumesToTheSameBytes() {
    program.run(training("whole", EPOCHS)).succeeded();
    int n = 1;
    while (killedAt(n)) {
      n++;
    }
    System.out.println(n - 1 + " operations on files");
    // There are five operations for each of these: settings, metrics, one checkpoint an epoch, one at the end, and
    // weights. Figures, embeddings, labels and report come on top.
    assertTrue(n > 5 * (2 + EPOCHS + 2), n + " operations are too few to be all");
  }

  /** Kills a training at its n-th operation on files and checks what it left; false if the training ended before. */
  private boolean killedAt(int n) {
    String run = "killed-" + n;
    Jar.Result result = new Jar(folder).main(KilledMain.class, Integer.toString(n)).run(training(run, EPOCHS));
    if (result.exit() == 0) {
      return false;
    }
    assertEquals(KILLED, result.exit(), result.toString());
    assertResumes(run, EPOCHS);
    return true;
  }

  @Test
  void aTrainingKilledAtRandomMomentsResumesToTheSameBytes() throws IOException, InterruptedException {
    killAtRandomMoments(2);
  }

  @Test
  @Tag("thorough")
  void aTrainingKilledAtManyRandomMomentsResumesToTheSameBytes() throws IOException, InterruptedException {
    killAtRandomMoments(12);
  }

  private void killAtRandomMoments(int times) throws IOException, InterruptedException {
    long seed = System.nanoTime();
    System.out.println("moments to kill drawn with seed " + seed);
    Random random = new Random(seed);
    int epochs = 60;
    program.run(training("whole", epochs)).succeeded();
    for (int i = 0; i < times; i++) {
      String run = "killed-" + i;
      Path config = folder.resolve(run).resolve("config.json");
      Jar.Running training = new Jar(folder).main(KilledMain.class, "0").start(training(run, epochs));
      while (training.isAlive() && !Files.exists(config)) {
        Thread.sleep(1);
      }
      // The time counts from the first file on; an epoch takes some milliseconds. It does not matter where the kill
      // falls, or whether the training ends before it.
      Thread.sleep(random.nextInt(500));
      training.kill();
      Jar.Result result = training.await();
      assertTrue(result.exit() == KILLED || result.exit() == 0, result.toString());
      assertResumes(run, epochs);
    }
  }

  private void assertResumes(String name, int epochs) {
    Path run = folder.resolve(name);
    Jar.Result resumed = program.run("train", "--resume", name, "--threads", 2, "--quiet");
    if (!Files.exists(run.resolve("config.json"))) {
      resumed.failed("no config.json");
      resumed = program.run(training(name, epochs));
    }
    resumed.succeeded();
    assertEquals("", resumed.err(), resumed.toString());
    try {
      Tiny.assertSameResults(folder.resolve("whole"), run);
      assertEquals(epochs + 1, Tiny.metricsWithoutTimes(run).size());
      try (Stream<Path> files = Files.walk(run)) {
        assertEquals(0, files.filter(file -> file.toString().endsWith(".part")).count(),
            "left over in " + Tiny.content(run));
      }
      for (Path figure : new Path[] {run.resolve("figures/latent.png"), run.resolve("figures/generated.png"),
        run.resolve("figures/losses.png")}) {
        Tiny.assertPng(figure);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
