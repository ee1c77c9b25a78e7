package gputae.train;

/**
 * Hears of a training as it goes. Called on the training thread, in order; a listener never changes random numbers or
 * results, and one that throws stops the training with that exception.
 */
public interface TrainListener {

  /** A step was done. Steps are reported in groups, so several calls may come at once. */
  default void onStep(Step step) {}

  /** An epoch was done and evaluated. */
  default void onEpoch(Epoch epoch) {}
}
