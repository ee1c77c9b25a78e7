package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * A whole training on the CUDA backend over the host runner, with threads and blocks in every order, and with the
 * driver's products in all layers. In the thorough tests the forward order is run with the dense layers that a user
 * gets too. The contract of the backend tests both in every order.
 */
class HostRunnerTrainerTest {
  @Nested
  class Forward extends TrainerContract {
    @Override
    Backend backend() {
      return HostRunners.backendOfProducts(HostRunner.Order.FORWARD);
    }
  }

  @Tag("thorough")
  @Nested
  class LayersOfUsers extends TrainerContract {
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
