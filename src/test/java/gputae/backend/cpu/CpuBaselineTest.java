package gputae.backend.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/** The contract on the kernels for any x86-64, with two threads. */
class CpuBaselineTest extends BackendContract {
  @Override
  protected Backend open() {
    return new CpuBackend(InstructionSet.BASELINE, 2);
  }

  @Override
  protected void assumeProductsOfThisSet() {
    assumeTrue(CpuBackend.oneDnnInstructionSet().equals("sse41"),
        "another test bound oneDNN to another instruction set in this JVM");
  }
}
