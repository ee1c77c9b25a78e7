package gputae.backend.cuda;

import static gputae.backend.cuda.CudaCodes.check;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemAllocHost;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;

/**
 * Copies between Java's memory and the device's memory, through pinned memory of the host. The context must be current.
 */
final class PinnedTransfers {

  /**
   * The number of bytes that are copied between Java's memory and the device at a time. Pinned memory is expensive, and
   * much smaller copies already keep the bus busy.
   */
  private static final int STAGE_BYTES = 4 << 20;

  /**
   * The number of transfers that may be pending at a time (see {@link Driver#fetch}), and one more that is being read.
   */
  private static final int FETCHES = 3;

  private final Consumer<Runnable> undo;
  private final Fetch[] fetches = new Fetch[FETCHES];
  private final ByteBuffer stage;
  private final Pointer stagePointer = new Pointer();
  private int lastFetch;

  /** Pinned memory for one transfer, and the event that says that the bytes have arrived. */
  private static final class Fetch {
    final CUevent arrived = new CUevent();
    Pointer pointer;
    ByteBuffer buffer;
  }

  /**
   * Allocates the pinned memory.
   *
   * @param undo receives the actions that free it
   */
  PinnedTransfers(Consumer<Runnable> undo) {
    this.undo = undo;
    for (int i = 0; i < FETCHES; i++) {
      Fetch fetch = new Fetch();
      CudaStream.newEvent(fetch.arrived, CUevent_flags.CU_EVENT_DISABLE_TIMING, undo);
      fetches[i] = fetch;
    }
    stage = pinned(stagePointer, STAGE_BYTES);
  }

  private ByteBuffer pinned(Pointer pointer, long bytes) {
    check("cuMemAllocHost", cuMemAllocHost(pointer, bytes));
    undo.accept(() -> check("cuMemFreeHost", cuMemFreeHost(pointer)));
    return pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** As {@link Driver#upload}, on a stream. */
  void upload(CUstream stream, Object array, long offsetBytes, long to, long bytes) {
    for (long done = 0; done < bytes; done += STAGE_BYTES) {
      int part = (int) Math.min(STAGE_BYTES, bytes - done);
      PrimitiveArrays.read(array, offsetBytes + done, stage.clear().limit(part));
      check("cuMemcpyHtoDAsync", cuMemcpyHtoDAsync(DeviceMemory.at(to + done), stagePointer, part, stream));
      check("cuStreamSynchronize", cuStreamSynchronize(stream));
    }
  }

  /** As {@link Driver#download}, on a stream. */
  void download(CUstream stream, long from, Object array, long offsetBytes, long bytes) {
    for (long done = 0; done < bytes; done += STAGE_BYTES) {
      int part = (int) Math.min(STAGE_BYTES, bytes - done);
      check("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(stagePointer, DeviceMemory.at(from + done), part, stream));
      check("cuStreamSynchronize", cuStreamSynchronize(stream));
      PrimitiveArrays.write(stage.clear().limit(part), array, offsetBytes + done);
    }
  }

  /**
   * As {@link Driver#fetch}, on a stream.
   *
   * @param makeCurrent makes the context current in the thread that awaits the transfer
   */
  Driver.Transfer fetch(CUstream stream, Runnable makeCurrent, long from, long bytes) {
    lastFetch = (lastFetch + 1) % FETCHES;
    Fetch fetch = fetches[lastFetch];
    if (fetch.buffer == null || fetch.buffer.capacity() < bytes) {
      // The old buffer is freed together with everything else. Transfers usually have the same size.
      fetch.pointer = new Pointer();
      fetch.buffer = pinned(fetch.pointer, Math.max(bytes, 1));
    }
    check("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(fetch.pointer, DeviceMemory.at(from), bytes, stream));
    check("cuEventRecord", cuEventRecord(fetch.arrived, stream));
    return () -> {
      makeCurrent.run();
      check("cuEventSynchronize", cuEventSynchronize(fetch.arrived));
      return fetch.buffer.slice(0, (int) bytes).order(ByteOrder.nativeOrder());
    };
  }
}
