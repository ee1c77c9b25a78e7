package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.selftest.Clouds;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In a sweep over all pairs, edges seldom enter the lists of the nearest points. */
class InsertionsTest {

  private static Insertions count(HostRunner.Order order, Clouds.Kind kind, int n, int d) {
    try (HostRunner driver = HostRunners.driver(order)) {
      return Insertions.count(driver, Clouds.draw(kind, n, d, new Random(n + d)));
    }
  }

  /** Expected are 0.20 in 32 pairs, since a list has the 8 least of m keys that came before. */
  @ParameterizedTest
  @CsvSource({"2", "10"})
  void fewIterationsInsert(int d) {
    Insertions found = count(HostRunner.Order.FORWARD, Clouds.Kind.UNIFORM, 4096, d);
    assertEquals(4096 * 128, found.iterations());
    assertTrue(found.share() > 0.15 && found.share() < 0.25, found.toString());
    assertTrue(found.looksShare() < 0.55, found.toString());
  }

  /**
   * Of n keys in random order, 8 + 8 ln(n / 8) are among the 8 least when they come: 41 of 512, and 58 of 4,096. The
   * limit that the first 128 keys set leaves 27 and 44.
   */
  @ParameterizedTest
  @CsvSource({"512, 2, 30", "512, 40, 30", "4096, 2, 47"})
  void theFirstOfferSetsALimit(int n, int d, double most) {
    Insertions found = count(HostRunner.Order.FORWARD, Clouds.Kind.UNIFORM, n, d);
    assertTrue(found.edgesOfAPoint() > 20 && found.edgesOfAPoint() < most, found.toString());
  }
}
