package gputae.backend.cuda;

import gputae.backend.Matrix;
import java.util.List;

/** Launches of the losses of a decoder's outputs: kernels/cross_entropy.cu, squared_error.cu. */
final class OutputLosses {

  private final Launches launches;
  private final Schedule schedule;
  private final Schedule.Memory memory;

  OutputLosses(Launches launches, Schedule schedule, Schedule.Memory memory) {
    this.launches = launches;
    this.schedule = schedule;
    this.memory = memory;
  }

  /**
   * The mean of a loss over all outputs (rows, p), and its gradient. The caller has checked the shapes.
   *
   * @param kernel   sums the loss over each row
   * @param gradient may be the outputs; null if not needed
   */
  void loss(String kernel, Matrix outputs, Matrix target, Matrix gradient, Matrix loss) {
    int rows = Math.toIntExact(outputs.rows());
    int p = Math.toIntExact(outputs.columns());
    double count = (double) rows * p;
    long rowSums = schedule.space(kernel, Math.max(1, (long) rows * Double.BYTES));
    launches.overRows(kernel, rows, p,
        new Arguments().pointer(memory.address(outputs)).pointer(memory.address(target)).int32(p)
            .float32((float) (1 / count)).pointer(gradient == null ? 0 : memory.address(gradient)).pointer(rowSums));
    schedule.aside(Schedule.SUMS_ASIDE, List.of(), List.of(loss),
        () -> launches.oneBlock("sum_over", rows,
            new Arguments().pointer(rowSums).int32(rows).float64(count).pointer(memory.address(loss))));
  }
}
