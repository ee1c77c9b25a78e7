package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Samples in one file; labels in it do not count. */
public final class SampleFile {

  private SampleFile() {}

  /**
   * Reads a file as {@link SampleFiles} does. A file with a training and a test part is refused.
   *
   * @param options what the user says about the file
   * @param log     receives lines that say what was decided, such as how values were rounded
   */
  public static Samples read(Path file, DataOptions options, Consumer<String> log) throws DataException {
    SampleFiles.Parts parts = SampleFiles.read(file, null, options, true, log);
    if (parts.test() != null) {
      throw new DataException(file + ": training and test samples; save those that you mean in Python:"
          + " numpy.save('NEW.npy', numpy.load('" + file.getFileName() + "')['NAME'])");
    }
    return parts.train().samples();
  }
}
