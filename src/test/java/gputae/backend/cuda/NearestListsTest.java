package gputae.backend.cuda;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The lists of nearest points, key by key. */
class NearestListsTest {

  @ParameterizedTest
  @EnumSource
  void listsAreThoseOfASearchThroughAllPoints(HostRunner.Order order) {
    try (HostRunner driver = HostRunners.driver(order)) {
      NearestLists.check(driver);
    }
  }
}
