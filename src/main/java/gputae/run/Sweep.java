package gputae.run;

import gputae.backend.Backend;
import gputae.console.SweepProgress;
import gputae.data.Dataset;
import gputae.device.DeviceChoice;
import gputae.model.Autoencoder;
import gputae.train.Epoch;
import gputae.train.LastIterates;
import gputae.train.Step;
import gputae.train.TooFewStepsException;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Many trainings, several at a time on one device, each in a run directory of its own under {@code runs/}: what is done
 * already is not done again, what was interrupted goes on where it stood. The bits of a run depend on its own settings,
 * the device and the threads it has, not on what is trained beside it.
 */
public final class Sweep {

  /**
   * Models at the same time on a GPU, which one model leaves idle most of the time: a step is a chain of small kernels.
   */
  private static final int JOBS_ON_A_GPU = 4;

  private final Path out;
  private final List<SweepCell> cells;
  private final List<Afterwards> afterwards;
  private final Devices devices;
  private final Integer threads;
  private final Integer jobsWanted;
  private final PrintStream console;
  private final boolean terminal;
  private final boolean quiet;
  private final Consumer<List<SweepRow>> onRow;

  private final SharedData data;
  private final SweepRow[] rows;

  /** Steps that each cell has before it. */
  private final long[] stepsLeft;

  /** The controls of the trainings at work, by cell, which a signal ends and waits for. */
  private final Map<Integer, TrainControl> trainings = new HashMap<>();

  private boolean stopping;
  private int next;
  private SweepProgress progress;

  /**
   * @param devices opens the device
   * @param threads of the CPU for all models together, or null for all there are
   * @param jobs    models at a time, or null for what suits the device
   * @param terminal whether {@code console} is a terminal
   * @param onRow told of all rows so far, in the cells' order, each time one is added
   */
  public Sweep(Path out, List<SweepCell> cells, List<Afterwards> afterwards, Devices devices, Integer threads,
      Integer jobs,
      PrintStream console, boolean terminal, boolean quiet, Consumer<List<SweepRow>> onRow) {
    this.out = out;
    this.cells = new ArrayList<>(cells);
    this.afterwards = afterwards;
    this.devices = devices;
    this.threads = threads;
    this.jobsWanted = jobs;
    this.console = console;
    this.terminal = terminal;
    this.quiet = quiet;
    this.onRow = onRow;
    this.rows = new SweepRow[cells.size()];
    this.stepsLeft = new long[cells.size()];
    this.data = new SharedData(cells);
  }

  /** What there is so far, in the cells' order. */
  public synchronized List<SweepRow> rows() {
    return Arrays.stream(rows).filter(row -> row != null).toList();
  }

