package gputae.backend.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuGetErrorString;

import gputae.backend.BackendException;
import java.util.Set;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/** Turns the codes that calls of CUDA and cuBLAS return into exceptions that name the call. */
final class CudaCodes {

  /**
   * The errors by which a kernel ends, and which a later call reports: CUDA_ERROR_ILLEGAL_ADDRESS, LAUNCH_TIMEOUT,
   * ASSERT, HARDWARE_STACK_ERROR, ILLEGAL_INSTRUCTION, MISALIGNED_ADDRESS, INVALID_ADDRESS_SPACE, INVALID_PC,
   * LAUNCH_FAILED.
   */
  private static final Set<Integer> OF_KERNELS = Set.of(700, 702, 710, 714, 715, 716, 717, 718, 719);

  private CudaCodes() {}

  static void check(String call, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new BackendException(failure(call, code) + (OF_KERNELS.contains(code) && !LaunchChecks.wanted()
          ? "; a call that was enqueued before may have failed: " + LaunchChecks.ADVICE : ""));
    }
  }

  /** The call, the name and the number of the code, and the driver's explanation of the code. */
  static String failure(String call, int code) {
    String[] text = new String[1];
    boolean known = cuGetErrorString(code, text) == CUresult.CUDA_SUCCESS && text[0] != null;
    return call + ": " + CUresult.stringFor(code) + " (" + code + (known ? ", " + text[0] : "") + ")";
  }

  static void checkCublas(String call, int code) {
    if (code != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new CublasException(call + ": " + cublasStatus.stringFor(code) + " (" + code + ")");
    }
  }

  /** An attribute of a device. */
  static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute " + attribute, cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }
}
