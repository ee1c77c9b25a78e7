package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.advice;
import static gputae.backend.cuda.CudaCodes.attribute;
import static gputae.backend.cuda.CudaCodes.check;
import static gputae.backend.cuda.CudaCodes.failure;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuInit;

import gputae.backend.BackendException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;

/**
 * What NVIDIA's driver on this machine offers.
 *
 * @param driver  file of the driver's library
 * @param version CUDA version that the driver serves, such as 13000
 */
public record CudaMachine(Path driver, int version, List<Gpu> gpus) {

  /** CUDA 12.0, which cuBLAS 12 and the functions called here need. */
  private static final int OLDEST_DRIVER = 12000;

  /** Turing, the oldest kind of GPU for which the kernels' PTX works. */
  private static final int OLDEST_CAPABILITY = 75;

  /**
   * A GPU as {@code doctor} lists it.
   *
   * @param capability ten times the compute capability
   */
  public record Gpu(int number, String name, int capability) {
    @Override
    public String toString() {
      return "cuda:" + number + ", " + kind();
    }

    /** The name and the compute capability. This text is the same for all GPUs of one kind. */
    String kind() {
      return name + " (sm_" + capability + ")";
    }
  }

  /**
   * Loads the driver and asks it for its GPUs.
   *
   * @throws BackendException that says what is missing and how to get it
   */
  public static CudaMachine find() {
    Path file = CudaLibraries.driver();
    int[] number = new int[1];
    int code = cuInit(0);
    if (code == CUresult.CUDA_ERROR_NO_DEVICE) {
      throw new BackendException("no GPU: NVIDIA's driver (" + file
          + ") finds none that this process may use; nvidia-smi and CUDA_VISIBLE_DEVICES may tell why");
    }
    if (code != CUresult.CUDA_SUCCESS) {
      throw new BackendException(
          "NVIDIA's driver (" + file + ") does not start: " + failure("cuInit", code) + "; "
              + advice(code).orElse("does nvidia-smi work?"));
    }
    check("cuDriverGetVersion", cuDriverGetVersion(number));
    int version = number[0];
    if (version < OLDEST_DRIVER) {
      throw new BackendException("NVIDIA's driver (" + file + ") serves CUDA " + CudaLibraries.release(version)
          + ", which is too old: CUDA " + CudaLibraries.release(OLDEST_DRIVER)
          + " needs driver 525 or newer");
    }
    check("cuDeviceGetCount", cuDeviceGetCount(number));
    List<Gpu> gpus = new ArrayList<>();
    for (int i = 0; i < number[0]; i++) {
      CUdevice device = new CUdevice();
      check("cuDeviceGet", cuDeviceGet(device, i));
      byte[] name = new byte[256];
      check("cuDeviceGetName", cuDeviceGetName(name, name.length, device));
      String text = new String(name, StandardCharsets.UTF_8);
      gpus.add(new Gpu(i, text.substring(0, text.indexOf('\0')),
          10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
              + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)));
    }
    return new CudaMachine(file, version, gpus);
  }

  /**
   * The GPU of this number. If there is none, or if the kernels cannot run on it, a {@link BackendException} says so.
   */
  Gpu gpu(int number) {
    if (number < 0 || number >= gpus.size()) {
      throw new BackendException("there is no cuda:" + number + "; there are: "
          + String.join("; ", gpus.stream().map(Gpu::toString).toList()));
    }
    Gpu gpu = gpus.get(number);
    if (gpu.capability < OLDEST_CAPABILITY) {
      throw new BackendException(
          gpu + " is too old: gpu-tae's kernels need sm_" + OLDEST_CAPABILITY + " (Turing, 2018) or newer");
    }
    return gpu;
  }

  @Override
  public String toString() {
    return driver + ", for CUDA " + CudaLibraries.release(version);
  }
}
