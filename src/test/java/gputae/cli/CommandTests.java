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

  /** The folder where {@link #program} works; it is emptied before each test. */
  Path folder;

  /** Runs commands that need no separate process. */
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

  /** A separate process in {@link #folder}, with the environment that these tests need. */
  Jar jar() {
    return new Jar(folder);
  }
}
