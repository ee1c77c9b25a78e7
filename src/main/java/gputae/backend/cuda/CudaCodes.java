package gputae.backend.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuGetErrorString;

import gputae.backend.BackendException;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/** Turns the codes that calls of CUDA and cuBLAS return into exceptions that name the call. */
final class CudaCodes {

  private CudaCodes() {}

  static void check(String call, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new BackendException(failure(call, code));
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
      throw new BackendException(call + ": " + cublasStatus.stringFor(code) + " (" + code + ")");
    }
  }

  /** An attribute of a device. */
  static int attribute(CUdevice device, int attribute) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute " + attribute, cuDeviceGetAttribute(value, attribute, device));
    return value[0];
  }
}
