package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where results go: no file of the user is destroyed, and every loss of output is reported. */
class OutputsIT {

  private static final String DEATHS = "1\n2\n3\n4\n";
  private static final String EDGES = "u,v,length\n1,3,1\n3,4,2\n0,4,3\n0,2,4\n";

  @TempDir
  static Path shared;

  @TempDir
  Path folder;

  private static Path data;
  private static Path trained;
  private static Jar.Together program;

  private Path cloud;
  private Path run;

  @BeforeAll
  static void train() throws IOException {
    data = Tiny.write(shared);
    trained = shared.resolve("run");
    program = new Jar(shared).together();
    program.run(Tiny.train(data, "--epochs", 1, "--out", trained, "--figures-every", 1)).succeeded();
  }

  @AfterAll
  static void end() {
    program.close();
  }

  @BeforeEach
  void writeInputs() throws IOException {
    cloud = Files.writeString(folder.resolve("gaps.csv"), "6\n0\n10\n1\n3\n");
    run = folder.resolve("run");
    Tiny.copy(trained, run);
  }

  private Jar jar() {
    return new Jar(folder);
  }

  @Test
  void linksAreFollowedToTheFileTheyName() throws IOException {
    Path target = Files.writeString(folder.resolve("target"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("target"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), link);
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("new"));
    program.run("h0", cloud, "--out", second, "--edges", dangling).succeeded();
    assertEquals(DEATHS, Files.readString(target));
    assertEquals(EDGES, Files.readString(folder.resolve("new")));
    assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second) && Files.isSymbolicLink(dangling));
    for (Object[] command : new Object[][] {
      {"encode", run, "--out", Files.createSymbolicLink(folder.resolve("z.npy"), target)},
      {"generate", run, "--out", Files.createSymbolicLink(folder.resolve("x.npy"), target)},
      {"generate", run, "--out", Files.createSymbolicLink(folder.resolve("x.png"), target)},
    }) {
      Files.writeString(target, "old");
      program.run(command).succeeded();
      assertTrue(Files.isSymbolicLink((Path) command[3]) && Files.size(target) > 10, target.toString());
    }
    Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    program.run("h0", cloud, "--out", loop).failed("loop", "too many links");
  }

  @Test
  void aFileThatIsReplacedKeepsItsPermissions() throws IOException {
    Path secret = Files.createFile(folder.resolve("secret"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    program.run("h0", cloud, "--out", secret).succeeded();
    assertEquals(DEATHS, Files.readString(secret));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
  }

  @Test
  void pipesAndDevicesAreWrittenThroughAndStay() throws IOException {
    Jar.Result result = jar().shell("mkfifo pipe; cat pipe > got & \"$@\" --out pipe; wait", "h0", cloud);
    assertTrue(result.succeeded().out().startsWith("points "), result.toString());
    assertEquals(DEATHS, Files.readString(folder.resolve("got")));
    assertTrue(Files.readAttributes(folder.resolve("pipe"), "isOther").containsValue(true));
    // Outputs may be a file descriptor of the shell, a process of the shell, or a device.
    String wait = "for i in {1..200}; do [ -s edges ] && break; sleep 0.05; done";
    jar().shell("\"$@\" --out /dev/fd/3 --edges >(cat > edges) 3> deaths > /dev/null; " + wait, "h0", cloud)
        .succeeded();
    assertEquals(DEATHS, Files.readString(folder.resolve("deaths")));
    assertEquals(EDGES, Files.readString(folder.resolve("edges")));
    program.run("h0", cloud, "--out", "/dev/null", "--edges", "/dev/null").succeeded();
    program.run("generate", run, "--out", "/dev/null").succeeded();
    assertFalse(Files.isRegularFile(Path.of("/dev/null")));
    jar().run("h0", cloud, "--out", "/dev/full").failed("/dev/full", "No space left on device");
  }

  @Test
  void standardOutputTakesTheResultAndStandardErrorTheWords() throws IOException {
    for (String name : List.of("-", "/dev/stdout", "/proc/self/fd/1")) {
      Jar.Result result = program.run("h0", cloud, "--out", name);
      assertEquals(0, result.exit(), result.toString());
      assertEquals(DEATHS, result.out());
      assertTrue(result.err().startsWith("points "), result.toString());
    }
    assertEquals(EDGES, program.run("h0", cloud, "--edges", "-").out());
    assertTrue(Files.isSymbolicLink(Path.of("/dev/stdout")));
    // Binary output arrives unchanged: encode and generate write numpy's format.
    jar().shell("\"$@\" --threads 2 > z.npy", "encode", run, "--out", "-");
    assertArrayEquals(Files.readAllBytes(run.resolve("latents.npy")), Files.readAllBytes(folder.resolve("z.npy")));
    jar().shell("\"$@\" | cat > x.npy", "generate", run, "--count", 3, "--out", "/dev/stdout");
    Tiny.readNpy(folder.resolve("x.npy"), "|u1", "(3, 8, 8)");
    // A file that the shell appends to keeps its content.
    Files.writeString(folder.resolve("log"), "before\n");
    jar().shell("\"$@\" >> log", "h0", cloud, "--out", "/dev/stdout");
    assertEquals("before\n" + DEATHS, Files.readString(folder.resolve("log")));
    program.run("h0", cloud, "--out", "-", "--edges", "/dev/stdout").wrongUsage();
    Stream.of("train --out -", "train --frames -", "sweep --grid seed=0 --out -", "reproduce --out -")
        .forEach(command -> program.runLine(command).wrongUsage());
    program.run("evaluate", run, "--out", "-").wrongUsage();
  }

  @Test
  void aReadOnlyFileIsRefusedBeforeAnythingIsComputed() throws IOException {
    Path locked = Files.writeString(folder.resolve("locked.npy"), "mine");
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r--r--r--"));
    program.run("h0", cloud, "--out", locked).failed("locked.npy", "read-only");
    // If the program computed first, it would report the input instead.
    program.run("h0", "nowhere.csv", "--edges", locked).failed("locked.npy", "read-only");
    program.run("encode", run, "--out", locked).failed("locked.npy", "read-only");
    Path link = Files.createSymbolicLink(folder.resolve("x.npy"), locked);
    program.run("generate", run, "--out", link).failed("x.npy", "read-only");
    assertEquals("mine", Files.readString(locked));
    for (String file : List.of("evaluation.json", "evaluation.csv", "evaluation.html")) {
      Path out = Files.createDirectory(folder.resolve("out of " + file));
      Files.setPosixFilePermissions(Files.writeString(out.resolve(file), "mine"),
          PosixFilePermissions.fromString("r--r--r--"));
      program.run("evaluate", run, "--out", out).failed(file, "read-only");
    }
  }

  @Test
  void oneFileForTwoOutputsIsWrongUsage() throws IOException {
    Path there = Files.writeString(folder.resolve("there"), "mine");
    Files.createLink(folder.resolve("hard"), there);
    Files.createSymbolicLink(folder.resolve("soft"), there);
    Files.createSymbolicLink(folder.resolve("here"), folder);
    for (String[] pair : new String[][] {{"new", "new"}, {"new", "./new"}, {"new", "here/new"}, {"a/b", "a/./b"},
      {"there", "hard"}, {"there", "soft"}, {"soft", "here/hard"}}) {
      program.run("h0", cloud, "--out", folder.resolve(pair[0]), "--edges", folder.resolve(pair[1])).wrongUsage();
    }
    assertEquals("mine", Files.readString(there));
    assertTrue(Files.notExists(folder.resolve("new")) && Files.notExists(folder.resolve("a")));
    program.run("train", "--out", folder.resolve("out"), "--frames", folder + "/./out").wrongUsage();
  }

  @Test
  void anInputIsNeverAnOutput() throws IOException {
    Files.createLink(folder.resolve("hard.csv"), cloud);
    Files.createSymbolicLink(folder.resolve("soft.csv"), cloud);
    for (String name : List.of("gaps.csv", "./gaps.csv", "hard.csv", "soft.csv")) {
      program.run("h0", cloud, "--out", folder + "/" + name).wrongUsage();
      program.run("h0", folder.resolve("soft.csv"), "--edges", folder + "/" + name).wrongUsage();
    }
    jar().shell("\"$@\" >> gaps.csv", "h0", cloud).wrongUsage();
    assertEquals("6\n0\n10\n1\n3\n", Files.readString(cloud));
    // An output may replace neither the images to embed nor the data of the run.
    Path images = Files.copy(data, folder.resolve("images.npy"));
    program.run("encode", run, images, "--out", images).wrongUsage();
    program.run("encode", run, "--out", data).wrongUsage();
    program.run("generate", run, "--out", shared.resolve("tiny-labels.npy")).wrongUsage();
    Path film = Files.createSymbolicLink(folder.resolve("film.gif"), images);
    program.run("train", "--dataset", images, "--film", film).wrongUsage();
    program.run("train", "--dataset", data, "--init", images, "--film", film).wrongUsage();
    Path table = Files.copy(cloud, folder.resolve("evaluation.csv"));
    program.run("evaluate", "--latents", table, "--data", cloud, "--out", folder).wrongUsage();
    program.run("evaluate", "--latents", cloud, "--data", table, "--out", folder).wrongUsage();
    assertArrayEquals(Files.readAllBytes(data), Files.readAllBytes(images));
  }

  @Test
  void aRunsOwnFilesAreNeverAnOutput() throws IOException {
    Map<Path, byte[]> before = new HashMap<>();
    try (Stream<Path> files = Files.walk(run)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        before.put(file, Files.readAllBytes(file));
      }
    }
    Path hard = Files.createLink(folder.resolve("hard.npy"), run.resolve("model.safetensors"));
    Path soft = Files.createSymbolicLink(folder.resolve("soft.npy"), run.resolve("checkpoint.safetensors"));
    for (Path out : List.of(hard, soft, run.resolve("latents.npy"), folder.resolve("./run/../run/labels.npy"))) {
      program.run("encode", run, "--out", out).wrongUsage();
      program.run("generate", run, "--out", out).wrongUsage();
    }
    for (String picture : List.of("generated.png", "latent.png", "losses.png", "latent-0001.png")) {
      program.run("generate", run, "--out", run.resolve("figures").resolve(picture)).wrongUsage();
    }
    program.run("encode", run, "--out", run.resolve("model.safetensors")).wrongUsage();
    Path film = Files.createSymbolicLink(folder.resolve("film.gif"), run.resolve("model.safetensors"));
    program.run("train", "--resume", run, "--epochs", 2, "--film", film).wrongUsage();
    Path other = folder.resolve("other");
    Tiny.copy(trained, other);
    program.run("evaluate", run, "--out", other).wrongUsage();
    program.run("sweep", "--grid", "seed=0", "--dataset", data, "--init", sweepRun(), "--out", folder.resolve("sweep"))
        .wrongUsage();
    for (Map.Entry<Path, byte[]> file : before.entrySet()) {
      assertArrayEquals(file.getValue(), Files.readAllBytes(file.getKey()), file.getKey().toString());
    }
    // Other names in the run are free, also for a second time.
    program.run("encode", run, "--out", run.resolve("train.csv")).succeeded();
    program.run("encode", run, "--out", run.resolve("train.csv")).succeeded();
  }

  /** The weights of a model that a sweep of one seed would train again. */
  private Path sweepRun() throws IOException {
    Path one = Files.createDirectories(folder.resolve("sweep/runs/tiny-tae-d2-seed0"));
    return Files.copy(trained.resolve("model.safetensors"), one.resolve("model.safetensors"));
  }

  @Test
  void theNameTellsTheFormatOrIsRefused() throws IOException {
    program.run("encode", run, "--threads", 2, "--out", folder.resolve("z.csv")).succeeded();
    List<String> rows = Files.readAllLines(folder.resolve("z.csv"));
    float[] latents = Tiny.floats(Tiny.readNpy(run.resolve("latents.npy"), "<f4", "(50, 2)"));
    assertEquals(50, rows.size());
    for (int i = 0; i < latents.length; i++) {
      assertEquals(latents[i], Float.parseFloat(rows.get(i / 2).split(",")[i % 2]));
    }
    program.run("h0", cloud, "--out", folder.resolve("d.NPY"), "--edges", folder.resolve("e.npy")).succeeded();
    assertArrayEquals(Tiny.littleEndian(1., 2, 3, 4), Tiny.readNpy(folder.resolve("d.NPY"), "<f8", "(4,)"));
    assertArrayEquals(Tiny.littleEndian(1., 3, 1, 3, 4, 2, 0, 4, 3, 0, 2, 4),
        Tiny.readNpy(folder.resolve("e.npy"), "<f8", "(4, 3)"));
    for (String name : List.of("z.txt", "z", "z.npz")) {
      program.run("encode", run, "--out", folder.resolve(name)).wrongUsage();
    }
    program.run("h0", cloud, "--out", folder.resolve("d.npz")).wrongUsage();
    program.run("h0", cloud, "--edges", folder.resolve("e.json")).wrongUsage();
  }

  @Test
  void aLongNameWorksAndNothingPlantedIsFollowed() throws IOException {
    String name = "a".repeat(246) + ".npy";
    program.run("h0", cloud, "--out", folder.resolve("b".repeat(250)), "--edges", folder.resolve("c".repeat(255)))
        .succeeded();
    program.run("encode", run, "--out", folder.resolve(name)).succeeded();
    assertEquals(DEATHS, Files.readString(folder.resolve("b".repeat(250))));
    assertTrue(Tiny.content(folder).stream().noneMatch(file -> file.endsWith(".part")));
    // Temporary files once had this name.
    Path victim = Files.writeString(folder.resolve("victim"), "mine");
    Files.createSymbolicLink(folder.resolve(".deaths." + ProcessHandle.current().pid() + ".part"), victim);
    program.run("h0", cloud, "--out", folder.resolve("deaths")).succeeded();
    assertEquals("mine", Files.readString(victim));
  }

  @Test
  void aFullStandardOutputFailsWithOneLine() throws IOException {
    for (Object[] command : new Object[][] {{"h0", cloud, "--out", "deaths"},
      {"evaluate", "--latents", cloud, "--data", cloud}, Tiny.train(data, "--epochs", 1, "--out", "new")}) {
      Jar.Result result =
          jar().shell("\"$@\" > /dev/full", command).failed("standard output", "No space left on device");
      assertEquals("", result.out());
    }
    // The outputs that go to files are there nevertheless.
    assertEquals(DEATHS, Files.readString(folder.resolve("deaths")));
    assertTrue(Files.exists(folder.resolve("new/report.html")));
  }

  @Test
  void aReaderThatHasReadEnoughIsNoError() throws IOException {
    Jar.Result first = jar().shell("\"$@\" | head -n 1", "h0", cloud, "--out", "deaths").succeeded();
    assertEquals("points             5\n", first.out() + first.err());
    Jar.Result none = jar().shell("\"$@\" | true", Tiny.train(data, "--epochs", 3, "--out", "new")).succeeded();
    assertEquals("", none.err(), none.toString());
    assertEquals(DEATHS, Files.readString(folder.resolve("deaths")));
    assertTrue(Files.exists(folder.resolve("new/report.html")), "the training goes on");
  }

  @Test
  void namesThatTheLocaleCannotSpellAreRefused() throws IOException {
    Path cafe = Files.createDirectory(folder.resolve("x"));
    jar().shell("mv x $'caf\\xc3\\xa9'; cp gaps.csv $'caf\\xc3\\xa9'").succeeded();
    assertFalse(Files.exists(cafe));
    Jar c = jar().with("LC_ALL", "C");
    c.shell("\"$@\" --out $'caf\\xc3\\xa9/deaths'", "h0", cloud).failed("LC_ALL=C.UTF-8");
    c.shell("cd $'caf\\xc3\\xa9' && \"$@\" --out deaths", "h0", "gaps.csv").failed("LC_ALL=C.UTF-8");
    Jar utf8 = jar().with("LC_ALL", "C.UTF-8");
    utf8.shell("\"$@\" --out $'caf\\xe9'", "h0", cloud).failed("ISO-8859-1");
    utf8.shell("cd $'caf\\xc3\\xa9' && \"$@\" --out $'d\\xc3\\xa9aths'", "h0", "gaps.csv").succeeded();
    assertEquals(DEATHS, jar().shell("cat $'caf\\xc3\\xa9/d\\xc3\\xa9aths'").succeeded().out());
  }

  @Test
  void whatAFileSaysDoesNotCommandTheTerminal() throws IOException {
    String escape = "\u001b]0;owned\u0007\u009b2J\u202e";
    Path config = run.resolve("config.json");
    String inJson = escape.replace("\u001b", "\\u001b").replace("\u0007", "\\u0007");
    Files.writeString(config, Files.readString(config).replace(data.toString(), "/nowhere/" + inJson));
    Jar.Result result = program.run("encode", run, "--out", folder.resolve("z.npy")).failed("/nowhere/?]0;owned");
    assertTrue(result.err().strip().chars().noneMatch(c -> Character.isISOControl(c) || c == 0x202e),
        result.toString());
    Path odd = Files.copy(cloud, folder.resolve("odd\u001b[31m.csv"));
    result = program.run("h0", odd, "--out", folder);
    assertFalse((result.out() + result.err()).contains("\u001b"), result.toString());
    result = program.run("h0", cloud, "--nonsense\u001b[31m").wrongUsage();
    assertFalse(result.err().contains("\u001b"), result.toString());
  }

  @Test
  void aTableHoldsNoFormulas() throws IOException {
    Path formula = Files.copy(data, folder.resolve("=cmd().npy"));
    program.run("sweep", "--grid", "seed=0", "--dataset", formula, "--epochs", 1, "--threads", 1, "--quiet", "--out",
        folder.resolve("sweep")).succeeded();
    String row = Files.readAllLines(folder.resolve("sweep/sweep.csv")).get(1);
    assertTrue(row.startsWith("'=cmd(),tae,2,0,"), row);
  }

  @Test
  void aFilmCanGoToStandardOutput() throws IOException {
    Jar.Result result = jar().shell("\"$@\" > film.gif", Tiny.train(data, "--epochs", 1, "--out", "new", "--film", "-",
        "--view-size", "640x480"));
    assumeTrue(!result.err().contains("OpenGL"), "there is no OpenGL here: " + result);
    assertEquals(0, result.exit(), result.toString());
    assertTrue(result.err().contains("film: -, 2 frames"), result.toString());
    assertTrue(ImageIO.read(folder.resolve("film.gif").toFile()).getWidth() == 640);
  }

  @Test
  void aFolderBehindALinkTakesResults() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    program.run("h0", cloud, "--out", link.resolve("deaths")).succeeded();
    assertEquals(DEATHS, Files.readString(real.resolve("deaths")));
    program.run(Tiny.train(data, "--epochs", 1, "--quiet", "--out", Files.createSymbolicLink(folder.resolve("to"),
        Files.createDirectory(folder.resolve("empty"))))).succeeded();
    assertTrue(Files.isDirectory(folder.resolve("to")) && Files.isSymbolicLink(folder.resolve("to"))
        && Files.exists(folder.resolve("empty/report.html"), LinkOption.NOFOLLOW_LINKS));
  }
}
