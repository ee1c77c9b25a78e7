package gputae.run;

import gputae.backend.Backend;
import gputae.model.Autoencoder;
import java.io.IOException;

/** What is made of a trained model and kept in its run. */
public interface Afterwards {

  /** In a word or two, for the progress. */
  String name();

  /** Whether the run has it. */
  boolean isDone(SweepRow row) throws IOException;

  /** Makes it; on the thread of the backend. */
  void make(SweepRow row, LoadedData loaded, Backend backend, Autoencoder model) throws IOException;

  /** No more models of this data set will come. */
  default void forget(LoadedData loaded) {}
}
