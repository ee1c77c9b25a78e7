package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** Terms of edges on the processor's best kernels, two threads. */
class CpuEdgeTermsTest extends EdgeTermsContract {
  @Override
  Backend backend() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
