package gputae.train;

/**
 * Is told about the progress of a training. The methods are called on the training thread, in order. A listener never
 * changes random numbers or results; if it throws, the training stops with that exception.
 */
public interface TrainListener {

  /** A step was done. Steps are reported in groups, so several calls may come at once. */
  default void onStep(Step step) {}

  /** An epoch was done and evaluated. */
  default void onEpoch(Epoch epoch) {}
}
