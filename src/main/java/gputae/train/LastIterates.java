package gputae.train;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.backend.Philox;
import gputae.homology.PhDimension;
import java.util.Locale;

/** The weights after each of a training's last {@link PhDimension#POINTS} steps, in the memory of the device. */
public final class LastIterates implements AutoCloseable {

  private final Backend backend;
  private final Matrix parameters;

  /** (POINTS, parameters), one iterate a row. */
  private final Matrix rows;

  /** (POINTS, POINTS) */
  private final Matrix squares;

  private int count;

  LastIterates(Backend backend, Matrix parameters) {
    this.backend = backend;
    this.parameters = parameters;
    this.rows = backend.allocate(PhDimension.POINTS, parameters.size());
    this.squares = backend.allocate(PhDimension.POINTS, PhDimension.POINTS);
  }

  /** The bytes that are allocated for a network whose flat buffer has {@code parameters} numbers. */
  public static long bytes(long parameters) {
    return PhDimension.POINTS * (parameters + PhDimension.POINTS) * Float.BYTES;
  }

  /**
   * Checks that a training on so many images has enough steps for what is measured.
   *
   * @throws TooFewStepsException if the PH dimension is asked for and the training has too few steps for it
   */
  public static void requireSteps(TrainConfig config, int images) {
    int stepsPerEpoch = (images - 1) / config.batch() + 1;
    long steps = (long) config.epochs() * stepsPerEpoch;
    if (config.phDimension() && steps < PhDimension.POINTS) {
      throw tooFewSteps(String.format(Locale.ROOT, "this one has %,d", steps), stepsPerEpoch, 0);
    }
  }

  /**
   * Checks that a training that goes on has enough steps left, or none.
   *
   * @throws TooFewStepsException if it has steps left, but too few
   */
  static void requireStepsLeft(TrainConfig config, int stepsPerEpoch, long done) {
    long left = (long) config.epochs() * stepsPerEpoch - done;
    if (left > 0 && left < PhDimension.POINTS) {
      throw tooFewSteps(String.format(Locale.ROOT, "only %,d are left", left), stepsPerEpoch, done);
    }
  }

  private static TooFewStepsException tooFewSteps(String found, int stepsPerEpoch, long done) {
    long least = (done + PhDimension.POINTS - 1) / stepsPerEpoch + 1;
    return new TooFewStepsException(String.format(Locale.ROOT,
        "the PH dimension needs the last %,d steps of a training, and %s (%,d an epoch); give --epochs %d or more",
        PhDimension.POINTS, found, stepsPerEpoch, least));
  }

  /** Forgets all iterates. */
  void clear() {
    count = 0;
  }

  /** Enqueues a copy of the weights as they are after the steps that are enqueued. */
  void keep() {
    backend.copy(parameters, rows.view(count * parameters.size(), 1, parameters.size()));
    count++;
  }

  /** Whether all iterates are here. */
  boolean complete() {
    return count == PhDimension.POINTS;
  }

  /** The dimension of the iterates, which must be complete. The random subsets are drawn from the seed. */
  PhDimension dimension(long seed) {
    backend.squaredDistances(rows, squares);
    return PhDimension.of(squares.toFloats(),
        size -> Philox.permutation(PhDimension.POINTS, seed, size, Streams.ITERATES));
  }

  @Override
  public void close() {
    rows.close();
    squares.close();
  }
}
