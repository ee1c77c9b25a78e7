package gputae.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;

/**
 * The directory at the end of a zip archive. {@link java.util.zip.ZipInputStream} reads members from the front and
 * never looks at the directory, so an archive that is cut off after a member would pass for one with fewer members.
 */
final class ZipDirectory {

  private static final int END = 0x06054b50;
  private static final int END_LENGTH = 22;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_LENGTH = 46;
  private static final int MEMBER = 0x04034b50;
  private static final int MEMBER_LENGTH = 30;

  private ZipDirectory() {}

  /**
   * Refuses an archive unless its directory lists exactly these members, which were read to their ends, in this order.
   */
  static void check(byte[] archive, List<ZipEntry> members) throws ZipException {
    ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    int end = end(bytes);
    int count = bytes.getShort(end + 10) & 0xffff;
    long at = bytes.getInt(end + 16) & 0xffffffffL;
    if (count != members.size()) {
      throw new ZipException("its directory lists " + count + " members, and there are " + members.size());
    }
    for (ZipEntry member : members) {
      if (at + ENTRY_LENGTH > end || bytes.getInt((int) at) != ENTRY) {
        throw new ZipException("no entry of the directory at byte " + at);
      }
      int entry = (int) at;
      byte[] name = name(archive, entry + ENTRY_LENGTH, bytes.getShort(entry + 28) & 0xffff);
      long place = bytes.getInt(entry + 42) & 0xffffffffL;
      boolean there = place + MEMBER_LENGTH <= entry && bytes.getInt((int) place) == MEMBER
          && Arrays.equals(name,
              name(archive, (int) place + MEMBER_LENGTH, bytes.getShort((int) place + 26) & 0xffff))
          && new String(name, StandardCharsets.UTF_8).equals(member.getName());
      if (!there || bytes.getShort(entry + 10) != member.getMethod()
          || (bytes.getInt(entry + 16) & 0xffffffffL) != member.getCrc()
          || isOther(bytes.getInt(entry + 20), member.getCompressedSize())
          || isOther(bytes.getInt(entry + 24), member.getSize())) {
        throw new ZipException("its directory says other things than the member " + member.getName());
      }
      at += ENTRY_LENGTH + name.length + (bytes.getShort(entry + 30) & 0xffff) + (bytes.getShort(entry + 32) & 0xffff);
    }
    if (at != (bytes.getInt(end + 16) & 0xffffffffL) + (bytes.getInt(end + 12) & 0xffffffffL)) {
      throw new ZipException("its directory has another length than it says");
    }
  }

  /**
   * Whether the noted size differs from the real one; -1 means that the size is stored elsewhere, as in large archives.
   */
  private static boolean isOther(int noted, long size) {
    return noted != -1 && (noted & 0xffffffffL) != size;
  }

  /** The position of the last record: only a comment follows it, and the record holds the length of this comment. */
  private static int end(ByteBuffer bytes) throws ZipException {
    int last = bytes.limit() - END_LENGTH;
    for (int at = last; at >= Math.max(0, last - 0xffff); at--) {
      if (bytes.getInt(at) == END && (bytes.getShort(at + 20) & 0xffff) == last - at) {
        return at;
      }
    }
    throw new ZipException("its directory is missing; the file is truncated");
  }

  private static byte[] name(byte[] archive, int from, int length) {
    return Arrays.copyOfRange(archive, from, Math.min(archive.length, from + length));
  }
}
