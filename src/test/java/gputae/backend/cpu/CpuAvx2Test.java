package gputae.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/** The contract on the AVX2 kernels, with more threads than this machine may have. */
class CpuAvx2Test extends BackendContract {
  @Override
  protected Backend open() {
    assumeTrue(InstructionSet.best().compareTo(InstructionSet.AVX2) >= 0, "this processor has no AVX2");
    return new CpuBackend(InstructionSet.AVX2, 3);
  }

  @Override
  protected void assumeProductsOfThisSet() {
    assumeTrue(CpuBackend.oneDnnInstructionSet().equals("avx2"),
        "another test bound oneDNN to another instruction set in this JVM");
  }
}
