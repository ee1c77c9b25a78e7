package gputae.homology;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * Spanning trees on the CUDA backend over the host runner, with threads and blocks in random order; in the thorough
 * tests in every order.
 */
class HostRunnerHomologyTest {

  private abstract static class Contract extends HomologyContract {
    private final HostRunner.Order order;

    Contract(HostRunner.Order order) {
      this.order = order;
    }

    @Override
    Backend open() {
      return HostRunners.backend(order);
    }

    @Override
    int clouds() {
      return 1300;
    }

    @Override
    int thoroughClouds() {
      return 4_000;
    }
  }

  @Tag("orders")
  @Nested
  class Forward extends Contract {
    Forward() {
      super(HostRunner.Order.FORWARD);
    }
  }

  @Tag("orders")
  @Nested
  class Backward extends Contract {
    Backward() {
      super(HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class RandomOrder extends Contract {
    RandomOrder() {
      super(HostRunner.Order.RANDOM);
    }
  }
}
