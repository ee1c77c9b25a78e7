package gputae.backend.cuda;

import gputae.backend.Matrix;

/** Launches the kernels of kernels/edges.cu for edges and classes. The caller has checked the shapes. */
final class EdgeLaunches {

  private final Launches launches;
  private final Schedule.Memory memory;

  EdgeLaunches(Launches launches, Schedule.Memory memory) {
    this.launches = launches;
    this.memory = memory;
  }

  /** As {@link gputae.backend.Backend#edgeLengths}. */
  void lengths(Matrix x, Matrix edges, Matrix lengths) {
    launches.over("edge_lengths", lengths.size() * Launches.WARP,
        new Arguments().pointer(memory.address(x)).pointer(memory.address(edges)).int64(lengths.size())
            .int32(Math.toIntExact(x.columns())).pointer(memory.address(lengths)));
  }

  /** As {@link gputae.backend.Backend#largest}, after the result was cleared. */
  void largest(Matrix values, Matrix out) {
    launches.over("largest", values.size(),
        new Arguments().pointer(memory.address(values)).int64(values.size()).pointer(memory.address(out)));
  }

  /** As {@link gputae.backend.Backend#keepLongest}. */
  void keepLongest(Matrix edges, Matrix lengths, int most, Matrix out) {
    launches.over("keep_longest", lengths.size(),
        new Arguments().pointer(memory.address(edges)).pointer(memory.address(lengths))
            .int32(Math.toIntExact(lengths.size()))
            .int32(most).pointer(memory.address(out)));
  }

  /** As {@link gputae.backend.Backend#labelledCloud}. */
  void labelledCloud(Matrix z, Matrix classes, float spacing, Matrix out) {
    launches.over("labelled_cloud", z.rows(),
        new Arguments().pointer(memory.address(z)).pointer(memory.address(classes)).float32(spacing)
            .int32(Math.toIntExact(z.rows())).int32(Math.toIntExact(z.columns()))
            .int32(Math.toIntExact(classes.columns())).pointer(memory.address(out)));
  }
}
