package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stopping a training by a signal, and continuing it to the same bytes. */
class ResumeIT extends CommandTests {

  /** A number of epochs that only a signal can end. */
  private static final int ENDLESS = 100_000_000;

  private Path data;
  private Path run;

  @BeforeEach
  void writeData() throws IOException {
    data = Tiny.write(folder);
    run = folder.resolve("run");
  }

  private static int epochs(Path run) throws IOException {
    return Files.exists(run.resolve("metrics.csv"))
        ? Math.max(0, (int) Files.readString(run.resolve("metrics.csv")).lines().count() - 1) : 0;
  }

  /** Waits until a training has done so many epochs; it must not end before. */
  private void awaitEpochs(Jar.Running training, int epochs) throws IOException, InterruptedException {
    while (epochs(run) < epochs) {
      assertTrue(training.isAlive(), () -> "ended early: " + training.await());
      Thread.sleep(2);
    }
  }

  // 63 steps an epoch with batch 4, so that most signals come within an epoch; VAE for the noise, TAE for the spanning
  // tree.
  @ParameterizedTest
  @CsvSource({"TERM, 143, tae, 4", "INT, 130, vae, 4"})
  void aTrainingStoppedByASignalIsSavedAndResumesToTheBytesOfAnUninterruptedOne(String signal, int code, String model,
      int batch) throws Exception {
    Object[] common = {"train", "--dataset", data, "--threads", 2, "--model", model, "--batch", batch};
    Jar.Running training = jar().start(with(common, "--epochs", ENDLESS, "--out", "run"));
    awaitEpochs(training, 3);
    training.signal(signal);
    Jar.Result stopped = training.await();
    assertEquals(code, stopped.exit(), stopped.toString());
    assertEquals("", stopped.err(), stopped.toString());
    String last = stopped.outLines().get(stopped.outLines().size() - 1);
    assertTrue(last.contains("--resume run") && last.contains("epoch " + epochs(run)), stopped.toString());
    assertTrue(Files.exists(run.resolve("checkpoint.safetensors")) && Files.exists(run.resolve("model.safetensors")),
        Tiny.content(run).toString());
    // The saved weights can be used at once.
    program.run("generate", "run", "--count", 2, "--out", "images.npy").succeeded();

    // The resumed training is stopped once more.
    int done = epochs(run);
    Jar.Running again = jar().start("train", "--resume", "run", "--threads", 2, "--quiet");
    awaitEpochs(again, done + 2);
    again.signal(signal);
    assertEquals(code, again.await().exit());

    int all = epochs(run) + 3;
    Jar.Result resumed = program.run("train", "--resume", "run", "--threads", 2, "--epochs", all).succeeded();
    assertEquals("", resumed.err(), resumed.toString());
    program.run(with(common, "--epochs", all, "--out", "whole", "--quiet")).succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), run);
    assertEquals(Tiny.content(folder.resolve("whole")), Tiny.content(run));
  }

  @Test
  void resumeWithMoreEpochsEqualsALongerRun() throws IOException {
    program.run(Tiny.train(data, "--epochs", 2, "--out", "run")).succeeded();
    jar().run("train", "--resume", "run", "--epochs", 5, "--threads", 2).succeeded();
    program.run(Tiny.train(data, "--epochs", 5, "--out", "whole")).succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), run);
    assertEquals(Files.readString(folder.resolve("whole/config.json")), Files.readString(run.resolve("config.json")));
    // A finished run, resumed as it is, stays as it is.
    program.run("train", "--resume", "run", "--threads", 2).succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), run);
  }

  @Test
  void resumeWithFewerEpochsThanDoneIsRefusedAndChangesNothing() throws IOException {
    program.run(Tiny.train(data, "--epochs", 3, "--out", "run")).succeeded();
    String config = Files.readString(run.resolve("config.json"));
    byte[] checkpoint = Files.readAllBytes(run.resolve("checkpoint.safetensors"));
    program.run("train", "--resume", "run", "--epochs", 2, "--threads", 2).failed("--epochs 2");
    assertEquals(config, Files.readString(run.resolve("config.json")));
    assertArrayEquals(checkpoint, Files.readAllBytes(run.resolve("checkpoint.safetensors")));
  }

  @Test
  void resumeWithAnotherNumberOfThreadsSaysSoOnStderr() throws IOException {
    program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    Jar.Result result = program.run("train", "--resume", "run", "--epochs", 2, "--threads", 1, "--quiet").succeeded();
    assertEquals(1, result.errLines().size(), result.toString());
    assertTrue(result.err().startsWith("gpu-tae: ") && result.err().contains("2 threads")
        && result.err().contains("1 thread,"), result.toString());
    assertEquals("run\n", result.out());
  }

  @Test
  void resumeWhileAnotherProcessTrainsThereIsRefused() throws Exception {
    program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    Jar.Running training = jar().start("train", "--resume", "run", "--epochs", ENDLESS, "--threads", 1, "--quiet");
    try {
      awaitEpochs(training, 2);
      program.run("train", "--resume", "run", "--threads", 1).failed("another process");
      assertTrue(training.isAlive());
    } finally {
      training.signal("TERM");
      Jar.Result stopped = training.await();
      assertEquals(143, stopped.exit(), stopped.toString());
    }
    program.run("train", "--resume", "run", "--epochs", epochs(run) + 1, "--threads", 1, "--quiet").succeeded();
  }

  @Test
  void resumeOnOtherDataIsRefused() throws IOException {
    program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    byte[] other = Files.readAllBytes(data);
    other[other.length / 2] ^= 1;
    Files.write(data, other);
    Jar.Result result =
        program.run("train", "--resume", "run", "--epochs", 2, "--quiet", "--threads", 2).failed("data set");
    assertFalse(result.err().contains("2 epochs"));
  }

  @Test
  void whatCannotBeResumedIsRefused() throws IOException {
    program.run("train", "--resume", "nowhere").failed("nowhere");
    Files.createDirectory(folder.resolve("empty"));
    program.run("train", "--resume", "empty").failed("config.json");
    program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    Files.delete(run.resolve("checkpoint.safetensors"));
    List<String> before = Tiny.content(run);
    program.run("train", "--resume", "run").failed("checkpoint");
    assertEquals(before, Tiny.content(run));
  }

  @Test
  void aRunWithoutItsFirstCheckpointBeginsAgain() throws IOException {
    program.run(Tiny.train(data, "--epochs", 2, "--out", "whole", "--quiet")).succeeded();
    Files.createDirectory(run);
    for (String file : List.of("config.json", "metrics.csv")) {
      Files.copy(folder.resolve("whole").resolve(file), run.resolve(file));
    }
    program.run("generate", "run", "--out", "x.npy").failed("train --resume run");
    // A new start in the same folder is refused with advice, which leads to the same result.
    program.run(Tiny.train(data, "--epochs", 2, "--out", "run")).failed("--resume run");
    program.run("train", "--resume", "run", "--threads", 2, "--quiet").succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), run);
    // A run that began with given weights cannot begin again without these weights.
    program.run(Tiny.train(data, "--epochs", 1, "--out", "given", "--init", "run/model.safetensors")).succeeded();
    Path given = folder.resolve("given");
    Files.delete(given.resolve("checkpoint.safetensors"));
    Files.delete(given.resolve("model.safetensors"));
    program.run("train", "--resume", "given").failed("--init", "start again");
    // This run was killed before its settings were there. The same command can start it again.
    Path early = Files.createDirectory(folder.resolve("early"));
    Files.createFile(early.resolve(".lock"));
    Files.writeString(early.resolve(".gpu-tae-0123456789abcdef.part"), "{");
    program.run("train", "--resume", "early").failed("no config.json");
    program.run(Tiny.train(data, "--epochs", 1, "--out", "early", "--quiet")).succeeded();
    assertFalse(Tiny.content(early).toString().contains(".part"));
  }
}
