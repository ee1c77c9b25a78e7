package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.check;
import static gputae.backend.cuda.CudaCodes.checkCublas;
import static jcuda.driver.JCudaDriver.cuMemsetD8Async;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import gputae.backend.BackendException;
import gputae.backend.OutOfMemoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * Matrix products by cuBLAS. Each stream has a handle and a work space of its own. So cuBLAS allocates nothing; a
 * capture would not allow that. The context must be current.
 */
final class CublasProducts {

  /** Bytes of work space of a cuBLAS handle: NVIDIA's recommendation for sm_90, which is its largest one. */
  private static final long CUBLAS_WORK_SPACE = 32L << 20;

  /**
   * Everything by which cuBLAS chooses an algorithm: a product, its stream, and the addresses of its matrices modulo
   * {@link #ALIGNMENT}.
   */
  private record Shape(
      int stream, boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb,
      float beta, long c, int ldc) {}

  private static final int ALIGNMENT = 256;

  private final Path file;
  private String version = "";
  private final DeviceMemory memory;
  private Consumer<Runnable> undo;
  private final cublasHandle[] handles;
  private final List<Long> spaces = new ArrayList<>();
  private final Set<Shape> rehearsed = new HashSet<>();

  /** An address of host or device memory. */
  private static final class Address extends Pointer {
    Address(long address) {
      super(address);
    }
  }

  /**
   * Finds cuBLAS, prepares products on {@code streams} streams, and tries one out.
   *
   * @param stream number of a stream of the GPU, and {@code queue} that stream
   * @param undo   receives the actions that free the handles
   * @throws NoCublasException if no cuBLAS is found that works, and nobody named one
   * @throws BackendException  if the user named one that does not work
   */
  CublasProducts(CudaMachine machine, CudaMachine.Gpu gpu, DeviceMemory memory, int streams, int stream, CUstream queue,
      Consumer<Runnable> undo) {
    this.file = CudaLibraries.cublas(machine.version());
    this.memory = memory;
    this.handles = new cublasHandle[streams];
    List<Runnable> opened = new ArrayList<>();
    this.undo = opened::add;
    try {
      int[] number = new int[1];
      checkCublas("cublasGetVersion", JCublas2.cublasGetVersion(handle(stream, queue), number));
      // A number such as 120604 or 130101: major, minor and patch, two digits each.
      version = number[0] / 10000 + "." + number[0] / 100 % 100 + "." + number[0] % 100;
      tryOut(stream, queue);
    } catch (CublasException e) {
      BackendException failure = new BackendException(
          file + " does not work on " + gpu + ": " + e.getMessage() + "; " + CudaLibraries.CUBLAS_ADVICE, e);
      close(opened, queue, failure);
      throw CudaLibraries.withoutCublas(failure);
    }
    opened.forEach(undo);
    this.undo = undo;
  }

  /** Frees everything, so that the GPU can be used without this cuBLAS. Throws an exception if the GPU has failed. */
  private void close(List<Runnable> opened, CUstream queue, BackendException failure) {
    check("cuStreamSynchronize", cuStreamSynchronize(queue));
    for (int i = opened.size() - 1; i >= 0; i--) {
      try {
        opened.get(i).run();
      } catch (CublasException e) {
        failure.addSuppressed(e);
      }
    }
    spaces.forEach(memory::free);
    spaces.clear();
  }

  /** The version of cuBLAS. */
  String version() {
    return version;
  }

  @Override
  public String toString() {
    return "cuBLAS " + version + ", " + file;
  }

