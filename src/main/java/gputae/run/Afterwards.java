package gputae.run;

import gputae.backend.Backend;
import gputae.model.Autoencoder;
import java.io.IOException;

/** A result that is made from a trained model and kept in its run. */
public interface Afterwards {

  /** The name in one or two words, for the progress. */
  String name();

  /** Whether the run has the result. */
  boolean isDone(SweepRow row) throws IOException;

  /** Makes the result, on the thread of the backend. */
  void make(SweepRow row, LoadedData loaded, Backend backend, Autoencoder model) throws IOException;

  /** No more models of this data set will come. */
  default void forget(LoadedData loaded) {}
}
