package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** The gradients of every objective on the processor's best kernels, with two threads. */
class CpuGradientTest extends GradientContract {
  @Override
  Backend open() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
