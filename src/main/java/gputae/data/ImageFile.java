package gputae.data;

import java.nio.file.Path;
import java.util.function.Consumer;

/** Images in one file without labels, and labels in one of their own. */
public final class ImageFile {

  private ImageFile() {}

  /**
   * Reads a .npy file (uint8, or floats in [0, 1]; [n, height, width] or [n, pixels]) or else an IDX file.
   *
   * @param log takes a line where values had to be rounded
   */
  public static Images read(Path file, Consumer<String> log) throws DataException {
    return CloudFiles.isNpy(file) ? NpyImages.images(file, log) : Idx.readImages(file);
  }

  /**
   * Reads labels 0 to 255 from a .npy file of integers.
   *
   * @param count how many there must be
   * @param of    the file of what they belong to, for messages
   */
  public static byte[] labels(Path file, int count, Path of) throws DataException {
    return NpyImages.labels(file, count, of);
  }
}
