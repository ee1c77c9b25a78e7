package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Samplers that are fitted after the training: {@code generate}, {@code evaluate} and {@code sweep --sampler}. */
class SamplerIT extends CommandTests {

  private static final String MIXTURE =
      "mixture of 3 normal distributions, fitted to the embeddings of 250 training samples, mean log-likelihood ";

  private Path data;

  @BeforeEach
  void train() throws IOException {
    data = Tiny.write(folder);
    program.run(Tiny.train(data, "--epochs", 3, "--model", "ae", "--out", "run")).succeeded();
  }

  /** The program has a separate cache for judges. */
  @Override
  Jar jar() {
    return new Jar(folder).with("XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  private byte[] bytes(String file) throws IOException {
    return Files.readAllBytes(folder.resolve(file));
  }

  private Jar.Result generate(String out, Object... more) {
    return program.run(with(new Object[] {"generate", "run", "--threads", 2, "--out", out}, more)).succeeded();
  }

  @Test
  void generateSaysWhatItFitsAndTheSameSeedGivesTheSameImages() throws IOException {
    assertEquals("prior.npy: 96 images of 8 x 8\n", generate("prior.npy").out());
    assertEquals("named.npy: 96 images of 8 x 8\n", generate("named.npy", "--sampler", "prior").out());
    assertArrayEquals(bytes("prior.npy"), bytes("named.npy"));
    for (String sampler : List.of("gmm:3", "kde")) {
      Jar.Result first = generate("a.npy", "--sampler", sampler);
      String fit = first.out().lines().filter(line -> line.startsWith("sampler: ")).findFirst().orElseThrow();
      assertTrue(sampler.equals("kde")
          ? fit.equals("sampler: kernel density estimate, fitted to the embeddings of 250 training samples, bandwidth "
              + "0.3984 standard deviations")
          : fit.startsWith("sampler: " + MIXTURE) && fit.matches(".* converged after \\d+ iterations"), fit);
      assertTrue(first.err().isEmpty(), first.toString());
      new Jar(folder).run("generate", "run", "--threads", 2, "--sampler", sampler, "--out", "b.npy").succeeded();
      assertArrayEquals(bytes("a.npy"), bytes("b.npy"), sampler);
      assertFalse(Arrays.equals(bytes("prior.npy"), bytes("a.npy")), sampler);
      // The seed changes the samples, not what they are drawn from.
      assertTrue(generate("other.npy", "--sampler", sampler, "--seed", 1).out().contains(fit));
      assertFalse(Arrays.equals(bytes("a.npy"), bytes("other.npy")), sampler);
      generate("few.npy", "--sampler", sampler, "--count", 10);
      byte[] few = Tiny.readNpy(folder.resolve("few.npy"), "|u1", "(10, 8, 8)");
      assertArrayEquals(few, Arrays.copyOf(Tiny.readNpy(folder.resolve("a.npy"), "|u1", "(96, 8, 8)"), few.length));
    }
    Jar.Result through =
        jar().shell("\"$@\" > through.npy", "generate", "run", "--threads", 2, "--sampler", "kde", "--out", "-");
    assertTrue(through.succeeded().err().contains("sampler: kernel density"), "messages go to standard error");
    assertArrayEquals(bytes("a.npy"), bytes("through.npy"));
    assertTrue(generate("grid.png", "--sampler", "gmm:1").out().contains("sampler: normal distribution, fitted"));
    Tiny.assertPng(folder.resolve("grid.png"));
  }

  @Test
  void whatCannotBeFittedIsOneLine() throws IOException {
    program.run("generate", "run", "--sampler", "gmm:251", "--out", "a.npy").failed("--sampler gmm:251",
        "251 components, but only 250 points; give at most 250");
    program.run("evaluate", "run", "--sampler", "gmm:251").failed("give at most 250");
    // An output must not replace the data, wherever they lie.
    Path moved = Files.move(data, Files.createDirectory(folder.resolve("elsewhere")).resolve("tiny.npy"));
    Files.move(folder.resolve("tiny-labels.npy"), folder.resolve("elsewhere/tiny-labels.npy"));
    program.run("generate", "run", "--sampler", "kde", "--data", moved, "--out", moved).wrongUsage();
    program.run("generate", "run", "--sampler", "kde", "--out", "a.npy").failed("tiny.npy", "--data says where");
    generate("a.npy", "--sampler", "kde", "--data", moved);
    byte[] images = Files.readAllBytes(moved);
    for (int i = images.length - 64 * Tiny.IMAGES; i < images.length; i++) {
      images[i] ^= 1;
    }
    Files.write(moved, images);
    program.run("generate", "run", "--sampler", "kde", "--data", moved, "--out", "b.npy").failed("is not the one");
    // The prior needs no data.
    Files.delete(moved);
    generate("c.npy");
    assertFalse(Files.exists(folder.resolve("b.npy")));
  }

  @Test
  void anEvaluationNamesItsSamplerAndTheLastOneStays() throws IOException {
    Jar.Result plain = program.run("evaluate", "run", "--threads", 2).succeeded();
    assertTrue(plain.out().contains("\nGenerated samples\n") && !plain.out().contains("sampler"), plain.toString());
    List<byte[]> before = List.of(bytes("run/evaluation.json"), bytes("run/evaluation.csv"),
        bytes("run/evaluation.html"));
    for (byte[] file : before) {
      assertFalse(new String(file, StandardCharsets.UTF_8).contains("sampler"));
    }
    Jar.Result fitted = program.run("evaluate", "run", "--threads", 2, "--sampler", "gmm:3").succeeded();
    assertTrue(fitted.out().contains("sampler: " + MIXTURE)
        && fitted.out().contains("\nGenerated samples, sampler gmm:3\n"), fitted.toString());
    JsonObject json = json("run");
    assertEquals("gmm:3", json.get("sampler").getAsString());
    assertTrue(json.getAsJsonObject("settings").get("sampler").getAsString().startsWith("gmm:3: " + MIXTURE));
    JsonObject prior = JsonParser.parseString(new String(before.get(0), StandardCharsets.UTF_8))
        .getAsJsonObject().getAsJsonObject("measures");
    assertNotEquals(prior.get("frechet"), json.getAsJsonObject("measures").get("frechet"));
    assertEquals(prior.get("outside"), json.getAsJsonObject("measures").get("outside"));
    List<String> csv = Files.readAllLines(folder.resolve("run/evaluation.csv"));
    assertTrue(csv.get(0).equals("measure,value,meaning,sampler")
        && csv.stream().anyMatch(line -> line.startsWith("frechet,") && line.endsWith(",gmm:3")), csv.toString());
    String page = Files.readString(folder.resolve("run/evaluation.html"));
    assertTrue(page.contains("Generated samples, sampler gmm:3") && page.contains("gmm:3: " + MIXTURE));
    program.run("evaluate", "run", "--threads", 2).succeeded();
    assertArrayEquals(before.get(0), bytes("run/evaluation.json"));
    assertArrayEquals(before.get(1), bytes("run/evaluation.csv"));
    assertArrayEquals(before.get(2), bytes("run/evaluation.html"));
  }

  private JsonObject json(String where) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(where).resolve("evaluation.json")))
        .getAsJsonObject();
  }

  /** A sweep that goes on with another sampler measures everything with it, and says so. */
  @Test
  void aSweepMixesNoSamplers() throws IOException {
    Object[] two = {"sweep", "--dataset", data, "--batch", 32, "--threads", 2, "--epochs", 2, "--model", "ae",
      "--out", "sweep", "--evaluate"};
    program.run(with(two, "--grid", "seed=0..1")).succeeded();
    byte[] byPrior = bytes("sweep/runs/tiny-ae-d2-seed0/evaluation.json");
    assertFalse(Files.readString(folder.resolve("sweep/sweep.csv")).contains("sampler"));
    Jar.Result other = program.run(with(two, "--grid", "seed=0..2", "--sampler", "gmm:3")).succeeded();
    assertEquals("gpu-tae: the models here that were measured with the sampler prior are measured again with gmm:3\n",
        other.err());
    assertFalse(other.out().contains("done already"), other.toString());
    List<String> table = Files.readAllLines(folder.resolve("sweep/sweep.csv"));
    assertTrue(table.get(0).startsWith("dataset,model,latent,seed,sampler,bce_train,"), table.get(0));
    for (int seed = 0; seed < 3; seed++) {
      String run = "sweep/runs/tiny-ae-d2-seed" + seed;
      assertTrue(table.get(seed + 1).startsWith("tiny,ae,2," + seed + ",gmm:3,"), table.get(seed + 1));
      JsonObject json = json(run);
      assertEquals("gmm:3", json.get("sampler").getAsString());
      assertTrue(json.getAsJsonObject("settings").get("sampler").getAsString().startsWith("gmm:3: " + MIXTURE));
      String frechet = json.getAsJsonObject("measures").get("frechet").getAsString();
      int column = List.of(table.get(0).split(",")).indexOf("frechet");
      assertEquals(Double.parseDouble(frechet), Double.parseDouble(table.get(seed + 1).split(",")[column]));
    }
    assertTrue(Files.readString(folder.resolve("sweep/sweep.md")).contains("gmm:3"));
    // With the same sampler nothing is measured again. evaluate gives one model's measures to another sampler.
    Path third = folder.resolve("sweep/runs/tiny-ae-d2-seed2/evaluation.json");
    FileTime time = Files.getLastModifiedTime(third);
    assertTrue(program.run(with(two, "--grid", "seed=0..2", "--sampler", "gmm:3")).succeeded().out()
        .contains("3 of 3 models are done already"));
    program.run("evaluate", "sweep/runs/tiny-ae-d2-seed0", "--threads", 2, "--sampler", "kde").succeeded();
    Jar.Result again = program.run(with(two, "--grid", "seed=0..2", "--sampler", "gmm:3")).succeeded();
    assertTrue(again.out().contains("2 of 3 models are done already") && again.err().contains("sampler kde"),
        again.toString());
    assertEquals(time, Files.getLastModifiedTime(third));
    program.run(with(two, "--grid", "seed=0..1")).succeeded();
    assertArrayEquals(byPrior, bytes("sweep/runs/tiny-ae-d2-seed0/evaluation.json"));
    assertFalse(Files.readString(folder.resolve("sweep/sweep.csv")).contains("sampler"));
  }
}
