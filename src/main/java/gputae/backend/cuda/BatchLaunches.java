package gputae.backend.cuda;

import gputae.backend.ElementType;
import gputae.backend.Matrix;

/** Launches of what a batch begins with: kernels/gather.cu, samples.cu. The caller has checked the shapes. */
final class BatchLaunches {

  private final Launches launches;
  private final Schedule.Memory memory;

  BatchLaunches(Launches launches, Schedule.Memory memory) {
    this.launches = launches;
    this.memory = memory;
  }

  /** As {@link gputae.backend.Backend#gather}. */
  void gather(Matrix samples, Matrix order, Matrix step, long batch, long stepsPerEpoch, Matrix x) {
    launches.overRows(samples.type() == ElementType.UINT8 ? "gather" : "gather_floats", x.rows(), x.columns(),
        new Arguments().pointer(memory.address(samples)).pointer(memory.address(order)).pointer(memory.address(step))
            .int64(batch).int64(stepsPerEpoch).int32(Math.toIntExact(x.columns())).pointer(memory.address(x)));
  }

  /** As {@link gputae.backend.Backend#normals}. */
  void normals(Matrix out, long seed, int stream, Matrix step) {
    launches.over("normals", (out.size() + 3) / 4, new Arguments().int64(out.size()).int64(seed).int32(stream)
        .pointer(memory.address(step)).pointer(memory.address(out)));
  }

  /** As {@link gputae.backend.Backend#uniformBall}. */
  void uniformBall(Matrix out, long seed, int stream, Matrix step) {
    launches.over("uniform_ball", out.rows(),
        new Arguments().int64(out.rows()).int32(Math.toIntExact(out.columns())).int64(seed).int32(stream)
            .pointer(memory.address(step)).pointer(memory.address(out)));
  }
}
