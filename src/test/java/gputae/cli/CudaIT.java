package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.cuda.FakeCuda;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * GPUs from the user's point of view: trainings, the choice of a GPU, and the state after a failed call.
 * native/testing/fake replaces NVIDIA's libraries.
 */
class CudaIT extends CudaCase {

  @ParameterizedTest
  @ValueSource(ints = {12, 13})
  void aTrainingOnTheGpuIsTheHostRunnersToTheByte(int cublas) throws IOException {
    fake.with("GPU_TAE_CUBLAS", FakeCuda.cublas(cublas)).with("order", "random").with("counts",
        folder.resolve("counts"));
    Jar.Result result = train("--epochs", 3, "--device", "cuda", "--out", "gpu").succeeded();
    assertTrue(result.out().contains("device: CUDA, Fake GPU (sm_90), " + code() + ", cuBLAS " + cublas + "."),
        result.toString());
    assertNothingAlive();
    assertArrayEquals(weightsOfTheHostRunner(3), Files.readAllBytes(folder.resolve("gpu/model.safetensors")));
    assertTheTreeGoesFirst(FakeCuda.counts(folder.resolve("counts")));
    if (cublas != 12) {
      return;
    }
    // A run continues on its own device without a remark. One process may open its GPU again and again.
    try (Jar.Together program = jar().together()) {
      String again = program.run("train", "--resume", "gpu", "--epochs", 4, "--device", "cuda").succeeded().toString();
      assertTrue(!again.contains("other bits") && again.contains("Fake GPU"), again);
      program.run("generate", "gpu", "--count", 3, "--out", "x.npy").succeeded();
      program.run("encode", "gpu", "--out", "z.npy").succeeded();
    }
    assertTrue(Files.exists(folder.resolve("x.npy")) && Files.exists(folder.resolve("z.npy")));
  }

  /**
   * The kernel of the topological branch, which has one block, goes before all others: that of 24 steps, some of which
   * are replayed together, at the highest priority of the stand-in, -5.
   */
  private static void assertTheTreeGoesFirst(Map<String, Long> counts) {
    Map<String, Long> priorities = new TreeMap<>(counts);
    priorities.keySet().removeIf(name -> !name.startsWith("kernel "));
    assertEquals(24, priorities.remove("kernel point_losses_128 at priority -5"), counts.toString());
    assertTrue(priorities.containsKey("kernel gather at priority 0"), counts.toString());
    assertTrue(priorities.keySet().stream().allMatch(name -> name.endsWith(" at priority 0")), counts.toString());
    assertFalse(priorities.containsKey("kernel point_losses_128 at priority 0"), counts.toString());
  }

  @Test
  void autoTakesTheGpuOrSaysWhyNot() {
    String taken = train("--epochs", 1, "--out", "gpu").succeeded().out();
    assertTrue(taken.contains("Fake GPU (sm_90)") && taken.contains("(auto: there is a GPU"), taken);
    fake.with("devices", 0);
    String left = train("--epochs", 1, "--out", "cpu").succeeded().out();
    assertTrue(left.contains("device: CPU, ") && left.contains("(auto: no GPU: "), left);
  }

  @Test
  void doctorSaysWhatThereIs() {
    fake.with("devices", 2);
    Jar.Result doctor = jar().run("doctor").succeeded();
    assertTrue(doctor.out().contains(FakeCuda.driver() + ", for CUDA 13.0"), doctor.toString());
    assertTrue(doctor.out().contains("cuda:0, Fake GPU (sm_90)") && doctor.out().contains("cuda:1, Fake GPU (sm_90)"),
        doctor.toString());
    assertTrue(line(doctor, "cuBLAS").matches("cuBLAS 12\\.\\d+\\.\\d+, " + FakeCuda.cublas(12)), doctor.toString());
    assertTrue(line(doctor, "CUDA backend").startsWith("CUDA, Fake GPU (sm_90), " + code() + ", cuBLAS 12."),
        doctor.toString());
  }

