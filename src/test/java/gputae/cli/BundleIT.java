package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The portable bundle, if one was made from this jar ({@code -Pbundle}): its launcher, called through a link, in an
 * environment without Java. src/bundle/test.sh tests more, in a minimal Debian.
 */
@Tag("thorough")
class BundleIT {

  @TempDir
  Path folder;

  @Test
  void trainsAndDrawsWithoutJavaOnThePath() throws IOException, InterruptedException {
    unpack(Files.createDirectory(folder.resolve("a folder")));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("a folder/gpu-tae-bundle/gpu-tae"));
    String launcher = link.toString();
    run(folder, launcher, "train", "--epochs", "1", "--quiet", "--out", "my run");
    run(folder, launcher, "generate", "my run", "--out", "samples.png");
    Path figures = folder.resolve("my run/figures");
    for (Path figure : List.of(figures.resolve("latent.png"), figures.resolve("losses.png"),
        figures.resolve("generated.png"), folder.resolve("samples.png"))) {
      Tiny.assertPng(figure);
    }
  }

  /** Every file that is not the project's own is named in the notices, with its licence beside them. */
  @Test
  void theNoticesNameWhatTheBundleAddsToJava() throws IOException, InterruptedException {
    Path home = unpack(folder);
    String notices = Files.readString(home.resolve("THIRD-PARTY.txt"));
    assertTrue(notices.contains("runtime/legal") && Files.exists(home.resolve("runtime/legal/java.base/LICENSE")),
        notices);
    assertTrue(notices.contains("libdnnl.so.3"), "the jar's notices are missing");
    int added = 0;
    try (Stream<Path> files = Files.walk(home.resolve("runtime/lib"))) {
      // Java's own libraries have no version in their names.
      for (Path file : files.filter(file -> file.toString().matches(".*(\\.so\\.[0-9.]+|\\.ttf)")).toList()) {
        added++;
        String name = file.getFileName().toString();
        String line = notices.lines().filter(notice -> notice.startsWith(name + " ")).findFirst()
            .orElseThrow(() -> new AssertionError(name + " is not in\n" + notices));
        String licence = line.substring(name.length()).strip().split(" ")[0] + ".txt";
        assertTrue(Files.size(home.resolve("licenses").resolve(licence)) > 200, licence);
      }
    }
    assertTrue(added >= 4, "two fonts and the C++ runtime at least, not " + added);
  }

  private static Path unpack(Path into) throws IOException, InterruptedException {
    Path bundle = Jar.FILE.resolveSibling("gpu-tae-bundle.tar.gz");
    assumeTrue(Files.exists(bundle), "no target/gpu-tae-bundle.tar.gz, which -Pbundle makes");
    run(into, "/bin/tar", "-xzf", bundle.toString());
    Path home = into.resolve("gpu-tae-bundle");
    assumeTrue(Files.mismatch(home.resolve("gpu-tae.jar"), Jar.FILE) < 0,
        "target/gpu-tae-bundle.tar.gz holds another jar than target/gpu-tae.jar");
    return home;
  }

  private static void run(Path folder, String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
        .redirectOutput(output.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", withoutJava(folder).toString());
    builder.environment().put("GPU_TAE_CACHE", Jar.FILE.resolveSibling("native-cache").toString());
    builder.environment().put("CUDA_VISIBLE_DEVICES", "");
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    assertEquals(0, process.waitFor(), String.join(" ", command) + "\n" + Files.readString(output));
  }

  /** A folder for PATH with the programs that the launcher and tar call. */
  private static Path withoutJava(Path folder) throws IOException {
    Path path = folder.resolve("path");
    if (!Files.exists(path)) {
      Files.createDirectory(path);
      for (String tool : List.of("readlink", "gzip")) {
        // A copy, since JUnit warns of links that lead out of its folder.
        Files.copy(Path.of("/bin", tool), path.resolve(tool), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return path;
  }
}
