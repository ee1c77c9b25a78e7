package gputae.backend.cpu;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/** The contract on the processor's best kernels, with one thread. */
class CpuOneThreadTest extends BackendContract {
  @Override
  protected Backend open() {
    return new CpuBackend(InstructionSet.best(), 1);
  }
}
