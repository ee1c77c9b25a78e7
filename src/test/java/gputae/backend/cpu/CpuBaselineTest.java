package gputae.backend.cpu;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/** The contract on the kernels for any x86-64, two threads. */
class CpuBaselineTest extends BackendContract {
  @Override
  protected Backend open() {
    return new CpuBackend(InstructionSet.BASELINE, 2);
  }
}
