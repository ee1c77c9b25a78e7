package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.advice;
import static gputae.backend.cuda.CudaCodes.check;
import static gputae.backend.cuda.CudaCodes.failure;
import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import gputae.backend.BackendException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/** The kernels of this program in the memory of a GPU. */
final class LoadedKernels {

  /** Bytes of shared memory that a block may use without asking for more, static and dynamic together. */
  private static final int SHARED_UNASKED = 48 << 10;

  /** The largest number of arguments that a kernel may have. The kernel with the most arguments takes 19. */
  private static final int MOST_ARGUMENTS = 32;

  private final CUmodule module = new CUmodule();
  private final int mostSharedMemory;
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final String origin;
  private final LongBuffer argumentValues;
  private final Pointer[] argumentPointers = new Pointer[MOST_ARGUMENTS];

  /** A kernel, and the dynamic shared memory that it may be launched with. */
  private static final class Kernel {
    final CUfunction function;
    final int staticSharedMemory;
    int sharedMemory;

    Kernel(CUfunction function, int staticSharedMemory) {
      this.function = function;
      this.staticSharedMemory = staticSharedMemory;
      this.sharedMemory = SHARED_UNASKED - staticSharedMemory;
    }
  }

  /**
   * Loads the kernels into the current context.
   *
   * @param undo receives the action that frees them
   */
  LoadedKernels(CudaMachine machine, CudaMachine.Gpu gpu, int mostSharedMemory, Consumer<Runnable> undo) {
    this.mostSharedMemory = mostSharedMemory;
    ByteBuffer slots = ByteBuffer.allocateDirect(MOST_ARGUMENTS * Long.BYTES).order(ByteOrder.nativeOrder());
    argumentValues = slots.asLongBuffer();
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      argumentPointers[i] = Pointer.to(slots).withByteOffset((long) i * Long.BYTES);
    }
    origin = load(machine, gpu);
    undo.accept(() -> check("cuModuleUnload", cuModuleUnload(module)));
  }

  /** What the kernels were loaded from, as a text for the user. */
  String origin() {
    return origin;
  }

  /**
   * Loads the machine code if the driver takes it, otherwise PTX, which the driver compiles. Returns the text for
   * {@link #origin}.
   */
  private String load(CudaMachine machine, CudaMachine.Gpu gpu) {
    Optional<byte[]> machineCode = KernelFiles.machineCode();
    String refused = "is not in this build, made without nvcc";
    if (machineCode.isPresent()) {
      int code = cuModuleLoadData(module, machineCode.get());
      if (code == CUresult.CUDA_SUCCESS) {
        return "machine code";
      }
      refused = failure("cuModuleLoadData", code);
    }
    KernelFiles.Ptx ptx = KernelFiles.ptx(gpu.capability());
    int code = cuModuleLoadData(module, (ptx.text() + "\0").getBytes(StandardCharsets.US_ASCII));
    if (code != CUresult.CUDA_SUCCESS) {
      throw new BackendException("the driver (CUDA " + CudaLibraries.release(machine.version())
          + ") takes gpu-tae's kernels neither as machine code ("
          + refused + ") nor as PTX (" + failure("cuModuleLoadData", code) + "); "
          + advice(code).orElse("a newer driver may"));
    }
    // The text names the driver's version because the compiled code depends on it.
    return "PTX for sm_" + ptx.capability() + " compiled by the driver (CUDA "
        + CudaLibraries.release(machine.version()) + ")";
  }

  private Kernel kernel(String name) {
    return kernels.computeIfAbsent(name, key -> {
      CUfunction function = new CUfunction();
      check("cuModuleGetFunction " + key, cuModuleGetFunction(function, module, key));
      int[] bytes = new int[1];
      check("cuFuncGetAttribute",
          cuFuncGetAttribute(bytes, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function));
      return new Kernel(function, bytes[0]);
    });
  }

  /** Enqueues a launch on a stream; if {@code stream} is null, only prepares the launch, for a capture. */
  void launch(CUstream stream, String name, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    Kernel kernel = kernel(name);
    if (sharedMemory > kernel.sharedMemory) {
      // The kernel gets all that the device has, so that one request is enough.
      int most = mostSharedMemory - kernel.staticSharedMemory;
      if (sharedMemory > most) {
        throw new BackendException(
            "kernel '" + name + "' asks for " + sharedMemory + " bytes of shared memory; a block may have " + most);
      }
      check("cuFuncSetAttribute", cuFuncSetAttribute(kernel.function,
          CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
      kernel.sharedMemory = most;
    }
    if (stream == null) {
      return;
    }
    // Values of 4 bytes lie at the beginning of their slots. CUDA knows how many bytes to read from each slot, and has
    // read them when the call returns.
    long[] slots = arguments.slots();
    argumentValues.clear().put(slots);
    check("cuLaunchKernel " + name,
        cuLaunchKernel(kernel.function, gridX, gridY, 1, threads, 1, 1, sharedMemory, stream,
            Pointer.to(Arrays.copyOf(argumentPointers, slots.length)), null));
  }
}
