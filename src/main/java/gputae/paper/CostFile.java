package gputae.paper;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import gputae.files.RegularFile;
import gputae.files.WholeFile;
import gputae.run.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code cost.json}: the times of the steps of section V, so that a report that is written again need not measure them
 * again.
 *
 * @param conditions conditions of the measurement: device, data, Python
 */
record CostFile(String conditions, List<Entry> timings) {

  /** One batch size, in microseconds per step; a number that was not measured is null, and the reason is given. */
  record Entry(int batch, Double plain, Double regularised, Double peerPlain, Double peerRegularised, String reason) {}

  private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /** The timings that were measured under these conditions, or null if there are none. */
  static List<PaperResults.Timing> read(Path file, String conditions) throws IOException {
    if (!Files.exists(file)) {
      return null;
    }
    CostFile found;
    try {
      found = GSON.fromJson(RegularFile.text(file), CostFile.class);
    } catch (JsonParseException e) {
      throw new Failure(file + " does not say what the steps took; remove it, and it will be made again", e);
    }
    if (found == null || !conditions.equals(found.conditions) || found.timings == null) {
      return null;
    }
    List<PaperResults.Timing> timings = new ArrayList<>();
    for (Entry entry : found.timings) {
      if (entry == null || cost(entry.plain, entry.regularised) == null) {
        throw new Failure(file + " lacks a time; remove it, and it will be made again");
      }
      timings.add(new PaperResults.Timing(entry.batch, cost(entry.plain, entry.regularised),
          cost(entry.peerPlain, entry.peerRegularised), entry.reason));
    }
    return timings;
  }

  private static PaperResults.Cost cost(Double plain, Double regularised) {
    return plain == null || regularised == null ? null : new PaperResults.Cost(plain, regularised);
  }

  static void write(Path file, String conditions, List<PaperResults.Timing> timings) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (PaperResults.Timing timing : timings) {
      PaperResults.Cost peer = timing.peer();
      entries.add(new Entry(timing.batch(), timing.own().plain(), timing.own().regularised(),
          peer == null ? null : peer.plain(), peer == null ? null : peer.regularised(),
          timing.reason()));
    }
    WholeFile.write(file, (GSON.toJson(new CostFile(conditions, entries)) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
