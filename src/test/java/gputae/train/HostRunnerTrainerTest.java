package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;

/**
 * A whole training on the CUDA backend over the host runner, with threads and blocks in every order. The forward order
 * uses the dense layers that a user gets, the other orders the driver's products. The contract of the backend tests
 * both in every order.
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
