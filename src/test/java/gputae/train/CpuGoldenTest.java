package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;

/** The golden runs on the processor's best kernels, with two threads. */
class CpuGoldenTest extends GoldenContract {
  @Override
  Backend open() {
    return new CpuBackend(InstructionSet.best(), 2);
  }
}
