package gputae.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Makes small IDX files. */
final class IdxFiles {

  private IdxFiles() {}

  static byte[] idx(byte[] values, int... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + 4 * shape.length + values.length).put(new byte[] {0, 0, 8, (byte) shape.length});
    for (int size : shape) {
      bytes.putInt(size);
    }
    return bytes.put(values).array();
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  static byte[] counting(int count) {
    byte[] values = new byte[count];
    for (int i = 0; i < count; i++) {
      values[i] = (byte) (i * 37);
    }
    return values;
  }

  /** MNIST's four files in small: 12 + 4 images of 2 x 3. */
  static void four(Path directory, boolean compressed) throws IOException {
    String ending = compressed ? ".gz" : "";
    byte[][] contents = {idx(counting(72), 12, 2, 3), idx(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, 12),
      idx(counting(24), 4, 2, 3),
      idx(new byte[] {9, 8, 7, 6}, 4)};
    for (int i = 0; i < 4; i++) {
      Files.write(directory.resolve(Datasets.MNIST.items().get(i).name().replace(".gz", ending)),
          compressed ? gzip(contents[i]) : contents[i]);
    }
  }
}
