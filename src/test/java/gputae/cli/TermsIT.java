package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.model.SafeTensors;
import gputae.objective.Signature;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Terms beside the paper's, and weights that change, from the command line to the files. */
class TermsIT extends TinyTests {

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void aTopologicalAutoencoderTrainsResumesAndEncodes(String device) throws IOException {
    String line = assertResumesToTheSameBytes(Tiny.train(data, "--model", "topoae"), 1, 3, device).out();
    assertTrue(line.lines().anyMatch(l -> l.startsWith("epoch 3/3") && l.contains("  signature ")), line);
    double[] signature = column("whole", "signature");
    for (int i = 0; i < 3; i++) {
      assertEquals(column("whole", "rec")[i] + 0.5 * signature[i], column("whole", "total")[i], 1e-12);
    }
    assertTrue(signature[2] > 0 && signature[2] < signature[0], Arrays.toString(signature));
    String config = Files.readString(folder.resolve("whole/config.json"));
    assertTrue(config.contains("\"lambda_signature\": 0.5,") && config.contains("\"signature_unit\": \"range\""),
        config);
    SafeTensors weights = SafeTensors.read(folder.resolve("whole/model.safetensors"));
    assertEquals(List.of(1), weights.tensors().get(Signature.SCALE).shape());
    assertTrue(weights.tensors().get(Signature.SCALE).floats()[0] != 1, "the scale is trained");
    program.run("encode", "whole", "--out", "z.npy", "--device", device).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("whole/latents.npy")),
        Files.readAllBytes(folder.resolve("z.npy")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void aWassersteinAutoencoderTrainsAndResumes(String device) throws IOException {
    Object[] command = Tiny.train(data, "--model", "wae", "--lambda-mmd", 2);
    String line = assertResumesToTheSameBytes(command, 1, 8, device).out();
    assertTrue(line.lines().anyMatch(l -> l.startsWith("epoch 8/8") && l.contains("  mmd ")), line);
    double[] discrepancy = column("whole", "mmd");
    for (int i = 0; i < 8; i++) {
      assertEquals(column("whole", "rec")[i] + 2 * discrepancy[i], column("whole", "total")[i], 1e-12);
    }
    assertTrue(discrepancy[7] < 0.5 * discrepancy[0], Arrays.toString(discrepancy));
    assertTrue(Files.readString(folder.resolve("whole/config.json")).contains("\"lambda_mmd\": 2.0"));
    String report = Files.readString(folder.resolve("whole/report.html"));
    assertTrue(report.contains("weight of the maximum mean discrepancy") && report.contains("<th>mmd</th>"), report);
    program.run("generate", "whole", "--count", 5, "--out", "images.npy", "--device", device).succeeded();
    Tiny.readNpy(folder.resolve("images.npy"), "|u1", "(5, 8, 8)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void aDeterministicAutoencoderTrainsAndResumes(String device) throws IOException {
    Object[] command = Tiny.train(data, "--model", "rae", "--lambda-latent-l2", 0.5, "--lambda-decoder-l2", 0.001);
    String line = assertResumesToTheSameBytes(command, 1, 4, device).out();
    assertTrue(line.lines().anyMatch(l -> l.startsWith("epoch 4/4") && l.contains("  latent_l2 ")), line);
    double[] points = column("whole", "latent_l2");
    double[] decoder = column("whole", "decoder_l2");
    for (int i = 0; i < 4; i++) {
      assertEquals(column("whole", "rec")[i] + 0.5 * points[i] + 0.001 * decoder[i], column("whole", "total")[i],
          1e-12);
    }
    assertTrue(points[3] > 0 && decoder[3] > 0 && decoder[3] != decoder[0], Arrays.toString(decoder));
    String report = Files.readString(folder.resolve("whole/report.html"));
    assertTrue(report.contains("weight of the norm of the points") && report.contains("<th>decoder_l2</th>"), report);
    String advice = "model rae has no prior of its own";
    assertTrue(program.run("generate", "whole", "--count", 5, "--out", "p.npy", "--device", device).succeeded().out()
        .contains(advice));
    assertFalse(program.run("generate", "whole", "--count", 5, "--out", "q.npy", "--device", device, "--sampler",
        "gmm:2").succeeded().out().contains(advice));
  }

  /** The iterates of the last steps are in the checkpoint. An epoch has eight steps. */
  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void theDimensionOfTheWeightsIsATermThatResumes(String device) throws IOException {
    Object[] command = Tiny.train(data, "--model", "ae", "--hidden", 8, "--term", "ph-dim=0.01");
    String line = assertResumesToTheSameBytes(command, 14, 16, device).out();
    assertTrue(line.lines().anyMatch(l -> l.startsWith("epoch 16/16") && l.contains("  ph_dim ")), line);
    double[] values = column("whole", "ph_dim");
    assertEquals(0, values[11]);
    assertTrue(values[13] > 0.5 && values[15] > 0.5, Arrays.toString(values));
    assertTrue(Files.readString(folder.resolve("whole/report.html")).contains("PH dimension of the weights"));
    SafeTensors state = SafeTensors.read(folder.resolve("parts/checkpoint.safetensors"));
    assertEquals(100, state.tensors().get("terms.ph_dim.iterates").shape().get(0));
    state.tensors().get("terms.ph_dim.distances").floats()[17] = Float.NaN;
    Files.write(folder.resolve("parts/checkpoint.safetensors"), state.toBytes());
    String refused = program.run("train", "--resume", "parts", "--epochs", 17, "--device", device).failed().err();
    assertTrue(refused.contains("the tensor terms.ph_dim.distances holds NaN") && refused.lines().count() == 1,
        refused);
  }

  @Test
  void termsAreAddedToAModelByEitherOption() throws IOException {
    train("--device", "cpu", "--epochs", 2, "--term", "signature=0.5", "--term", "class-deaths=0.002",
        "--term", "landscape=0.01", "--landscapes", 4, "--signature-unit", "batch", "--out", "a").succeeded();
    train("--device", "cpu", "--epochs", 2, "--lambda-signature", 0.5, "--lambda-class-deaths", 0.002,
        "--lambda-landscape", 0.01, "--landscapes", 4, "--signature-unit", "batch", "--out", "b").succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("a/model.safetensors")),
        Files.readAllBytes(folder.resolve("b/model.safetensors")));
    assertEquals("epoch,seconds,rec,ball,deaths,kl,signature,class_deaths,landscape,total,test_rec,steps_per_second",
        Files.readAllLines(folder.resolve("a/metrics.csv")).get(0));
    String report = Files.readString(folder.resolve("a/report.html"));
    assertTrue(report.contains("weight of the signature loss") && report.contains("<th>class_deaths</th>"), report);
    assertTrue(Files.readString(folder.resolve("a/config.json")).contains("\"landscapes\": 4"));
    program.run("train", "--resume", "a", "--epochs", 3, "--device", "cpu").succeeded();
    // The points of a class come together.
    train("--device", "cpu", "--epochs", 20, "--out", "plain").succeeded();
    train("--device", "cpu", "--epochs", 20, "--term", "class-deaths=0.05", "--out", "drawn").succeeded();
    assertTrue(column("drawn", "deaths")[19] < 0.5 * column("plain", "deaths")[19]);
  }

