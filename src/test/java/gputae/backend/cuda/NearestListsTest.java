package gputae.backend.cuda;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lists of nearest points, key by key. */
class NearestListsTest {

  @Test
  void listsAreThoseOfASearchThroughAllPoints() {
    check(HostRunner.Order.RANDOM);
  }

  @Tag("thorough")
  @ParameterizedTest
  @EnumSource(names = {"FORWARD", "BACKWARD"})
  void soTheyAreInOtherOrders(HostRunner.Order order) {
    check(order);
  }

  private static void check(HostRunner.Order order) {
    try (HostRunner driver = HostRunners.driver(order)) {
      NearestLists.check(driver);
    }
  }
}
