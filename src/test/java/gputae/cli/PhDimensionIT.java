package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The PH dimension of the last 1,000 iterates from the command line to the files. An epoch has eight steps. */
class PhDimensionIT extends TinyTests {

  @Override
  Jar.Result train(Object... more) {
    return super.train(with(new Object[] {"--device", "cpu", "--hidden", 8}, more));
  }

  @Test
  void aTrainingLeavesItsDimension() throws IOException {
    String out = train("--epochs", 126, "--ph-dim", "--out", "a").succeeded().out();
    assertTrue(out.contains("PH dimension: keeps the last 1,000 iterates of 1,138 parameters, 9 MB on the device"),
        out);
    assertTrue(out.lines().anyMatch(
        line -> line.matches("PH dimension of the last 1000 iterates: \\d\\.\\d{3} \\(slope .*, residual .*\\)")), out);
    String json = Files.readString(folder.resolve("a/ph-dimension.json"));
    assertTrue(json.contains("\"dimension\": ") && json.contains("\"sums\": ["), json);
    Tiny.assertPng(folder.resolve("a/figures/ph-dimension.png"));
    String report = Files.readString(folder.resolve("a/report.html"));
    assertTrue(report.contains("PH dimension of the last 1000 iterates") && report.contains("Random subsets"), report);
    assertTrue(Files.readString(folder.resolve("a/config.json")).contains("\"ph_dim\": true"));

    // The measure changes no weight, and a second training has the same one.
    train("--epochs", 126, "--out", "b").succeeded();
    Tiny.assertSameResults(folder.resolve("a"), folder.resolve("b"));
    assertFalse(Files.exists(folder.resolve("b/ph-dimension.json")));
    train("--epochs", 126, "--ph-dim", "--out", "c").succeeded();
    assertEquals(json, Files.readString(folder.resolve("c/ph-dimension.json")));

    // With nothing to do it stays; its picture and the report are made again.
    Files.delete(folder.resolve("a/figures/ph-dimension.png"));
    program.run("train", "--resume", "a").succeeded();
    assertEquals(json, Files.readString(folder.resolve("a/ph-dimension.json")));
    Tiny.assertPng(folder.resolve("a/figures/ph-dimension.png"));
    // More epochs have their own 1,000 iterates.
    program.run("train", "--resume", "a", "--epochs", 251).succeeded();
    assertFalse(json.equals(Files.readString(folder.resolve("a/ph-dimension.json"))));
  }

  @Test
  void tooFewStepsAreRefusedInOneLine() throws IOException {
    String few = train("--epochs", 124, "--ph-dim", "--out", "few").failed().err();
    assertEquals(
        "gpu-tae: the PH dimension needs the last 1,000 steps of a training, and this one has 992 (8 an epoch);"
            + " give --epochs 125 or more",
        few.strip());
    assertFalse(Files.exists(folder.resolve("few")));
    train("--epochs", 125, "--ph-dim", "--out", "run").succeeded();
    byte[] model = Files.readAllBytes(folder.resolve("run/model.safetensors"));
    String left = program.run("train", "--resume", "run", "--epochs", 126).failed().err();
    assertTrue(
        left.contains("and only 8 are left (8 an epoch); give --epochs 250 or more") && left.lines().count() == 1,
        left);
    assertArrayEquals(model, Files.readAllBytes(folder.resolve("run/model.safetensors")));
    assertTrue(Files.exists(folder.resolve("run/ph-dimension.json")));
  }

  @Test
  void weightsThatDoNotMoveHaveNoDimension() throws IOException {
    Jar.Result still = train("--epochs", 125, "--ph-dim", "--lr", "1e-30", "--model", "ae", "--out", "run").succeeded();
    assertTrue(still.err().contains("no PH dimension: the death times of 200 points have the sum 0.0"), still.err());
    assertFalse(Files.exists(folder.resolve("run/ph-dimension.json")));
    // The training is over nevertheless.
    Jar.Result again = program.run("train", "--resume", "run").succeeded();
    assertTrue(again.out().contains("resumed after epoch 125") && !again.out().contains("epoch 125/125"), again.out());
    assertTrue(again.err().contains("ph-dimension.json is missing, and no step is left"), again.err());
  }

  @Test
  void damagedFilesAreRefusedInOneLine() throws IOException {
    train("--epochs", 125, "--ph-dim", "--out", "run").succeeded();
    Path file = folder.resolve("run/ph-dimension.json");
    String json = Files.readString(file);
    for (String damaged : List.of("{}", json.replace("950", "900"), json.replaceFirst("\\.", ".x"),
        json.replaceFirst("(?s)(\"sums\": \\[\\s*)\\d", "$1-1"))) {
      Files.writeString(file, damaged);
      String err = program.run("train", "--resume", "run").failed().err();
      assertTrue(err.contains("ph-dimension.json") && err.lines().count() == 1, err);
    }
    Files.writeString(file, json);
    Path config = folder.resolve("run/config.json");
    Files.writeString(config, Files.readString(config).replace("\"ph_dim\": true", "\"ph_dim\": 1"));
    String err = program.run("train", "--resume", "run").failed().err();
    assertTrue(err.contains("\"ph_dim\" is 1, expected true or false"), err);
  }

  @Test
  void aSweepHasAColumn() throws IOException {
    program.run("sweep", "--dataset", data, "--batch", 32, "--epochs", 125, "--ph-dim", "--grid", "lr=1e-3,1e-2",
        "--device", "cpu", "--hidden", 8, "--model", "ae", "--term", "ph-dim=0.001", "--out", "sweep").succeeded();
    List<String> lines = Files.readAllLines(folder.resolve("sweep/sweep.csv"));
    int column = List.of(lines.get(0).split(",")).indexOf("ph_dim_1000");
    // The term has a column of its own.
    assertTrue(column > 0 && List.of(lines.get(0).split(",")).contains("ph_dim"), lines.get(0));
    for (String line : lines.subList(1, 3)) {
      assertTrue(Double.parseDouble(line.split(",")[column]) > 0, line);
    }
  }
}
