package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The gradients of every objective on the CUDA backend over the host runner, with threads and blocks in random order;
 * in the thorough tests in every order.
 */
class HostRunnerGradientTest {
  @Tag("orders")
  @Nested
  class Forward extends GradientContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.FORWARD);
    }
  }

  @Tag("orders")
  @Nested
  class Backward extends GradientContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class RandomOrder extends GradientContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.RANDOM);
    }
  }
}
