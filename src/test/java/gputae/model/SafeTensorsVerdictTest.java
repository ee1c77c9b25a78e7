package gputae.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Mutants;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four thousand damaged files, with what the format's own library said about each. This program must refuse everything
 * that the library refuses, and read everything that it reads, except for the differences listed in
 * {@link SafeTensorsHeader#STRICTER}. {@code bench/peers/safetensors_mutants.py} makes the list and describes how it is
 * written.
 */
class SafeTensorsVerdictTest {

  @TempDir
  private Path folder;

  @Test
  void aFileIsReadIfTheFormatsLibraryReadsIt() throws IOException {
    Path file = folder.resolve("mutant.safetensors");
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> stricter = new TreeMap<>();
    int accepted = 0;
    int refused = 0;
    for (Mutants.Mutant mutant : Mutants.recorded("safetensors")) {
      String message = messageOf(mutant.writeTo(file));
      if (!mutant.read()) {
        refused++;
        if (message == null) {
          wrong.add("read: " + mutant.line());
        }
      } else {
        accepted++;
        if (message != null) {
          String why = SafeTensorsHeader.STRICTER.stream().filter(message::contains).findFirst().orElse(null);
          if (why == null) {
            wrong.add(message + ": " + mutant.line());
          } else {
            stricter.merge(why, 1, Integer::sum);
          }
        }
      }
      if (message != null) {
        assertTrue(message.startsWith(file + " ") && message.lines().count() == 1 && message.length() < 400, message);
        assertFalse(message.contains("Exception") || message.contains("java.") || message.contains("Json"), message);
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(accepted > 400 && refused > 3500, accepted + " accepted, " + refused + " refused");
    assertEquals(SafeTensorsHeader.STRICTER.size(), stricter.size(), stricter.toString());
  }

  /** Why a file is refused, or null. */
  private static String messageOf(Path file) {
    try {
      SafeTensors.read(file);
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }
}
