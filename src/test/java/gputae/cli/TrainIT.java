package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Training, from the command line to the run directory. */
class TrainIT extends CommandTests {

  private Path data;

  @BeforeEach
  void writeData() throws IOException {
    data = Tiny.write(folder);
  }

  @Test
  void aRunDirectoryHoldsEveryFile() throws IOException {
    Jar.Result result =
        jar().run(Tiny.train(data, "--epochs", 3, "--out", "run", "--seed", 7, "--figures-every", 2)).succeeded();
    assertEquals("", result.err(), result.toString());
    assertTrue(result.out().contains("device: CPU") && result.out().contains("run: run"), result.toString());
    Path run = folder.resolve("run");
    assertEquals(List.of(".lock", "checkpoint.safetensors", "config.json", "figures", "figures/generated-0002.png",
        "figures/generated.png", "figures/latent-0002.png",
        "figures/latent.png", "figures/losses.png", "labels.npy", "latents.npy", "metrics.csv", "model.safetensors",
        "report.html"), Tiny.content(run));

    List<String> metrics = Files.readAllLines(run.resolve("metrics.csv"));
    assertEquals("epoch,seconds,rec,ball,deaths,kl,total,test_rec,steps_per_second", metrics.get(0));
    assertEquals(List.of("1", "2", "3"), metrics.stream().skip(1).map(row -> row.split(",")[0]).toList());
    for (String row : metrics.subList(1, 4)) {
      double[] values = Arrays.stream(row.split(",", -1)).mapToDouble(Double::parseDouble).toArray();
      assertEquals(9, values.length, row);
      assertTrue(Arrays.stream(values).allMatch(Double::isFinite), row);
      assertEquals(values[6], values[2] + 0.005 * values[3] - 0.005 * values[4], 1e-12, "total of " + row);
    }

    JsonObject config = JsonParser.parseString(Files.readString(run.resolve("config.json"))).getAsJsonObject();
    assertEquals(1, config.get("format").getAsInt());
    assertEquals(data.toString(), config.get("dataset").getAsString());
    assertEquals("tae", config.get("model").getAsString());
    assertEquals(2, config.get("latent").getAsInt());
    assertEquals("[64,64]", config.get("hidden").toString());
    assertEquals(32, config.get("batch").getAsInt());
    assertEquals(3, config.get("epochs").getAsInt());
    assertEquals(3e-4, config.get("lr").getAsDouble());
    assertEquals(0.005, config.get("lambda_ball").getAsDouble());
    assertEquals(0.005, config.get("lambda_deaths").getAsDouble());
    assertEquals(1, config.get("degree").getAsDouble());
    assertEquals("norm", config.get("penalty").getAsString());
    assertEquals(7, config.get("seed").getAsLong());
    assertEquals(8, config.get("height").getAsInt());
    assertEquals(8, config.get("width").getAsInt());
    assertEquals("[\"0\",\"1\",\"2\"]", config.get("classes").toString());
    assertTrue(config.get("conditions").getAsString().contains("2 threads"), config.toString());
    assertTrue(config.get("data_fingerprint").getAsString().matches("[0-9a-f]{64}"), config.toString());

    byte[] labels = Tiny.readNpy(run.resolve("labels.npy"), "|u1", "(50,)");
    for (int i = 0; i < Tiny.TEST; i++) {
      assertEquals(Tiny.label(Tiny.testImages()[i]), labels[i], "label " + i);
    }
    float[] latents = Tiny.floats(Tiny.readNpy(run.resolve("latents.npy"), "<f4", "(50, 2)"));
    assertEquals(100, latents.length);
    for (String figure : List.of("generated", "generated-0002", "latent", "latent-0002", "losses")) {
      Tiny.assertPng(run.resolve("figures/" + figure + ".png"));
    }
    assertTrue(Files.readString(run.resolve("report.html")).contains("regularised autoencoder"));
  }

  @Test
  void oneSeedGivesTheSameBytesAndAnotherSeedOthers() throws IOException {
    // The first training has a separate process: the earlier work of a process does not matter.
    jar().run(Tiny.train(data, "--epochs", 2, "--out", "a", "--seed", 5)).succeeded();
    program.run(Tiny.train(data, "--epochs", 2, "--out", "c", "--seed", 6)).succeeded();
    program.run(Tiny.train(data, "--epochs", 2, "--out", "b", "--seed", 5)).succeeded();
    Tiny.assertSameResults(folder.resolve("a"), folder.resolve("b"));
    for (String file : List.of("model.safetensors", "latents.npy")) {
      assertFalse(Arrays.equals(Files.readAllBytes(folder.resolve("a").resolve(file)),
          Files.readAllBytes(folder.resolve("c").resolve(file))), file);
    }
  }

  @Test
  void everyModelTrainsInOneTwoAndThreeDimensions() throws IOException {
    for (String line : List.of("ae 1", "tae 1", "tae 2", "tae 3", "disk 3", "vae 1", "vae 2")) {
      String[] c = line.split(" ");
      program.run(Tiny.train(data, "--epochs", 1, "--quiet", "--model", c[0], "--latent", c[1])).succeeded();
      Path run = folder.resolve("runs/tiny-" + c[0] + "-d" + c[1] + "-1");
      Tiny.readNpy(run.resolve("latents.npy"), "<f4", "(50, " + c[1] + ")");
      Tiny.assertPng(run.resolve("figures/latent.png"));
      String[] row = Files.readAllLines(run.resolve("metrics.csv")).get(1).split(",");
      assertEquals(c[0].equals("tae"), !row[4].equals("0"), "deaths of " + c[0]);
      assertEquals(c[0].equals("vae"), !row[5].equals("0"), "kl of " + c[0]);
    }
  }

