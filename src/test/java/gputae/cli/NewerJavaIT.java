package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The newest Java with long-term support, if one is installed, prints no warnings. */
class NewerJavaIT {

  @TempDir
  Path folder;

  @Test
  void java25WarnsOfNothing() throws IOException {
    Path home = null;
    Path installed = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(installed)) {
      try (DirectoryStream<Path> homes = Files.newDirectoryStream(installed, "*25*")) {
        for (Path one : homes) {
          home = Files.isExecutable(one.resolve("bin/java")) ? one : home;
        }
      }
    }
    assumeTrue(home != null, "no Java 25 under " + installed);
    Jar.Result doctor = new Jar(folder).javaHome(home).run("doctor").succeeded();
    assertEquals("", doctor.err(), doctor.toString());
    assertTrue(doctor.out().matches("(?s).*Java +25.*"), doctor.toString());
    Path data = Tiny.write(folder);
    Jar.Result train = new Jar(folder).javaHome(home).run(Tiny.train(data, "--epochs", 2, "--out", "new")).succeeded();
    assertEquals("", train.err(), train.toString());
    // Java does none of the arithmetic of a training, so its version changes nothing.
    new Jar(folder).run(Tiny.train(data, "--epochs", 2, "--out", "old")).succeeded();
    Tiny.assertSameResults(folder.resolve("old"), folder.resolve("new"));
  }
}
