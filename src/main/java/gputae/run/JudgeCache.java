package gputae.run;

import gputae.backend.Backend;
import gputae.data.Dataset;
import gputae.device.DeviceChoice;
import gputae.evaluate.Evaluator;
import gputae.evaluate.Judge;
import gputae.files.CacheFolder;
import gputae.files.WholeFile;
import gputae.model.SafeTensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/** The judge of a data set. It is trained once for each device and number of threads, then kept in the user's cache. */
public final class JudgeCache implements Evaluator.Judges {

  private static final long SEED = 0;

  private final Dataset dataset;
  private final String fingerprint;
  /** Receives whole lines. */
  private final Consumer<String> warn;

  /** The cache for a data set with this {@link DataFingerprint}; {@code warn} receives whole lines. */
  public JudgeCache(Dataset dataset, String fingerprint, Consumer<String> warn) {
    this.dataset = dataset;
    this.fingerprint = fingerprint;
    this.warn = warn;
  }

  @Override
  public SafeTensors judge(Backend backend) {
    String conditions = DeviceChoice.conditions(backend);
    Judge.Training training = Judge.Training.of(SEED);
    Path folder = CacheFolder.of("judges");
    Path file = folder == null ? null : folder.resolve(name(conditions));
    if (file != null && Files.exists(file)) {
      try {
        SafeTensors found = SafeTensors.read(file);
        if (Judge.isIn(found, training, fingerprint, conditions)) {
          Judge.fromTensors(backend, found).close();
          return found;
        }
      } catch (IOException | IllegalArgumentException e) {
        warn.accept("gpu-tae: the judge in " + file + " cannot be used and is made again: " + e.getMessage());
      }
    }
    SafeTensors made;
    try (Judge judge = Judge.train(backend, dataset, training)) {
      made = judge.toTensors(fingerprint, conditions);
    }
    if (file == null) {
      warn.accept("gpu-tae: the judge could not be kept for the next time: this user has no home; set XDG_CACHE_HOME");
      return made;
    }
    try {
      WholeFile.write(file, made.toBytes());
    } catch (IOException e) {
      warn.accept("gpu-tae: the judge could not be kept for the next time in " + file.getParent() + ": "
          + WholeFile.inWords(e));
    }
    return made;
  }

  /** Name of the file for this data set and these conditions. Its content is checked as well. */
  private String name(String conditions) {
    CRC32 crc = new CRC32();
    crc.update(conditions.getBytes(StandardCharsets.UTF_8));
    return String.format("%s-%08x.safetensors", fingerprint.substring(0, 16), crc.getValue());
  }
}
