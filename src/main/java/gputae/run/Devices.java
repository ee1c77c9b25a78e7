package gputae.run;

import gputae.backend.Backend;
import java.util.function.Consumer;

/** Opens the device that all models share. */
public interface Devices {

  /** A backend for {@code threads} of the CPU's threads, null for all; {@code log} takes a line that says which. */
  Backend open(Integer threads, Consumer<String> log);
}
