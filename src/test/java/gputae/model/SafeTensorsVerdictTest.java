package gputae.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.Mutants;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four thousand damaged files, with what the format's own library said of each: whatever it refuses is refused here,
 * and what it reads is read, but for what is listed in {@link SafeTensorsHeader#STRICTER}. {@code
 * bench/peers/safetensors_mutants.py} makes the list and says how it is written.
 */
class SafeTensorsVerdictTest {

  @TempDir private Path folder;

  @Test
  void aFileIsReadIfTheFormatsLibraryReadsIt() throws IOException {
    Path file = folder.resolve("mutant.safetensors");
    List<byte[]> files = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    Map<String, Integer> stricter = new TreeMap<>();
    int accepted = 0;
    int refused = 0;
    InputStream mutants = getClass().getResourceAsStream("/golden/safetensors-mutants.txt.gz");
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(new GZIPInputStream(mutants), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("F")) {
          files.add(HexFormat.of().parseHex(words[1]));
        }
        if (words[0].equals("#") || words[0].equals("F")) {
          continue;
        }
        byte[] mutant = Mutants.edited(files.get(Integer.parseInt(words[1])), words);
        // To overwrite a file takes far longer.
        Files.deleteIfExists(file);
        Files.write(file, mutant);
        String message = messageOf(file);
        if (words[0].equals("R")) {
          refused++;
          if (message == null) {
            wrong.add("read: " + line);
          }
        } else {
          accepted++;
          if (message != null) {
            String why = SafeTensorsHeader.STRICTER.stream().filter(message::contains).findFirst().orElse(null);
            if (why == null) {
              wrong.add(message + ": " + line);
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
