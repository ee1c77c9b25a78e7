package gputae.run;

import gputae.data.Dataset;
import gputae.data.Images;
import gputae.files.Sha256;
import java.nio.charset.StandardCharsets;

/** A fingerprint that distinguishes the data of one run from those of another. */
public final class DataFingerprint {

  private DataFingerprint() {}

  /** SHA-256 of shape, training images and labels, in hexadecimal digits. */
  public static String of(Dataset dataset) {
    Images images = dataset.train().images();
    Sha256 digest = new Sha256();
    digest
        .add((images.count() + " " + images.height() + " " + images.width() + " ").getBytes(StandardCharsets.US_ASCII));
    digest.add(images.pixels());
    if (dataset.train().labels() != null) {
      digest.add(dataset.train().labels());
    }
    return digest.hexadecimal();
  }
}
