package gputae.cli;

import gputae.data.Dataset;
import gputae.run.Checkpoint;
import gputae.run.Failure;
import gputae.run.RunConfig;
import gputae.run.RunDirectory;
import gputae.train.Snapshot;
import gputae.train.TrainState;
import gputae.view.Subject;
import gputae.view.ViewOptions;
import gputae.view.Viewer;
import gputae.view.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Opens the window on a run, finished or still training. */
@Command(
    name = "view",
    description = {
      "Open a window on a run: its latent space, the images it decodes, its losses.",
      "It shows the model of the run's last checkpoint. While a training of this run goes on, in this process or "
          + "another, it shows newer checkpoints as they appear."
    },
    mixinStandardHelpOptions = true)
final class ViewCommand implements Callable<Integer> {

  /** Time between two checks of the checkpoint of a run that may still train. */
  private static final long MILLISECONDS = 500;

  @Parameters(paramLabel = "RUN", description = "Folder of a run.")
  private Path run;

  @Option(names = "--data", paramLabel = "DIR", description = "Where the run's data set lies now, if it has moved.")
  private Path data;

  @Option(
      names = "--view-size",
      paramLabel = "WxH",
      converter = ViewSettings.SizeConverter.class,
      description = "Size of the window (default: " + ViewOptions.WIDTH + "x" + ViewOptions.HEIGHT + ").")
  private ViewSettings.Size size;

  @Option(names = "--show-tree", description = "Show the next batch's minimum spanning tree from the beginning.")
  private boolean tree;

  @Override
  public Integer call() throws IOException, InterruptedException {
    ViewOptions options = ViewSettings.options(size, tree);
    RunDirectory directory = RunDirectory.existing(run);
    RunConfig config = directory.read();
    if (!Files.exists(directory.checkpoint())) {
      throw new Failure(run + " holds no checkpoint yet; a training writes the first one after some seconds");
    }
    Dataset dataset = directory.openData(config, data, System.out::println);
    if (!dataset.shape().equals(config.shape())) {
      throw new Failure("the data set " + config.dataset() + " holds " + dataset.shape().words()
          + " of another shape than " + run + " was trained on");
    }
    Subject subject = ViewSettings.subject(config.dataset(), config.config(), dataset, config.conditions());
    TrainState state = state(directory, config);
    try (Window window = Viewer.find().openWindow(subject, () -> ViewSettings.modelBackend(null), null, options,
        line -> System.err.println("gpu-tae: " + line))) {
      window.screenshotsTo(directory.figures());
      FileTime seen = null;
      while (window.isOpen()) {
        FileTime now = Files.getLastModifiedTime(directory.checkpoint());
        if (!now.equals(seen)) {
          if (seen != null) {
            state = state(directory, config);
          }
          seen = now;
          window.history(state.history());
          window.show(new Snapshot(state.step(), state.parameters()));
        }
        Thread.sleep(MILLISECONDS);
      }
    }
    return 0;
  }

  /** The state in the run's last checkpoint. A checkpoint that is being replaced is never half written. */
  private static TrainState state(RunDirectory directory, RunConfig config) throws IOException {
    return Checkpoint.read(directory).state(config.config(), config.shape().size());
  }
}
