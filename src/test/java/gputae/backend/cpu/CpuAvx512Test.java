package gputae.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/** The contract on the AVX512 kernels, with more threads than this machine may have. */
class CpuAvx512Test extends BackendContract {
  @Override
  protected Backend open() {
    assumeTrue(InstructionSet.best().compareTo(InstructionSet.AVX512) >= 0, "this processor has no AVX512");
    return new CpuBackend(InstructionSet.AVX512, 3);
  }
}
