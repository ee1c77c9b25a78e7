package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;

/**
 * A training as a whole on the CUDA backend over the host runner, threads and blocks in every order: forward with the
 * dense layers that a user gets, else with the driver's products. The contract of the backend has both in every order.
 */
class HostRunnerTrainerTest {
  @Nested
  class Forward extends TrainerContract {
    @Override
    Backend backend() {
      return HostRunners.backend(HostRunner.Order.FORWARD);
    }
  }

  @Nested
  class Backward extends TrainerContract {
    @Override
    Backend backend() {
      return HostRunners.backendOfProducts(HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class RandomOrder extends TrainerContract {
    @Override
    Backend backend() {
      return HostRunners.backendOfProducts(HostRunner.Order.RANDOM);
    }
  }
}
