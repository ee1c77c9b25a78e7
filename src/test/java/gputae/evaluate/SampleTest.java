package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Images;
import gputae.data.Split;
import gputae.linear.FloatPoints;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleTest {

  @Test
  void everyNumberAsOften() {
    int[] drawn = new int[20];
    for (int seed = 0; seed < 4000; seed++) {
      int[] numbers = Sample.of(20, 5, seed).numbers();
      assertArrayEquals(Arrays.stream(numbers).sorted().distinct().toArray(), numbers);
      assertEquals(5, numbers.length);
      for (int number : numbers) {
        drawn[number]++;
      }
    }
    // 1000 each, standard deviation 27.
    for (int count : drawn) {
      assertTrue(Math.abs(count - 1000) < 140, Arrays.toString(drawn));
    }
    assertArrayEquals(Sample.of(1000, 10, 3).numbers(), Sample.of(1000, 10, 3).numbers());
  }

  @Test
  void allWhereThereAreNotMore() {
    assertArrayEquals(IntStream.range(0, 6).toArray(), Sample.of(6, 6, 1).numbers());
    assertArrayEquals(IntStream.range(0, 6).toArray(), Sample.of(6, 7, 1).numbers());
    assertThrows(IllegalArgumentException.class, () -> Sample.of(6, 0, 1));
  }

  @Test
  void takesTheSameOfEverything() {
    Sample sample = new Sample(new int[] {1, 3});
    assertEquals(new FloatPoints(new float[] {2, 3, 6, 7}, 2),
        sample.points(new FloatPoints(new float[] {0, 1, 2, 3, 4, 5, 6, 7}, 2)));
    Images all = new Images(new byte[] {0, 1, 2, 3, 4, 5, 6, 7}, 4, 2, 1);
    Split split = sample.split(new Split(all, new byte[] {9, 8, 7, 6}));
    Images images = split.images();
    assertArrayEquals(new byte[] {2, 3, 6, 7}, images.pixels());
    assertEquals(2, images.count());
    assertEquals(2, images.height());
    assertEquals(1, images.width());
    assertArrayEquals(new byte[] {8, 6}, split.labels());
    assertNull(sample.split(new Split(all, null)).labels());
  }
}
