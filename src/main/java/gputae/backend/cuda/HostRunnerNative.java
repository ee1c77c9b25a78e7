package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.nio.file.Path;

/**
 * The functions of native/testing/host/runner.cpp: memory, launches and products. {@link HostRunner} checks the
 * arguments that it passes. Failures are thrown as BackendException.
 */
final class HostRunnerNative {

  private static boolean loaded;

  private HostRunnerNative() {}

  /** Loads these functions. One library of them serves all libraries of kernels; it is that of the first call. */
  static synchronized void load(Path library) {
    if (loaded) {
      return;
    }
    try {
      System.load(library.toAbsolutePath().toString());
      loaded = true;
    } catch (UnsatisfiedLinkError e) {
      throw new BackendException("cannot load the host runner: " + e.getMessage(), e);
    }
  }

  /**
   * Loads a library of kernels and starts the threads that run them; {@code order} is the ordinal of an Order. Returns
   * the runner's handle.
   */
  static native long open(String library, int order, long seed, int threads, int sharedMemory);

  static native void close(long runner);

  /**
   * Three strings for each kernel: its name, its types, and the largest number of threads in its blocks. A launch gives
   * the number of this triple, counted from 0.
   */
  static native String[] kernels(long runner);

  static native void launch(long runner, int kernel, int gridX, int gridY, int threads, int sharedMemory,
      long[] arguments);

  /** Whether the library of kernels was built to watch their accesses to memory (native/testing/host/watch.h). */
  static native boolean watched(long runner);

  /** The {@link Accesses#ranges} of the last launch of a watched build. */
  static native long[] accesses(long runner);

  /** Returns 0 if there is not enough memory. */
  static native long allocate(long bytes);

  static native void free(long address, long bytes);

  /**
   * Returns 1 if something was written before the allocation, 2 if behind it, 3 if both, and 0 if neither. Each overrun
   * is reported once.
   */
  static native int overruns(long address, long bytes);

  static native void copy(long from, long to, long bytes);

  static native void clear(long address, long bytes);

  static native void upload(Object array, long offsetBytes, long to, long bytes);

  static native void download(long from, Object array, long offsetBytes, long bytes);

  static native void product(
      boolean transposeA, boolean transposeB, int m, int n, int k, long a, int lda, long b, int ldb, float beta, long c,
      int ldc);
}
