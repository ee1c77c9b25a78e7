package gputae.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Kendall's tau-b and its permutation test against numbers that were counted by hand. */
class RankCorrelationTest {

  @Test
  void orderAndReverse() {
    double[] x = {1, 2, 3, 4, 5};
    RankCorrelation same = RankCorrelation.of(x, new double[] {10, 20, 30, 40, 50});
    assertEquals(1, same.tau());
    assertEquals(5, same.count());
    // One of 120 orders reaches it; the standard error of 9,999 draws is 0.0009.
    assertEquals(1 / 120.0, same.chance(), 0.004);
    RankCorrelation reverse = RankCorrelation.of(x, new double[] {5, 4, 3, 2, 1});
    assertEquals(-1, reverse.tau());
    assertEquals(1, reverse.chance());
  }

  @Test
  void tiesAreTausB() {
    RankCorrelation ties = RankCorrelation.of(new double[] {1, 1, 2, 3}, new double[] {1, 2, 2, 0.5});
    // Pairs: (0,1) tied in x; (0,2) agree; (0,3) against; (1,2) tied in y; (1,3) against; (2,3) against.
    assertEquals((1 - 3) / Math.sqrt(5 * 5), ties.tau(), 1e-15);
  }

  @Test
  void valuesThatAreAllEqualHaveNone() {
    RankCorrelation none = RankCorrelation.of(new double[] {1, 2, 3}, new double[] {7, 7, 7});
    assertTrue(Double.isNaN(none.tau()) && Double.isNaN(none.chance()));
    assertTrue(Double.isNaN(RankCorrelation.of(new double[0], new double[0]).tau()));
  }
}
