package gputae.files;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 over bytes that come in parts. */
public final class Sha256 {

  private static final int BUFFER = 1 << 16;

  private final MessageDigest digest;

  /** The digest before any bytes were added. */
  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Adds bytes. */
  public Sha256 add(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  /** Adds the first {@code count} bytes. */
  public Sha256 add(byte[] bytes, int count) {
    digest.update(bytes, 0, count);
    return this;
  }

  /** Adds all remaining bytes of a stream, which stays open. */
  public Sha256 add(InputStream stream) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
      add(buffer, count);
    }
    return this;
  }

  /** The digest of the added bytes, 64 hexadecimal digits; may be called once. */
  public String hexadecimal() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
