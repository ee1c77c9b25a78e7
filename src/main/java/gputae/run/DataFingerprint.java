package gputae.run;

import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Vectors;
import gputae.files.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A fingerprint that distinguishes the data of one run from those of another. */
public final class DataFingerprint {

  /** Numbers that are added at a time. */
  private static final int PIECE = 1 << 16;

  private DataFingerprint() {}

  /** SHA-256 of shape, training samples as a model receives them, and labels, in hexadecimal digits. */
  public static String of(Dataset dataset) {
    Samples samples = dataset.train().samples();
    Sha256 digest = new Sha256();
    if (samples instanceof Images images) {
      digest.add(
          (images.count() + " " + images.height() + " " + images.width() + " "
              + (images.shape().channels() == 1 ? "" : images.shape().channels() + " "))
              .getBytes(StandardCharsets.US_ASCII));
      digest.add(images.pixels());
    } else {
      float[] values = ((Vectors) samples).values();
      digest.add((samples.count() + " vectors of " + samples.size() + " ").getBytes(StandardCharsets.US_ASCII));
      ByteBuffer piece = ByteBuffer.allocate(PIECE * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (int first = 0; first < values.length; first += PIECE) {
        int count = Math.min(PIECE, values.length - first);
        piece.asFloatBuffer().put(values, first, count);
        digest.add(Arrays.copyOf(piece.array(), count * Float.BYTES));
      }
    }
    if (dataset.train().labels() != null) {
      digest.add(dataset.train().labels());
    }
    return digest.hexadecimal();
  }
}
