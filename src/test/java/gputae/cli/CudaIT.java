package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.CudaMain;
import gputae.backend.cuda.FakeCuda;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * GPUs from the user's point of view: which libraries are found and used, the message if one is missing or too old, and
 * the state after a failed call. native/testing/fake replaces NVIDIA's libraries.
 */
class CudaIT {

  @TempDir
  static Path shared;

  @TempDir
  Path folder;

  private static Path sharedData;

  /** Runs without any GPU, for results to compare with; these depend on no variable of the environment. */
  private static Jar.Together without;

  private Path data;
  private FakeCuda fake;

  @BeforeAll
  static void openWithout() throws IOException {
    sharedData = Tiny.write(shared);
    without = new Jar(shared).together();
  }

  @AfterAll
  static void closeWithout() {
    without.close();
  }

  @BeforeEach
  void open() throws IOException {
    fake = new FakeCuda();
    data = Tiny.write(Files.createDirectory(folder.resolve("data")));
  }

  private Jar jar() {
    Jar jar = new Jar(folder);
    fake.environment().forEach(jar::with);
    return jar;
  }

  /** How the kernels of this build reach a GPU of sm_90. */
  private static String code() {
    return FakeCuda.machineCode() ? "machine code" : "PTX for sm_75 compiled by the driver (CUDA 13.0)";
  }

  /** The weights after these epochs on the host runner. They are the same in every test, so each training runs once. */
  private static synchronized byte[] weightsOfTheHostRunner(int epochs) throws IOException {
    Path run = shared.resolve("host" + epochs);
    if (Files.notExists(run)) {
      without.run(Tiny.train(sharedData, "--epochs", epochs, "--device", "host-runner", "--out", run)).succeeded();
    }
    return Files.readAllBytes(run.resolve("model.safetensors"));
  }

  private Jar.Result train(Object... more) {
    return jar().run(Tiny.train(data, more));
  }

  /** The line that begins with this name in the output of {@link CudaMain}; doctor prints it too. */
  private String found(String name) {
    return line(jar().main(CudaMain.class).run(), name);
  }

