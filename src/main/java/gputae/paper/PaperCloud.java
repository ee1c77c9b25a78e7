package gputae.paper;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.data.Split;
import gputae.evaluate.Sample;
import gputae.figure.FigureException;
import gputae.figure.LatentFigure;
import gputae.model.Autoencoder;
import gputae.model.SampleMatrix;
import gputae.run.Afterwards;
import gputae.run.LoadedData;
import gputae.run.SweepRow;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Consumer;

/** The embeddings of 512 training images, the same ones for every model: the paper's figures 2, 3 and 6. */
public final class PaperCloud implements Afterwards {

  private static final int POINTS = 512;

  private static final long SEED = 0;

  private final Consumer<String> warn;

  /** {@code warn} receives messages for the user. */
  public PaperCloud(Consumer<String> warn) {
    this.warn = warn;
  }

  @Override
  public String name() {
    return "drawing";
  }

  @Override
  public boolean isDone(SweepRow row) {
    return Files.exists(row.run().cloud());
  }

  @Override
  public void make(SweepRow row, LoadedData loaded, Backend backend, Autoencoder model) throws IOException {
    Split train = loaded.dataset().train();
    Split drawn = Sample.of(train.count(), POINTS, SEED).split(train);
    try (Matrix samples = SampleMatrix.of(backend, drawn.samples())) {
      LatentFigure.write(row.run().cloud(), model.embeddings(samples), drawn.labels(), loaded.dataset().classes(), "");
    } catch (FigureException e) {
      // As with the figures of a run: only the picture is lost.
      warn.accept("no figures: " + e.getMessage());
    }
  }
}
