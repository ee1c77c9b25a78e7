package gputae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.cuda.CarelessDriver;
import gputae.backend.cuda.CudaBackend;
import gputae.backend.cuda.Driver;
import gputae.backend.cuda.GraphShape;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import gputae.data.Dataset;
import gputae.data.Digits;
import gputae.data.Images;
import gputae.data.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A training step as the driver sees it: one graph that is replayed, and its dependencies, without which the step would
 * be wrong.
 */
class CudaStepTest {

  private static final int BATCH = 32;
  private static final int STEPS = 53;

  /** Few images a step where it does not matter what the steps compute. */
  private static final int SMALL_BATCH = 4;

  private static final Dataset DATA = noise(STEPS * SMALL_BATCH);

  /** Images for a group of steps in one graph, one more step, and the last step. */
  private static final Dataset FEW = noise(18 * BATCH);

  /** The images are small, since they set the width of two layers, and so the time that this takes. */
  private static Dataset noise(int count) {
    byte[] pixels = new byte[count * 100];
    new Random(7).nextBytes(pixels);
    Split train = new Split(new Images(pixels, count, 10, 10), null);
    return new Dataset("noise", List.of(), train,
        new Split(new Images(Arrays.copyOf(pixels, 50 * 100), 50, 10, 10), null));
  }

  private static TrainConfig config(ModelKind kind, int batch) {
    return new TrainConfig(kind, 2, List.of(64, 64), batch, 1, 1e-3,
        new Penalty(0.05, BallPenalty.NORM, 0.05, 1, Double.POSITIVE_INFINITY).of(kind), 0);
  }

  /**
   * Counts the calls between the losses of one group of steps and those of the next, while the group after it is under
   * way.
   */
  @ParameterizedTest
  @EnumSource
  void afterTheFirstStepThereIsNoAllocationAndNoRoundTrip(ModelKind kind) {
    try (HostRunner driver = HostRunners.driver(HostRunner.Order.FORWARD);
        Backend backend = new CudaBackend(driver);
        Trainer trainer = new Trainer(backend, config(kind, SMALL_BATCH), DATA, new TrainControl())) {
      List<Map<String, Long>> calls = new ArrayList<>();
      Map<String, Long> last = new TreeMap<>();
      trainer.run(new TrainListener() {
        @Override
        public void onStep(Step step) {
          if (step.step() % 16 == 1) {
            Map<String, Long> now = driver.counts();
            Map<String, Long> more = new TreeMap<>(now);
            last.forEach((call, count) -> more.merge(call, -count, Long::sum));
            more.values().removeIf(count -> count == 0);
            more.keySet().removeIf(call -> call.startsWith("replayed"));
            calls.add(more);
            last.clear();
            last.putAll(now);
          }
        }
      });
      assertEquals(4, calls.size());
      // A graph of sixteen steps and the fetch of their losses; in the end the five steps that are left, one by one.
      assertEquals(Map.of("replay", 1L, "fetch", 1L), calls.get(1), kind.toString());
      assertEquals(Map.of("replay", 5L, "fetch", 1L), calls.get(2), kind.toString());
      // The test images come before the last losses are looked at.
      assertEquals(Map.of("replay", 1L, "fetch", 1L), calls.get(3), kind.toString());
    }
  }

  /**
   * The paper's models and batch. A node that is added to the chain costs some microseconds of each step. In a group of
   * steps the next batch is gathered in parallel with the end of the step.
   */
  @ParameterizedTest
  @CsvSource({"AE, 16, 11, 10", "TAE, 17, 11, 10", "DISK, 17, 11, 10", "VAE, 19, 13, 12"})
  void aStepIsAShortChain(ModelKind kind, int nodes, int alone, int inGroup) {
    List<GraphShape> shapes = new ArrayList<>();
    TrainConfig paper = new TrainConfig(kind, 2, List.of(64, 64), 128, 1, 1e-3,
        new Penalty(0.05, BallPenalty.NORM, 0.05, 1, Double.POSITIVE_INFINITY).of(kind), 0);
    Driver driver = GraphShape.noted(HostRunners.driver(HostRunner.Order.FORWARD), shapes);
    try (Backend backend = new CudaBackend(driver);
        Trainer trainer = new Trainer(backend, paper, Digits.generate(17 * 128, 50, 0), new TrainControl())) {
      GraphShape one = shapes.get(0);
      assertEquals(nodes, one.nodes(), one::toString);
      assertEquals(alone, one.chain().size(), one::toString);
      // The recordings of a full batch, of the last one, and of a group.
      GraphShape group = shapes.get(2);
      int steps = backend.stepsARecording();
      assertEquals(steps * nodes, group.nodes());
      assertEquals(steps * inGroup + alone - inGroup, group.chain().size());
    }
  }

  @Test
  void noOrderOfThreadsBlocksAndNodesChangesABit() {
    float[] forward = right();
    assertArrayEquals(forward, train(HostRunners.driver(HostRunner.Order.BACKWARD)));
    assertArrayEquals(forward, train(HostRunners.driver(HostRunner.Order.RANDOM)));
  }

  @ParameterizedTest
  @CsvSource({"JOINS_TOO_LATE, 1", "FORKS_TOO_EARLY, 1", "JOINS_TOO_LATE, 2", "FORKS_TOO_EARLY, 2", "JOINS_TOO_LATE, 3",
    "FORKS_TOO_EARLY, 3"})
  void aDroppedDependencyShows(CarelessDriver.Mistake mistake, int stream) {
    boolean noticed = false;
    for (HostRunner.Order order : HostRunner.Order.values()) {
      if (noticed) {
        break;
      }
      try {
        noticed = !Arrays.equals(right(), train(new CarelessDriver(HostRunners.driver(order), mistake, stream)));
      } catch (DivergedException e) {
        noticed = true;
      }
    }
    assertTrue(noticed, mistake + " on stream " + stream + " changes no bit in any order");
  }

  private static float[] right;

  /** The weights with all dependencies, in forward order; they are the same for all tests. */
  private static synchronized float[] right() {
    if (right == null) {
      right = train(HostRunners.driver(HostRunner.Order.FORWARD));
    }
    return right.clone();
  }

  private static float[] train(Driver driver) {
    try (Backend backend = new CudaBackend(driver);
        Trainer trainer = new Trainer(backend, config(ModelKind.TAE, BATCH), FEW, new TrainControl())) {
      trainer.run(new TrainListener() {});
      return trainer.model().parameters().toFloats();
    }
  }
}