  /**
   * Trains and measures whatever is missing.
   *
   * @return whether it came to its end; false after a signal
   * @throws Failure where a cell's directory holds something else
   */
  public boolean run() throws IOException {
    Outputs.requireFolder("--out", out);
    int cores = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    int jobs = jobsWanted != null ? jobsWanted : Math.min(cores, cells.size());
    SweepOutputs.require(out, cells);
    if (!Files.isDirectory(out)) {
      Files.createDirectories(out);
    }
    // How many threads a model has must not depend on what is left to do, or an interruption would change its bits.
    Integer threadsEach = jobs == 1 ? threads : Integer.valueOf(Math.max(1, cores / jobs));
    Thread hook = new Thread(this::endInTime, "save-on-signal");
    try (FileChannel lock = new RunDirectory(out).lock()) {
      Backend first = devices.open(threadsEach, this::say);
      List<Thread> workers = new ArrayList<>();
      try {
        prepare();
        if (jobsWanted == null && !first.name().equals("cpu")) {
          jobs = Math.min(JOBS_ON_A_GPU, cells.size());
        }
      } catch (UncheckedIOException e) {
        first.close();
        throw e.getCause();
      } catch (RuntimeException | IOException e) {
        first.close();
        throw e;
      }
      Runtime.getRuntime().addShutdownHook(hook);
      Throwable[] broken = new Throwable[Math.min(jobs, cells.size())];
      for (int job = 1; job < Math.min(jobs, cells.size()); job++) {
        int number = job;
        Thread worker = new Thread(() -> broken[number] = work(null, threadsEach), "model-" + job);
        worker.start();
        workers.add(worker);
      }
      broken[0] = work(first, threadsEach);
      for (Thread worker : workers) {
        worker.join();
      }
      for (Throwable e : broken) {
        rethrow(e);
      }
      return !stopped();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      if (progress != null) {
        progress.close();
      }
      console.flush();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The hook is running: a signal is what ended it.
      }
    }
  }

  private static void rethrow(Throwable e) throws IOException {
    if (e instanceof IOException file) {
      throw file;
    } else if (e instanceof RuntimeException other) {
      throw other;
    } else if (e instanceof Error error) {
      throw error;
    }
  }

  /** After a signal: trainings are saved, measures are not waited for, since they can be made again. */
  private void endInTime() {
    boolean complete;
    synchronized (this) {
      stopping = true;
      trainings.values().forEach(TrainControl::stop);
      try {
        while (!trainings.isEmpty()) {
          wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      complete = Arrays.stream(rows).noneMatch(row -> row == null);
    }
    if (progress != null) {
      progress.close();
    }
    if (!complete) {
      console.println("stopped; what is done is kept, and the same command goes on from there");
    }
    console.flush();
  }

  private synchronized boolean stopped() {
    return stopping;
  }

  private void say(String line) {
    if (!quiet) {
      console.println(line);
    }
  }

  /** Looks at what is there already, so that what cannot be done is said before hours of work. */
  private void prepare() throws IOException {
    long steps = 0;
    int done = 0;
    for (int i = 0; i < cells.size(); i++) {
      LoadedData data = load(cells.get(i));
      SweepCell cell = cells.get(i).on(data.dataset());
      cells.set(i, cell);
      CellRun run = new CellRun(cell, cell.directory(out));
      int epochs = run.epochs(data);
      SweepRow row = run.trained();
      boolean complete = row != null;
      for (Afterwards after : afterwards) {
        complete = complete && after.isDone(row);
      }
      if (complete) {
        rows[i] = row;
        done++;
        forget(cell);
      } else {
        int images = data.dataset().train().count();
        if (row == null) {
          requireSteps(cell, images);
        }
        stepsLeft[i] = (row != null ? 0 : Math.max(0, cell.config().epochs() - epochs))
            * (long) ((images - 1) / cell.config().batch() + 1);
        steps += stepsLeft[i];
      }
    }
    if (done > 0) {
      say(done + " of " + cells.size() + (cells.size() == 1 ? " model is" : " models are") + " done already");
      onRow.accept(rows());
    }
    progress = quiet ? null : new SweepProgress(console, terminal, cells.size() - done, steps);
  }

  private static void requireSteps(SweepCell cell, int images) {
    try {
      LastIterates.requireSteps(cell.config(), images);
    } catch (TooFewStepsException e) {
      throw new Failure(cell.name() + ": " + e.getMessage(), e);
    }
  }

  private LoadedData load(SweepCell cell) throws IOException {
    return data.of(cell, this::say);
  }

  private void forget(SweepCell cell) {
    LoadedData last = data.release(cell);
    if (last != null) {
      afterwards.forEach(after -> after.forget(last));
    }
  }

  /** The number of the next cell that is not done, or -1. */
  private synchronized int take() {
    while (!stopping && next < rows.length && rows[next] != null) {
      next++;
    }
    return stopping || next >= rows.length ? -1 : next++;
  }

  /**
   * Does one cell after the other.
   *
   * @param given a backend to begin with, which is closed here, or null
   * @return what ended it before its time, or null
   */
  private Throwable work(Backend given, Integer threads) {
    Backend backend = given;
    try {
      for (int i = take(); i >= 0; i = take()) {
        if (backend == null) {
          backend = devices.open(threads, line -> {});
        }
        SweepCell cell = cells.get(i);
        RunDirectory run = cell.directory(out);
        SweepRow row;
        try {
          row = one(backend, i, run);
          if (row == null) {
            return null;
          }
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
          row = SweepRow.failed(cell, run, e);
          // Not lost among the lines of the others; before a signal may end the program.
          complain("gpu-tae: " + cell.name() + ": " + row.failure());
          // With whatever a training that failed has left in its memory.
          backend.close();
          backend = null;
        } finally {
          ended(i);
        }
        finish(i, row);
      }
      return null;
    } catch (RuntimeException | Error e) {
      synchronized (this) {
        stopping = true;
        trainings.values().forEach(TrainControl::stop);
      }
      return e instanceof UncheckedIOException file ? file.getCause() : e;
    } finally {
      if (backend != null) {
        backend.close();
      }
    }
  }

  private void complain(String line) {
    if (progress != null) {
      progress.print(line, System.err);
    } else {
      System.err.println(line);
    }
  }

  private void finish(int i, SweepRow row) {
    synchronized (this) {
      rows[i] = row;
      onRow.accept(rows());
    }
    forget(cells.get(i));
    if (progress != null) {
      progress.add(stepsLeft[i]);
      progress.done(row.cell().name(), row.failure() != null ? "failed" : row.words());
    }
  }

  /** A training has saved what there is to save. */
  private synchronized void ended(int i) {
    trainings.remove(i);
    notifyAll();
  }

  /** Trains and measures; null if it was stopped. */
  private SweepRow one(Backend backend, int i, RunDirectory run) throws IOException {
    SweepCell cell = cells.get(i);
    LoadedData data = load(cell);
    if (!Files.isDirectory(run.path())) {
      Files.createDirectories(run.path());
    }
    try (FileChannel lock = run.lock()) {
      run.removeLeftovers();
      SweepRow row = new CellRun(cell, run).trained();
      if (row == null) {
        row = train(backend, i, run, data);
        ended(i);
      }
      if (row == null) {
        return null;
      }
      for (Afterwards after : afterwards) {
        if (!after.isDone(row)) {
          if (stopped()) {
            return null;
          }
          working(cell, after.name());
          try (Autoencoder model = run.openModel(backend, run.read())) {
            after.make(row, data, backend, model);
          }
        }
      }
      return row;
    }
  }

  private void working(SweepCell cell, String what) {
    if (progress != null) {
      progress.working(cell.name(), what);
    }
  }

  private SweepRow train(Backend backend, int i, RunDirectory run, LoadedData data) throws IOException {
    SweepCell cell = cells.get(i);
    Dataset dataset = data.dataset();
    RunConfig description =
        RunConfig.of(cell.config(), cell.spec().place(), cell.spec().data(), cell.spec().options(), dataset,
            data.fingerprint(), DeviceChoice.conditions(backend), cell.spec().initFingerprint());
    TrainControl control = new TrainControl();
    synchronized (this) {
      if (stopping) {
        return null;
      }
      trainings.put(i, control);
    }
    try (Trainer trainer = RunTraining.trainer(backend, cell.config(), dataset, control)) {
      float[] weights = cell.spec().initialWeights(dataset.shape().size());
      if (weights != null) {
        trainer.initialise(weights);
      }
      Checkpoint checkpoint = Checkpoint.of(run);
      if (checkpoint != null) {
        if (!description.conditions().equals(checkpoint.conditions())) {
          complain("gpu-tae: " + cell.name() + " was begun on " + checkpoint.conditions()
              + "; on " + description.conditions() + " the result will be as good but not bitwise the same");
        }
        checkpoint.restore(trainer, checkpoint.state(cell.config(), dataset.shape().size()));
      }
      RunTraining training = new RunTraining(backend, run, description, dataset, trainer,
          line -> complain("gpu-tae: " + line));
      training.begin();
      boolean finished = training.train(new TrainListener() {
        @Override
        public void onStep(Step step) {
          stepsLeft[i] = Math.max(0, stepsLeft[i] - 1);
          if (progress != null) {
            progress.add(1);
          }
        }

        @Override
        public void onEpoch(Epoch epoch) {
          working(cell, epoch.epoch() + "/" + cell.config().epochs());
        }
      });
      training.save();
      if (!finished) {
        return null;
      }
      training.finish();
      return new SweepRow(cell, run, trainer.history(), null);
    }
  }
}
