package gputae.homology;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** Spanning trees on the processor's best kernels, with two threads. */
class CpuHomologyTest extends HomologyContract {
  @Override
  Backend open() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
