package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import gputae.backend.Output;
import gputae.data.HeldOut;
import gputae.run.RunDirectory;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets in the forms of their users, and the test images that are held out, from training to evaluation. */
class DataIT {

  @TempDir
  Path folder;

  private Path data;
  private Jar.Together program;

  @BeforeEach
  void open() throws IOException {
    data = Tiny.write(folder);
    program = new Jar(folder).together();
  }

  @AfterEach
  void close() {
    program.close();
  }

  private JsonObject config(String run) throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve(run).resolve("config.json"))).getAsJsonObject();
  }

  private Jar.Result train(Object dataset, Object... more) {
    return program.run(Tiny.train(Path.of(dataset.toString()), more));
  }

  /** The images as a table: a class column called kind, then the pixels. */
  private Path table() throws IOException {
    byte[] pixels = Tiny.readNpy(data, "|u1", "(300, 8, 8)");
    String names = IntStream.range(0, 64).mapToObj(p -> "p" + p).collect(Collectors.joining(",", "kind,", "\n"));
    return Files.writeString(folder.resolve("tiny.csv"), names + IntStream.range(0, 300)
        .mapToObj(i -> Tiny.label(i) + "," + IntStream.range(0, 64).mapToObj(p -> "" + (pixels[64 * i + p] & 0xff))
            .collect(Collectors.joining(",", "", "\n")))
        .collect(Collectors.joining()));
  }

  @Test
  void theSameImagesInAnotherFormGiveTheSameModel() throws IOException {
    train(data, "--epochs", 2, "--out", "array").succeeded();
    Jar.Result result = train(table(), "--label-column", "kind", "--epochs", 2, "--out", "table").succeeded();
    assertTrue(result.out().contains("classes from column 1 (kind), numbers from 64 other columns"), result.toString());
    Tiny.assertSameResults(folder.resolve("array"), folder.resolve("table"));
    assertEquals("kind", config("table").get("label_column").getAsString());
    assertEquals(config("array").get("data_fingerprint"), config("table").get("data_fingerprint"));
    // The run remembers how its data are read.
    train(data, "--resume", "table").wrongUsage();
    program.run("train", "--resume", "table", "--epochs", 3, "--quiet").succeeded();
    assertEquals("kind", config("table").get("label_column").getAsString());
    program.run("evaluate", "table", "--device", "cpu").succeeded();
    train(table(), "--epochs", 1, "--out", "guess").failed("--label-column NAME or a number from 1");
    train(data, "--key", "large", "--epochs", 1, "--out", "keyed").failed("--key large has no meaning for this file");
    // A table without a column of classes takes them from the file beside it.
    Path pixels = Files.writeString(folder.resolve("tiny.csv"),
        Files.readAllLines(table()).stream().map(line -> line.substring(line.indexOf(',') + 1) + "\n")
            .collect(Collectors.joining()));
    assertTrue(train(pixels, "--epochs", 1, "--out", "beside").succeeded().out()
        .contains("labels from tiny-labels.npy"));
    assertEquals(config("array").get("data_fingerprint"), config("beside").get("data_fingerprint"));
  }

  @Test
  void theShareOfTestImagesStaysWithTheRun() throws IOException {
    Jar.Result result = train(data, "--test-share", 0.5, "--epochs", 2, "--out", "half").succeeded();
    assertTrue(result.out().contains("tiny.npy: 300 images, 150 of them are the test split (a share of 0.5 of each"
        + " class, chosen at random with seed 0); labels from tiny-labels.npy"), result.toString());
    assertEquals(0.5, config("half").get("test_share").getAsDouble());
    assertEquals(0, config("half").get("test_seed").getAsLong());
    Tiny.readNpy(folder.resolve("half/latents.npy"), "<f4", "(150, 2)");
    train(data, "--test-share", 0.5, "--epochs", 3, "--out", "whole").succeeded();
    program.run("train", "--resume", "half", "--epochs", 3, "--quiet").succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), folder.resolve("half"));
    program.run("encode", "half", "--split", "test", "--out", "z.npy").succeeded();
    assertArrayEquals(Files.readAllBytes(folder.resolve("half/latents.npy")),
        Files.readAllBytes(folder.resolve("z.npy")));
    for (String share : List.of("0", "1", "-0.1", "NaN", "x")) {
      train(data, "--test-share", share, "--out", "none").wrongUsage();
    }
    // Data with test images of their own are not divided.
    Path divided = Files.createDirectory(folder.resolve("divided"));
    byte[] pixels = Tiny.readNpy(data, "|u1", "(300, 8, 8)");
    Tiny.writeNpy(divided.resolve("X_train.npy"), "|u1", "(300, 8, 8)", pixels);
    Tiny.writeNpy(divided.resolve("X_test.npy"), "|u1", "(300, 8, 8)", pixels);
    train(divided, "--test-share", 0.5, "--out", "none").wrongUsage();
    train(divided, "--epochs", 1, "--out", "own").succeeded();
    assertFalse(config("own").has("test_share"));
    assertFalse(Files.exists(folder.resolve("none")));
  }

  /** Earlier versions did not say how test images were chosen: it was the last sixth. */
  @Test
  void aRunOfAnEarlierVersionKeepsItsTestImages() throws IOException {
    train(data, "--epochs", 1, "--out", "run").succeeded();
    Path config = folder.resolve("run/config.json");
    assertEquals(HeldOut.DEFAULT, RunDirectory.existing(folder.resolve("run")).read().options().heldOut());
    String text = Files.readString(config);
    Files.writeString(config, text.replaceAll("  \"(test_share|test_seed|output)\".*\n", ""));
    assertEquals(new HeldOut.LastSixth(), RunDirectory.existing(folder.resolve("run")).read().options().heldOut());
    assertEquals(Output.BERNOULLI, RunDirectory.existing(folder.resolve("run")).read().config().output());
    program.run("evaluate", "run").failed("is not the one");
    for (String wrong : List.of("1.5", "\"half\"", "0")) {
      Files.writeString(config, text.replaceAll("\"test_share\": [^,]*", "\"test_share\": " + wrong));
      program.run("encode", "run", "--out", "z.npy").failed("config.json", "\"test_share\"",
          "expected a number greater than 0 and less than 1");
    }
  }

  /** A set of 32 x 32 images in colour trains, resumes, generates, is encoded and measured, and shown in colour. */
  @Test
  void imagesInColour() throws IOException {
    byte[] pixels = new byte[60 * 32 * 32 * 3];
    byte[] labels = new byte[60];
    for (int i = 0; i < pixels.length; i++) {
      int image = i / 3072;
      labels[image] = (byte) (image % 3);
      // A disk that moves, in one of three colours, on a dark ground.
      double distance = Math.hypot(i / 3 % 32 - 10 - image % 11, i / 96 % 32 - 16 + image % 7);
      pixels[i] = (byte) (distance < 8 ? i % 3 == image % 3 ? 230 : 60 : 20);
    }
    Tiny.writeNpy(folder.resolve("disks.npy"), "|u1", "(60, 32, 32, 3)", pixels);
    Tiny.writeNpy(folder.resolve("disks-labels.npy"), "|u1", "(60,)", labels);
    Jar.Result result = train(folder.resolve("disks.npy"), "--epochs", 4, "--lr", 0.01, "--out", "disks").succeeded();
    assertTrue(result.out().contains("images in colour (--as grey for grey ones)"), result.toString());
    assertTrue(result.out().contains("51 training and 9 test images of 32 x 32 in colour"), result.toString());
    assertEquals(3, config("disks").get("channels").getAsInt());
    program.run("train", "--resume", "disks", "--epochs", 5, "--quiet").succeeded();
    train(folder.resolve("disks.npy"), "--epochs", 5, "--lr", 0.01, "--out", "whole").succeeded();
    Tiny.assertSameResults(folder.resolve("whole"), folder.resolve("disks"));
    program.run("generate", "disks", "--count", 4, "--out", "new.npy", "--device", "cpu").succeeded();
    byte[] generated = Tiny.readNpy(folder.resolve("new.npy"), "|u1", "(4, 32, 32, 3)");
    assertTrue(IntStream.range(0, generated.length / 3).anyMatch(i -> generated[3 * i] != generated[3 * i + 1]),
        "no colour");
    program.run("generate", "disks", "--count", 4, "--out", "new.png", "--device", "cpu").succeeded();
    BufferedImage picture = ImageIO.read(folder.resolve("disks/figures/generated.png").toFile());
    assertEquals(3, picture.getRaster().getNumBands());
    program.run("encode", "disks", "disks.npy", "--out", "z.npy", "--device", "cpu").succeeded();
    // Grey images of this size are images in colour with equal channels.
    Tiny.writeNpy(folder.resolve("grey.npy"), "|u1", "(2, 32, 32)", new byte[2048]);
    program.run("encode", "disks", "grey.npy", "--out", "z.npy", "--device", "cpu").succeeded();
    program.run("evaluate", "disks", "--device", "cpu").succeeded();
    train(folder.resolve("disks.npy"), "--as", "grey", "--epochs", 1, "--out", "grey").succeeded();
    assertFalse(config("grey").has("channels"));
  }

  @Test
  void oneOfSeveralSetsIsChosen() throws IOException {
    byte[] pixels = Tiny.readNpy(data, "|u1", "(300, 8, 8)");
    for (String set : List.of("small", "large")) {
      for (String part : List.of("train", "test")) {
        Tiny.writeNpy(Files.createDirectories(folder.resolve("sets")).resolve(set + "-" + part + "-images.npy"), "|u1",
            "(300, 8, 8)", pixels);
      }
    }
    train("sets", "--epochs", 1, "--out", "run").failed("several data sets: large, small; choose one: --key small");
    train("sets", "--key", "large", "--epochs", 1, "--out", "run").succeeded();
    assertEquals("large", config("run").get("key").getAsString());
    program.run("train", "--resume", "run", "--epochs", 2, "--quiet").succeeded();
    program.run("sweep", "--dataset", "sets", "--key", "small", "--epochs", 1, "--grid", "seed=0", "--out", "sweep")
        .succeeded();
  }

  @Test
  void noOutputReplacesAFileOfTheData() throws IOException {
    byte[] pixels = Tiny.readNpy(data, "|u1", "(300, 8, 8)");
    Path arrays = Files.createDirectory(folder.resolve("arrays"));
    for (String file : List.of("X_train.npy", "X_test.npy")) {
      Tiny.writeNpy(arrays.resolve(file), "|u1", "(300, 8, 8)", pixels);
    }
    train(arrays, "--epochs", 1, "--out", "run").succeeded();
    for (String file : List.of("X_train.npy", "X_test.npy")) {
      program.run("encode", "run", "--out", arrays.resolve(file)).wrongUsage();
    }
    program.run("encode", "run", "--out", arrays.resolve("z.npy")).succeeded();
    program.run("encode", "run", "--out", arrays.resolve("z.npy")).succeeded();
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    for (int i = 0; i < 12; i++) {
      byte[] header = "P5 8 8 255\n".getBytes(StandardCharsets.US_ASCII);
      byte[] file = Arrays.copyOf(header, header.length + 64);
      System.arraycopy(pixels, 64 * i, file, header.length, 64);
      Files.write(pictures.resolve(i + ".pgm"), file);
    }
    Files.move(pictures.resolve("11.pgm"), pictures.resolve("11.png"));
    train(pictures, "--epochs", 1, "--out", "flat").succeeded();
    program.run("generate", "flat", "--count", 4, "--out", pictures.resolve("11.png")).wrongUsage();
    Path table = table();
    train(table, "--label-column", "kind", "--epochs", 1, "--out", "tabled").succeeded();
    program.run("encode", "tabled", "--out", table).wrongUsage();
    program.run("encode", "tabled", "--out", folder.resolve("tiny-labels.npy")).wrongUsage();
  }
}
