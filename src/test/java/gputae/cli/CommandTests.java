package gputae.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests of commands that share one process and one folder. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CommandTests {

  /** Where {@link #program} works: emptied before each test. */
  Path folder;

  /** For commands that need no process of their own. */
  Jar.Together program;

  @BeforeAll
  void start(@TempDir Path folder) {
    this.folder = folder;
    program = jar().together();
  }

  @AfterAll
  void end() {
    program.close();
  }

  @BeforeEach
  void empty() throws IOException {
    Tiny.empty(folder);
  }

  /** A process of its own in {@link #folder}, with what these tests need in its environment. */
  Jar jar() {
    return new Jar(folder);
  }
}
