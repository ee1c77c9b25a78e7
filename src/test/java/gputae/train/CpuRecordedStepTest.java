package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** Recorded steps on the processor's best kernels, two threads. */
class CpuRecordedStepTest extends RecordedStepContract {
  @Override
  Backend backend() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
