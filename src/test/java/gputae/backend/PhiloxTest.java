package gputae.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Philox 4x32-10 against the known results of its authors' library Random123, and the permutations drawn from it. */
class PhiloxTest {

  @Test
  void knownAnswers() {
    assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, Philox.words(0, 0, 0, 0));
    assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, Philox.words(-1, -1, -1, -1));
    assertArrayEquals(new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        Philox.words(0x299f31d0a4093822L, 0x85a308d3243f6a88L, 0x13198a2e, 0x03707344));
  }

  @Test
  void uniformsAreMultiplesOfTwoToTheMinus24BelowOne() {
    assertEquals(0f, Philox.uniform(0));
    assertEquals(0f, Philox.uniform(255));
    assertEquals(0x1p-24f, Philox.uniform(256));
    assertEquals(1 - 0x1p-24f, Philox.uniform(-1));
  }

  @Test
  void permutationsHoldEveryNumberOnceAndDifferBySeedStepAndStream() {
    for (int n : new int[] {0, 1, 2, 1000}) {
      int[] order = Philox.permutation(n, 1, 2, 3);
      assertArrayEquals(java.util.stream.IntStream.range(0, n).toArray(),
          java.util.Arrays.stream(order).sorted().toArray());
      assertArrayEquals(order, Philox.permutation(n, 1, 2, 3));
    }
    int[] base = Philox.permutation(1000, 1, 2, 3);
    for (int[] other : new int[][] {Philox.permutation(1000, 2, 2, 3), Philox.permutation(1000, 1, 3, 3),
      Philox.permutation(1000, 1, 2, 4)}) {
      assertTrue(!java.util.Arrays.equals(base, other));
    }
  }

  @Test
  void everyPermutationIsAsLikelyAsAnyOther() {
    int draws = 60_000;
    int[] counts = new int[6];
    for (int i = 0; i < draws; i++) {
      int[] p = Philox.permutation(3, 9, i, 1);
      counts[p[0] * 2 + (p[1] > p[2] ? 1 : 0)]++;
    }
    for (int count : counts) {
      // Five standard deviations of a binomial with p = 1/6.
      assertTrue(Math.abs(count - draws / 6.0) <= 5 * Math.sqrt(draws * 5.0 / 36), java.util.Arrays.toString(counts));
    }
  }
}
