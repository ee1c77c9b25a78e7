package gputae.run;

import gputae.backend.Backend;
import java.util.function.Consumer;

/** Opens the device that all models share. */
public interface Devices {

  /** A backend for {@code threads} threads of the CPU, null for all; {@code log} receives a line that describes it. */
  Backend open(Integer threads, Consumer<String> log);
}
