package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.attribute;
import static gputae.backend.cuda.CudaCodes.check;
import static gputae.backend.cuda.CudaCodes.checkCublas;
import static gputae.backend.cuda.CudaCodes.failure;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuFuncGetAttribute;
import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemAllocHost;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import gputae.backend.BackendException;
import gputae.backend.OutOfMemoryException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * An NVIDIA GPU through CUDA's driver interface and cuBLAS, by JCuda.
 *
 * <p>Each stream of {@link Driver} is a stream of CUDA, with a cuBLAS handle and a work space of its own if products
 * are done on it: cuBLAS allocates nothing then, which a capture would not allow. A product that is captured is done
 * once before, into scratch memory, since cuBLAS prepares at its first call what a capture could not hold; with
 * operands that lie as the real ones to 256 bytes, since cuBLAS chooses by that too.
 */
public final class JCudaDriver implements Driver {

  /**
   * Bytes on their way between Java's memory and the device at a time: pinned memory is dear, and the bus is busy with
   * much less.
   */
  private static final int STAGE_BYTES = 4 << 20;

  /** Work space of a cuBLAS handle: what NVIDIA recommends for sm_90, the largest of its recommendations. */
  private static final long CUBLAS_WORK_SPACE = 32L << 20;

  /** Shared memory that a block may use without asking, static and dynamic together. */
  private static final int SHARED_UNASKED = 48 << 10;

  /** Of a kernel; the one with the most takes 19. */
  private static final int MOST_ARGUMENTS = 32;

  private static final int MAIN = 0;

  /** Transfers on their way at a time, as {@link Driver#fetch} says, and one that is being read. */
  private static final int FETCHES = 3;

  private final CUdevice device;
  private final CUcontext context = new CUcontext();
  private final Cublas cublas;
  private final String description;
  private final Limits limits;
  private final CUmodule module = new CUmodule();
  private final Stream[] streams = new Stream[1 + STREAMS];
  private final Map<String, Kernel> kernels = new HashMap<>();
  private final Set<Product> rehearsed = new HashSet<>();
  private final Map<Long, CUgraphExec> graphs = new HashMap<>();

  /** Addresses and bytes. */
  private final Map<Long, Long> allocations = new HashMap<>();

  private final Fetch[] fetches = new Fetch[FETCHES];
  private final ByteBuffer stage;
  private final Pointer stagePointer = new Pointer();
  private final LongBuffer argumentValues;
  private final Pointer[] argumentPointers = new Pointer[MOST_ARGUMENTS];
  private final CUevent began = new CUevent();
  private final CUevent ended = new CUevent();

  /** Frees what was made, the last first. */
  private final List<Runnable> undo = new ArrayList<>();

  /** The stream that is being given work. */
  private int stream = MAIN;

  /** What becomes of calls: see {@link #capture}. */
  private Mode mode = Mode.DIRECT;

  private long lastGraph;
  private int lastFetch;
  private boolean closed;

  private enum Mode {
    DIRECT,
    /** Everything is prepared that the capture will need; nothing is done but products into scratch memory. */
    REHEARSAL,
    CAPTURE
  }

  /** A stream and what belongs to it. */
  private static final class Stream {
    final CUstream queue = new CUstream();
    /** Null before the stream's first product. */
    cublasHandle handle;
    final CUevent forked = new CUevent();
    final CUevent joined = new CUevent();
    /** Forked and not joined; the main stream never is. */
    boolean open;
  }

