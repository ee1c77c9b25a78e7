package gputae.run;

import gputae.data.Datasets;
import gputae.files.Destination;
import gputae.files.WholeFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files that a command will write. They are checked before anything is computed. */
public final class Outputs {

  private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

  private final Map<String, Destination> destinations = new LinkedHashMap<>();

  /**
   * Adds a file.
   *
   * @param name the name in messages: the option and its value
   * @param file the file, or null if there is none
   * @throws Failure if the file cannot be written; a usage failure if another output is the same file
   */
  public Outputs add(String name, Path file) {
    if (file == null) {
      return this;
    }
    try {
      Destination destination = Destination.of(file);
      destination.requireWritable();
      for (Map.Entry<String, Destination> other : destinations.entrySet()) {
        if (destination.isSameAs(other.getValue())) {
          throw Failure.usage(name + " and " + other.getKey() + " are one file; give two");
        }
      }
      destinations.put(name, destination);
      return this;
    } catch (IOException e) {
      String why = WholeFile.inWords(e);
      throw new Failure(name + ": cannot be written: " + why + (why.contains("; ") ? "" : "; give another name"), e);
    }
  }

  /** As {@link #add}, for an option and its file; the file may be null. */
  public Outputs option(String option, Path file) {
    return add(option + " " + file, file);
  }

  /**
   * Refuses outputs that would overwrite one of these files.
   *
   * @throws Failure a usage failure if an output is one of these files under any name; they are read or belong to a run
   */
  public Outputs notOver(Collection<Path> kept, String what) throws IOException {
    Destination standard = Destination.of(STANDARD_OUTPUT);
    for (Path file : kept) {
      if (standard.destroys(file)) {
        throw Failure.usage("standard output goes to " + file + ", " + what + "; send it elsewhere");
      }
      for (Map.Entry<String, Destination> destination : destinations.entrySet()) {
        if (destination.getValue().destroys(file)) {
          throw Failure.usage(destination.getKey() + " would replace " + file + ", " + what + "; give another name");
        }
      }
    }
    return this;
  }

  /** As {@link #notOver}, for the files of a data set that {@code --dataset} and {@code --data} name. */
  public Outputs notOverData(String dataset, Path data) throws IOException {
    // Listing a folder of images takes time, and no image can be lost if every output is a new file.
    if (destinations.values().stream().noneMatch(Destination::isFile)) {
      return this;
    }
    Path place = data != null ? data : Datasets.isNamed(dataset) ? null : Path.of(dataset);
    if (place == null || !Files.exists(place)) {
      return this;
    }
    return notOver(Datasets.filesOf(place), "which belongs to the data set");
  }

  /** The stream for messages to the user: standard error if standard output receives a result. */
  public PrintStream console() {
    return destinations.values().stream().anyMatch(Destination::isStandardOutput) ? System.err : System.out;
  }

  /** As {@link #notOver}, for the run's own files and the data on which it was trained. */
  public Outputs notOverRun(RunDirectory run, RunConfig config, Path data) throws IOException {
    return notOver(run.own(), "which belongs to the run").notOver(new EvaluationOutputs(run.path()).files(),
        "which belongs to the run").notOverData(config.dataset(), data != null ? data : config.data());
  }

  /**
   * Whether the file is written through, as a pipe, a device or standard output is. Its name then needs no extension
   * that selects a format.
   */
  public static boolean isThrough(Path file) throws IOException {
    return Destination.of(file).isThrough();
  }

  /** Refuses standard output and existing files where a command makes a folder. */
  public static void requireFolder(String option, Path folder) {
    if (folder == null) {
      return;
    }
    if (folder.equals(Path.of("-"))) {
      throw Failure.usage(option + " - is standard output; a folder is needed");
    }
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new Failure(option + " " + folder + " is a file; give a folder");
    }
  }
}
