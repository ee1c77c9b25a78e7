package gputae.backend.cuda;

import gputae.backend.Backend;
import gputae.backend.BackendContract;
import gputae.selftest.SelfTest;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** The contract on the CUDA backend over the host runner, threads and blocks in every order; large trees in one of them, in the thorough tests in all. */
class HostRunnerContractTest {

  @Nested
  class Forward extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.FORWARD);
    }
  }

  @Nested
  class Backward extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.BACKWARD);
    }

    @Override
    protected Set<String> onlyThorough() {
      return Set.of(SelfTest.LARGE_TREES);
    }
  }

  @Nested
  class RandomOrder extends BackendContract {
    @Override
    protected Backend open() {
      return HostRunners.backend(HostRunner.Order.RANDOM);
    }

    @Override
    protected Set<String> onlyThorough() {
      return Set.of(SelfTest.LARGE_TREES);
    }
  }
}
