package gputae.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.OutOfMemoryException;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;
import gputae.data.Dataset;
import gputae.data.Digits;
import gputae.model.HiddenLayers;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A training that does not fit into a device's memory reports which batch would fit. */
class TrainMemoryTest {

  private static final int IMAGES = 900;

  /**
   * Batches of 700 give a whole batch and one of 200, and so every recording and work space that up to sixteen batches
   * have.
   */
  private static final Dataset DATA = Digits.generate(IMAGES, 100, 0);

  private static TrainConfig config(ModelKind kind, int batch) {
    return new TrainConfig(kind, 2, List.of(64, 64), batch, 1, 3e-4,
        new Penalty(0.005, BallPenalty.NORM, 0.005, 1, Double.POSITIVE_INFINITY).of(kind), 0);
  }

  @ParameterizedTest
  @EnumSource
  void theEstimateIsWhatATrainingTakes(ModelKind kind) {
    estimate(kind, 700);
  }

  @Test
  void soItIsForActivationsThatKeepTheirInputAndForBatchNormalisation() {
    for (boolean norm : new boolean[] {false, true}) {
      HiddenLayers wide = new HiddenLayers(List.of(200, 100), List.of(300), Activation.GELU, norm);
      estimate(new TrainConfig(ModelKind.AE, 2, wide, 700, 1, 3e-4, config(ModelKind.AE, 700).objective(), 0, false));
    }
  }

  @Tag("thorough")
  @ParameterizedTest
  @EnumSource
  void theEstimateIsWhatATrainingOfSmallAndOfLargeBatchesTakes(ModelKind kind) {
    estimate(kind, 100, IMAGES);
  }

  private static void estimate(ModelKind kind, int... batches) {
    for (int batch : batches) {
      estimate(config(kind, batch));
    }
  }

  private static void estimate(TrainConfig config) {
    long estimate = TrainMemory.bytes(config, DATA, config.batch());
    // The estimate is enough for the steps and the evaluation, and not much more than enough.
    train(config, estimate);
    assertThrows(OutOfMemoryException.class, () -> train(config, estimate * 97 / 100 - 150_000), config.toString());
  }

  @ParameterizedTest
  @EnumSource
  void aBatchThatIsTooLargeIsAnsweredWithOneThatFits(ModelKind kind) {
    answer(kind, 2_000_000);
  }

  @Tag("thorough")
  @ParameterizedTest
  @EnumSource
  void soItIsWithLittleAndWithMuchMemory(ModelKind kind) {
    answer(kind, 500_000, 3_500_000);
  }

  /** Checks the message on a device with so many bytes more than a batch of one image takes. */
  private static void answer(ModelKind kind, long... bytes) {
    for (long more : bytes) {
      long memory = TrainMemory.bytes(config(kind, 1), DATA, 1) + more;
      TrainConfig large = config(kind, IMAGES - 100);
      String message = assertThrows(OutOfMemoryException.class, () -> train(large, memory)).getMessage();
      Matcher named = Pattern.compile("a batch of (\\d+) would fit \\(--batch \\1\\)").matcher(message);
      assertTrue(named.find(), message);
      int batch = Integer.parseInt(named.group(1));
      assertTrue(batch + batch / 4 + 50 < IMAGES, "more than " + batch + " would be cut to the number of images");
      train(config(kind, batch), memory);
      assertThrows(OutOfMemoryException.class, () -> train(config(kind, batch + batch / 4 + 50), memory));
    }
  }

  @Test
  void aDataSetThatIsTooLargeIsSaidToBe() {
    String message =
        assertThrows(OutOfMemoryException.class, () -> train(config(ModelKind.TAE, 128), 2_000_000)).getMessage();
    assertTrue(message.contains("not even a batch of 1 would fit"), message);
  }

  private static void train(TrainConfig config, long memory) {
    try (Backend backend = HostRunners.backendOfProducts(HostRunner.Order.FORWARD, memory);
        Trainer trainer = new Trainer(backend, config, DATA, new TrainControl())) {
      assertTrue(trainer.run(new TrainListener() {}));
      assertEquals(1, trainer.history().size());
    }
  }
}
