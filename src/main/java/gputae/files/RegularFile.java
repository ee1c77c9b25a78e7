package gputae.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads a file that must be an ordinary one. A folder, a pipe or a device is refused before a byte is read, since a
 * pipe may wait for ever for its writer, and a device may never end.
 */
public final class RegularFile {

  /** No text of this program is as large as this; a larger file is damaged, or is something else. */
  private static final int MOST_TEXT_BYTES = 256 << 20;

  private RegularFile() {}

  /**
   * Opens a file for reading.
   *
   * @throws DataException with one line naming the file, if it is missing, not ordinary, or not readable
   */
  public static FileChannel open(Path file) throws DataException {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      if (found.isDirectory()) {
        throw new DataException(file + " is a directory; a file is needed");
      }
      if (!found.isRegularFile()) {
        throw new DataException(file + " is a pipe or a device; a regular file is needed, so write it to one first");
      }
      return FileChannel.open(file);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  /**
   * The text of a file in UTF-8.
   *
   * @throws DataException with one line naming the file; also if a byte is not UTF-8, with its place
   */
  public static String text(Path file) throws DataException {
    ByteBuffer bytes;
    try (FileChannel channel = open(file)) {
      if (channel.size() > MOST_TEXT_BYTES) {
        throw new DataException(file + " holds " + channel.size() + " bytes, too many for what it should be; at most "
            + MOST_TEXT_BYTES + " are read");
      }
      bytes = ByteBuffer.allocate((int) channel.size());
      fill(channel, bytes);
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
    try {
      return utf8(bytes.flip());
    } catch (CharacterCodingException e) {
      throw new DataException(file + " is not UTF-8 text: byte " + bytes.position() + " is 0x"
          + String.format("%02x", bytes.get(bytes.position())) + "; write it again as UTF-8", e);
    }
  }

  /** Reads from the channel's current position until the buffer is full or the file ends. */
  public static void fill(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // A read may return fewer bytes than requested.
    }
  }

  /**
   * The text of bytes in UTF-8.
   *
   * @throws CharacterCodingException if the bytes are not UTF-8; the buffer's position is then the first such byte
   */
  public static String utf8(ByteBuffer bytes) throws CharacterCodingException {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
    // A byte of UTF-8 gives at most one Java character.
    CharBuffer text = CharBuffer.allocate(bytes.remaining());
    CoderResult result = decoder.decode(bytes, text, true);
    if (result.isError()) {
      result.throwException();
    }
    decoder.flush(text);
    return text.flip().toString();
  }
}
