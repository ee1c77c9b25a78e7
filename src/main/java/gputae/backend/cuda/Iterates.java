package gputae.backend.cuda;

import gputae.backend.Matrix;

/** Launches the kernels of kernels/iterates.cu. The caller has checked the shapes. */
final class Iterates {

  /** In kernels/iterates.h: the number of subsets of a ring. */
  private static final int SUBSETS = 9;

  private final Launches launches;
  private final Schedule.Memory memory;

  Iterates(Launches launches, Schedule.Memory memory) {
    this.launches = launches;
    this.memory = memory;
  }

  /** As {@link gputae.backend.Backend#keepIterate}. */
  void keep(Matrix point, Matrix step, Matrix iterates, Matrix distances) {
    launches.launch("keep_iterate", Math.toIntExact(iterates.rows()), 1, Launches.THREADS, 0,
        new Arguments().pointer(memory.address(point)).pointer(memory.address(step)).int64(point.size())
            .int32(Math.toIntExact(iterates.rows())).pointer(memory.address(iterates))
            .pointer(memory.address(distances)));
  }

  /** As {@link gputae.backend.Backend#phDimension}. */
  void phDimension(Matrix distances, Matrix step, long seed, int stream, Matrix coefficients, Matrix value) {
    launches.launch("ph_dimension", 1, 1, SUBSETS * Launches.WARP, 0,
        new Arguments().pointer(memory.address(distances)).pointer(memory.address(step)).int64(seed).int32(stream)
            .int32(Math.toIntExact(distances.rows())).pointer(memory.address(coefficients))
            .pointer(memory.address(value)));
  }

  /** As {@link gputae.backend.Backend#pullNewest}. */
  void pullNewest(Matrix iterates, Matrix coefficients, Matrix step, Matrix weight, Matrix gradient) {
    launches.over("pull_newest", gradient.size(),
        new Arguments().pointer(memory.address(iterates)).pointer(memory.address(coefficients))
            .pointer(memory.address(step)).pointer(memory.address(weight)).int64(iterates.columns())
            .int32(Math.toIntExact(iterates.rows())).pointer(memory.address(gradient)));
  }
}
