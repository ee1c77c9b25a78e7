package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** A training as a whole on the processor's best kernels, two threads. */
class CpuTrainerTest extends TrainerContract {
  @Override
  Backend backend() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
