package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.model.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Activations and hidden layers, from the command line to the files. */
class NetworksIT extends TinyTests {

  @Test
  void everyActivationIsOne() throws IOException {
    Set<String> metrics = new HashSet<>();
    for (String name : List.of("elu", "relu", "leaky-relu", "tanh", "gelu")) {
      train("--device", "cpu", "--epochs", 2, "--activation", name, "--out", name).succeeded();
      String config = Files.readString(folder.resolve(name + "/config.json"));
      assertEquals(!name.equals("elu"),
          config.contains("\"activation\": \"" + name.replace('-', '_') + "\""), config);
      assertFalse(config.contains("decoder_hidden"), config);
      assertEquals(!name.equals("elu"), Files.readString(folder.resolve(name + "/report.html")).contains("activation"));
      metrics.add(String.join("\n", Tiny.metricsWithoutTimes(folder.resolve(name))));
      program.run("encode", name, "--out", name + ".npy", "--device", "cpu").succeeded();
      assertArrayEquals(Files.readAllBytes(folder.resolve(name + "/latents.npy")),
          Files.readAllBytes(folder.resolve(name + ".npy")));
    }
    assertEquals(5, metrics.size(), metrics.toString());
    train("--device", "cpu", "--epochs", 2, "--out", "default").succeeded();
    Tiny.assertSameResults(folder.resolve("elu"), folder.resolve("default"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void aDecoderOfItsOwnTrainsAndResumes(String device) throws IOException {
    assertResumesToTheSameBytes(Tiny.train(data, "--hidden", "24,12", "--decoder-hidden", "10,20,30", "--activation",
        "gelu", "--model", "vae"), 1, 3, device);
    SafeTensors weights = SafeTensors.read(folder.resolve("whole/model.safetensors"));
    assertEquals(List.of(24, 64), weights.tensors().get("encoder.0.weight").shape());
    assertEquals(List.of(4, 12), weights.tensors().get("encoder.4.weight").shape());
    assertEquals(List.of(10, 2), weights.tensors().get("decoder.0.weight").shape());
    assertEquals(List.of(64, 30), weights.tensors().get("decoder.6.weight").shape());
    String report = Files.readString(folder.resolve("whole/report.html"));
    assertTrue(report.contains("[10, 20, 30]") && report.contains("GELU"), report);
    program.run("generate", "whole", "--count", 3, "--out", "images.npy", "--device", device).succeeded();
  }

  @Test
  void theWeightsSayWhatTheNetworkIs() throws IOException {
    train("--device", "cpu", "--epochs", 1, "--model", "vae", "--hidden", "24,12", "--activation", "leaky-relu",
        "--out",
        "run").succeeded();
    SafeTensors weights = SafeTensors.read(folder.resolve("run/model.safetensors"));
    String version = weights.metadata().get("gpu_tae");
    assertTrue(version.matches("\\d.*"), version);
    assertEquals(Map.of("gpu_tae", version, "encoder", "64,24,12,4", "decoder", "2,12,24,64", "activation",
        "leaky_relu", "encoder_output", "mu,logvar", "output", "bernoulli"), weights.metadata());
    String config = Files.readString(folder.resolve("run/config.json"));
    assertTrue(config.contains("\"encoder_output\": \"mu,logvar\"") && config.contains(version), config);

    // Weights of the same shapes that were trained with another activation are refused; without metadata they are not.
    Path file = folder.resolve("run/model.safetensors");
    Object[] like = {"--device", "cpu", "--epochs", 1, "--model", "vae", "--hidden", "24,12", "--init"};
    String refused = train(with(like, file, "--out", "other")).failed("--init", "leaky_relu", "--activation").err();
    assertEquals(1, refused.lines().count(), refused);
    assertTrue(refused.contains("this model has elu"), refused);
    assertFalse(Files.exists(folder.resolve("other")));
    train(with(like, file, "--activation", "leaky-relu", "--out", "same")).succeeded();
    weights.metadata().clear();
    Path bare = Files.write(folder.resolve("bare.safetensors"), weights.toBytes());
    train(with(like, bare, "--out", "bare")).succeeded();
    train(with(like, bare, "--activation", "leaky-relu", "--out", "again")).succeeded();
    Tiny.assertSameResults(folder.resolve("same"), folder.resolve("again"));
    weights.metadata().put("encoder_output", "logvar,mu");
    Path swapped = Files.write(folder.resolve("swapped.safetensors"), weights.toBytes());
    train(with(like, swapped, "--out", "swapped")).failed("--init", "logvar,mu");

    // A run whose settings name another activation than its weights is damaged.
    Files.writeString(folder.resolve("run/config.json"), config.replace("leaky_relu", "tanh"));
    program.run("encode", "run", "--out", "z.npy", "--device", "cpu").failed("model.safetensors", "config.json",
        "tanh");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void batchNormalisationTrainsAndResumes(String device) throws IOException {
    // 250 training images: the last batch of an epoch is smaller.
    assertResumesToTheSameBytes(Tiny.train(data, "--hidden", "24,12", "--activation", "relu", "--batch-norm"), 1, 3,
        device);
    SafeTensors weights = SafeTensors.read(folder.resolve("whole/model.safetensors"));
    assertEquals("true", weights.metadata().get("batch_norm"));
    assertEquals(List.of(24, 64), weights.tensors().get("encoder.0.weight").shape());
    for (String name : List.of("weight", "bias", "running_mean", "running_var")) {
      assertEquals(List.of(24), weights.tensors().get("encoder.1." + name).shape());
      assertEquals(List.of(12), weights.tensors().get("decoder.1." + name).shape());
    }
    assertEquals(List.of(12, 24), weights.tensors().get("encoder.3.weight").shape());
    assertEquals(List.of(64, 24), weights.tensors().get("decoder.6.weight").shape());
    assertFalse(weights.tensors().containsKey("encoder.7.weight"));
    // 3 epochs of 8 steps.
    assertArrayEquals(new long[] {24}, weights.tensors().get("decoder.4.num_batches_tracked").longs());
    assertEquals(List.of(), weights.tensors().get("decoder.4.num_batches_tracked").shape());
    SafeTensors state = SafeTensors.read(folder.resolve("whole/checkpoint.safetensors"));
    assertTrue(state.tensors().containsKey("parameters.encoder.1.running_var"));
    assertTrue(state.tensors().containsKey("first_moment.encoder.1.weight"));
    assertFalse(state.tensors().containsKey("first_moment.encoder.1.running_var"));
    program.run("encode", "whole", "--out", "z.npy", "--device", device).succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("whole/latents.npy")),
        Files.readAllBytes(folder.resolve("z.npy")));
    program.run("generate", "whole", "--count", 1, "--out", "image.npy", "--device", device).succeeded();
    assertTrue(Files.readString(folder.resolve("whole/report.html")).contains("batch normalisation"));

    // The weights begin another training; statistics that cannot be are refused.
    Object[] like = {"--hidden", "24,12", "--activation", "relu", "--device", device, "--epochs", 1, "--batch-norm"};
    train(with(like, "--init", "whole/model.safetensors", "--out", "more")).succeeded();
    assertArrayEquals(new long[] {32}, SafeTensors.read(folder.resolve("more/model.safetensors")).tensors()
        .get("decoder.4.num_batches_tracked").longs());
    weights.tensors().get("encoder.1.running_var").floats()[3] = -1;
    Path bad = Files.write(folder.resolve("bad.safetensors"), weights.toBytes());
    train(with(like, "--init", bad, "--out", "bad")).failed("encoder.1.running_var", "-1.0");
  }

  /** As in PyTorch, a batch of one image cannot be normalised. */
  @Test
  void aBatchOfOneImageIsRefusedWithBatchNormalisation() throws IOException {
    // 250 images in batches of 83 leave one.
    String line = program.run("train", "--dataset", data, "--batch", 83, "--batch-norm", "--device", "cpu", "--out",
        "run").failed("1 image", "250 images in batches of 83", "--batch").err();
    assertEquals(1, line.lines().count(), line);
    program.run("train", "--dataset", data, "--batch", 1, "--batch-norm", "--device", "cpu", "--out", "run")
        .failed("a batch has 1 image");
    assertFalse(Files.exists(folder.resolve("run")));
    program.run("train", "--dataset", data, "--batch", 83, "--epochs", 1, "--device", "cpu", "--out", "run")
        .succeeded();
  }

  @Test
  void aSweepVariesTheNetwork() throws IOException {
    program.run("sweep", "--grid", "activation=elu,leaky-relu,decoder-hidden=8,12+16", "--dataset", data, "--epochs", 1,
        "--batch", 32, "--hidden", 8, "--device", "cpu", "--threads", 2, "--out", "sweep").succeeded();
    List<String> rows = Files.readAllLines(folder.resolve("sweep/sweep.csv"));
    assertEquals(5, rows.size(), rows.toString());
    assertTrue(rows.get(0).contains("activation") && rows.get(0).contains("decoder-hidden"), rows.get(0));
    assertTrue(Files.exists(
        folder.resolve("sweep/runs/tiny-tae-d2-activationleaky-relu-decoder-hidden12_16/model.safetensors")));
  }
}
