package gputae.files;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ends its own process with SIGKILL between two operations of {@link WholeFile}, as a power cut or the out-of-memory
 * killer may.
 */
public final class KillSwitch {

  private KillSwitch() {}

  /** Arms it for the n-th operation from now, counted from 1; with 0 it only counts. */
  public static void arm(int n) {
    AtomicInteger operations = new AtomicInteger();
    WholeFile.interruption = () -> {
      if (operations.incrementAndGet() == n) {
        try {
          new ProcessBuilder("kill", "-KILL", Long.toString(ProcessHandle.current().pid())).inheritIO().start();
          Thread.sleep(Long.MAX_VALUE);
        } catch (IOException | InterruptedException e) {
          throw new IllegalStateException("could not kill this process", e);
        }
      }
    };
  }
}
