package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.attribute;
import static gputae.backend.cuda.CudaCodes.check;
import static gputae.backend.cuda.CudaCodes.failure;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuCtxGetStreamPriorityRange;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuEventElapsedTime;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static jcuda.driver.JCudaDriver.cuStreamWaitEvent;

import gputae.backend.BackendException;
import gputae.backend.OutOfMemoryException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/**
 * Uses an NVIDIA GPU through CUDA's driver interface and cuBLAS, which JCuda makes available in Java.
 *
 * <p>Each stream of {@link Driver} is a stream of CUDA. A rehearsal comes before each capture. It prepares everything
 * that cannot be part of the capture, such as the first call of a product (see {@link CublasProducts}).
 */
public final class JCudaDriver implements Driver {

  private static final int MAIN = 0;

  /**
   * CUDA_GRAPH_INSTANTIATE_FLAG_USE_NODE_PRIORITY, which JCuda does not name. A capture copies the priority of a stream
   * to the kernels that are captured from it. Without the flag, a graph ignores these priorities and takes that of the
   * stream of the launch (CUDA Driver API, cuGraphInstantiate; since CUDA 11.7).
   */
  private static final long USE_NODE_PRIORITY = 8;

  private final CUdevice device;
  private final CUcontext context = new CUcontext();
  private String withoutCublas;
  private final String description;
  private final Limits limits;
  private final CudaStream[] streams = new CudaStream[1 + STREAMS];
  private final LoadedKernels kernels;
  private final CublasProducts products;
  private final Map<Long, CUgraphExec> graphs = new HashMap<>();

  private final DeviceMemory memory;
  private final PinnedTransfers transfers;
  private final CUevent began = new CUevent();
  private final CUevent ended = new CUevent();

  /** The actions that free what was created. The last one runs first. */
  private final List<Runnable> undo = new ArrayList<>();

  /** The stream on which calls are enqueued now. */
  private int stream = MAIN;

  /** What is done with calls: see {@link #capture}. */
  private Mode mode = Mode.DIRECT;

  private long lastGraph;
  private boolean closed;

  private enum Mode {
    DIRECT,
    /**
     * Prepares everything that the capture will need. Nothing is computed except products, with results in scratch
     * memory.
     */
    REHEARSAL,
    CAPTURE
  }

  /**
   * Opens a GPU.
   *
   * @param number   number of the GPU in the order of CUDA_VISIBLE_DEVICES, from 0
   * @param products whether cuBLAS is loaded: never with {@link Products#OWN}; with {@link Products#AUTO} if one is
   *     found that works
   * @throws BackendException that says what is missing and how to get it
   */
  public static JCudaDriver open(int number, Products products) {
    KernelFiles.require();
    CudaMachine machine = CudaMachine.find();
    CudaMachine.Gpu gpu = machine.gpu(number);
    return new JCudaDriver(machine, gpu, products);
  }