  @Test
  void aWeightThatChangesIsInTheFilesAndResumes() throws IOException {
    assertResumesToTheSameBytes(Tiny.train(data, "--lambda", "0:0.01:2"), 2, 4, "cpu");
    double[] weights = {0, 0.005, 0.01, 0.01};
    for (int i = 0; i < 4; i++) {
      assertEquals(column("whole", "rec")[i] + weights[i] * (column("whole", "ball")[i] - column("whole", "deaths")[i]),
          column("whole", "total")[i], 1e-12, "epoch " + (i + 1));
    }
    String config = Files.readString(folder.resolve("whole/config.json"));
    assertTrue(
        config.contains("\"lambda_ball\": \"0.0:0.01:2\",") && config.contains("\"lambda_deaths\": \"0.0:0.01:2\","),
        config);
    assertTrue(Files.readString(folder.resolve("whole/report.html")).contains("0.0 to 0.01 over 2 epochs"));
    // A damaged schedule.
    Files.writeString(folder.resolve("parts/config.json"),
        Files.readString(folder.resolve("parts/config.json")).replace("0.0:0.01:2", "0.0:0.01"));
    program.run("encode", "parts", "--out", "z.npy").failed("\"lambda_ball\"", "FROM:TO:EPOCHS");
  }

  @Test
  void aSweepTakesSchedulesAndTerms() throws IOException {
    program.run("sweep", "--dataset", data, "--device", "cpu", "--epochs", 2, "--batch", 32, "--threads", 1, "--out",
        "sweep", "--grid", "model=tae,topoae,lambda=0.005,0:0.005:1").succeeded();
    List<String> table = Files.readAllLines(folder.resolve("sweep/sweep.csv"));
    // topoae has no --lambda: one training.
    assertEquals(4, table.size(), table.toString());
    assertTrue(table.get(0).contains("signature"), table.get(0));
    // A model without the setting is trained without it, once.
    program.run("sweep", "--dataset", data, "--device", "cpu", "--epochs", 1, "--batch", 32, "--threads", 1, "--out",
        "terms", "--term", "landscape=0.001", "--term", "class-deaths=0.002", "--grid",
        "model=tae,topoae,signature-unit=range,batch").succeeded();
    table = Files.readAllLines(folder.resolve("terms/sweep.csv"));
    assertEquals(4, table.size(), table.toString());
    assertTrue(table.get(0).contains("landscape") && table.get(0).contains("class_deaths"), table.get(0));
    // The weight of a term that the ae does not have.
    program.run("sweep", "--dataset", data, "--device", "cpu", "--epochs", 1, "--batch", 32, "--threads", 1, "--out",
        "deaths", "--term", "deaths=0.01", "--grid", "model=ae,tae").succeeded();
    String refused = program.run("sweep", "--dataset", data, "--out", "no", "--grid", "term=signature=0.1")
        .wrongUsage().err();
    assertTrue(refused.contains("write lambda-NAME"), refused);
    refused = program.run("sweep", "--dataset", data, "--out", "no", "--term", "signature=1", "--term", "signature=2",
        "--grid", "seed=0,1").wrongUsage().err();
    assertTrue(refused.contains("given twice"), refused);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "--lambda x                          | --lambda",
    "--lambda 0:1                        | '0:1' is neither a weight nor FROM:TO:EPOCHS, such as 0:0.005:20",
    "--lambda 0:1:0                      | neither a weight nor FROM:TO:EPOCHS",
    "--lambda=-1:0.005:3                 | --lambda is -1.0:0.005:3; it is finite and at least 0",
    "--term nothing=1                    | --model tae has no such term; it can have ball, deaths, signature",
    "--landscapes 3                      | --landscapes has no meaning without a weight of its term",
    "--term landscape=1 --landscapes 0   | --landscapes is 0; it is at least 1",
    "--term kl=1                         | --term kl: --model tae has no such term",
    "--term signature=1 --lambda-signature 1 | --term signature: its weight is given twice",
    "--term signature=-1                 | the weight of --term signature is -1.0; it is finite and at least 0",
    "--term signature                    | --term signature: expected NAME=WEIGHT, such as signature=0.5",
    "--term signature=x                  | --term signature: 'x' is not a number",
    "--term signature=1 --term signature=2 | --term signature: its weight is given twice",
    "--term class-deaths=1 --term class_deaths=2 | its weight is given twice",
    "--signature-unit batch              | has no meaning without a weight of its term, such as --term signature=1",
    "--model topoae --lambda 0.1         | --lambda has no meaning for --model topoae",
    "--model topoae --lambda-ball 0.1    | --lambda-ball has no meaning for --model topoae"})
  void whatCannotBeIsRefusedInOneLine(String options, String message) {
    Jar.Result result = train(with(options.strip().split(" "), "--out", "run")).wrongUsage();
    assertTrue(result.err().contains(message.strip()) && result.err().lines().count() <= 2, result.toString());
  }

  /** Every fourth image has the label -1. */
  @Test
  void imagesWithoutAClassCountForTheOtherTermsAlone() throws IOException {
    byte[] labels = Tiny.readNpy(data.resolveSibling("tiny-labels.npy"), "|u1", "(300,)");
    for (int i = 0; i < labels.length; i += 4) {
      labels[i] = -1;
    }
    Tiny.writeNpy(data.resolveSibling("tiny-labels.npy"), "|i1", "(300,)", labels);
    Jar.Result trained =
        assertResumesToTheSameBytes(Tiny.train(data, "--term", "class-deaths=0.05"), 1, 3, "cpu");
    assertTrue((trained.out() + trained.err()).contains("75 of 300 samples have no class (label -1)"),
        trained.toString());
    assertTrue(column("whole", "class_deaths")[2] > 0);
    int[] tested = Tiny.testImages(labels);
    byte[] written = Tiny.readNpy(folder.resolve("whole/labels.npy"), "<i2", "(" + tested.length + ",)");
    for (int i = 0; i < tested.length; i++) {
      int expected = labels[tested[i]];
      assertEquals(expected, written[2 * i] + 256 * (written[2 * i + 1] + (written[2 * i] < 0 ? 1 : 0)), "image " + i);
    }
    program.run("evaluate", "whole", "--device", "cpu").succeeded();
    assertTrue(Files.readString(folder.resolve("whole/evaluation.json")).contains("\"knn_accuracy\""));
    Jar.Result given =
        program.run("evaluate", "--latents", "whole/latents.npy", "--data", "whole/latents.npy", "--labels",
            "whole/labels.npy", "--device", "cpu").succeeded();
    String lines = given.out() + given.err();
    assertTrue(lines.contains("label -1 (13 points) stands for no class") && lines.contains("k-NN accuracy"), lines);
  }

  @Test
  void imagesWithoutLabelsHaveNoDeathsPerClass() throws IOException {
    Files.delete(data.resolveSibling("tiny-labels.npy"));
    train("--device", "cpu", "--term", "class-deaths=1", "--out", "run")
        .failed("no training image of the data set 'tiny' has a label");
  }
}