  private static String line(Jar.Result said, String name) {
    return said.succeeded().outLines().stream().filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).trim()).findFirst().orElse("no line");
  }

  /** The last process that wrote its counts left no object of CUDA alive. */
  private void assertNothingAlive() throws IOException {
    FakeCuda.counts(folder.resolve("counts"))
        .forEach((what, count) -> assertTrue(!what.startsWith("alive") || count == 0, what + " " + count));
  }

  private void trainRefuses(String... texts) throws IOException {
    assertRefused(train(REFUSED), texts);
  }

  private static final Object[] REFUSED = {"--epochs", 1, "--device", "cuda", "--out", "run"};

  private void assertRefused(Jar.Result training, String... texts) throws IOException {
    training.failed(texts).failed("--device cuda: ", "--device cpu");
    assertTrue(Files.notExists(folder.resolve("run")), Tiny.content(folder).toString());
  }

  /** The same in one process; returns the output of doctor from that process. */
  private Jar.Result trainRefusesAndDoctorSays(String... texts) throws IOException {
    try (Jar.Together program = jar().together()) {
      assertRefused(program.run(Tiny.train(data, REFUSED)), texts);
      return program.run("doctor");
    }
  }

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

  @Test
  void whatIsMissingIsNamedAndHowToGetIt() throws IOException {
    // The driver cannot be used: it is not at the named place, it lacks a function, or it is no library.
    fake.with("GPU_TAE_LIBCUDA", folder.resolve("none"));
    trainRefuses("GPU_TAE_LIBCUDA is " + folder.resolve("none") + ", which is not there");
    fake.with("GPU_TAE_LIBCUDA", FakeCuda.lackingDriver());
    trainRefuses("it lacks cuGraphLaunch", "install NVIDIA's driver");
    Path text = Files.writeString(folder.resolve("libcuda.so.1"), "no library");
    fake.with("GPU_TAE_LIBCUDA", text);
    Jar.Result noDriver = trainRefusesAndDoctorSays(text + " cannot be read: not a 64-bit library");
    assertTrue(line(noDriver, "CUDA backend").startsWith("none: the NVIDIA driver's library cannot be used"),
        noDriver.toString());
    // The same holds for cuBLAS.
    fake = new FakeCuda().with("GPU_TAE_CUBLAS", FakeCuda.lackingCublas());
    trainRefuses("it lacks cublasGemmEx", "pip install nvidia-cublas-cu12");
    fake.with("GPU_TAE_CUBLAS", folder.resolve("none"));
    trainRefuses("GPU_TAE_CUBLAS is " + folder.resolve("none") + ", which is not there");
    fake.with("GPU_TAE_CUBLAS", folder);
    trainRefuses("a folder without libcublas.so.12 or libcublas.so.13");
    fake.with("GPU_TAE_CUBLAS", Files.copy(FakeCuda.cublas(12), folder.resolve("libcublas.so.11")));
    Jar.Result doctor = trainRefusesAndDoctorSays("libcublas.so.11 is not named libcublas.so.12 or libcublas.so.13");
    assertEquals("cuda:0, Fake GPU (sm_90)", line(doctor, "GPU"));
    assertTrue(line(doctor, "CUDA backend").startsWith("none: no cuBLAS that can be used"), doctor.toString());
  }

  @Test
  void cublasIsFoundWhereTheLoaderLooksAndTheDriverServesIt() throws IOException {
    Path both = Files.createDirectory(folder.resolve("both"));
    Files.copy(FakeCuda.cublas(12), both.resolve("libcublas.so.12"));
    Files.copy(FakeCuda.cublas(13), both.resolve("libcublas.so.13"));
    fake.with("GPU_TAE_CUBLAS", null).with("LD_LIBRARY_PATH", both);
    assertTrue(found("cuBLAS").endsWith(both.resolve("libcublas.so.12").toString()));
    Files.delete(both.resolve("libcublas.so.12"));
    assertTrue(found("cuBLAS").endsWith(both.resolve("libcublas.so.13").toString()));
    // A driver of CUDA 12 cannot use cuBLAS 13, so the search goes on to another cuBLAS.
    Path twelve = Files.createDirectories(folder.resolve("env/lib/python3.11/site-packages/nvidia/cublas/lib"));
    Files.copy(FakeCuda.cublas(12), twelve.resolve("libcublas.so.12"));
    fake.with("driver", 12040).with("VIRTUAL_ENV", folder.resolve("env"));
    assertTrue(found("cuBLAS").endsWith(twelve.resolve("libcublas.so.12").toString()));
    fake.with("VIRTUAL_ENV", null).with("PATH", "/nowhere");
    assertTrue(found("cuBLAS").contains("libcublas.so.13 needs a driver for CUDA 13, this one serves CUDA 12.4"));
    // The loader finds the driver itself.
    fake.with("GPU_TAE_LIBCUDA", null).with("driver", null).with("LD_LIBRARY_PATH",
        both + ":" + FakeCuda.driver().getParent());
    assertEquals(FakeCuda.driver() + ", for CUDA 13.0", found("NVIDIA driver"));
  }

  /** No cuBLAS is found, or nobody wants one: our own kernels multiply, and the bits are those of the host runner. */
  @Test
  void aGpuWithoutCublasTrains() throws IOException {
    // The stand-in runs kernels slowly, so the layers are narrow.
    train("--epochs", 2, "--hidden", 16, "--device", "host-runner", "--products", "own", "--out", "host").succeeded();
    byte[] expected = Files.readAllBytes(folder.resolve("host/model.safetensors"));
    fake.with("counts", folder.resolve("counts"));
    String chosen = train("--epochs", 2, "--hidden", 16, "--device", "cuda", "--products", "own", "--out", "chosen")
        .succeeded().out();
    assertTrue(chosen.contains(code() + ", products own (cuda:0)"), chosen);
    assertTrue(FakeCuda.counts(folder.resolve("counts")).keySet().stream().noneMatch(call -> call.contains("cublas")));
    assertArrayEquals(expected, Files.readAllBytes(folder.resolve("chosen/model.safetensors")));

    String again = jar().run("train", "--resume", "chosen", "--epochs", 3, "--device", "cuda", "--products", "own")
        .succeeded().toString();
    assertFalse(again.contains("other bits"), again);

    fake = new FakeCuda().with("GPU_TAE_CUBLAS", null).with("PATH", "/nowhere");
    String line = train("--epochs", 2, "--hidden", 16, "--device", "cuda", "--out", "without").succeeded().out()
        .lines().filter(each -> each.startsWith("device: ")).findFirst().orElseThrow();
    assertTrue(line.contains(", products own (cuda:0; products by kernels of its own: no cuBLAS 12 or 13 (looked in ")
        && line.contains("pip install nvidia-cublas-cu12"), line);
    assertArrayEquals(expected, Files.readAllBytes(folder.resolve("without/model.safetensors")));
    String auto = train("--epochs", 1, "--hidden", 16, "--out", "auto").succeeded().out();
    assertTrue(auto.contains("auto: there is a GPU, and all that it takes; products by kernels of its own"), auto);
    train("--epochs", 1, "--device", "cuda", "--products", "cublas", "--out", "none")
        .failed("--device cuda: no cuBLAS 12 or 13", "pip install nvidia-cublas-cu12");
    Jar.Result doctor = jar().run("doctor").succeeded();
    assertTrue(line(doctor, "cuBLAS").startsWith("none, so kernels of gpu-tae multiply: no cuBLAS 12 or 13"),
        doctor.toString());
    assertTrue(line(doctor, "CUDA backend").endsWith(code() + ", products own"), doctor.toString());
    train("--products", "mine").wrongUsage();
    train("--device", "cpu", "--products", "own").wrongUsage();
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

  /** A cuBLAS that was found, but does not work on the GPU, is none. */
  @Tag("thorough")
  @Test
  void aCublasThatDoesNotWorkIsDoneWithout() throws IOException {
    Path place = Files.createDirectory(folder.resolve("place"));
    Files.copy(FakeCuda.cublas(12), place.resolve("libcublas.so.12"));
    fake.with("GPU_TAE_CUBLAS", null).with("LD_LIBRARY_PATH", place).with("PATH", "/nowhere")
        .with("counts", folder.resolve("counts"));
    for (String call : List.of("cublasGemmEx=15", "cublasCreate_v2=1", "cublasSetWorkspace_v2=13")) {
      fake.with("fail", call);
      // Half of the work space of cuBLAS would not be left if that were kept.
      fake.with("memory", 40L << 20);
      String said = train("--epochs", 1, "--hidden", 16, "--device", "cuda", "--out", "run-" + call)
          .succeeded().out();
      assertTrue(said.contains("products by kernels of its own: " + place.resolve("libcublas.so.12")
          + " does not work on cuda:0, Fake GPU (sm_90): " + call.substring(0, call.indexOf('=')).replace("_v2", "")),
          said);
      assertNothingAlive();
    }
    // A GPU that fails itself is no matter of cuBLAS.
    fake.with("fail", "cuMemsetD8Async=719@1");
    train("--epochs", 1, "--device", "cuda", "--out", "failed").failed("cuMemsetD8Async", "(719");
    String auto = train("--epochs", 1, "--out", "auto").succeeded().out();
    assertTrue(auto.contains("device: CPU, ") && auto.contains("(auto: cuMemsetD8Async: "), auto);
    fake.with("fail", null).with("devices", 0);
    String cpu = train("--epochs", 1, "--products", "own", "--out", "cpu").succeeded().out();
    assertTrue(cpu.contains("device: CPU, ") && cpu.contains("; --products has no meaning there)"), cpu);
  }

  @Test
  void driversAndGpusThatAreTooOldAreRefused() throws IOException {
    fake.with("driver", 11080);
    trainRefuses("serves CUDA 11.8, which is too old", "525 or newer");
    fake = new FakeCuda().with("capability", "7.0");
    trainRefuses("Fake GPU (sm_70) is too old", "sm_75");
    fake = new FakeCuda().with("devices", 0);
    trainRefuses("no GPU: NVIDIA's driver (" + FakeCuda.driver() + ") finds none");
    fake = new FakeCuda().with("fail", "cuInit=803");
    trainRefuses("does not start: cuInit: ", "(803", "reboot");
    fake.with("fail", "cuInit=34");
    trainRefuses("(34", "stand-in for linking");
    fake = new FakeCuda().with("driver", 11040);
    trainRefuses("serves CUDA 11.4, which is too old", "525 or newer");
    fake = new FakeCuda();
    fake.with("fail", "cublasGemmEx=15");
    trainRefuses("does not work on cuda:0, Fake GPU (sm_90): cublasGemmEx: CUBLAS_STATUS_NOT_SUPPORTED",
        "pip install nvidia-cublas-cu12");
  }

  @ParameterizedTest
  @CsvSource({"7.5, 13000, , 75", "12.0, 13000, , 90", "8.6, 12020, refuse, 75", "9.0, 12000, refuse, 90"})
  void ptxIsTakenWhereMachineCodeIsRefused(String capability, int driver, String fatbin, int ptx) {
    assumeTrue(FakeCuda.machineCode(), "this build was made without nvcc: it has no machine code");
    fake.with("capability", capability).with("driver", driver).with("fatbin", fatbin);
    String made =
        "PTX for sm_" + ptx + " compiled by the driver (CUDA " + driver / 1000 + "." + driver % 1000 / 10 + ")";
    if (!capability.equals("7.5")) {
      String description = found("CUDA backend");
      assertTrue(description.contains(made), description);
      return;
    }
    try (Jar.Together program = jar().together()) {
      String description = line(program.run("doctor"), "CUDA backend");
      assertTrue(description.contains(made), description);
      Jar.Result training = program.run(Tiny.train(data, "--epochs", 1, "--device", "cuda", "--out", "run"));
      assertTrue(training.succeeded().out().contains(made), training.toString());
    }
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

  @Test
  void kernelsThatTheDriverDoesNotTakeAreAnError() throws IOException {
    fake.with("fail", "cuModuleLoadData=222@*");
    trainRefuses(
        FakeCuda.machineCode() ? "neither as machine code (cuModuleLoadData: CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222"
            : "neither as machine code (is not in this build, made without nvcc)");
  }

  /** A jar that was built without nvcc holds the PTX that lies beside the kernels. */
  @ParameterizedTest
  @CsvSource({"7.5, 12000", "9.0, 13000"})
  void aJarThatWasBuiltWithoutNvccTrainsByTheShippedPtx(String capability, int driver) throws IOException {
    Path jar = builtWithoutNvcc();
    fake.with("capability", capability).with("driver", driver);
    try (Jar.Together program = jar().file(jar).together()) {
      String doctor = line(program.run("doctor"), "CUDA kernels");
      assertTrue(doctor.contains("kernels, shipped with the sources as PTX for sm_75 and newer"), doctor);
      Jar.Result result = program.run(Tiny.train(data, "--epochs", 1, "--device", "cuda", "--out", "run")).succeeded();
      assertTrue(result.out().contains(", PTX for sm_75 compiled by the driver"), result.toString());
    }
    assertArrayEquals(weightsOfTheHostRunner(1), Files.readAllBytes(folder.resolve("run/model.safetensors")));
  }

  private static synchronized Path builtWithoutNvcc() throws IOException {
    Path jar = shared.resolve("without.jar");
    if (Files.notExists(jar)) {
      Files.copy(Jar.FILE, jar);
      Path shipped = Path.of("kernels/shipped").toAbsolutePath();
      try (FileSystem content = FileSystems.newFileSystem(jar)) {
        Path kernels = content.getPath("gputae/kernels");
        Files.deleteIfExists(kernels.resolve("kernels.fatbin"));
        Files.deleteIfExists(kernels.resolve("kernels-90.ptx"));
        for (String file : List.of("kernels-75.ptx", "kernels.txt")) {
          Files.copy(shipped.resolve(file), kernels.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return jar;
  }

  /** Anybody can write to the folder of temporary files: a library that lies there under JCuda's name is not loaded. */
  @Tag("thorough")
  @Test
  void nobodysLibraryIsLoadedFromTheFolderOfTemporaryFiles() throws IOException {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    for (String name : List.of("JCudaDriver", "JCublas2")) {
      Files.writeString(temporary.resolve("lib" + name + "-12.6.0-linux-x86_64.so"), "a trap");
    }
    String before = Tiny.content(temporary).toString();
    Jar.Result result = jar().java("-Djava.io.tmpdir=" + temporary)
        .run(Tiny.train(data, "--epochs", 1, "--device", "cuda", "--out", "run")).succeeded();
    assertTrue(result.out().contains("Fake GPU"), result.toString());
    assertEquals(before, Tiny.content(temporary).toString());
  }

  /** If LD_LIBRARY_PATH has an empty part, Java looks in the current folder too. */
  @Test
  void nobodysLibraryIsLoadedFromTheCurrentFolder() throws IOException {
    Path planted = Files.writeString(folder.resolve("libJCublas2-12.6.0-linux-x86_64.so"), "a trap");
    fake.with("LD_LIBRARY_PATH", "/nowhere:");
    trainRefuses(planted + " would be loaded in place of gpu-tae's own; remove it");
  }

  /**
   * Many containers use the locale C, in which Java cannot write some names of folders. Then no GPU is found, and no
   * unexpected error occurs.
   */
  @Test
  void namesBeyondAsciiInTheLocaleCAreNoSurprise() {
    fake.with("GPU_TAE_LIBCUDA", null).with("GPU_TAE_CUBLAS", null).with("LC_ALL", "C").with("HOME", "/home/\u00e9")
        .with("PATH", "/usr/bin:/\u00e9")
        .with("LD_LIBRARY_PATH", "/\u00e9");
    assertTrue(jar().run("doctor").succeeded().out().contains("CUDA backend"));
    fake.with("GPU_TAE_LIBCUDA", "/\u00e9");
    Jar.Result doctor = jar().run("doctor");
    assertTrue(line(doctor, "CUDA backend").startsWith("none: GPU_TAE_LIBCUDA is "), doctor.toString());
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