  private JCudaDriver(CudaMachine machine, CudaMachine.Gpu gpu, Products wanted) {
    device = new CUdevice();
    memory = new DeviceMemory(this::makeCurrent, this::synchronise);
    try {
      check("cuDeviceGet", cuDeviceGet(device, gpu.number()));
      check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, device));
      undo.add(() -> check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(device)));
      makeCurrent();
      limits = new Limits(attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
          attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
      kernels = new LoadedKernels(machine, gpu, limits.sharedMemory(), undo::add);
      // The range is empty, (0, 0), if the device has no priorities.
      int[] greatest = new int[1];
      check("cuCtxGetStreamPriorityRange", cuCtxGetStreamPriorityRange(new int[1], greatest));
      for (int i = 0; i < streams.length; i++) {
        streams[i] = new CudaStream(i == PREFERRED ? greatest[0] : 0, undo::add);
      }
      CudaStream.newEvent(began, CUevent_flags.CU_EVENT_DEFAULT, undo::add);
      CudaStream.newEvent(ended, CUevent_flags.CU_EVENT_DEFAULT, undo::add);
      transfers = new PinnedTransfers(undo::add);
      products = wanted == Products.OWN ? null : cublas(machine, gpu, wanted);
      description =
          "CUDA, " + gpu.kind() + ", " + kernels.origin() + (products == null ? "" : ", cuBLAS " + products.version());
    } catch (RuntimeException e) {
      try {
        close();
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e instanceof OutOfMemoryException memory ? memory.advising("nvidia-smi shows who holds the rest") : e;
    }
  }

  /** Products by cuBLAS. Null if there is none that works, unless {@code wanted} insists on it. */
  private CublasProducts cublas(CudaMachine machine, CudaMachine.Gpu gpu, Products wanted) {
    try {
      return new CublasProducts(machine, gpu, memory, streams.length, MAIN, stream(), undo::add);
    } catch (NoCublasException e) {
      if (wanted == Products.CUBLAS) {
        throw e;
      }
      withoutCublas = e.getMessage();
      return null;
    }
  }

  /**
   * Makes the context current. A call of CUDA goes to the current context of its thread, which other code may have
   * changed. Setting the context takes a tenth of a microsecond.
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

  /** Version and file of the cuBLAS in use, or why there is none. */
  public String cublas() {
    return products != null ? products.toString() : "none, so kernels of gpu-tae multiply"
        + (withoutCublas == null ? "" : ": " + withoutCublas);
  }

  /** Why there is no cuBLAS, and how to get it, if one was looked for. */
  public Optional<String> withoutCublas() {
    return Optional.ofNullable(withoutCublas);
  }

  @Override
  public boolean multiplies() {
    return products != null;
  }

  @Override
  public Limits limits() {
    return limits;
  }

  // ---- memory

  @Override
  public long allocate(long bytes) {
    return memory.allocate(bytes);
  }

  @Override
  public void free(long address) {
    memory.free(address);
  }

  @Override
  public long freeMemory() {
    return memory.freeMemory();
  }

  @Override
  public void upload(Object array, long offsetBytes, long to, long bytes) {
    makeCurrent();
    transfers.upload(stream(), array, offsetBytes, to, bytes);
  }

  @Override
  public void download(long from, Object array, long offsetBytes, long bytes) {
    makeCurrent();
    transfers.download(stream(), from, array, offsetBytes, bytes);
  }

  @Override
  public Transfer fetch(long from, long bytes) {
    makeCurrent();
    return transfers.fetch(stream(), this::makeCurrent, from, bytes);
  }

  @Override
  public void copy(long from, long to, long bytes) {
    if (enqueues()) {
      check("cuMemcpyDtoDAsync", cuMemcpyDtoDAsync(DeviceMemory.at(to), DeviceMemory.at(from), bytes, stream()));
    }
  }

  @Override
  public void clear(long address, long bytes) {
    if (enqueues()) {
      check("cuMemsetD8Async", cuMemsetD8Async(DeviceMemory.at(address), (byte) 0, bytes, stream()));
    }
  }

  /** Whether calls are made. They are not made in a rehearsal. */
  private boolean enqueues() {
    makeCurrent();
    return mode != Mode.REHEARSAL;
  }

  private CUstream stream() {
    return streams[stream].queue;
  }

  // ---- kernels and products

  @Override
  public void launch(String kernel, int gridX, int gridY, int threads, int sharedMemory, Arguments arguments) {
    boolean enqueues = enqueues();
    kernels.launch(enqueues ? stream() : null, kernel, gridX, gridY, threads, sharedMemory, arguments);
  }

  @Override
  public void product(boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {
    if (products == null) {
      throw new BackendException("a product was asked of a GPU without cuBLAS");
    }
    if (enqueues()) {
      products.multiply(stream, stream(), transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc);
    } else {
      products.rehearse(stream, stream(), transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc);
    }
  }

  // ---- streams, graphs

  @Override
  public void fork(int number, Runnable branch) {
    boolean enqueues = enqueues();
    if (stream != MAIN) {
      throw new BackendException("fork within a branch");
    }
    CudaStream to = streams[number];
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
    CudaStream from = streams[number];
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
    // The products of the rehearsal use the same work spaces as graphs that may still run.
    synchronise();
    rehearse(work);
    // Meanwhile another thread, such as a window's, may allocate memory.
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
      // This is called even after a failure; otherwise the stream would capture for ever.
      code = cuStreamEndCapture(stream(), graph);
      if (!complete && code == CUresult.CUDA_SUCCESS) {
        cuGraphDestroy(graph);
      }
    }
    check("cuStreamEndCapture", code);
    CUgraphExec executable = new CUgraphExec();
    try {
      check("cuGraphInstantiate", cuGraphInstantiate(executable, graph, USE_NODE_PRIORITY));
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

  /** Goes back to direct calls after a rehearsal or a capture, even after one that failed. */
  private void goDirect() {
    mode = Mode.DIRECT;
    for (CudaStream each : streams) {
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
    for (CudaStream each : streams) {
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
    all.addAll(memory.releases());
    graphs.values().forEach(graph -> all.add(() -> check("cuGraphExecDestroy", cuGraphExecDestroy(graph))));
    all.add(this::synchronise);
    // A GPU that failed refuses to free memory. The other actions are tried all the same, and the first failure is
    // reported.
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
    closed = true;
    if (failure != null) {
      throw failure;
    }
  }
}
