package gputae.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;

/** Tests of commands that train on the tiny data set. */
abstract class TinyTests extends CommandTests {

  /** The folder of the data set, in {@link #folder}. */
  Path data;

  @BeforeEach
  void writeData() throws IOException {
    data = Tiny.write(Files.createDirectory(folder.resolve("data")));
  }

  /** A training on the data set. */
  Jar.Result train(Object... more) {
    return program.run(Tiny.train(data, more));
  }
}
