package gputae.cli;

import gputae.backend.Backend;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.run.Failure;
import gputae.run.Outputs;
import gputae.run.RunConfig;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.view.Film;
import gputae.view.Subject;
import gputae.view.ViewOptions;
import gputae.view.Viewer;
import gputae.view.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options of {@code train} that show the latent space. */
final class ViewSettings {

  /** Width and height. */
  record Size(int width, int height) {
    @Override
    public String toString() {
      return width + "x" + height;
    }
  }

  static final class SizeConverter implements ITypeConverter<Size> {
    @Override
    public Size convert(String value) {
      Matcher size = Pattern.compile("(\\d{1,6})[xX](\\d{1,6})").matcher(value);
      if (!size.matches()) {
        throw new TypeConversionException("'" + value + "' is not a width and a height such as 1280x800");
      }
      return new Size(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)));
    }
  }

  @Option(names = "--view",
      description = "Open a window that shows the latent space during the training.")
  private boolean view;

  @Option(
      names = "--frames",
      paramLabel = "DIR",
      description = "Draw the same picture to PNG files in a new or empty folder, without a display: at the beginning "
          + "and at the end of each epoch.")
  private Path frames;

  @Option(names = "--frames-every", paramLabel = "N",
      description = "With --frames or --film: a frame every N steps instead of every epoch.")
  private Long framesEvery;

  @Option(names = "--film", paramLabel = "FILE",
      description = "Write the frames as an animation: a .gif, which is replaced if it exists.")
  private Path film;

  @Option(
      names = "--view-size",
      paramLabel = "WxH",
      converter = SizeConverter.class,
      description = "Size of the window and of frames (default: " + ViewOptions.WIDTH + "x" + ViewOptions.HEIGHT + ").")
  private Size size;

  @Option(names = "--show-tree",
      description = "Show the minimum spanning tree of the next batch from the beginning, also on frames.")
  private boolean tree;

  /** The names of all options here. */
  static final List<String> NAMES =
      List.of("--view", "--frames", "--frames-every", "--film", "--view-size", "--show-tree");

  /** Reports wrong options before anything is loaded. */
  void check() throws IOException {
    if (framesEvery != null && framesEvery < 1) {
      throw Failure.usage("--frames-every is " + framesEvery + "; at least 1");
    }
    if (framesEvery != null && frames == null && film == null) {
      throw Failure.usage("--frames-every needs --frames or --film");
    }
    if ((size != null || tree) && !view && frames == null && film == null) {
      throw Failure.usage((tree ? "--show-tree" : "--view-size") + " needs --view, --frames or --film");
    }
    options();
    boolean file = film != null && !Outputs.isThrough(film);
    if (file && !film.toString().toLowerCase(Locale.ROOT).endsWith(".gif")) {
      throw Failure.usage("--film " + film + ": the name must end in .gif");
    }
    if (file && (film.toAbsolutePath().getParent() == null || !Files.isDirectory(film.toAbsolutePath().getParent()))) {
      throw new Failure(
          "--film " + film + ": there is no folder " + film.toAbsolutePath().getParent() + "; make it first");
    }
    Outputs.requireFolder("--frames", frames);
    if (frames != null) {
      // The folder itself is made with the first frame: it may lie in a run that does not exist yet.
      Path there = frames.toAbsolutePath();
      while (there != null && !Files.exists(there)) {
        there = there.getParent();
      }
      if (there != null && !Files.isDirectory(there)) {
        throw new Failure("--frames " + frames + ": " + there + " is a file; give a new or empty folder");
      }
    }
    if (frames != null && Files.exists(frames)) {
      try (Stream<Path> entries = Files.list(frames)) {
        if (entries.findAny().isPresent()) {
          throw new Failure("--frames " + frames + " is not empty; give a new or empty folder");
        }
      }
    }
  }

  /** The film, or null. */
  Path film() {
    return film;
  }

  /** The folder of frames, or null. */
  Path frames() {
    return frames;
  }

  private ViewOptions options() {
    return options(size, tree);
  }

  /**
   * The options of a view.
   *
   * @param size the size as given, or null
   * @throws Failure a usage failure if a view cannot have this size
   */
  static ViewOptions options(Size size, boolean tree) {
    try {
      return size == null ? new ViewOptions(ViewOptions.WIDTH, ViewOptions.HEIGHT, tree)
          : new ViewOptions(size.width, size.height, tree);
    } catch (IllegalArgumentException e) {
      throw Failure.usage("--view-size " + e.getMessage());
    }
  }

  /**
   * Opens the views that the user asked for; the caller closes the result. Without such options it opens nothing.
   *
   * @param training the backend that trains
   * @param control  the control of the training
   * @param warn     receives messages that the user must see
   */
  TrainingViews open(Subject subject, Backend training, TrainControl control, Consumer<String> warn)
      throws IOException {
    if (!view && frames == null && film == null) {
      return new TrainingViews(null, null, null, warn);
    }
    Viewer viewer = Viewer.find();
    // The film is opened first: it fails more often, and then no window should appear for a moment.
    Film reel = null;
    if (frames != null || film != null) {
      reel = viewer.openFilm(subject, () -> modelBackend(training), frames, film, options());
    }
    try {
      Window window = view ? viewer.openWindow(subject, () -> modelBackend(training), control, options(), warn) : null;
      TrainingViews views = new TrainingViews(window, reel, film != null ? film : frames, warn);
      if (reel != null) {
        control.snapshotEvery(framesEvery == null ? subject.stepsPerEpoch() : framesEvery, views::frame);
      }
      return views;
    } catch (RuntimeException e) {
      if (reel != null) {
        reel.close();
      }
      throw e;
    }
  }

  /** The subject of a view: a description of the run. */
  static Subject subject(String dataset, TrainConfig config, Dataset loaded, String conditions) {
    return new Subject(RunConfig.shortName(dataset) + ", " + config.model().title() + ", d = " + config.latent(),
        config, loaded, conditions);
  }

  /**
   * The backend with which the views embed and decode. It is always the CPU, so that the training keeps its device to
   * itself. It has one thread beside a training on the CPU, and up to four beside a training on a GPU, whose host has
   * little to do.
   */
  static Backend modelBackend(Backend training) {
    int cores = Runtime.getRuntime().availableProcessors();
    return new CpuBackend(InstructionSet.chosen(),
        training == null || training instanceof CpuBackend ? 1 : Math.max(1, Math.min(4, cores - 1)));
  }
}
