package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The golden runs on the CUDA backend over the host runner, with threads and blocks in random order; in the thorough
 * tests in every order.
 */
class HostRunnerGoldenTest {
  @Tag("orders")
  @Nested
  class Forward extends GoldenContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.FORWARD);
    }
  }

  @Tag("orders")
  @Nested
  class Backward extends GoldenContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class RandomOrder extends GoldenContract {
    @Override
    Backend open() {
      return HostRunners.backend(HostRunner.Order.RANDOM);
    }
  }
}
