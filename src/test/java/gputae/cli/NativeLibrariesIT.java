package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gputae.LocationMain;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native libraries are unpacked, and which instruction set they use. */
class NativeLibrariesIT {

  private static final List<String> LIBRARIES = List.of("libdnnl.so.3", "libgomp.so.1", "libgputae.so");

  /**
   * The home where programs unpack if they pass over all other places. The tests share it, since unpacking takes longer
   * than the rest of them.
   */
  @TempDir
  static Path home;

  @TempDir
  Path folder;

  private Path temporary;

  @BeforeEach
  void makeFolders() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
  }

  /** A program without settings, which tries the folder of temporary files, then the home. */
  private Jar unset(Path temporary, Path home) {
    return new Jar(folder).with("GPU_TAE_CACHE", null).java("-Djava.io.tmpdir=" + temporary, "-Duser.home=" + home);
  }

  private Path cacheIn(Path temporary) throws IOException {
    return temporary.resolve("gpu-tae-" + Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  /** The folder to which a program unpacks its libraries, or where it has them already. */
  private static Path location(Jar program) {
    return location(program.main(LocationMain.class).run());
  }

  /** The same folder, from the output of doctor. */
  private static Path location(Jar.Result doctor) {
    return Path.of(doctor.succeeded().outLines().stream().filter(line -> line.startsWith("native libraries"))
        .findFirst().orElseThrow()
        .substring("native libraries".length()).trim());
  }

  /** Asserts that a folder holds all libraries and nothing else, in particular no unfinished ones. */
  private static void assertWhole(Path folder) throws IOException {
    assertEquals(LIBRARIES, Tiny.content(folder));
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
  }

  /**
   * Starts two programs together and waits for both, since the slower one still unpacks when the quicker one has ended.
   * Returns the one folder that both use.
   */
  private static Path sharedUnder(Path cache, Supplier<Jar.Running> program) {
    List<Jar.Running> both = Stream.of(1, 2).map(i -> program.get()).toList();
    List<Path> locations = both.stream().map(one -> location(one.await())).distinct().toList();
    assertEquals(1, locations.size(), locations.toString());
    assertEquals(cache, locations.get(0).getParent());
    return locations.get(0);
  }

  @Test
  void twoProcessesAtOnceShareAnEmptyCache() throws IOException {
    Path cache = folder.resolve("not/yet/there");
    Jar program = new Jar(folder).with("GPU_TAE_CACHE", cache.toString()).main(LocationMain.class);
    assertWhole(sharedUnder(cache, program::start));
    Path elsewhere = Files.createDirectory(folder.resolve("home"));
    assertWhole(sharedUnder(cacheIn(temporary), () -> unset(temporary, elsewhere).start("doctor")));
    assertFalse(Files.exists(elsewhere.resolve(".cache")), "left in the home");
    // No library of others has unpacked something by itself, as LWJGL would.
    assertEquals(List.of(cacheIn(temporary).getFileName().toString()), List.of(temporary.toFile().list()));
  }

  @Tag("thorough")
  @Test
  void xdgCacheHomeComesBeforeTheFolderOfTemporaryFiles() throws IOException {
    Path xdg = folder.resolve("xdg");
    assertEquals(xdg.resolve("gpu-tae"),
        location(unset(temporary, home).with("XDG_CACHE_HOME", xdg.toString()).run("doctor")).getParent());
    assertEquals(List.of(), Tiny.content(temporary).stream().filter(name -> name.startsWith("gpu-tae")).toList());
  }

  @Test
  void aFileMissingOrCutInTheCacheIsUnpackedAgainAndTheOthersAreKept() throws IOException {
    Path cache = folder.resolve("cache");
    Jar program = new Jar(folder).with("GPU_TAE_CACHE", cache.toString()).main(LocationMain.class);
    Path location = location(program);
    Files.delete(location.resolve("libgomp.so.1"));
    Files.write(location.resolve("libgputae.so"), new byte[1000]);
    Object kept = Files.getAttribute(location.resolve("libdnnl.so.3"), "unix:ino");
    assertEquals(location, location(program));
    assertWhole(location);
    assertEquals(kept, Files.getAttribute(location.resolve("libdnnl.so.3"), "unix:ino"));
    // The file keeps its size and its time, but has wrong content.
    Path library = location.resolve("libgputae.so");
    Object bad = Files.getAttribute(library, "unix:ino");
    FileTime time = Files.getLastModifiedTime(library);
    try (RandomAccessFile file = new RandomAccessFile(library.toFile(), "rw")) {
      file.seek(file.length() / 2);
      file.write(~file.read());
    }
    Files.setLastModifiedTime(library, time);
    assertEquals(location, location(program));
    assertWhole(location);
    assertNotEquals(bad, Files.getAttribute(library, "unix:ino"));

    // A program is killed while it unpacks the large library. The next program that unpacks or finds the library
    // removes the rest.
    Files.delete(location.resolve("libdnnl.so.3"));
    Jar.Running killed = program.start();
    while (Tiny.content(location).size() < LIBRARIES.size()) {
      assertTrue(killed.isAlive(), "it did not unpack");
    }
    killed.kill();
    killed.await();
    assertEquals(location, location(program));
    assertWhole(location);

    // The folder itself is opened to others later.
    Files.setPosixFilePermissions(location, PosixFilePermissions.fromString("rwxrwxr-x"));
    new Jar(folder).with("GPU_TAE_CACHE", cache.toString()).run("train", "--epochs", 1).failed("other users may write");
  }

  @Test
  void aFolderThatOthersMayWriteToIsPassedOverAndRefusedWhereItWasAskedFor() throws IOException {
    Path open = Files.createDirectory(cacheIn(temporary));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertEquals(home.resolve(".cache/gpu-tae"), location(unset(temporary, home)).getParent());
    for (String permissions : List.of("rwxrwxrwx", "rwxrwx---", "rwx----w-")) {
      Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(permissions));
      new Jar(folder).with("GPU_TAE_CACHE", open.toString()).run("train", "--epochs", 1).failed(open.toString(),
          "other users may write");
      assertEquals(List.of(), Tiny.content(open));
    }
  }

  @Test
  void aFolderOfAnotherUserIsPassedOverAndRefusedWhereItWasAskedFor() throws IOException {
    Path foreign = Path.of("/usr");
    if (Jar.isRoot()) {
      foreign = Files.createDirectory(cacheIn(temporary));
      Files.setAttribute(foreign, "unix:uid", 12345);
      assertEquals(home.resolve(".cache/gpu-tae"), location(unset(temporary, home)).getParent());
      assertEquals(List.of(), Tiny.content(foreign));
    }
    new Jar(folder).with("GPU_TAE_CACHE", foreign.toString()).run("train", "--epochs", 1).failed(foreign.toString(),
        "not a folder of this user");
  }

  @Test
  void aLinkInTheFolderOfTemporaryFilesIsNotFollowed() throws IOException {
    Path target = Files.createDirectory(folder.resolve("target"));
    Files.createSymbolicLink(cacheIn(temporary), target);
    assertEquals(home.resolve(".cache/gpu-tae"), location(unset(temporary, home)).getParent());
    assertEquals(List.of(), Tiny.content(target));
  }

  @Tag("thorough")
  @Test
  void aHomeThatCannotBeWrittenDoesNotMatter() throws IOException {
    // Nobody, root included, can make a folder in /proc.
    Path data = Tiny.write(folder);
    try (Jar.Together program = unset(temporary, Path.of("/proc")).together()) {
      program.run(Tiny.train(data, "--epochs", 1, "--quiet")).succeeded();
      assertEquals(cacheIn(temporary), location(program.run("doctor")).getParent());
    }
  }

  @Tag("thorough")
  @Test
  void withoutAHomeNothingIsMadeInTheWorkingFolder() throws IOException {
    // Java gives this home for a user without an entry in passwd.
    Jar homeless = unset(Path.of("/proc/tmp"), Path.of("?")).with("HOME", null);
    homeless.run("h0", Files.writeString(folder.resolve("cloud.csv"), "0\n1\n"), "--device", "cpu")
        .failed("GPU_TAE_CACHE", "/proc/tmp");
    assertEquals(List.of("cloud.csv", "tmp"), Tiny.content(folder));
    new Jar(folder).java("-Duser.home=?").with("HOME", null).with("XDG_CACHE_HOME", "relative")
        .run("train", "--dataset", "mnist").failed("no home", "--data");
    assertEquals(List.of("cloud.csv", "tmp"), Tiny.content(folder));
    assertEquals(home.resolve(".cache/gpu-tae"),
        location(unset(Path.of("/proc/tmp"), Path.of("?")).with("HOME", home.toString())).getParent());
  }

  @Test
  void whereNoPlaceServesOneLineNamesThemAll() throws IOException {
    try (Jar.Together program = unset(Path.of("/proc/tmp"), Path.of("/proc/home")).together()) {
      program.run("train", "--epochs", 1).failed("GPU_TAE_CACHE", "/proc/tmp", "/proc/home");
      Jar.Result doctor = program.run("doctor");
      assertEquals(1, doctor.exit(), doctor.toString());
      assertTrue(doctor.assertNoStackTrace().out().contains("GPU_TAE_CACHE"), doctor.toString());
    }
  }

  @Test
  void aNoexecFolderOfTemporaryFilesIsPassedOver() throws Exception {
    Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "noexec,size=150m", "tmpfs", temporary.toString())
        .redirectErrorStream(true).start();
    String said = new String(mount.getInputStream().readAllBytes());
    assumeTrue(mount.waitFor() == 0, "no file system can be mounted here: " + said);
    try {
      assertEquals(home.resolve(".cache/gpu-tae"), location(unset(temporary, home)).getParent());
      // Only the small library was tried there.
      assertFalse(Tiny.content(temporary).toString().contains("libgputae"), Tiny.content(temporary).toString());
      new Jar(folder).with("GPU_TAE_CACHE", temporary.resolve("cache").toString()).run("train", "--epochs", 1)
          .failed("noexec");
    } finally {
      assertEquals(0, new ProcessBuilder("umount", temporary.toString()).inheritIO().start().waitFor());
    }
  }

  @Test
  void aDiskThatIsFullIsPassedOver() throws Exception {
    Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", temporary.toString())
        .redirectErrorStream(true).start();
    String said = new String(mount.getInputStream().readAllBytes());
    assumeTrue(mount.waitFor() == 0, "no file system can be mounted here: " + said);
    try {
      assertEquals(home.resolve(".cache/gpu-tae"), location(unset(temporary, home)).getParent());
      Path data = Tiny.write(folder);
      Path full = temporary.resolve("run");
      // A run on a disk that fills up: one line, and no file cut short under its final name.
      new Jar(folder).run(Tiny.train(data, "--epochs", 2, "--quiet", "--out", full, "--hidden", "500,500"))
          .failed("No space left");
      assertFalse(Tiny.content(full).stream().anyMatch(name -> name.endsWith(".safetensors") || name.endsWith(".part")),
          Tiny.content(full).toString());
    } finally {
      assertEquals(0, new ProcessBuilder("umount", temporary.toString()).inheritIO().start().waitFor());
    }
  }

  @Test
  void aPlainerInstructionSetCanBeAskedFor() throws IOException {
    askFor("baseline");
  }

  @Tag("thorough")
  @Test
  void avx2CanBeAskedFor() throws IOException {
    askFor("avx2");
  }

  private void askFor(String set) throws IOException {
    Path data = Tiny.write(folder);
    try (Jar.Together usual = new Jar(folder).together();
        Jar.Together asked = new Jar(folder).with("GPU_TAE_CPU", set).together()) {
      String best = usual.run("doctor").succeeded().out();
      assumeTrue(set.equals("baseline") || !best.contains("best baseline"), "this processor has no " + set);
      Jar.Result doctor = asked.run("doctor").succeeded();
      assertTrue(doctor.out().contains("used " + set) && doctor.out().contains("CPU, " + set), doctor.toString());
      Jar.Result train = asked.run(Tiny.train(data, "--epochs", 2, "--out", "run")).succeeded();
      assertTrue(train.out().contains("device: CPU, " + set + ","), train.toString());
      assertTrue(Files.readString(folder.resolve("run/config.json")).contains("CPU, " + set + ","));
      // Another set gives the same results up to rounding, and a resume says that they may differ.
      Jar.Result resumed = usual.run("train", "--resume", "run", "--epochs", 3, "--threads", 2, "--quiet").succeeded();
      assertEquals(!best.contains("best " + set), resumed.err().contains("CPU, " + set), resumed.toString());
    }
  }

  @Test
  void anInstructionSetThatDoesNotExistFailsWithOneLine() throws IOException {
    try (Jar.Together program = new Jar(folder).with("GPU_TAE_CPU", "mmx").together()) {
      program.run("train", "--epochs", 1).failed("GPU_TAE_CPU", "mmx", "baseline");
      Jar.Result doctor = program.run("doctor").assertNoStackTrace();
      assertEquals(1, doctor.exit(), doctor.toString());
      assertTrue(doctor.out().contains("mmx"), doctor.toString());
    }
    assertTrue(Files.notExists(folder.resolve("runs"), LinkOption.NOFOLLOW_LINKS));
  }
}
