package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generating images and embedding them with a finished run. */
class GenerateEncodeIT {

  @TempDir
  static Path folder;

  private static Path data;
  private static Jar.Together program;

  @BeforeAll
  static void train() throws IOException {
    data = Tiny.write(folder);
    program = new Jar(folder).together();
    program.run(Tiny.train(data, "--epochs", 5, "--out", "run")).succeeded();
    program.run(Tiny.train(data, "--epochs", 2, "--model", "vae", "--latent", 3, "--out", "vae")).succeeded();
  }

  @AfterAll
  static void end() {
    program.close();
  }

  private static Jar.Result run(Object... arguments) {
    return program.run(arguments).succeeded();
  }

  private static Jar.Result runAlone(Object... arguments) {
    return new Jar(folder).run(arguments).succeeded();
  }

  private static byte[] bytes(String file) throws IOException {
    return Files.readAllBytes(folder.resolve(file));
  }

  @Test
  void generatedImagesAreUint8OfTheRunsSize() throws IOException {
    run("generate", "run", "--out", "default.npy");
    assertEquals(96 * 64, Tiny.readNpy(folder.resolve("default.npy"), "|u1", "(96, 8, 8)").length);
    assertEquals("one.npy: 1 image of 8 x 8\n", run("generate", "run", "--count", 1, "--out", "one.npy").out());
    assertEquals(64, Tiny.readNpy(folder.resolve("one.npy"), "|u1", "(1, 8, 8)").length);
    run("generate", "vae", "--count", 7, "--out", "new/folder/vae.npy");
    Tiny.readNpy(folder.resolve("new/folder/vae.npy"), "|u1", "(7, 8, 8)");
  }

  @Test
  void oneSeedGivesTheSameImagesAndAnotherOthers() throws IOException {
    run("generate", "run", "--seed", 3, "--out", "a.npy");
    runAlone("generate", "run", "--seed", 3, "--out", "b.npy");
    run("generate", "run", "--seed", 4, "--out", "c.npy");
    assertArrayEquals(bytes("a.npy"), bytes("b.npy"));
    assertFalse(Arrays.equals(bytes("a.npy"), bytes("c.npy")));
    // A larger number of images begins with the same images.
    run("generate", "run", "--seed", 3, "--count", 10, "--out", "few.npy");
    byte[] few = Tiny.readNpy(folder.resolve("few.npy"), "|u1", "(10, 8, 8)");
    assertArrayEquals(few, Arrays.copyOf(Tiny.readNpy(folder.resolve("a.npy"), "|u1", "(96, 8, 8)"), few.length));
  }

  @Test
  void aNameInPngGivesAPng() throws IOException {
    run("generate", "run", "--out", "grid.png");
    Tiny.assertPng(folder.resolve("grid.png"));
    run("generate", "vae", "--count", 1, "--out", "one.PNG");
    Tiny.assertPng(folder.resolve("one.PNG"));
  }

  @Test
  void encodedTestImagesAreTheRunsLatents() throws IOException {
    for (String run : new String[] {"run", "vae"}) {
      runAlone("encode", run, "--split", "test", "--threads", 2, "--out", "test.npy");
      assertArrayEquals(bytes(run + "/latents.npy"), bytes("test.npy"), run);
      run("encode", run, "--threads", 2, "--out", "default.npy");
      assertArrayEquals(bytes("test.npy"), bytes("default.npy"), "test is the default");
    }
  }

  @Test
  void trainingImagesAndAFileCanBeEncoded() throws IOException {
    Jar.Result result = run("encode", "run", "--split", "train", "--threads", 2, "--out", "train.npy");
    assertTrue(result.out().endsWith("train.npy: 250 embeddings of dimension 2\n") && result.err().isEmpty(),
        result.toString());
    float[] training = Tiny.floats(Tiny.readNpy(folder.resolve("train.npy"), "<f4", "(250, 2)"));
    float[] test = Tiny.floats(Tiny.readNpy(folder.resolve("run/latents.npy"), "<f4", "(50, 2)"));
    run("encode", "run", data, "--threads", 2, "--out", "all.npy");
    float[] all = Tiny.floats(Tiny.readNpy(folder.resolve("all.npy"), "<f4", "(300, 2)"));
    // Products of other sizes may round differently.
    List<Integer> tested = Arrays.stream(Tiny.testImages()).boxed().toList();
    for (int i = 0; i < all.length; i++) {
      int image = i / 2;
      int place = tested.indexOf(image);
      int before = (int) tested.stream().filter(other -> other < image).count();
      float expected = place < 0 ? training[i - 2 * before] : test[2 * place + i % 2];
      float difference = Math.abs(all[i] - expected);
      assertFalse(!(difference <= 1e-5f * Math.max(1, Math.abs(expected))),
          i + ": " + all[i] + ", expected " + expected);
    }
  }
}
