package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** NumPy's .npz files: archives of .npy files. */
final class NpzFile {

  private static final int MOST_LISTED = 8;

  private NpzFile() {}

  /** The arrays of an archive by name, in the order of the archive, each as the bytes of a .npy file. */
  static Map<String, byte[]> read(Source source) throws DataException {
    Path file = source.file();
    Map<String, byte[]> arrays = new LinkedHashMap<>();
    List<ZipEntry> entries = new ArrayList<>();
    byte[] archive = source.rest();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.add(entry);
        if (entry.getName().toLowerCase(Locale.ROOT).endsWith(".npy")) {
          String name = entry.getName().substring(0, entry.getName().length() - 4);
          if (arrays.put(name, zip.readAllBytes()) != null) {
            throw new DataException(file + ": a damaged .npz file: two arrays are called " + name);
          }
        }
        zip.closeEntry();
      }
      ZipDirectory.check(archive, entries);
    } catch (DataException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw new DataException(file + ": damaged .npz file (" + WholeFile.inWords(e) + "); write it again", e);
    }
    return arrays;
  }

  /** "2 arrays (x, y)" */
  static String listed(Collection<String> names) {
    List<String> some = names.stream().limit(MOST_LISTED).toList();
    return names.size() + " arrays" + (names.isEmpty() ? ""
        : " (" + String.join(", ", some) + (names.size() > MOST_LISTED ? ", ..." : "") + ")");
  }
}
