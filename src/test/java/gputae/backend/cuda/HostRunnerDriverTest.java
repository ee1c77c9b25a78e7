package gputae.backend.cuda;

import org.junit.jupiter.api.Nested;

/**
 * The drivers' contract on the host runner, in every order; {@link HostRunnerTest} tests the features of the host
 * runner alone.
 */
class HostRunnerDriverTest {

  abstract static class Ordered extends DriverContract {
    private final HostRunner.Order order;

    Ordered(HostRunner.Order order) {
      this.order = order;
    }

    @Override
    Driver newDriver() {
      return new HostRunner(HostRunner.developmentLibraries(), order, 1, 2, new Driver.Limits(16, 227 << 10),
          HostRunners.MEMORY);
    }

    @Override
    boolean rehearses() {
      return false;
    }
  }

  @Nested
  class Forward extends Ordered {
    Forward() {
      super(HostRunner.Order.FORWARD);
    }
  }

  @Nested
  class Backward extends Ordered {
    Backward() {
      super(HostRunner.Order.BACKWARD);
    }
  }

  @Nested
  class RandomOrder extends Ordered {
    RandomOrder() {
      super(HostRunner.Order.RANDOM);
    }
  }
}
