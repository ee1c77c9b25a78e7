package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Sweeps, evaluations and the paper's experiments with the packaged program, on data so small that they take seconds.
 */
class SweepIT extends CommandTests {

  private Path data;

  @BeforeEach
  void writeData() throws IOException {
    data = Tiny.write(folder);
  }

  /** The program has a separate cache for judges. */
  @Override
  Jar jar() {
    return new Jar(folder).with("XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  private Object[] sweep(Object... more) {
    return Stream.concat(Stream.of("sweep", "--dataset", data, "--batch", 32, "--threads", 2), Arrays.stream(more))
        .toArray();
  }

  /** Rows of a CSV file without quotes, by column. */
  private static List<Map<String, String>> table(Path csv) throws IOException {
    List<String> lines = Files.readString(csv).lines().toList();
    String[] names = lines.get(0).split(",", -1);
    List<Map<String, String>> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      assertEquals(names.length, cells.length, line);
      Map<String, String> row = new LinkedHashMap<>();
      for (int i = 0; i < names.length; i++) {
        row.put(names[i], cells[i]);
      }
      rows.add(row);
    }
    return rows;
  }

  private List<String> runs(String out) throws IOException {
    try (Stream<Path> runs = Files.list(folder.resolve(out).resolve("runs"))) {
      return runs.map(run -> run.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void everyCombinationIsTrainedAsTrainDoesAndOnceOnly() throws IOException {
    Jar.Result first = program
        .run(sweep("--grid", "model=ae,tae,lambda=0.001,0.01,seed=0..1", "--epochs", 2, "--out", "sweep")).succeeded();
    // The weight has no meaning for the autoencoder, which is trained without it.
    List<String> names = List.of("tiny-ae-d2-seed0", "tiny-ae-d2-seed1", "tiny-tae-d2-lambda0.001-seed0",
        "tiny-tae-d2-lambda0.001-seed1", "tiny-tae-d2-lambda0.01-seed0",
        "tiny-tae-d2-lambda0.01-seed1");
    assertEquals(names, runs("sweep"));
    List<Map<String, String>> table = table(folder.resolve("sweep/sweep.csv"));
    assertEquals(6, table.size());
    assertEquals("0.01", table.get(5).get("lambda"));
    assertEquals("", table.get(0).get("lambda"));
    for (int i = 0; i < 6; i++) {
      assertTrue(first.out().contains(names.get(i)), first.toString());
      String[] last = Files.readAllLines(folder.resolve("sweep/runs").resolve(names.get(i)).resolve("metrics.csv"))
          .get(2).split(",");
      assertEquals(Double.parseDouble(last[7]), Double.parseDouble(table.get(i).get("test_rec")));
    }
    assertTrue(Files.readString(folder.resolve("sweep/sweep.md")).contains("\u00b1"), "means over the seeds");
    // The sweep trains two models at a time, each with one thread.
    program.run("train", "--dataset", data, "--batch", 32, "--threads", 1, "--lambda", 0.01, "--seed", 1, "--epochs", 2,
        "--out", "alone").succeeded();
    Tiny.assertSameResults(folder.resolve("alone"), folder.resolve("sweep/runs/tiny-tae-d2-lambda0.01-seed1"));

    // The same sweep again trains nothing. With more values it trains only what is missing. With more epochs all
    // trainings continue.
    FileTime before = Files.getLastModifiedTime(folder.resolve("sweep/runs/tiny-ae-d2-seed0/model.safetensors"));
    Jar.Result second = program
        .run(sweep("--grid", "model=ae,tae,lambda=0.001,0.01,seed=0..2", "--epochs", 2, "--out", "sweep")).succeeded();
    assertTrue(second.out().contains("6 of 9 models are done already"), second.toString());
    assertEquals(before, Files.getLastModifiedTime(folder.resolve("sweep/runs/tiny-ae-d2-seed0/model.safetensors")));
    assertEquals(9, table(folder.resolve("sweep/sweep.csv")).size());
    program.run(sweep("--grid", "model=ae,seed=1", "--epochs", 3, "--out", "sweep")).succeeded();
    program.run("train", "--dataset", data, "--batch", 32, "--threads", 1, "--model", "ae", "--seed", 1, "--epochs", 3,
        "--out", "longer").succeeded();
    Path grown = folder.resolve("sweep/runs/tiny-ae-d2-seed1");
    // A sweep of one model gives this model both threads; its first two epochs had one thread.
    assertEquals(4, Files.readAllLines(grown.resolve("metrics.csv")).size());
    program.run(sweep("--grid", "model=ae,seed=1", "--epochs", 2, "--out", "sweep"))
        .failed("3 epochs, more than the 2");
    program.run(sweep("--grid", "model=ae,seed=1", "--lr", 0.01, "--epochs", 3, "--out", "sweep"))
        .failed("other settings");
  }

  @Test
  void aSweepThatIsStoppedGoesOnToTheSameBytes() throws Exception {
    Object[] options = {"sweep", "--dataset", data, "--threads", 2, "--grid", "model=tae,vae,seed=0..1", "--batch", 4,
      "--epochs", 30, "--evaluate"};
    Jar.Running running = jar().start(with(options, "--out", "stopped"));
    Path one = folder.resolve("stopped/runs/tiny-tae-d2-seed0/metrics.csv");
    while (!Files.exists(one) || Files.readAllLines(one).size() < 5) {
      assertTrue(running.isAlive(), () -> "ended early: " + running.await());
      Thread.sleep(2);
    }
    running.signal("TERM");
    Jar.Result stopped = running.await();
    assertEquals(143, stopped.exit(), stopped.toString());
    assertEquals("", stopped.err(), stopped.toString());
    assertTrue(stopped.out().contains("the same command goes on from there"), stopped.toString());
    assertFalse(Files.exists(folder.resolve("stopped/runs/tiny-vae-d2-seed1/evaluation.json")));
    program.run(with(options, "--out", "stopped")).succeeded();
    program.run(with(options, "--out", "whole")).succeeded();
    for (String name : runs("whole")) {
      Tiny.assertSameResults(folder.resolve("whole/runs").resolve(name), folder.resolve("stopped/runs").resolve(name));
      for (String file : List.of("evaluation.json", "evaluation.csv")) {
        assertArrayEquals(Files.readAllBytes(folder.resolve("whole/runs").resolve(name).resolve(file)),
            Files.readAllBytes(folder.resolve("stopped/runs").resolve(name).resolve(file)), name + "/" + file);
      }
    }
    List<Map<String, String>> table = table(folder.resolve("whole/sweep.csv"));
    assertEquals(4, table.size());
    assertTrue(
        table.stream()
            .allMatch(row -> Double.parseDouble(row.get("hole_ratio")) > 0 && !row.get("class_entropy").isEmpty()),
        table.toString());
  }

  @Test
  void wrongSweepsAreOneLine() throws IOException {
    program.run(sweep("--grid", "latent=2,x", "--out", "bad")).wrongUsage();
    program.run(sweep("--grid", "layers=2", "--out", "bad")).wrongUsage();
    program.run(sweep("--grid", "batch=16,32", "--out", "bad")).wrongUsage();
    program.run(sweep("--grid", "latent=2", "--jobs", 0, "--out", "bad")).wrongUsage();
    program.run("sweep", "--grid", "seed=0..1", "--dataset", "nowhere.npy", "--out", "bad").failed("nowhere.npy");
    program.run("reproduce", "--datasets", data, "--only", "tiny-ae-d3").wrongUsage();
    program.run("reproduce", "--datasets", data, "--seeds", 0).wrongUsage();
    program.run("reproduce", "--datasets", data, "--only", "tiny-ae-d2,tiny-aw-d2").wrongUsage();
    program.run("sweep", "--grid", "hidden=64,64", "--out", "bad").wrongUsage();
    program.run("evaluate").wrongUsage();
    program.run("evaluate", "--latents", "x.npy").wrongUsage();
    program.run("evaluate", "nowhere").failed("is not a run");
    Tiny.writeNpy(folder.resolve("z.npy"), "<f4", "(3, 2)", Tiny.littleEndian(0f, 1f, 2f, 3f, 4f, 5f));
    Tiny.writeNpy(folder.resolve("nan.npy"), "<f4", "(3, 1, 2)", Tiny.littleEndian(0f, 1f, Float.NaN, 3f, 4f, 5f));
    Tiny.writeNpy(folder.resolve("none.npy"), "<f4", "(0, 1, 2)", new byte[0]);
    program.run("evaluate", "--latents", "z.npy", "--data", "nan.npy").failed("nan.npy", "point 1");
    program.run("evaluate", "--latents", "z.npy", "--data", "none.npy").failed("none.npy");
    program.run("evaluate", "--latents", "z.npy", "--data", "z.npy", "--out", "z.npy").failed("is a file");
  }

  @Test
  void aModelThatDivergesIsNamedAndTheOthersAreTrained() throws IOException {
    Jar.Result result = program.run(sweep("--grid", "lr=0.001,1e30", "--model", "ae", "--epochs", 3, "--out", "sweep"));
    assertEquals(1, result.exit(), result.toString());
    assertEquals(1, result.errLines().size(), result.toString());
    assertTrue(result.err().startsWith("gpu-tae: tiny-ae-d2-lr1e30: ") && result.err().contains("not finite"),
        result.toString());
    List<Map<String, String>> table = table(folder.resolve("sweep/sweep.csv"));
    assertEquals(2, table.size());
    assertFalse(table.get(0).get("test_rec").isEmpty());
    assertEquals("", table.get(1).get("test_rec"));
  }

  /**
   * Embeddings that float32 would distort are refused; rounding is reported; values that float32 holds are accepted.
   */
  @Test
  void embeddingsOfFloat64() throws IOException {
    double[] offsets = {0, 0.1, 1e9, 1e9, 0};
    double[] scales = {1, 1, 1, 1e-3, 1e39};
    String[] words = {null, "rounded to float32", "A.mean(0)", "equal to another", "abs(A).max()"};
    for (int f = 0; f < 5; f++) {
      double[] values = new double[60];
      for (int i = 0; i < 60; i++) {
        values[i] = offsets[f] + scales[f] * (i * 37 % 61);
      }
      Tiny.writeNpy(folder.resolve(f + ".npy"), "<f8", "(30, 2)", Tiny.littleEndian(values));
    }
    for (int f = 0; f < 5; f++) {
      Jar.Result result = program.run("evaluate", "--latents", f + ".npy", "--data", "0.npy", "--threads", 2);
      if (f > 1) {
        result.failed(f + ".npy", words[f]);
      } else {
        result.succeeded();
        assertEquals(f == 0 ? "" : "gpu-tae: 1.npy: float64 values, rounded to float32 for the measures\n",
            result.err());
      }
      Jar.Result other = program.run("evaluate", "--latents", "0.npy", "--data", f + ".npy", "--threads", 2);
      assertEquals(result.exit(), other.exit());
      assertEquals(result.err(), other.err());
    }
  }

  @Test
  void aRunAndEmbeddingsMadeElsewhereAreMeasured() throws IOException {
    program.run(Tiny.train(data, "--epochs", 3, "--out", "run")).succeeded();
    Jar.Result result = program.run("evaluate", "run", "--threads", 2).succeeded();
    assertTrue(result.out().contains("Frechet distance") && result.out().contains("evaluation.html"),
        result.toString());
    JsonObject measures = measures("run");
    String[] last = Files.readAllLines(folder.resolve("run/metrics.csv")).get(3).split(",");
    assertEquals(Double.parseDouble(last[7]), measures.get("bce_test").getAsDouble(), 1e-7);
    assertTrue(Files.readString(folder.resolve("run/evaluation.html")).contains("data:image/png"));
    // The same embeddings are given as files. They are those of the test images.
    byte[] images = Files.readAllBytes(data);
    ByteArrayOutputStream tested = new ByteArrayOutputStream();
    for (int i : Tiny.testImages()) {
      tested.write(images, images.length - 64 * (Tiny.IMAGES - i), 64);
    }
    Tiny.writeNpy(folder.resolve("images.npy"), "|u1", "(50, 8, 8)", tested.toByteArray());
    Jar.Result given = program.run("evaluate", "--latents", "run/latents.npy", "--data", "images.npy", "--labels",
        "run/labels.npy", "--out", "given", "--threads", 2).succeeded();
    assertFalse(given.out().contains("Frechet distance"), given.toString());
    JsonObject same = measures("given");
    for (String name : List.of("outside", "hole_ratio", "energy_distance", "total_persistence", "trustworthiness",
        "continuity", "knn_accuracy", "density_kl_0.1")) {
      assertEquals(measures.get(name), same.get(name), name);
    }
    assertFalse(same.has("frechet"));
    program.run("evaluate", "--latents", "run/latents.npy", "--data", data).failed("300 points", "50");
    // A run whose data have changed is not measured against them.
    byte[] other = images.clone();
    other[other.length - 64 * (Tiny.IMAGES - trainingImage()) + 5] ^= 1;
    Files.write(data, other);
    program.run("evaluate", "run").failed("is not the one");
  }

  @Test
  void whatBelongsToOtherWeightsOrDataIsNotTaken() throws IOException {
    Object[] one = {"--grid", "model=ae,seed=0", "--out", "sweep"};
    program.run(sweep(with(one, "--epochs", 2, "--evaluate"))).succeeded();
    Path run = folder.resolve("sweep/runs/tiny-ae-d2-seed0");
    byte[] before = Files.readAllBytes(run.resolve("evaluation.json"));
    // A sweep or train continues the training without measuring: the old measures were those of the earlier weights.
    program.run(sweep(with(one, "--epochs", 3))).succeeded();
    assertFalse(Files.exists(run.resolve("evaluation.json")));
    program.run(sweep(with(one, "--epochs", 3, "--evaluate"))).succeeded();
    assertFalse(Arrays.equals(before, Files.readAllBytes(run.resolve("evaluation.json"))));
    program.run("train", "--resume", run, "--epochs", 4, "--threads", 2).succeeded();
    assertFalse(Files.exists(run.resolve("evaluation.json")));
    program.run(sweep(with(one, "--epochs", 4, "--evaluate"))).succeeded();
    Map<String, String> row = table(folder.resolve("sweep/sweep.csv")).get(0);
    assertEquals(Double.parseDouble(row.get("test_rec")), Double.parseDouble(row.get("bce_test")), 1e-6);
    // A process was killed when the epochs were done, but not yet the model and the report.
    program.run(sweep(with(one, "--epochs", 5))).succeeded();
    Files.delete(run.resolve("report.html"));
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    Files.write(run.resolve("model.safetensors"), new byte[10]);
    program.run(sweep(with(one, "--epochs", 5))).succeeded();
    assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
    // A full disk has cut off the last line; the checkpoint has the full line.
    String metrics = Files.readString(run.resolve("metrics.csv"));
    Files.writeString(run.resolve("metrics.csv"), metrics.substring(0, metrics.length() - 5));
    program.run(sweep(with(one, "--epochs", 5))).succeeded();
    assertEquals(metrics.lines().count(), Files.readString(run.resolve("metrics.csv")).lines().count());
    // First, other images have the same name. Then a checkpoint has no settings.
    byte[] images = Files.readAllBytes(data);
    images[images.length - 64 * (Tiny.IMAGES - trainingImage()) + 5] ^= 1;
    Files.write(Files.createDirectory(folder.resolve("other")).resolve("tiny.npy"), images);
    program.run("sweep", "--dataset", "other/tiny.npy", "--batch", 32, "--threads", 2, "--epochs", 5, "--grid",
        "model=ae,seed=0", "--out", "sweep").failed("is not the one");
    program.run("sweep", "--grid", "dataset=tiny.npy,other/tiny.npy", "--out", "both").wrongUsage();
    program.run("reproduce", "--datasets", "tiny.npy,other/tiny.npy", "--out", "both").wrongUsage();
    Files.delete(run.resolve("config.json"));
    program.run(sweep(with(one, "--epochs", 5))).failed("no config.json");
  }

  @Test
  void aDamagedJudgeIsMadeAgain() throws IOException {
    program.run(Tiny.train(data, "--epochs", 1, "--out", "run")).succeeded();
    program.run("evaluate", "run", "--threads", 2).succeeded();
    byte[] first = Files.readAllBytes(folder.resolve("run/evaluation.json"));
    Path judge;
    try (Stream<Path> files = Files.list(folder.resolve("cache/gpu-tae/judges"))) {
      judge = files.findFirst().orElseThrow();
    }
    byte[] good = Files.readAllBytes(judge);
    byte[] bad = good.clone();
    Arrays.fill(bad, bad.length - 64, bad.length, (byte) 0xff);
    Files.write(judge, bad);
    Jar.Result result = program.run("evaluate", "run", "--threads", 2).succeeded();
    assertTrue(result.err().startsWith("gpu-tae: the judge in ") && result.errLines().size() == 1, result.toString());
    assertArrayEquals(good, Files.readAllBytes(judge));
    assertArrayEquals(first, Files.readAllBytes(folder.resolve("run/evaluation.json")));
  }

  private JsonObject measures(String where) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(where).resolve("evaluation.json"))).getAsJsonObject()
        .getAsJsonObject("measures");
  }

