package gputae.backend.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuGetErrorString;

import gputae.backend.BackendException;
import java.util.Optional;
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
      throw new BackendException(failure(call, code) + advice(code).map(advice -> "; " + advice).orElse("")
          + (OF_KERNELS.contains(code) && !LaunchChecks.wanted()
              ? "; a call that was enqueued before may have failed: " + LaunchChecks.ADVICE : ""));
    }
  }

  /** What the user can do, if the code has a cause outside this program. */
  static Optional<String> advice(int code) {
    return Optional.ofNullable(switch (code) {
      case 2 -> "the GPU's memory is full: nvidia-smi shows who holds it";
      case 34 -> "this is the toolkit's stand-in for linking, not the driver: take its folder off LD_LIBRARY_PATH";
      case 46 -> "another process may have the GPU for itself: nvidia-smi -q -d COMPUTE shows the compute mode";
      case 221 -> "install all of NVIDIA's driver: its libnvidia-ptxjitcompiler.so.1 is missing";
      case 702 ->
          "the watchdog of a GPU with a display ended a kernel: take a GPU without one, such as --device cuda:1";
      case 802 -> "the GPUs are not ready: on a machine with NVSwitch, nvidia-fabricmanager must run";
      case 803 -> "the library does not fit the kernel module that is loaded: reboot, or compare nvidia-smi";
      case 804 ->
          "CUDA's forward compatibility package does not work with this GPU: take its folder off LD_LIBRARY_PATH";
      case 805, 806, 807, 810 ->
          "NVIDIA's Multi-Process Service does not answer: start nvidia-cuda-mps-control -d again, or end it (echo quit"
              + " | nvidia-cuda-mps-control)";
      case 808, 809 ->
          "NVIDIA's Multi-Process Service has as many clients as it takes: wait until another program has ended";
      case 999 -> "the kernel module may not be loaded: try nvidia-smi, and nvidia-modprobe -u as root";
      default -> null;
    });
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