  /** A product by its shape, the stream it is done on, and where its matrices lie, modulo {@link #ALIGNMENT}. */
  private record Product(
      int stream, boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {}

  private static final int ALIGNMENT = 256;

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

  /** Pinned memory for one transfer, and the event that says that it is there. */
  private static final class Fetch {
    final CUevent arrived = new CUevent();
    Pointer pointer;
    ByteBuffer buffer;
  }

  /** An address of host or device memory. */
  private static final class Address extends Pointer {
    Address(long address) {
      super(address);
    }
  }

  /** Gives the address away that JCuda hides. */
  private static final class Allocation extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  /** A version of cuBLAS and its file. */
  public record Cublas(Path file, String version) {
    @Override
    public String toString() {
      return "cuBLAS " + version + ", " + file;
    }
  }

  /**
   * Opens a GPU.
   *
   * @param number as in CUDA_VISIBLE_DEVICES's order, from 0
   * @throws BackendException saying what is missing and how to get it
   */
  public static JCudaDriver open(int number) {
    KernelFiles.require();
    CudaMachine machine = CudaMachine.find();
    CudaMachine.Gpu gpu = machine.gpu(number);
    CudaLibraries.cublas(machine.version());
    return new JCudaDriver(machine, gpu);
  }

  private JCudaDriver(CudaMachine machine, CudaMachine.Gpu gpu) {
    device = new CUdevice();
    ByteBuffer slots = ByteBuffer.allocateDirect(MOST_ARGUMENTS * Long.BYTES).order(ByteOrder.nativeOrder());
    argumentValues = slots.asLongBuffer();
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      argumentPointers[i] = Pointer.to(slots).withByteOffset((long) i * Long.BYTES);
    }
    try {
      check("cuDeviceGet", cuDeviceGet(device, gpu.number()));
      check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, device));
      undo.add(() -> check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(device)));
      makeCurrent();
      limits = new Limits(attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
          attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
      String code = loadModule(machine, gpu);
      undo.add(() -> check("cuModuleUnload", cuModuleUnload(module)));
      for (int i = 0; i < streams.length; i++) {
        streams[i] = newStream();
      }
      for (int i = 0; i < FETCHES; i++) {
        fetches[i] = new Fetch();
        newEvent(fetches[i].arrived, CUevent_flags.CU_EVENT_DISABLE_TIMING);
      }
      newEvent(began, CUevent_flags.CU_EVENT_DEFAULT);
      newEvent(ended, CUevent_flags.CU_EVENT_DEFAULT);
      stage = pinned(stagePointer, STAGE_BYTES);
      cublas = new Cublas(CudaLibraries.cublas(machine.version()), cublasVersion());
      description = "CUDA, " + gpu.kind() + ", " + code + ", cuBLAS " + cublas.version;
      multiplyOnce(gpu);
    } catch (RuntimeException e) {
      try {
        close();
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e instanceof OutOfMemoryException memory ? memory.advising("nvidia-smi shows who holds the rest") : e;
    }
  }

  /** The kernels: machine code where the driver takes it, else PTX, which it compiles. Returns which. */
  private String loadModule(CudaMachine machine, CudaMachine.Gpu gpu) {
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
          + refused + ") nor as PTX (" + failure("cuModuleLoadData", code) + "); a newer driver may");
    }
    // What the driver made of it depends on the driver.
    return "PTX for sm_" + ptx.capability() + " compiled by the driver (CUDA "
        + CudaLibraries.release(machine.version()) + ")";
  }

  private Stream newStream() {
    Stream made = new Stream();
    check("cuStreamCreate", cuStreamCreate(made.queue, CUstream_flags.CU_STREAM_NON_BLOCKING));
    undo.add(() -> check("cuStreamDestroy", cuStreamDestroy(made.queue)));
    newEvent(made.forked, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    newEvent(made.joined, CUevent_flags.CU_EVENT_DISABLE_TIMING);
    return made;
  }

  /** The cuBLAS of the stream at hand. */
  private cublasHandle handle() {
    if (streams[stream].handle == null) {
      cublasHandle made = new cublasHandle();
      checkCublas("cublasCreate", JCublas2.cublasCreate(made));
      undo.add(() -> checkCublas("cublasDestroy", JCublas2.cublasDestroy(made)));
      long space = allocate(CUBLAS_WORK_SPACE);
      if (space == 0) {
        throw new OutOfMemoryException("cuda", "the work space of cuBLAS", CUBLAS_WORK_SPACE, held(), freeMemory());
      }
      // The stream first: setting it takes the work space away.
      checkCublas("cublasSetStream", JCublas2.cublasSetStream(made, new cudaStream_t(stream())));
      checkCublas("cublasSetWorkspace", JCublas2.cublasSetWorkspace(made, new Address(space), CUBLAS_WORK_SPACE));
      streams[stream].handle = made;
    }
    return streams[stream].handle;
  }

  private void newEvent(CUevent event, int flags) {
    check("cuEventCreate", cuEventCreate(event, flags));
    undo.add(() -> check("cuEventDestroy", cuEventDestroy(event)));
  }

  private ByteBuffer pinned(Pointer pointer, long bytes) {
    check("cuMemAllocHost", cuMemAllocHost(pointer, bytes));
    undo.add(() -> check("cuMemFreeHost", cuMemFreeHost(pointer)));
    return pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** A cuBLAS older than the GPU has no code for it and says so at the first product. */
  private void multiplyOnce(CudaMachine.Gpu gpu) {
    int n = 32;
    long matrix = allocate((long) n * n * Float.BYTES);
    if (matrix == 0) {
      throw new OutOfMemoryException("cuda", "a first product", (long) n * n * Float.BYTES, held(), freeMemory());
    }
    try {
      clear(matrix, (long) n * n * Float.BYTES);
      product(false, false, n, n, n, matrix, n, matrix, n, 0, matrix, n);
      synchronise();
    } catch (BackendException e) {
      throw new BackendException(
          cublas + " does not work on " + gpu + ": " + e.getMessage() + "; " + CudaLibraries.CUBLAS_ADVICE, e);
    }
    free(matrix);
  }

  /** 120604, 130101: major, minor and patch, two digits each. */
  private String cublasVersion() {
    int[] number = new int[1];
    checkCublas("cublasGetVersion", JCublas2.cublasGetVersion(handle(), number));
    return number[0] / 10000 + "." + number[0] / 100 % 100 + "." + number[0] % 100;
  }

  /**
   * Calls of CUDA go to the current context of the thread that makes them, which others may have changed; setting it
   * takes a tenth of a microsecond.
   */
  private void makeCurrent() {
    if (closed) {
      throw new BackendException("the GPU's driver is closed");
    }
    check("cuCtxSetCurrent", cuCtxSetCurrent(context));
  }

  @Override
  public String description() {
    return description;
  }

  /** The cuBLAS in use. */
  public Cublas cublas() {
    return cublas;
  }

  @Override
  public Limits limits() {
    return limits;
  }

  // ---- memory

  private static CUdeviceptr at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  @Override
  public long allocate(long bytes) {
    makeCurrent();
    Allocation allocation = new Allocation();
    int code = cuMemAlloc(allocation, bytes);
    if (code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      return 0;
    }
    check("cuMemAlloc", code);
    allocations.put(allocation.address(), bytes);
    return allocation.address();
  }

  @Override
  public void free(long address) {
    synchronise();
    check("cuMemFree", cuMemFree(at(address)));
    allocations.remove(address);
  }

  private long held() {
    return allocations.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public long freeMemory() {
    makeCurrent();
    long[] free = new long[1];
    check("cuMemGetInfo", cuMemGetInfo(free, new long[1]));
    return free[0];
  }

  @Override
  public void upload(Object array, long offsetBytes, long to, long bytes) {
    makeCurrent();
    for (long done = 0; done < bytes; done += STAGE_BYTES) {
      int part = (int) Math.min(STAGE_BYTES, bytes - done);
      PrimitiveArrays.read(array, offsetBytes + done, stage.clear().limit(part));
      check("cuMemcpyHtoDAsync", cuMemcpyHtoDAsync(at(to + done), stagePointer, part, stream()));
      check("cuStreamSynchronize", cuStreamSynchronize(stream()));
    }
  }

  @Override
  public void download(long from, Object array, long offsetBytes, long bytes) {
    makeCurrent();
    for (long done = 0; done < bytes; done += STAGE_BYTES) {
      int part = (int) Math.min(STAGE_BYTES, bytes - done);
      check("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(stagePointer, at(from + done), part, stream()));
      check("cuStreamSynchronize", cuStreamSynchronize(stream()));
      PrimitiveArrays.write(stage.clear().limit(part), array, offsetBytes + done);
    }
  }

  @Override
  public Transfer fetch(long from, long bytes) {
    makeCurrent();
    Fetch fetch = fetches[lastFetch = (lastFetch + 1) % FETCHES];
    if (fetch.buffer == null || fetch.buffer.capacity() < bytes) {
      // The old one is freed with all else; transfers are of one size as a rule.
      fetch.pointer = new Pointer();
      fetch.buffer = pinned(fetch.pointer, Math.max(bytes, 1));
    }
    check("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(fetch.pointer, at(from), bytes, stream()));
    check("cuEventRecord", cuEventRecord(fetch.arrived, stream()));
    return () -> {
      makeCurrent();
      check("cuEventSynchronize", cuEventSynchronize(fetch.arrived));
      return fetch.buffer.slice(0, (int) bytes).order(ByteOrder.nativeOrder());
    };
  }

  @Override
  public void copy(long from, long to, long bytes) {
    if (enqueues()) {
      check("cuMemcpyDtoDAsync", cuMemcpyDtoDAsync(at(to), at(from), bytes, stream()));
    }
  }

  @Override
  public void clear(long address, long bytes) {
    if (enqueues()) {
      check("cuMemsetD8Async", cuMemsetD8Async(at(address), (byte) 0, bytes, stream()));
    }
  }

  /** Whether calls are made: all but those of a rehearsal. */
  private boolean enqueues() {
    makeCurrent();
    return mode != Mode.REHEARSAL;
  }

  private CUstream stream() {
    return streams[stream].queue;
  }

  // ---- kernels and products

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

  @Override
  public void launch(String name, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    boolean enqueues = enqueues();
    Kernel kernel = kernel(name);
    if (sharedMemory > kernel.sharedMemory) {
      // All that the device has, so that it is asked for once.
      int most = limits.sharedMemory() - kernel.staticSharedMemory;
      if (sharedMemory > most) {
        throw new BackendException(
            "kernel '" + name + "' asks for " + sharedMemory + " bytes of shared memory; a block may have " + most);
      }
      check("cuFuncSetAttribute", cuFuncSetAttribute(kernel.function,
          CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
      kernel.sharedMemory = most;
    }
    if (!enqueues) {
      return;
    }
    // Values of 4 bytes lie at the beginning of their slots; CUDA knows how much it reads of each, and has read it when
    // the call returns.
    long[] slots = arguments.slots();
    argumentValues.clear().put(slots);
    check("cuLaunchKernel " + name,
        cuLaunchKernel(kernel.function, gridX, gridY, 1, threads, 1, 1, sharedMemory, stream(),
            Pointer.to(Arrays.copyOf(argumentPointers, slots.length)), null));
  }

  @Override
  public void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {
    if (enqueues()) {
      multiply(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc);
    } else if (rehearsed.add(
        new Product(stream, transposeA, transposeB, m, n, k, a % ALIGNMENT, lda, b % ALIGNMENT, ldb, beta,
            c % ALIGNMENT, ldc))) {
      // The same product, so that cuBLAS takes the same way, into memory that nobody needs.
      long bytes = ((long) (m - 1) * ldc + n) * Float.BYTES + ALIGNMENT;
      long scratch = allocate(bytes);
      if (scratch == 0) {
        throw new OutOfMemoryException("cuda", "the rehearsal of a product", bytes, held(), freeMemory());
      }
      try {
        // With beta the product reads what it adds to.
        check("cuMemsetD8Async", cuMemsetD8Async(at(scratch), (byte) 0, bytes, stream()));
        multiply(transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, scratch + c % ALIGNMENT, ldc);
      } finally {
        free(scratch);
      }
    }
  }

  /**
   * cuBLAS keeps matrices by columns: what it takes for a matrix is the transpose of ours. So it is asked for the
   * transposed product, C^T = op(B)^T op(A)^T: the factors change places, and their transpositions stay.
   */
  private void multiply(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer factor = Pointer.to(new float[] {beta});
    // Pedantic: single precision as written, without TF32 or other shortcuts.
    checkCublas("cublasGemmEx",
        JCublas2.cublasGemmEx_new(handle(), operation(transposeB), operation(transposeA), n, m, k, one, new Address(b),
            cudaDataType.CUDA_R_32F, Math.max(1, ldb), new Address(a), cudaDataType.CUDA_R_32F, Math.max(1, lda),
            factor, new Address(c), cudaDataType.CUDA_R_32F, ldc,
            cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC, DEFAULT_ALGORITHM));
  }

  /** CUBLAS_GEMM_DEFAULT: cuBLAS chooses. */
  private static final int DEFAULT_ALGORITHM = -1;

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  // ---- streams, graphs

  @Override
  public void fork(int number, Runnable branch) {
    boolean enqueues = enqueues();
    if (stream != MAIN) {
      throw new BackendException("fork within a branch");
    }
    Stream to = streams[number];
    to.open = true;
    if (enqueues) {
      check("cuEventRecord", cuEventRecord(to.forked, stream()));
      check("cuStreamWaitEvent", cuStreamWaitEvent(to.queue, to.forked, 0));
    }
    stream = number;
    try {
      branch.run();
    } finally {
      stream = MAIN;
    }
  }

  @Override
  public void join(int number) {
    boolean enqueues = enqueues();
    Stream from = streams[number];
    if (stream != MAIN || !from.open) {
      throw new BackendException(stream != MAIN ? "join within a branch" : "join without a fork");
    }
    if (enqueues) {
      check("cuEventRecord", cuEventRecord(from.joined, from.queue));
      check("cuStreamWaitEvent", cuStreamWaitEvent(stream(), from.joined, 0));
    }
    from.open = false;
  }

  @Override
  public long capture(Runnable work) {
    makeCurrent();
    if (Arrays.stream(streams).anyMatch(each -> each.open)) {
      throw new BackendException("capture: join the branch first");
    }
    // Products of the rehearsal use the work spaces of graphs that may still run.
    synchronise();
    rehearse(work);
    // Another thread, a window's, may allocate meanwhile.
    check("cuStreamBeginCapture",
        cuStreamBeginCapture(stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    mode = Mode.CAPTURE;
    CUgraph graph = new CUgraph();
    boolean complete = false;
    int code;
    try {
      work.run();
      complete = true;
    } finally {
      goDirect();
      // Whatever happened, or the stream would capture for ever.
      code = cuStreamEndCapture(stream(), graph);
      if (!complete && code == CUresult.CUDA_SUCCESS) {
        cuGraphDestroy(graph);
      }
    }
    check("cuStreamEndCapture", code);
    CUgraphExec executable = new CUgraphExec();
    try {
      check("cuGraphInstantiate", cuGraphInstantiate(executable, graph, 0));
    } finally {
      check("cuGraphDestroy", cuGraphDestroy(graph));
    }
    graphs.put(++lastGraph, executable);
    return lastGraph;
  }

  private void rehearse(Runnable work) {
    mode = Mode.REHEARSAL;
    try {
      work.run();
    } finally {
      goDirect();
    }
  }

  /** After a rehearsal or a capture, whatever became of it. */
  private void goDirect() {
    mode = Mode.DIRECT;
    for (Stream each : streams) {
      each.open = false;
    }
  }

  @Override
  public void replay(long graph) {
    makeCurrent();
    check("cuGraphLaunch", cuGraphLaunch(known(graph), stream()));
  }

  @Override
  public void discard(long graph) {
    synchronise();
    check("cuGraphExecDestroy", cuGraphExecDestroy(known(graph)));
    graphs.remove(graph);
  }

  private CUgraphExec known(long graph) {
    CUgraphExec executable = graphs.get(graph);
    if (executable == null) {
      throw new BackendException("there is no graph " + graph);
    }
    return executable;
  }

  @Override
  public void synchronise() {
    makeCurrent();
    for (Stream each : streams) {
      if (each != null) {
        check("cuStreamSynchronize", cuStreamSynchronize(each.queue));
      }
    }
  }

  @Override
  public double seconds(Runnable work) {
    makeCurrent();
    check("cuEventRecord", cuEventRecord(began, stream()));
    work.run();
    check("cuEventRecord", cuEventRecord(ended, stream()));
    check("cuEventSynchronize", cuEventSynchronize(ended));
    float[] milliseconds = new float[1];
    check("cuEventElapsedTime", cuEventElapsedTime(milliseconds, began, ended));
    return milliseconds[0] * 1e-3;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    RuntimeException failure = null;
    List<Runnable> all = new ArrayList<>(undo);
    allocations.keySet().forEach(address -> all.add(() -> check("cuMemFree", cuMemFree(at(address)))));
    graphs.values().forEach(graph -> all.add(() -> check("cuGraphExecDestroy", cuGraphExecDestroy(graph))));
    all.add(this::synchronise);
    // A GPU that failed refuses to free; the rest is tried all the same, and the first reason reported.
    for (int i = all.size() - 1; i >= 0; i--) {
      try {
        makeCurrent();
        all.get(i).run();
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    undo.clear();
    graphs.clear();
    allocations.clear();
    closed = true;
    if (failure != null) {
      throw failure;
    }
  }
}
