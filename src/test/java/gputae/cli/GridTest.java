package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.run.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {

  @Test
  void everyCombinationTheLastOptionFastest() {
    Grid grid = Grid.parse(List.of("lambda=0.001,0.005,latent=2,10", "seed=0..2"));
    assertEquals(List.of("lambda", "latent", "seed"), List.copyOf(grid.axes().keySet()));
    assertEquals(12, grid.size());
    List<Map<String, String>> points = grid.points();
    assertEquals(12, points.size());
    assertEquals(Map.of("lambda", "0.001", "latent", "2", "seed", "0"), points.get(0));
    assertEquals(Map.of("lambda", "0.001", "latent", "2", "seed", "2"), points.get(2));
    assertEquals(Map.of("lambda", "0.001", "latent", "10", "seed", "0"), points.get(3));
    assertEquals(Map.of("lambda", "0.005", "latent", "10", "seed", "2"), points.get(11));
    assertEquals(List.of("lambda", "latent", "seed"), new ArrayList<>(points.get(5).keySet()));
  }

  @Test
  void sizesOfLayersAreJoinedAndNumbersWithAPlusAreNot() {
    assertEquals(Map.of("hidden", List.of("64,64", "128,64,32", "16"), "lr", List.of("1e+2", "3e-4")),
        Grid.parse(List.of("hidden=64+64,128+64+32,16,lr=1e+2,3e-4")).axes());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"2,5 | begins with no option", "latent= | empty value", "latent=2,,3 | empty value",
        "--latent=2 | without dashes", "Latent=2 | no option of train", "latent=2,latent=3 | given twice",
        "seed=5..2 | no range", "seed=0..9999999 | no range", "=3 | no option of train", "seed=0..2,1 | twice",
        "hidden=64,64 | joined by +", "seed=0..9999,latent=1..100 | combinations"})
  void slipsAreNamed(String text, String message) {
    Failure failure = assertThrows(Failure.class, () -> Grid.parse(List.of(text)));
    assertEquals(2, failure.exitCode());
    assertTrue(failure.getMessage().contains(message), failure.getMessage());
  }
}
