package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A command that cannot do its work ends with exit code 1 and one line that says why, and leaves existing files
 * unchanged.
 */
class FailureIT extends CommandTests {

  private Path data;
  private Path run;

  @BeforeAll
  void train(@TempDir Path shared) throws IOException {
    data = Tiny.write(shared);
    run = shared.resolve("run");
    program.run(Tiny.train(data, "--epochs", 2, "--out", run)).succeeded();
  }

  @Test
  void aDataSetThatIsMissingOrDamagedFailsWithOneLineAndLeavesNoRun() throws IOException {
    jar().run("train", "--dataset", "nowhere.npy").failed("nowhere.npy");
    program.run("train", "--dataset", "fashion-mnist", "--data", "nowhere").failed("nowhere");
    program.run("train", "--dataset", "digits", "--data", ".").failed("--data");
    assertEquals(List.of(), Tiny.content(folder));

    byte[] whole = Files.readAllBytes(data);
    Path bad = folder.resolve("bad.npy");
    Files.write(bad, Arrays.copyOf(whole, whole.length - 1));
    program.run("train", "--dataset", bad).failed("bad.npy", "truncated");
    Files.write(bad, Arrays.copyOf(whole, 20));
    program.run("train", "--dataset", bad).failed("bad.npy");
    Files.write(bad, new byte[0]);
    program.run("train", "--dataset", bad).failed("bad.npy");
    byte[] noMagic = whole.clone();
    noMagic[0] = 0;
    Files.write(bad, noMagic);
    program.run("train", "--dataset", bad).failed("bad.npy");
    Tiny.writeNpy(bad, "<f4", "(2, 1, 1)", Tiny.littleEndian(0.5f, Float.NaN));
    program.run("train", "--dataset", bad).failed("bad.npy", "NaN");
    Files.delete(bad);

    // The header of an IDX file that promises a hundred images.
    Path idx = Files.createDirectory(folder.resolve("idx"));
    for (String part : List.of("train", "t10k")) {
      Files.write(idx.resolve(part + "-images-idx3-ubyte"),
          new byte[] {0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 0, 8, 0, 0, 0, 8, 1, 2, 3});
      Files.write(idx.resolve(part + "-labels-idx1-ubyte"), new byte[] {0, 0, 8, 1, 0, 0, 0, 100, 1});
    }
    program.run("train", "--dataset", "mnist", "--data", idx).failed("idx", "truncated");
    program.run("train", "--dataset", Files.createDirectory(folder.resolve("empty"))).failed("empty");
    assertTrue(Files.notExists(folder.resolve("runs")), Tiny.content(folder).toString());
  }

