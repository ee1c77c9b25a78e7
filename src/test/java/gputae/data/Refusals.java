package gputae.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.files.DataException;
import org.junit.jupiter.api.function.Executable;

/** The requirements for every refusal of bad data: a DataException with one line that contains certain words. */
final class Refusals {

  private Refusals() {}

  static void refused(Executable reading, String... parts) {
    String message = assertThrows(DataException.class, reading).getMessage();
    assertEquals(1, message.lines().count(), message);
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "expected \"" + part + "\" in: " + message);
    }
  }
}
