package gputae.run;

import gputae.backend.BackendException;
import gputae.files.WholeFile;
import gputae.train.DivergedException;
import gputae.train.Epoch;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/**
 * The result of a cell.
 *
 * @param history all its epochs; empty if the cell failed
 * @param failure why the cell could not be trained or measured, otherwise null
 */
public record SweepRow(SweepCell cell, RunDirectory run, List<Epoch> history, String failure) {

  /** The row of a cell that could not be trained or measured. */
  static SweepRow failed(SweepCell cell, RunDirectory run, Throwable why) {
    return new SweepRow(cell, run, List.of(), reason(why));
  }

  /** The result of the training in a few words. */
  String words() {
    Epoch last = history.get(history.size() - 1);
    return String.format(Locale.ROOT, "test %.4f, %.1f s", last.testReconstruction(), last.seconds());
  }

  private static String reason(Throwable e) {
    if (e instanceof OutOfMemoryError) {
      return "out of memory (" + e.getMessage() + "); give Java more with -Xmx, or do fewer at a time with --jobs";
    }
    String message = e instanceof java.nio.file.FileSystemException file
        ? file.getFile() + ": " + WholeFile.inWords(file) : String.valueOf(e.getMessage());
    boolean expected = e instanceof IOException || e instanceof DivergedException || e instanceof Failure
        || e instanceof BackendException;
    return (expected ? "" : "unexpected " + e.getClass().getSimpleName() + ": ")
        + message.lines().findFirst().orElse("");
  }
}