  @Test
  void outThatIsAFileOrAFolderWithContentIsLeftUntouched() throws IOException {
    Path full = Files.createDirectory(folder.resolve("full"));
    Files.writeString(full.resolve("notes.txt"), "mine");
    program.run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "full")).failed("full", "not empty");
    assertEquals(List.of("notes.txt"), Tiny.content(full));
    assertEquals("mine", Files.readString(full.resolve("notes.txt")));
    Path file = Files.writeString(folder.resolve("file"), "mine");
    program.run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "file")).failed("file");
    assertEquals("mine", Files.readString(file));
    program.run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", "file/below")).failed("file");
    assertEquals("mine", Files.readString(file));
    // A file has the place of the default folder's parent.
    Files.writeString(folder.resolve("runs"), "mine");
    program.run(Tiny.train(data, "--epochs", 1, "--quiet")).failed("runs");
    assertEquals("mine", Files.readString(folder.resolve("runs")));
  }

  @Test
  void aRunsFolderWithoutPermissionFailsWithOneLine() throws IOException {
    assumeFalse(Jar.isRoot(), "root may write anywhere");
    Path runs = Files.createDirectory(folder.resolve("runs"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
    try {
      jar().run(Tiny.train(data, "--epochs", 1, "--quiet")).failed("runs", "permission denied");
    } finally {
      Files.setPosixFilePermissions(runs, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void cudaIsRefusedWhereThereIsNoneAndNeverReplacedByTheCpu() throws IOException {
    jar().run(Tiny.train(data, "--epochs", 1, "--device", "cuda")).failed("cuda");
    assertEquals(List.of(), Tiny.content(folder));
  }

  @Test
  void aRunThatIsMissingOrIncompleteFailsWithOneLine() throws IOException {
    jar().run("generate", "nowhere", "--out", "x.npy").failed("nowhere", "config.json");
    program.run("encode", "nowhere", "--out", "x.npy").failed("nowhere", "config.json");
    Path part = folder.resolve("part");
    Tiny.copy(run, part);
    Files.delete(part.resolve("model.safetensors"));
    program.run("generate", part, "--out", "x.npy").failed("model.safetensors");
    program.run("encode", part, "--out", "x.npy").failed("model.safetensors");
    Files.delete(part.resolve("config.json"));
    program.run("generate", part, "--out", "x.npy").failed("config.json");
    assertTrue(Files.notExists(folder.resolve("x.npy")));
    Path moved = folder.resolve("moved");
    Tiny.copy(run, moved);
    Files.writeString(moved.resolve("config.json"),
        Files.readString(run.resolve("config.json")).replace(data.toString(), "/nowhere/tiny.npy"));
    program.run("encode", moved, "--out", "x.npy").failed("/nowhere/tiny.npy");
  }

  @Test
  void settingsThatAreNotThoseOfARunFailWithOneLine() throws IOException {
    String good = Files.readString(run.resolve("config.json"));
    List<String> all = List.of("", "{", "[]", "{}", "null", "7", good.replace("\"tae\"", "\"gan\""),
        good.replace("\"latent\": 2", "\"latent\": 0"),
        good.replace("\"latent\": 2", "\"latent\": \"two\""), good.replace("\"format\": 1", "\"format\": 99"),
        good.replace("\"hidden\": [", "\"hidden\": 64, \"h\": ["),
        good.replace("\"latent\": 2", "\"latent\": 3"), good.replace("\"height\": 8", "\"height\": 80"),
        good.replace("\"height\": 8", "\"height\": -8"),
        good.replace("\"latent\": 2", "\"latent\": 2000000000"));
    for (int i = 0; i < all.size(); i++) {
      Path other = folder.resolve("run" + i);
      Tiny.copy(run, other);
      Files.writeString(other.resolve("config.json"), all.get(i));
    }
    IntStream.range(0, all.size())
        .forEach(i -> program.run("generate", "run" + i, "--out", "x.npy").failed("config.json"));
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() throws IOException {
    Path model = run.resolve("model.safetensors");
    program.run(Tiny.train(data, "--epochs", 1, "--latent", 3, "--init", model)).failed("--init");
    program.run(Tiny.train(data, "--epochs", 1, "--hidden", "32,32", "--init", model)).failed("--init");
    program.run(Tiny.train(data, "--epochs", 1, "--model", "vae", "--init", model)).failed("--init");
    program.run(Tiny.train(data, "--epochs", 1, "--init", run.resolve("checkpoint.safetensors"))).failed("--init");
    program.run(Tiny.train(data, "--epochs", 1, "--init", data)).failed("tiny.npy");
    program.run(Tiny.train(data, "--epochs", 1, "--init", "nowhere")).failed("nowhere");
    assertEquals(List.of(), Tiny.content(folder));
  }

  @Test
  void imagesOfAnotherSizeAreRefused() throws IOException {
    Path wide = Tiny.writeNpy(folder.resolve("wide.npy"), "|u1", "(2, 8, 9)", new byte[2 * 72]);
    program.run("encode", run, wide, "--out", "x.npy").failed("wide.npy", "8 x 9", "8 x 8");
    program.run("encode", run, "nowhere.npy", "--out", "x.npy").failed("nowhere.npy");
    assertTrue(Files.notExists(folder.resolve("x.npy")));
  }

  @Test
  void outputThatCannotBeWrittenFailsWithOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    program.run("generate", run, "--out", file.resolve("x.npy")).failed("x.npy");
    program.run("generate", run, "--out", file.resolve("x.png")).failed("x.png");
    program.run("encode", run, "--out", file.resolve("x.npy")).failed("x.npy");
    Path taken = Files.createDirectories(folder.resolve("taken.npy/inside"));
    program.run("generate", run, "--out", taken.getParent()).failed("taken.npy");
    assertEquals(List.of("file", "taken.npy", "taken.npy/inside"), Tiny.content(folder));
  }

  @Test
  void verboseAddsTheStackTrace() {
    Jar.Result result = program.run("generate", "nowhere", "--out", "x.npy", "--verbose");
    assertEquals(1, result.exit(), result.toString());
    assertTrue(result.errLines().get(0).startsWith("gpu-tae: "), result.toString());
    assertTrue(result.err().contains("\tat gputae.cli."), result.toString());
  }

  @Test
  void aRunsFilesMayBeDamagedAnywhereWithoutAStackTrace() throws IOException {
    damage(3);
  }

  @Test
  @Tag("thorough")
  void aRunsFilesMayBeDamagedInHundredsOfPlacesWithoutAStackTrace() throws IOException {
    damage(50);
  }

  /** A damaged copy of a file of the run. */
  private record Damage(String file, String what, byte[] bytes, boolean cut) {}

  private void damage(int times) throws IOException {
    long seed = System.nanoTime();
    System.out.println("damage drawn with seed " + seed);
    Random random = new Random(seed);
    List<Damage> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      for (String file : List.of("config.json", "model.safetensors", "checkpoint.safetensors")) {
        byte[] whole = Files.readAllBytes(run.resolve(file));
        // The JSON is still complete without its last character, a line end.
        int length = random.nextInt(whole.length - 2);
        all.add(new Damage(file, "cut to " + length, Arrays.copyOf(whole, length), true));
        // Every second flip is in the first part, where the header is.
        int place = random.nextInt(i % 2 == 0 ? Math.min(2000, whole.length) : whole.length);
        int bit = random.nextInt(8);
        byte[] flipped = whole.clone();
        flipped[place] ^= (byte) (1 << bit);
        all.add(new Damage(file, "bit " + bit + " of byte " + place + " flipped", flipped, false));
      }
    }
    for (Damage damage : all) {
      Path copy = Files.createTempDirectory(folder, "damage").resolve("run");
      Tiny.copy(run, copy);
      Files.write(copy.resolve(damage.file), damage.bytes);
      Jar.Result result = damage.file.equals("checkpoint.safetensors")
          ? program.run("train", "--threads", 2, "--quiet", "--resume", copy)
          : program.run("generate", copy, "--out", "x.npy");
      String about = damage.file + ", " + damage.what + ": " + result;
      // A flipped bit among the numbers cannot be told from a number.
      if (result.exit() != 0 || damage.cut) {
        assertEquals(1, result.exit(), about);
        assertEquals("gpu-tae: ", result.err().substring(0, Math.min(9, result.err().length())), about);
        String last = result.errLines().get(result.errLines().size() - 1);
        assertTrue(last.startsWith("gpu-tae: ") && !last.contains("unexpected "), about);
      }
      // A resume may also warn that the conditions differ, since damage can change the recorded conditions.
      assertTrue(result.errLines().size() <= 2 && !result.err().contains("\tat "), about);
      if (damage.cut && damage.file.equals("checkpoint.safetensors")) {
        assertArrayEquals(damage.bytes, Files.readAllBytes(copy.resolve(damage.file)),
            "a checkpoint that cannot be read is kept");
      }
    }
  }
}