  @Test
  void aGpuIsChosenByItsNumber() throws IOException {
    fake.with("devices", 2);
    try (Jar.Together program = jar().together()) {
      Jar.Result second = program.run(Tiny.train(data, "--epochs", 1, "--device", "cuda:1", "--out", "second"));
      assertTrue(second.succeeded().out().matches("(?s)device: CUDA, Fake GPU .* \\(cuda:1\\)\n.*"), second.toString());
      program.run(Tiny.train(data, "--epochs", 1, "--device", "cuda:2", "--out", "third"))
          .failed("there is no cuda:2", "cuda:0, Fake GPU", "cuda:1, Fake GPU");
      for (String device : List.of("cuda:x", "cuda:", "cuda:-1")) {
        program.run("train", "--device", device).wrongUsage();
      }
    }
  }

  /** With GPU_TAE_DEBUG there are no graphs, the bits are the same, and a failure names the call it comes from. */
  @Test
  void everyCallIsWaitedForAndNamed() throws IOException {
    fake.with("GPU_TAE_DEBUG", "launches").with("counts", folder.resolve("counts"));
    train("--epochs", 3, "--device", "cuda", "--out", "gpu").succeeded();
    assertArrayEquals(weightsOfTheHostRunner(3), Files.readAllBytes(folder.resolve("gpu/model.safetensors")));
    Map<String, Long> counts = FakeCuda.counts(folder.resolve("counts"));
    assertTrue(counts.keySet().stream().noneMatch(call -> call.contains("Graph")), counts.toString());
    fake.with("fail", "cuStreamSynchronize=719@400");
    String named = train("--epochs", 1, "--device", "cuda", "--out", "named").failed("(719").err();
    assertTrue(named.matches("(?s).*the kernel \\w+ \\(\\d+ x \\d+ blocks of \\d+ threads\\) of the operation \\w+: "
        + "cuStreamSynchronize.*") && !named.contains("GPU_TAE_DEBUG"), named);
    assertEquals("launches: every call to the GPU is waited for", line(jar().run("doctor"), "GPU_TAE_DEBUG"));
    fake.with("GPU_TAE_DEBUG", null).with("fail", "cuGraphLaunch=719@3");
    train("--epochs", 1, "--device", "cuda", "--out", "unnamed").failed("(719",
        "GPU_TAE_DEBUG=launches names the call that fails");
    fake.with("GPU_TAE_DEBUG", "everything").with("fail", null);
    train("--epochs", 1, "--device", "cuda", "--out", "wrong")
        .failed("GPU_TAE_DEBUG is 'everything'; it takes launches");
  }

  /** Causes outside this program: one line names the call and the code, and says what to do. */
  @ParameterizedTest
  @CsvSource({"cuInit=802, nvidia-fabricmanager must run", "cuInit=804, take its folder off LD_LIBRARY_PATH",
    "cuInit=805, start nvidia-cuda-mps-control -d again", "cuInit=999, try nvidia-smi",
    "cuInit=3, does nvidia-smi work?", "cuDevicePrimaryCtxRetain=46, nvidia-smi -q -d COMPUTE shows the compute mode",
    "cuDevicePrimaryCtxRetain=2, nvidia-smi shows who holds it",
    "cuDevicePrimaryCtxRetain=807, start nvidia-cuda-mps-control -d again",
    "cuDevicePrimaryCtxRetain=808, wait until another program has ended",
    "cuModuleLoadData=221@*, libnvidia-ptxjitcompiler.so.1 is missing", "cuModuleLoadData=222@*, a newer driver may"})
  void whatStandsInTheWayIsSaidWithARemedy(String call, String remedy) throws IOException {
    fake.with("fail", call);
    trainRefuses(call.replaceAll("=.*", ": CUDA_ERROR_"), "(" + call.replaceAll(".*=(\\d+).*", "$1"), remedy);
  }

  /** A GPU with a display ends a kernel that takes too long; a later call reports it. */
  @Test
  void aKernelThatTheWatchdogEndedIsExplained() {
    fake.with("fail", "cuGraphLaunch=702@3");
    train("--epochs", 1, "--device", "cuda", "--out", "run").failed("cuGraphLaunch: CUDA_ERROR_LAUNCH_TIMEOUT (702",
        "take a GPU without one", "GPU_TAE_DEBUG=launches names the call that fails");
  }

