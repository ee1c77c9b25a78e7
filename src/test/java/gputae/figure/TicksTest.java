package gputae.figure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TicksTest {

  @Test
  void roundSteps() {
    assertArrayEquals(new String[] {"\u22121.0", "\u22120.5", "0.0", "0.5", "1.0"}, Ticks.of(-1.08, 1.08, 5).labels());
    assertArrayEquals(new String[] {"\u221220", "\u221210", "0", "10"}, Ticks.of(-21, 16, 4).labels());
    assertArrayEquals(new String[] {"0.18", "0.20", "0.22"}, Ticks.of(0.175, 0.225, 3).labels());
    assertArrayEquals(new String[] {"1", "2", "3"}, Ticks.of(1, 3, 2).labels());
  }

  @Test
  void labelsTellTicksApart() {
    Random random = new Random(5);
    for (int i = 0; i < 2000; i++) {
      double low = random.nextGaussian() * Math.pow(10, random.nextInt(60) - 30);
      double high = low + Math.abs(low) * Math.pow(10, -4 * random.nextDouble()) * (1 + random.nextDouble());
      Ticks ticks = Ticks.of(low, high, 6);
      assertTrue(ticks.values().length >= 2 && ticks.values().length <= 14,
          ticks.values().length + " ticks in " + low + " .. " + high);
      assertEquals(ticks.labels().length, Arrays.stream(ticks.labels()).distinct().count(),
          () -> low + " .. " + high + Arrays.toString(ticks.labels()));
      for (double tick : ticks.values()) {
        double slack = 1e-9 * (high - low) + 1e-12 * Math.abs(low);
        assertTrue(tick >= low - slack && tick <= high + slack);
      }
    }
  }
}