  @Test
  void aStudyLeavesAReport() throws IOException {
    Object[] command = {"reproduce", "--study", "signature", "--datasets", data, "--epochs", 2, "--seeds", 1,
      "--threads", 2};
    assertTrue(program.run(command).succeeded().out().contains("done: see signature/report.html"));
    String report = Files.readString(folder.resolve("signature/report.html"));
    assertTrue(report.contains("The signature loss beside the death times")
        && report.contains("TopoAE generates better images than VAE") && report.contains("data:image/png"));
    assertEquals(5, Files.readAllLines(folder.resolve("signature/tables/measures.csv")).size());
    assertTrue(program.run(command).succeeded().out().contains("4 of 4 models are done already"));
    program.run("reproduce", "--study", "nothing").wrongUsage();
    program.run(with(command, "--only", "*-disk-*")).wrongUsage();
    // Said before anything is trained.
    Jar.Result few = program.run("reproduce", "--study", "dimension", "--datasets", data, "--epochs", 40).failed();
    assertTrue(few.err().contains("tiny-ae-d2-lr0.0001-batch64-seed0: the PH dimension needs")
        && few.err().lines().count() == 1, few.toString());
    assertFalse(Files.exists(folder.resolve("dimension/runs")));
  }

  @Test
  void thePapersExperimentsLeaveAReport() throws IOException {
    Object[] command = {"reproduce", "--datasets", data, "--only", "*-d2,cost", "--epochs", 2, "--seeds", 2,
      "--threads", 2, "--peers-python", "no-such-python"};
    Jar.Result result = program.run(command).succeeded();
    assertTrue(result.out().contains("done: see reproduction/report.html"), result.toString());
    assertEquals(8, runs("reproduction").size());
    assertFalse(
        Arrays.equals(Files.readAllBytes(folder.resolve("reproduction/runs/tiny-ae-d2-seed0/model.safetensors")),
            Files.readAllBytes(folder.resolve("reproduction/runs/tiny-ae-d2-seed1/model.safetensors"))),
        "two seeds, one model");
    String report = Files.readString(folder.resolve("reproduction/report.html"));
    assertTrue(report.contains("2 of the paper") && report.contains("784 pixels"), "provisional, and no PyTorch");
    assertTrue(report.contains("java -jar gpu-tae.jar reproduce --datasets"), "the command is not in it");
    assertEquals(2, Files.readAllLines(folder.resolve("reproduction/tables/cost.csv")).size(),
        "only batch 128 fits 250 images");
    assertTrue(Files.exists(folder.resolve("reproduction/tables/means.md")));
    // The second run uses the models that are there.
    assertTrue(program.run(command).succeeded().out().contains("8 of 8 models are done already"));
  }

  /** An image that the program trains on. */
  private static int trainingImage() {
    List<Integer> tested = Arrays.stream(Tiny.testImages()).boxed().toList();
    return IntStream.range(0, Tiny.IMAGES).filter(i -> !tested.contains(i)).findFirst().orElseThrow();
  }
}
