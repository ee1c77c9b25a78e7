package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.check;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuStreamCreateWithPriority;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;

import java.util.function.Consumer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;

/** A stream and what belongs to it. */
final class CudaStream {

  final CUstream queue = new CUstream();
  final CUevent forked = new CUevent();
  final CUevent joined = new CUevent();

  /** Whether the stream is forked and not yet joined. This is never true for the main stream. */
  boolean open;

  /**
   * Creates the stream.
   *
   * @param priority 0, or a lower number for a higher priority, as cuCtxGetStreamPriorityRange gives them
   * @param undo     receives the actions that free what was created
   */
  CudaStream(int priority, Consumer<Runnable> undo) {
    check("cuStreamCreateWithPriority",
        cuStreamCreateWithPriority(queue, CUstream_flags.CU_STREAM_NON_BLOCKING, priority));
    undo.accept(() -> check("cuStreamDestroy", cuStreamDestroy(queue)));
    newEvent(forked, CUevent_flags.CU_EVENT_DISABLE_TIMING, undo);
    newEvent(joined, CUevent_flags.CU_EVENT_DISABLE_TIMING, undo);
  }

  /** Creates an event; {@code undo} receives the action that destroys it. */
  static void newEvent(CUevent event, int flags, Consumer<Runnable> undo) {
    check("cuEventCreate", cuEventCreate(event, flags));
    undo.accept(() -> check("cuEventDestroy", cuEventDestroy(event)));
  }
}
