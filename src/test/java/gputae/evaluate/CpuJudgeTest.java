package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Digits;
import gputae.data.Images;
import gputae.data.Split;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judge on the processor's best kernels, with two threads; and the parts that do not depend on a backend. */
class CpuJudgeTest extends JudgeContract {

  @TempDir
  private Path directory;

  @Override
  Backend open() {
    return new CpuBackend(InstructionSet.best(), 2);
  }

  @Test
  void learnsTheDigits() throws IOException {
    Dataset digits = Digits.generate(8000, 1500, 3);
    Judge.Training settings = new Judge.Training(0, 6, 64, 1e-3);
    Path path = directory.resolve("judge.safetensors");
    Judgement real;
    try (Backend backend = open(); Judge judge = Judge.train(backend, digits, settings)) {
      assertTrue(judge.accuracy() > 0.97, "accuracy " + judge.accuracy());
      real = judge.judge(digits.test().samples());
      assertEquals(accuracy(real, digits.test()), judge.accuracy());
      assertEquals(64, real.features().dimension());
      assertEquals(10, real.classes());
      for (int i = 0; i < real.count(); i++) {
        double sum = 0;
        for (int c = 0; c < 10; c++) {
          sum += real.probabilities()[i * 10 + c];
        }
        assertEquals(1, sum, 1e-6);
      }
      Files.write(path, judge.toTensors("digits", "here").toBytes());

      // Other digits are like these; noise is not.
      byte[] more = Digits.generate(1500, 1, 4).train().images().pixels();
      byte[] noise = new byte[1000 * Digits.SIDE * Digits.SIDE];
      new Random(1).nextBytes(noise);
      RealImages images = RealImages.of(real.features());
      GenerationMeasures like =
          GenerationMeasures.of(images, judge.judge(new Images(more, 1500, Digits.SIDE, Digits.SIDE)));
      GenerationMeasures unlike =
          GenerationMeasures.of(images, judge.judge(new Images(noise, 1000, Digits.SIDE, Digits.SIDE)));
      assertTrue(like.precision() > 0.8 && like.recall() > 0.8 && like.coverage() > 0.85 && like.classEntropy() > 0.99,
          like.toString());
      assertTrue(unlike.precision() < 0.05 && unlike.coverage() < 0.05 && unlike.frechet() > 20 * like.frechet(),
          unlike.toString());
    }
    SafeTensors file = SafeTensors.read(path);
    assertTrue(Judge.isIn(file, settings, "digits", "here"));
    assertFalse(Judge.isIn(file, settings, "digits", "there"));
    assertFalse(Judge.isIn(file, settings, "other digits", "here"));
    assertFalse(Judge.isIn(file, new Judge.Training(1, 6, 64, 1e-3), "digits", "here"));
    try (Backend backend = open(); Judge judge = Judge.fromTensors(backend, file)) {
      assertEquals(real, judge.judge(digits.test().samples()));
      assertEquals(settings, judge.training());
      assertEquals(accuracy(real, digits.test()), judge.accuracy());
    }
  }

  @Test
  void probabilitiesShareTheSigmoids() {
    // sigmoid(log 9) = 0.9, sigmoid(log 99) = 0.99, sigmoid(0) = 0.5.
    float[] probabilities = Judge.probabilities(new float[] {(float) Math.log(9), (float) Math.log(99), 0, 0}, 2);
    assertArrayEquals(new float[] {0.9f / 1.89f, 0.99f / 1.89f, 0.5f, 0.5f}, probabilities, 1e-6f);
    // If every sigmoid underflows, the odds decide: exp(-200) against exp(-201).
    float[] far = Judge.probabilities(new float[] {-200, -201, 300, -300}, 2);
    double e = Math.E;
    assertArrayEquals(new float[] {(float) (e / (1 + e)), (float) (1 / (1 + e)), 1, 0}, far, 1e-6f);
  }

  @Test
  void learningRates() {
    List<Double> rates = new Judge.Training(0, 10, 1, 1e-3).rates().stream().map(AdamRates::rate).toList();
    assertEquals(List.of(1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4), rates);
    assertThrows(IllegalArgumentException.class, () -> new Judge.Training(0, 0, 1, 1e-3));
    assertThrows(IllegalArgumentException.class, () -> new Judge.Training(0, 1, 0, 1e-3));
    assertThrows(IllegalArgumentException.class, () -> new Judge.Training(0, 1, 1, Double.NaN));
  }

  @Test
  void needsLabelledImagesOfTwoClasses() {
    Dataset rows = rows(20, 10);
    Split bare = new Split(rows.train().images(), null);
    try (Backend backend = open()) {
      Judge.Training settings = Judge.Training.of(0);
      assertEquals("the data set bare has no labels for its training samples; a judge learns from labelled samples",
          assertThrows(IllegalArgumentException.class,
              () -> Judge.train(backend, new Dataset("bare", List.of(), bare, bare), settings)).getMessage());
      assertEquals("the data set half has no labels for its test samples; a judge learns from labelled samples",
          assertThrows(IllegalArgumentException.class,
              () -> Judge.train(backend, new Dataset("half", rows.classes(), rows.train(), bare), settings))
              .getMessage());
      Split same = new Split(rows.train().images(), new byte[20]);
      assertEquals("the data set one has 1 class; a judge tells at least 2 apart",
          assertThrows(IllegalArgumentException.class,
              () -> Judge.train(backend, new Dataset("one", List.of("all"), same, same), settings)).getMessage());
      assertEquals(0, backend.allocatedBytes());
    }
  }

  @Test
  void refusesFilesAndImagesThatDoNotFit() {
    try (Backend backend = open();
        Judge judge = Judge.train(backend, rows(20, 10), new Judge.Training(0, 1, 8, 1e-2))) {
      assertThrows(IllegalArgumentException.class, () -> judge.judge(new Images(new byte[10], 1, 5, 2)));
      long held = backend.allocatedBytes();
      assertEquals("this is not a judge: its format is null, not gpu-tae judge 1",
          assertThrows(IllegalArgumentException.class, () -> Judge.fromTensors(backend, new SafeTensors()))
              .getMessage());
      SafeTensors noAccuracy = judge.toTensors("d", "c");
      noAccuracy.metadata().remove("accuracy");
      assertEquals("the judge's metadata lack accuracy",
          assertThrows(IllegalArgumentException.class, () -> Judge.fromTensors(backend, noAccuracy)).getMessage());
      SafeTensors noNumber = judge.toTensors("d", "c");
      noNumber.metadata().put("epochs", "many");
      assertThrows(IllegalArgumentException.class, () -> Judge.fromTensors(backend, noNumber));
      SafeTensors noBias = judge.toTensors("d", "c");
      noBias.tensors().remove("classifier.2.bias");
      assertEquals("the tensor classifier.2.bias is missing",
          assertThrows(IllegalArgumentException.class, () -> Judge.fromTensors(backend, noBias)).getMessage());
      assertEquals(held, backend.allocatedBytes());
    }
  }
}