  /** The handle of a stream; it is created when it is first needed. */
  private cublasHandle handle(int stream, CUstream queue) {
    if (handles[stream] == null) {
      cublasHandle made = new cublasHandle();
      checkCublas("cublasCreate", JCublas2.cublasCreate(made));
      undo.accept(() -> checkCublas("cublasDestroy", JCublas2.cublasDestroy(made)));
      long space = memory.allocate(CUBLAS_WORK_SPACE);
      if (space == 0) {
        throw new OutOfMemoryException("cuda", "the work space of cuBLAS", CUBLAS_WORK_SPACE, memory.held(),
            memory.freeMemory());
      }
      spaces.add(space);
      // The stream is set first, because this call removes the work space.
      checkCublas("cublasSetStream", JCublas2.cublasSetStream(made, new cudaStream_t(queue)));
      checkCublas("cublasSetWorkspace", JCublas2.cublasSetWorkspace(made, new Address(space), CUBLAS_WORK_SPACE));
      handles[stream] = made;
    }
    return handles[stream];
  }

  /**
   * Does one product and waits for it. A cuBLAS that is older than the GPU has no code for the GPU and reports this at
   * the first product.
   */
  private void tryOut(int stream, CUstream queue) {
    int n = 32;
    long bytes = (long) n * n * Float.BYTES;
    long matrix = memory.allocate(bytes);
    if (matrix == 0) {
      throw new OutOfMemoryException("cuda", "a first product", bytes, memory.held(), memory.freeMemory());
    }
    try {
      check("cuMemsetD8Async", cuMemsetD8Async(DeviceMemory.at(matrix), (byte) 0, bytes, queue));
      multiply(stream, queue, false, false, n, n, n, matrix, n, matrix, n, 0, matrix, n);
      check("cuStreamSynchronize", cuStreamSynchronize(queue));
    } finally {
      memory.free(matrix);
    }
  }

  /**
   * Does a product and writes the result into scratch memory, unless this was done before for the same product. At the
   * first call of a product, cuBLAS prepares things that cannot be part of a capture.
   */
  void rehearse(int stream, CUstream queue, boolean transposeA, boolean transposeB, int m, int n, int k, long a,
      int lda,
      long b, int ldb, float beta, long c, int ldc) {
    if (!rehearsed.add(new Shape(stream, transposeA, transposeB, m, n, k, a % ALIGNMENT, lda, b % ALIGNMENT, ldb, beta,
        c % ALIGNMENT, ldc))) {
      return;
    }
    // It is the same product as in the capture, so that cuBLAS chooses the same algorithm.
    long bytes = ((long) (m - 1) * ldc + n) * Float.BYTES + ALIGNMENT;
    long scratch = memory.allocate(bytes);
    if (scratch == 0) {
      throw new OutOfMemoryException("cuda", "the rehearsal of a product", bytes, memory.held(), memory.freeMemory());
    }
    try {
      // If beta is not 0, the product reads the matrix that it adds to.
      check("cuMemsetD8Async", cuMemsetD8Async(DeviceMemory.at(scratch), (byte) 0, bytes, queue));
      multiply(stream, queue, transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, scratch + c % ALIGNMENT, ldc);
    } finally {
      memory.free(scratch);
    }
  }

  /**
   * As {@link Driver#product}, on a given stream.
   *
   * <p>cuBLAS stores matrices by columns, so it reads each of our matrices as its transpose. Therefore it is asked for
   * the transposed product, C^T = op(B)^T op(A)^T: the factors change places, and each keeps its flag for
   * transposition.
   */
  void multiply(int stream, CUstream queue, boolean transposeA, boolean transposeB, int m, int n, int k, long a,
      int lda, long b, int ldb,
      float beta, long c, int ldc) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer factor = Pointer.to(new float[] {beta});
    // Pedantic means single precision as written, without TF32 or other shortcuts.
    checkCublas("cublasGemmEx",
        JCublas2.cublasGemmEx_new(handle(stream, queue), operation(transposeB), operation(transposeA), n, m, k, one,
            new Address(b),
            cudaDataType.CUDA_R_32F, Math.max(1, ldb), new Address(a), cudaDataType.CUDA_R_32F, Math.max(1, lda),
            factor, new Address(c), cudaDataType.CUDA_R_32F, ldc,
            cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC, DEFAULT_ALGORITHM));
  }

  /** CUBLAS_GEMM_DEFAULT: cuBLAS chooses the algorithm. */
  private static final int DEFAULT_ALGORITHM = -1;

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }
}
