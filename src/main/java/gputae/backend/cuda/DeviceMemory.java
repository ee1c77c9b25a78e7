package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.check;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/** The memory of a GPU, and the account of what is allocated. */
final class DeviceMemory {

  private final Runnable makeCurrent;
  private final Runnable synchronise;

  /** The addresses of the allocations, each with its number of bytes. */
  private final Map<Long, Long> allocations = new HashMap<>();

  /** Gives access to the address, which JCuda hides. */
  private static final class Allocation extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  /**
   * Memory in a context.
   *
   * @param makeCurrent makes that context current
   * @param synchronise waits for everything enqueued
   */
  DeviceMemory(Runnable makeCurrent, Runnable synchronise) {
    this.makeCurrent = makeCurrent;
    this.synchronise = synchronise;
  }

  /** An address in the form that JCuda takes. */
  static CUdeviceptr at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  /** As {@link Driver#allocate}. */
  long allocate(long bytes) {
    makeCurrent.run();
    Allocation allocation = new Allocation();
    int code = cuMemAlloc(allocation, bytes);
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      return 0;
    }
    check("cuMemAlloc", code);
    allocations.put(allocation.address(), bytes);
    return allocation.address();
  }

  /** As {@link Driver#free}. */
  void free(long address) {
    synchronise.run();
    check("cuMemFree", cuMemFree(at(address)));
    allocations.remove(address);
  }

  /** The number of bytes that are allocated and not freed. */
  long held() {
    return allocations.values().stream().mapToLong(Long::longValue).sum();
  }

  /** As {@link Driver#freeMemory}. */
  long freeMemory() {
    makeCurrent.run();
    long[] free = new long[1];
    check("cuMemGetInfo", cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  /** One action per allocation, which frees it without waiting. The allocations count as freed from now on. */
  List<Runnable> releases() {
    List<Runnable> releases = new ArrayList<>();
    allocations.keySet().forEach(address -> releases.add(() -> check("cuMemFree", cuMemFree(at(address)))));
    allocations.clear();
    return releases;
  }
}
