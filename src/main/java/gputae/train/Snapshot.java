package gputae.train;

/**
 * A model as it was between two steps.
 *
 * @param step       steps done
 * @param parameters a copy of the flat parameter buffer
 */
public record Snapshot(long step, float[] parameters) {}
