package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** The PH dimension as a term on the processor's best kernels, two threads. */
class CpuIterateDimensionTest extends IterateDimensionContract {
  @Override
  Backend backend() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
