package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of measurements from training to generation, as its owner uses the program. */
class VectorsIT {

  private static final List<String> KINDS = List.of("setosa", "versicolor", "virginica");

  @TempDir
  Path folder;

  private Jar.Together program;

  /** 120 flowers: four lengths in millimetres of very different sizes, three kinds. */
  @BeforeEach
  void open() throws IOException {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder("sepal,petal,stem,root,species\n");
    for (int i = 0; i < 120; i++) {
      double size = random.nextGaussian();
      text.append(String.format(Locale.ROOT, "%.3f,%.3f,%.1f,%.5f,%s\n", 50 + 5 * size + 10 * (i % 3),
          4 + size + random.nextGaussian() * 0.1, 1000 + 300 * random.nextGaussian(), 0.01 * (i % 3) + 0.001 * size,
          KINDS.get(i % 3)));
    }
    Files.writeString(folder.resolve("flowers.csv"), text);
    program = new Jar(folder).together();
  }

  @AfterEach
  void close() {
    program.close();
  }

  private Jar.Result train(Object... more) {
    return program.run(with(new Object[] {"train", "--dataset", "flowers.csv", "--device", "cpu", "--threads", 1,
      "--hidden", 16, "--batch", 32, "--lr", 0.01}, more));
  }

  private static Object[] with(Object[] first, Object... more) {
    Object[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return all;
  }

  private JsonObject json(String file) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(file))).getAsJsonObject();
  }

  private static double[] doubles(JsonObject config, String key) {
    return config.getAsJsonArray(key).asList().stream().mapToDouble(each -> each.getAsDouble()).toArray();
  }

  private float[] floats(String file, String shape) throws IOException {
    byte[] bytes = Tiny.readNpy(folder.resolve(file), "<f4", shape);
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  @Test
  void aTableIsTrainedResumedMeasuredAndGenerated() throws IOException {
    Jar.Result result = train("--epochs", 3, "--out", "run").succeeded();
    for (String line : List.of("classes from column 5 (species), numbers from 4 other columns",
        "flowers.csv: vectors of 4 features", "120 vectors, 21 of them are the test split",
        "each feature is standardised", "99 training and 21 test vectors of 4 features",
        "output gaussian (mean squared error)", "mean squared error; ")) {
      assertTrue(result.out().contains(line), line + " in " + result);
    }
    JsonObject config = json("run/config.json");
    assertEquals("[\"sepal\",\"petal\",\"stem\",\"root\"]", config.get("features").toString());
    assertEquals("gaussian", config.get("output").getAsString());
    assertEquals("standardise", config.get("scale").getAsString());
    assertFalse(config.has("height"));
    double[] shift = doubles(config, "scale_shift");
    assertEquals(60, shift[0], 3);
    assertEquals(1000, shift[2], 100);
    String report = Files.readString(folder.resolve("run/report.html"));
    assertTrue(report.contains("mean squared error") && report.contains("Features (4), in the unit of the data"));
    assertTrue(report.contains("<td>stem</td><td>9") || report.contains("<td>stem</td><td>1"), report);
    Map<String, String> metadata = SafeTensors.read(folder.resolve("run/model.safetensors")).metadata();
    assertEquals("gaussian", metadata.get("output"));
    assertEquals("standardise", metadata.get("scale"));
    assertArrayEquals(shift,
        Arrays.stream(metadata.get("scale_shift").split(",")).mapToDouble(Double::parseDouble).toArray());

    program.run("train", "--resume", "run", "--epochs", 5, "--device", "cpu", "--threads", 1, "--quiet").succeeded();
    train("--epochs", 5, "--out", "whole").succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), folder.resolve("run"));

    // Generated vectors have the units of the table.
    program.run("generate", "run", "--count", 50, "--out", "new.npy", "--device", "cpu").succeeded();
    float[] generated = floats("new.npy", "(50, 4)");
    for (int i = 0; i < 50; i++) {
      assertTrue(generated[4 * i] > 20 && generated[4 * i] < 100, "a sepal of " + generated[4 * i]);
      assertTrue(generated[4 * i + 2] > 0 && generated[4 * i + 2] < 2000, "a stem of " + generated[4 * i + 2]);
      assertTrue(Math.abs(generated[4 * i + 3]) < 0.1, "a root of " + generated[4 * i + 3]);
    }
    assertTrue(program.run("generate", "run", "--count", 50, "--out", "new.csv", "--device", "cpu").succeeded().out()
        .contains("new.csv: 50 vectors of 4 features"));
    List<String> lines = Files.readAllLines(folder.resolve("new.csv"));
    assertEquals("sepal,petal,stem,root", lines.get(0));
    assertEquals(generated[5], Float.parseFloat(lines.get(2).split(",")[1]));

    // They can be encoded again, from both files, and the test split gives the run's own embeddings.
    program.run("encode", "run", "new.csv", "--out", "a.npy", "--device", "cpu").succeeded();
    program.run("encode", "run", "new.npy", "--out", "b.npy", "--device", "cpu").succeeded();
    assertArrayEquals(floats("a.npy", "(50, 2)"), floats("b.npy", "(50, 2)"));
    // Columns in another order are another table.
    Files.writeString(folder.resolve("other.csv"), "petal,sepal,stem,root\n4,50,1000,0.01\n");
    program.run("encode", "run", "other.csv", "--out", "x.npy").failed("its columns are [petal, sepal, stem, root]",
        "in the same order");
    program.run("encode", "run", "--out", "c.npy", "--device", "cpu", "--threads", 1).succeeded();
    assertArrayEquals(floats("run/latents.npy", "(21, 2)"), floats("c.npy", "(21, 2)"));

    result = program.run("evaluate", "run", "--device", "cpu").succeeded();
    JsonObject measures = json("run/evaluation.json");
    assertTrue(measures.toString().contains("mse_test"), measures.toString());
    assertFalse(measures.toString().contains("bce_test"), measures.toString());
    assertTrue(result.out().contains("Frechet distance"), result.toString());
  }

  @Test
  void outputAndScaleAreChosen() throws IOException {
    assertTrue(train("--epochs", 1, "--scale", "unit", "--output", "bernoulli", "--test-share", 0.02, "--out", "unit")
        .succeeded().out()
        .contains("nats per pixel"));
    JsonObject config = json("unit/config.json");
    assertEquals("bernoulli", config.get("output").getAsString());
    assertEquals("unit", config.get("scale").getAsString());
    program.run("generate", "unit", "--count", 20, "--out", "unit.npy", "--device", "cpu").succeeded();
    double[] shift = doubles(config, "scale_shift");
    double[] factor = doubles(config, "scale_factor");
    float[] generated = floats("unit.npy", "(20, 4)");
    for (int i = 0; i < generated.length; i++) {
      // Probabilities lie between the ends of each feature's range.
      assertTrue(generated[i] >= shift[i % 4] - 1e-3 && generated[i] <= shift[i % 4] + factor[i % 4] + 1e-3);
    }
    train("--epochs", 1, "--scale", "none", "--out", "none").succeeded();
    assertArrayEquals(new double[] {1, 1, 1, 1}, doubles(json("none/config.json"), "scale_factor"));
    train("--output", "bernoulli", "--out", "x").wrongUsage("--output bernoulli is for numbers in [0, 1]",
        "--scale unit");
    train("--output", "bernoulli", "--scale", "unit", "--test-share", 0.9, "--out", "x").wrongUsage(
        "a feature of a test sample of flowers.csv is ", "take --output gaussian");
    train("--as", "images", "--out", "x").failed("expected floats in [0, 1]", "--as vectors");
    assertFalse(Files.exists(folder.resolve("x")));
    program.run("generate", "none", "--out", "x.png").wrongUsage("vectors, which have no pictures");
    // Images can have normal outputs.
    Path images = Tiny.write(folder);
    program.run(Tiny.train(images, "--output", "gaussian", "--epochs", 1, "--out", "images")).succeeded();
    program.run("generate", "images", "--out", "images.png", "--device", "cpu").succeeded();
    program.run("generate", "images", "--out", "x.csv").wrongUsage("images; the name must end in .npy or .png");
    assertEquals("gaussian", json("images/config.json").get("output").getAsString());
    program.run(Tiny.train(images, "--scale", "unit", "--out", "x")).failed("--scale unit is for vectors");
  }

  @Test
  void aSweepOverOutputsAndScales() throws IOException {
    Object[] sweep = {"sweep", "--dataset", "flowers.csv", "--grid", "scale=unit,standardise", "--grid",
      "output=gaussian", "--hidden", 16, "--epochs", 1, "--device", "cpu", "--out", "sweep"};
    program.run(sweep).succeeded();
    assertEquals("gaussian",
        json("sweep/runs/flowers-tae-d2-scaleunit-outputgaussian/config.json").get("output").getAsString());
    // The same command goes on where it stood: all is done.
    assertTrue(program.run(sweep).succeeded().out().contains("2 of 2 models are done already"));
  }

  @Test
  void aBuiltInSetNeedsNoFiles() throws IOException {
    Jar.Result result = program.run("train", "--dataset", "circles", "--model", "topoae", "--hidden", 16, "--epochs", 1,
        "--device", "cpu", "--out", "circles").succeeded();
    assertTrue(result.out().contains("circles: 6000 vectors, 1000 of them are the test split"), result.toString());
    assertEquals("circles", json("circles/config.json").get("dataset").getAsString());
    // Features have no largest possible distance, so the signature loss takes the batch's, unless the user asks.
    assertEquals("batch", json("circles/config.json").get("signature_unit").getAsString());
    program.run("train", "--dataset", "circles", "--model", "topoae", "--signature-unit", "range", "--hidden", 16,
        "--epochs", 1, "--device", "cpu", "--out", "range").succeeded();
    assertEquals("range", json("range/config.json").get("signature_unit").getAsString());
    program.run("encode", "circles", "--out", "z.csv", "--device", "cpu").succeeded();
    assertEquals(1000, Files.readAllLines(folder.resolve("z.csv")).size());
  }

  /** A value of the scaling that no run can have is refused with its name. */
  @Test
  void damagedScalingIsRefused() throws IOException {
    train("--epochs", 1, "--out", "run").succeeded();
    Path config = folder.resolve("run/config.json");
    String text = Files.readString(config);
    for (List<String> damage : List.of(List.of("\"scale\": \"standardise\"", "\"scale\": \"half\"", "\"scale\""),
        List.of("\"scale_factor\": [", "\"scale_factor\": [ 0,", "\"scale_factor\""),
        List.of("\"scale_shift\": [", "\"scale_shift\": [ 1,", "\"scale_shift\""),
        List.of("\"sepal\",", "", "\"scale_shift\""), List.of("\"sepal\"", "\"leaf\"", "\"features\""),
        List.of("\"gaussian\"", "\"poisson\"", "\"output\""))) {
      Files.writeString(config, text.replace(damage.get(0), damage.get(1)));
      program.run("evaluate", "run", "--device", "cpu").failed("config.json", damage.get(2));
    }
  }
}
