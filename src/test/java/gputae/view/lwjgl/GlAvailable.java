package gputae.view.lwjgl;

import gputae.view.ViewException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * OpenGL without a display for tests. If it is missing, the tests are skipped with the reason; in CI, which installs
 * Mesa, they fail.
 */
final class GlAvailable {

  private GlAvailable() {}

  /** A context that is current on this thread; the test closes it. */
  static OffScreen context() {
    try {
      return new OffScreen();
    } catch (ViewException e) {
      if (System.getenv("CI") != null) {
        return Assertions.fail(e.getMessage(), e);
      }
      return Assumptions.abort(e.getMessage());
    }
  }

  /** For tests whose subject opens OpenGL itself. */
  static void required() {
    context().close();
  }
}
