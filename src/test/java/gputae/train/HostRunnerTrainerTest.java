package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * A whole training on the CUDA backend over the host runner, with the driver's products in all layers, and with threads
 * and blocks in random order; in the thorough tests in every order. The thorough tests also train with the dense layers
 * that a user gets. The contract of the backend tests both kinds of layers.
 */
class HostRunnerTrainerTest {
  @Tag("orders")
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

  @Tag("orders")
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
