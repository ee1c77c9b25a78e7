package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.backend.cuda.FakeCuda;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * NVIDIA's libraries and the kernels from the user's point of view: which are found and used, and the message if one is
 * missing or too old. native/testing/fake replaces the libraries.
 */
class CudaLibrariesIT extends CudaCase {

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
}
