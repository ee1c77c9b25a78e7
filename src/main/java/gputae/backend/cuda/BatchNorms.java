package gputae.backend.cuda;

import gputae.backend.Activation;
import gputae.backend.BatchNorm;
import gputae.backend.Matrix;
import java.util.List;

/** Launches the kernels of kernels/batch_norm.cu. The caller has checked the shapes. */
final class BatchNorms {

  /** In kernels/batch_norm.cu: the largest number of warps in a block. */
  private static final int MOST_WARPS = 16;

  private final Launches launches;
  private final Schedule schedule;
  private final Schedule.Memory memory;

  BatchNorms(Launches launches, Schedule schedule, Schedule.Memory memory) {
    this.launches = launches;
    this.schedule = schedule;
    this.memory = memory;
  }

  /** As {@link gputae.backend.Backend#batchNorm}. */
  void forward(Matrix x, BatchNorm norm, Activation activation, Matrix before, Matrix y) {
    launch("batch_norm", x, new Arguments().pointer(memory.address(x)).pointer(memory.address(norm.scale()))
        .pointer(memory.address(norm.shift())).int32(activation.ordinal()).int32(Math.toIntExact(x.rows()))
        .int32(Math.toIntExact(x.columns())).pointer(memory.address(norm.runningMean()))
        .pointer(memory.address(norm.runningVariance())).pointer(memory.address(norm.count()))
        .pointer(memory.address(norm.batch())).pointer(before == null ? 0 : memory.address(before))
        .pointer(memory.address(y)));
  }

  /**
   * As {@link gputae.backend.Backend#batchNormBackward}. It need not wait for the gradients of later layers' weights,
   * which are computed aside.
   */
  void backward(Matrix x, BatchNorm norm, Matrix kept, Activation activation, Matrix dy) {
    schedule.whileAside(List.of(x, norm.scale(), norm.batch(), kept, dy),
        List.of(norm.scaleGradient(), norm.shiftGradient(), dy),
        () -> launch("batch_norm_backward", x, new Arguments().pointer(memory.address(x))
            .pointer(memory.address(norm.scale())).pointer(memory.address(norm.batch()))
            .pointer(activation == Activation.IDENTITY ? 0 : memory.address(kept)).int32(activation.ordinal())
            .int32(Math.toIntExact(x.rows())).int32(Math.toIntExact(x.columns()))
            .pointer(memory.address(norm.scaleGradient())).pointer(memory.address(norm.shiftGradient()))
            .pointer(memory.address(dy))));
  }

  private void launch(String kernel, Matrix x, Arguments arguments) {
    if (x.columns() > 0) {
      launches.launch(kernel, Launches.blocksOf(x.columns(), Launches.WARP), 1,
          Launches.threadsFor(x.rows() * Launches.WARP, MOST_WARPS * Launches.WARP), 0, arguments);
    }
  }

  /** As {@link gputae.backend.Backend#batchNormRunning}. */
  void running(BatchNorm norm, Activation activation, Matrix y) {
    launches.over("batch_norm_running", y.size(), new Arguments().pointer(memory.address(norm.scale()))
        .pointer(memory.address(norm.shift())).pointer(memory.address(norm.runningMean()))
        .pointer(memory.address(norm.runningVariance())).int32(activation.ordinal()).int64(y.size())
        .int32(Math.toIntExact(y.columns())).pointer(memory.address(y)));
  }
}
