package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.selftest.Clouds;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In a sweep over all pairs, edges seldom enter the lists of the nearest points. */
class InsertionsTest {

  private static Insertions count(int n, int d) {
    try (HostRunner driver = HostRunners.driver(HostRunner.Order.FORWARD)) {
      return Insertions.count(driver, Clouds.draw(Clouds.Kind.UNIFORM, n, d, new Random(n + d)));
    }
  }

  /**
   * A key is among the 8 least of the m keys before it with the probability 8 / m, so one of 32 keys is in 20 % of the
   * iterations. With a list for each lane it would be 97 %.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 10})
  void fewIterationsInsert(int d) {
    Insertions found = count(4096, d);
    assertEquals(4096 * 128, found.iterations());
    assertTrue(found.share() > 0.15 && found.share() < 0.25, found.toString());
    assertTrue(found.looksShare() < 0.55, found.toString());
  }

  @Test
  void noMoreIsDoneThanRightListsNeed() {
    try (HostRunner driver = HostRunners.driver(HostRunner.Order.FORWARD)) {
      Insertions.check(driver);
    }
  }
}