  @Test
  void aBatchMayBeLargerThanTheDataSetAndTheLastBatchMayHoldOneImage() throws IOException {
    // The 250 training images give one step of all of them; 3 steps of 83 and one of 1, which has no death time; or 250
    // steps of 1.
    for (int batch : new int[] {1000, 83, 1}) {
      Jar.Result result = program.run("train", "--dataset", data, "--threads", 2, "--epochs", 2, "--batch", batch,
          "--out", "run" + batch).succeeded();
      assertEquals("", result.err(), result.toString());
      assertEquals(3, Tiny.metricsWithoutTimes(folder.resolve("run" + batch)).size());
    }
    assertEquals("0", Files.readAllLines(folder.resolve("run1/metrics.csv")).get(2).split(",")[4],
        "a single point has no death time");
  }

  /** Compares a step of 249 images and one of a single image, which has no death time, with one step of all 250. */
  @Test
  void aShorterLastBatchIsLeftOutOfTheMeansOfSums() throws IOException {
    double[] deaths = new double[2];
    for (int i = 0; i < 2; i++) {
      Path run = folder.resolve("run" + i);
      program.run("train", "--dataset", data, "--threads", 2, "--epochs", 1, "--batch", 249 + i, "--out", run)
          .succeeded();
      deaths[i] = Double.parseDouble(Files.readAllLines(run.resolve("metrics.csv")).get(1).split(",")[4]);
    }
    assertEquals(1, deaths[0] / deaths[1], 0.05, "not halved: " + deaths[0] + ", " + deaths[1]);
  }

  /** All eigenvectors of the covariance of 2,048 dimensions would take many minutes. */
  @Test
  @Timeout(90)
  void whatFollowsATrainingOfManyDimensionsIsShort() throws IOException {
    program.run(Tiny.train(data, "--epochs", 1, "--latent", 2048, "--out", "run")).succeeded();
    Tiny.assertPng(folder.resolve("run/figures/latent.png"));
  }

  @Test
  void quietPrintsThePathOfTheRunAlone() {
    Jar.Result result = jar().run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "here")).succeeded();
    assertEquals("here\n", result.out());
    assertEquals("", result.err());
  }

  @Test
  void defaultRunDirectoriesCountUp() throws IOException {
    Object[] training = Tiny.train(data, "--epochs", 1, "--quiet", "--model", "disk", "--latent", 1);
    for (int n = 1; n <= 2; n++) {
      assertEquals("runs/tiny-disk-d1-" + n + "\n", program.run(training).succeeded().out());
    }
    Files.createDirectory(folder.resolve("runs/tiny-disk-d1-3"));
    assertEquals("runs/tiny-disk-d1-4\n", program.run(training).succeeded().out());
    assertEquals(List.of(), Tiny.content(folder.resolve("runs/tiny-disk-d1-3")));
  }

  @Test
  void withoutAnyDataTheDefaultsTrainOnTheBuiltInDigits() throws IOException {
    Jar.Result result = program.run("train", "--epochs", 1, "--threads", 1, "--quiet").succeeded();
    assertEquals("runs/digits-tae-d2-1\n", result.out());
    Path run = folder.resolve("runs/digits-tae-d2-1");
    Tiny.readNpy(run.resolve("latents.npy"), "<f4", "(10000, 2)");
    Tiny.assertPng(run.resolve("figures/generated.png"));
    // One epoch of the defaults takes the loss from ln 2 to well under half of it.
    double loss = Double.parseDouble(Files.readAllLines(run.resolve("metrics.csv")).get(1).split(",")[7]);
    assertTrue(loss < 0.3, "test loss " + loss);
  }

  @Test
  void initStartsFromGivenWeights() throws IOException {
    program.run(Tiny.train(data, "--epochs", 2, "--out", "first")).succeeded();
    // The learning rate is too small to move any weight, so the given weights come out.
    program.run(Tiny.train(data, "--epochs", 1, "--lr", "1e-30", "--seed", 9, "--init", "first/model.safetensors",
        "--out", "second")).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("first/model.safetensors")),
        Files.readAllBytes(folder.resolve("second/model.safetensors")));
  }

  @Test
  void imagesWithoutLabelsTrain() throws IOException {
    Files.delete(folder.resolve("tiny-labels.npy"));
    Jar.Result result = program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    assertFalse(Files.exists(folder.resolve("run/labels.npy")));
    Tiny.assertPng(folder.resolve("run/figures/latent.png"));
    assertEquals("", result.err(), result.toString());
  }

  @Test
  void aBatchFarLargerThanTheDataNeedsNoMemoryForWhatIsNotThere() throws IOException {
    program.run("train", "--dataset", data, "--epochs", 1, "--batch", 2147483647, "--out", "run").succeeded();
  }

  @Test
  void aNetworkThatDoesNotFitFailsWithOneLineAndLeavesNoFolder() throws IOException {
    List<String> before = Tiny.content(folder);
    Stream.of("--latent 2000000000", "--hidden 100000,100000").forEach(option -> {
      String[] words = option.split(" ");
      program.run("train", "--dataset", data, "--epochs", 1, words[0], words[1]).failed("smaller");
    });
    assertEquals(before, Tiny.content(folder));
  }
}
