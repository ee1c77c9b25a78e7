package gputae.run;

import gputae.data.Dataset;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The data sets of a sweep. Each is opened once, and released after the last cell that is trained on it. Thread-safe.
 */
final class SharedData {

  private final Map<List<Object>, LoadedData> loaded = new HashMap<>();
  private final Map<List<Object>, Integer> cellsLeft = new HashMap<>();

  SharedData(List<SweepCell> cells) {
    cells.forEach(cell -> cellsLeft.merge(cell.key(), 1, Integer::sum));
  }

  /** The data set of a cell; {@code log} receives messages for the user. */
  synchronized LoadedData of(SweepCell cell, Consumer<String> log) throws IOException {
    LoadedData found = loaded.get(cell.key());
    if (found == null) {
      Dataset dataset = cell.spec().load(log);
      found = new LoadedData(dataset, DataFingerprint.of(dataset));
      loaded.put(cell.key(), found);
    }
    return found;
  }

  /**
   * Notes that a cell is done. Returns its data set if the data set was opened and no other cell needs it, otherwise
   * null.
   */
  synchronized LoadedData release(SweepCell cell) {
    return cellsLeft.merge(cell.key(), -1, Integer::sum) == 0 ? loaded.remove(cell.key()) : null;
  }
}
