package gputae.backend.cuda;

import gputae.backend.Matrix;
import java.util.List;

/** Launches the kernels of kernels/reparameterise.cu. The caller has checked the shapes. */
final class Reparameterisation {

  private final Launches launches;
  private final Schedule schedule;
  private final Schedule.Memory memory;

  Reparameterisation(Launches launches, Schedule schedule, Schedule.Memory memory) {
    this.launches = launches;
    this.schedule = schedule;
    this.memory = memory;
  }

  /** As {@link gputae.backend.Backend#reparameterise}. */
  void forward(Matrix statistics, Matrix noise, Matrix z) {
    launches.over("reparameterise", z.size(),
        new Arguments().pointer(memory.address(statistics)).pointer(noise == null ? 0 : memory.address(noise))
            .int32(Math.toIntExact(z.rows()))
            .int32(Math.toIntExact(z.columns())).pointer(memory.address(z)));
  }

  /** As {@link gputae.backend.Backend#reparameteriseBackward}. */
  void backward(Matrix statistics, Matrix noise, Matrix dz, long pixels, Matrix dStatistics, Matrix loss) {
    double scale = 1.0 / ((double) dz.rows() * pixels);
    schedule.whileAside(List.of(statistics, noise, dz), List.of(dStatistics, loss),
        () -> launches.oneBlock("reparameterise_backward", dz.size(),
            new Arguments().pointer(memory.address(statistics)).pointer(memory.address(noise))
                .pointer(memory.address(dz))
                .int32(Math.toIntExact(dz.rows())).int32(Math.toIntExact(dz.columns())).float64(scale)
                .pointer(memory.address(dStatistics)).pointer(memory.address(loss))));
  }
}
