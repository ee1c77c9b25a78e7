package gputae.backend;

/** Operations recorded once ({@link Backend#record}) and replayed as often as wanted. */
public interface Recording extends AutoCloseable {

  /** Enqueues the recorded operations again, on the same matrices. */
  void replay();

  @Override
  void close();
}
