package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** model.safetensors in PyTorch, if the environment variable GPU_TAE_PEERS_PYTHON names a Python with torch. */
class PyTorchIT {

  /** Reads the file by its specification, loads it strictly and embeds the test images. Arguments: run, images. */
  private static final String SCRIPT = """
      import json, struct, sys
      import numpy, torch
      from torch import nn
      run, images, variational, latent = sys.argv[1], sys.argv[2], sys.argv[3] == "vae", int(sys.argv[4])
      classes = dict(elu=nn.ELU, relu=nn.ReLU, leaky_relu=nn.LeakyReLU, tanh=nn.Tanh, gelu=nn.GELU)
      data = open(run + "/model.safetensors", "rb").read()
      length, = struct.unpack("<Q", data[:8])
      header = json.loads(data[8:8 + length])
      metadata = header.pop("__metadata__")
      assert all(type(value) is str for value in metadata.values()), metadata
      assert metadata.get("encoder_output") == ("mu,logvar" if variational else None), metadata
      state = {}
      for name, tensor in header.items():
          assert tensor["dtype"] == ("I64" if name.endswith("num_batches_tracked") else "F32"), name
          first, last = tensor["data_offsets"]
          kind = "<i8" if tensor["dtype"] == "I64" else "<f4"
          values = numpy.frombuffer(data[8 + length + first:8 + length + last], kind).copy()
          state[name] = torch.from_numpy(values.reshape(tensor["shape"]))
      def layers(part):  # from the metadata alone
          sizes, modules = [int(size) for size in metadata[part].split(",")], []
          for inputs, outputs in zip(sizes[:-1], sizes[1:-1]):
              modules += [nn.Linear(inputs, outputs)]
              modules += [nn.BatchNorm1d(outputs)] if "batch_norm" in metadata else []
              modules += [classes[metadata["activation"]]()]
          return nn.Sequential(*modules, nn.Linear(sizes[-2], sizes[-1]))
      model = nn.ModuleDict(dict(encoder=layers("encoder"), decoder=layers("decoder")))
      model.load_state_dict(state, strict=True)
      model.eval()
      try:
          from safetensors.torch import load_file
          same = load_file(run + "/model.safetensors")
          assert same.keys() == state.keys() and all(torch.equal(same[name], state[name]) for name in state)
      except ModuleNotFoundError:
          pass
      x = torch.from_numpy(numpy.load(images)[TESTED].reshape(50, 64)).float() / 255
      with torch.no_grad():
          z = model["encoder"](x)[:, :latent].numpy()
      latents = numpy.load(run + "/latents.npy")
      assert latents.shape == (50, latent) and latents.dtype == numpy.float32
      difference = float(numpy.abs(z - latents).max())
      assert difference <= 1e-5, difference
      with torch.no_grad():
          logits = model["decoder"](torch.from_numpy(latents))
          rec = float(nn.functional.binary_cross_entropy_with_logits(logits, x))
      last = open(run + "/metrics.csv").read().split("\\n")[-2].split(",")
      assert variational or abs(rec - float(last[7])) <= 1e-5, (rec, last)
      print("agrees")
      """;

  @TempDir
  Path folder;

  @Test
  void pyTorchLoadsTheWeightsStrictlyAndFindsTheSameEmbeddings() throws IOException, InterruptedException {
    String python = System.getenv("GPU_TAE_PEERS_PYTHON");
    assumeTrue(python != null && !python.isEmpty(), "GPU_TAE_PEERS_PYTHON does not name a Python with torch");
    Path data = Tiny.write(folder);
    Path script = Files.writeString(folder.resolve("check.py"),
        SCRIPT.replace("TESTED", Arrays.toString(Tiny.testImages())));
    for (String[] model : new String[][] {{"tae", "2", "elu", "64,64"}, {"vae", "3", "elu", "64,64"},
      {"ae", "2", "gelu", "20,40,30"}, {"disk", "2", "leaky-relu", "64"}, {"vae", "2", "tanh", "8,64"},
      {"ae", "5", "relu", "64,64"}, {"tae", "2", "elu", "64,64", "--batch-norm"},
      {"vae", "3", "gelu", "16", "--batch-norm"}}) {
      String run = folder.resolve(String.join("-", model)).toString();
      Object[] command = Tiny.train(data, "--epochs", 10, "--model", model[0], "--latent", model[1], "--activation",
          model[2], "--decoder-hidden", model[3], "--out", run);
      new Jar(folder).run(Stream.concat(Arrays.stream(command), Arrays.stream(model).skip(4)).toArray()).succeeded();
      Process process = new ProcessBuilder(python, script.toString(), run, data.toString(), model[0], model[1])
          .redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes());
      assertEquals(0, process.waitFor(), said);
      assertEquals("agrees\n", said);
    }
  }
}