  /** Trainings share the GPU in two processes at once, and in two threads of one process. */
  @Tag("thorough")
  @Test
  void trainingsAtATimeAreThoseOneAfterAnother() throws IOException {
    fake.with("order", "random");
    List<Jar.Running> running = List.of("one", "two").stream()
        .map(out -> jar().start(Tiny.train(data, "--epochs", 3, "--device", "cuda", "--out", out))).toList();
    running.forEach(process -> process.await().succeeded());
    for (String out : List.of("one", "two")) {
      assertArrayEquals(weightsOfTheHostRunner(3), Files.readAllBytes(folder.resolve(out + "/model.safetensors")));
    }
    jar().run("sweep", "--dataset", data, "--batch", 32, "--epochs", 3, "--device", "cuda", "--jobs", 2, "--grid",
        "seed=0..1", "--out", "sweep").succeeded();
    assertArrayEquals(weightsOfTheHostRunner(3),
        Files.readAllBytes(folder.resolve("sweep/runs/tiny-tae-d2-seed0/model.safetensors")));
    train("--epochs", 3, "--device", "cuda", "--seed", 1, "--out", "alone").succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("alone/model.safetensors")),
        Files.readAllBytes(folder.resolve("sweep/runs/tiny-tae-d2-seed1/model.safetensors")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuStreamCreateWithPriority=2@2", "cublasGemmEx=14@30", "cuGraphLaunch=719@3"})
  void aCallThatFailsIsNamedAndLeavesNothing(String call) throws IOException {
    failing(call);
  }

  /** Each call of a training fails once. */
  @Tag("thorough")
  @ParameterizedTest
  @ValueSource(strings = {"cuDevicePrimaryCtxRetain=2", "cuCtxSetCurrent=201", "cuCtxGetStreamPriorityRange=201",
    "cublasCreate_v2=1@2",
    "cublasSetWorkspace_v2=13", "cuEventCreate=2@5",
    "cuMemAllocHost_v2=2", "cuMemsetD8Async=719@2", "cuMemcpyHtoDAsync_v2=719@2", "cuModuleGetFunction=500@3",
    "cuStreamBeginCapture_v2=1",
    "cuEventRecord=400@4", "cuStreamWaitEvent=1@3", "cuGraphInstantiateWithFlags=2@2", "cuEventSynchronize=719@2"})
  void anyCallThatFailsIsNamedAndLeavesNothing(String call) throws IOException {
    failing(call);
  }

  /**
   * Expects exit 1, one line that names the call and the code, and nothing left alive. Products come from cuBLAS, so
   * that its calls can fail too.
   */
  private void failing(String call) throws IOException {
    String name =
        call.substring(0, call.indexOf('=')).replaceFirst("_v2$", "").replace("InstantiateWithFlags", "Instantiate");
    fake.with("fail", call).with("counts", folder.resolve("counts"));
    Jar.Result result = jar()
        .run(Tiny.train(data, "--epochs", 2, "--device", "cuda", "--products", "cublas", "--out", "run"));
    // The stand-in prints lines too.
    List<String> said = result.errLines().stream().filter(line -> !line.startsWith("fake CUDA: ")).toList();
    assertEquals(1, result.exit(), result.toString());
    assertEquals(1, said.size(), result.toString());
    assertTrue(
        said.get(0).startsWith("gpu-tae: ") && said.get(0).contains(name)
            && said.get(0).contains(call.replaceAll(".*=(\\d+).*", "($1")),
        result.toString());
    assertNothingAlive();
  }

  @Test
  void aGpuWithoutMemorySaysWhichBatchWouldFit() {
    // A work space of cuBLAS takes 32 MiB.
    fake.with("memory", (33L << 20) + 1_000_000);
    train("--epochs", 1, "--device", "cuda", "--hidden", "4000", "--out", "run").failed("out of memory",
        "on the device cuda", "free");
    fake.with("memory", 20L << 20);
    train("--epochs", 1, "--device", "cuda", "--out", "run")
        .failed("out of memory: 33,554,432 bytes asked for the work space of cuBLAS", "nvidia-smi");
  }
}
