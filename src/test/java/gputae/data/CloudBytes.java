package gputae.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Binary files of clouds and distances, as other programs write them. */
final class CloudBytes {

  private CloudBytes() {}

  /** An archive with one .npy file under each name. */
  static byte[] npz(byte[] npy, String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name + ".npy"));
        zip.write(npy);
      }
    }
    return bytes.toByteArray();
  }

  /** Binary PLY of points in space, each with a colour, before a face. */
  static byte[] ply(String format, boolean single, double[] points) {
    String type = single ? "float" : "double";
    String header = "ply\nformat " + format + " 1.0\ncomment made here\nelement vertex " + points.length / 3
        + "\nproperty " + type + " x\nproperty " + type
        + " y\nproperty " + type
        + " z\nproperty uchar red\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n";
    ByteBuffer bytes = ByteBuffer.allocate(header.length() + points.length * (single ? 4 : 8) + points.length / 3 + 13)
        .order(format.equals("binary_big_endian") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < points.length; i++) {
      if (single) {
        bytes.putFloat((float) points[i]);
      } else {
        bytes.putDouble(points[i]);
      }
      if (i % 3 == 2) {
        bytes.put((byte) 10);
      }
    }
    return bytes.put((byte) 3).putInt(0).putInt(1).putInt(0).array();
  }

  /** int64 and then float64, little-endian, as DIPHA has them. */
  static byte[] longsAndDoubles(long[] longs, double... doubles) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * (longs.length + doubles.length)).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : longs) {
      bytes.putLong(value);
    }
    return bytes.put(doubles(doubles)).array();
  }

  static byte[] doubles(double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes.array();
  }

  static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
