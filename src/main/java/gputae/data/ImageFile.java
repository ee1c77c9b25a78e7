package gputae.data;

import gputae.files.DataException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Images in one file without labels. */
public final class ImageFile {

  private ImageFile() {}

  /**
   * Reads a .npy file (uint8, or floats in [0, 1]; [n, height, width] or [n, pixels]), or otherwise an IDX file.
   *
   * @param log receives a line if values had to be rounded
   */
  public static Images read(Path file, Consumer<String> log) throws DataException {
    return CloudFiles.isNpy(file) ? NpyImages.images(file, log) : Idx.readImages(file);
  }
}
