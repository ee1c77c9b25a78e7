package gputae.backend.cuda;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounds over the whole grid. */
class GridTreesTest {

  @Test
  void roundsOverTheGridGiveTheTreeOfOneBlock() {
    check(HostRunner.Order.RANDOM);
  }

  @Tag("thorough")
  @ParameterizedTest
  @EnumSource(names = {"FORWARD", "BACKWARD"})
  void soTheyDoInOtherOrders(HostRunner.Order order) {
    check(order);
  }

  private static void check(HostRunner.Order order) {
    try (HostRunner driver = HostRunners.driver(order)) {
      GridTrees.check(driver);
    }
  }
}
