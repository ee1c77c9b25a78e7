package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** A whole training on the processor's best kernels, with two threads. */
class CpuTrainerTest extends TrainerContract {
  @Override
  Backend backend() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
