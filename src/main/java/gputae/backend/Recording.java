package gputae.backend;

/** Operations that are recorded once ({@link Backend#record}) and can be replayed any number of times. */
public interface Recording extends AutoCloseable {

  /** Enqueues the recorded operations again, on the same matrices. */
  void replay();

  @Override
  void close();
}
