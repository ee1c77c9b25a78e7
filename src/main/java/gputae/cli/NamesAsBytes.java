package gputae.cli;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * File names are bytes, and Java converts them to text by the locale. If the locale lacks their letters, Java puts
 * question marks in their place, and the program would read and write in another folder. So such names are refused.
 */
public final class NamesAsBytes {

  private static final Path PROCESS = Path.of("/proc/self");

  private NamesAsBytes() {}

  /** Why the arguments or the working folder of this process cannot be named here, in one line; null if they can. */
  public static String refusal(String... arguments) {
    try {
      Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding"));
      List<byte[]> words = words(Files.readAllBytes(PROCESS.resolve("cmdline")));
      int first = words.size() - arguments.length;
      for (int i = 0; first >= 0 && i < arguments.length; i++) {
        byte[] word = words.get(first + i);
        if (!isAscii(word) && !Arrays.equals(word, arguments[i].getBytes(charset))) {
          return "the locale cannot spell the argument " + arguments[i] + remedy(charset);
        }
      }
      String folder = System.getProperty("user.dir");
      if (!isAscii(Files.readSymbolicLink(PROCESS.resolve("cwd")).toString().getBytes(StandardCharsets.UTF_8))
          && !isHere(folder)) {
        return "the locale cannot spell the working folder " + folder + remedy(charset);
      }
    } catch (IOException | IllegalArgumentException e) {
      // Without /proc the bytes are not known.
    }
    return null;
  }

  private static boolean isHere(String folder) throws IOException {
    try {
      Path path = Path.of(folder);
      return Files.exists(path) && Files.isSameFile(path, PROCESS.resolve("cwd"));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static String remedy(Charset charset) {
    return charset.equals(StandardCharsets.UTF_8)
        ? ", which is not UTF-8; rename it, or set a locale of its encoding, such as LC_ALL=en_US.ISO-8859-1"
        : "; set one that can, such as LC_ALL=C.UTF-8";
  }

  private static List<byte[]> words(byte[] line) {
    List<byte[]> words = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < line.length; i++) {
      if (line[i] == 0) {
        words.add(Arrays.copyOfRange(line, from, i));
        from = i + 1;
      }
    }
    return words;
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }
}
