package gputae.backend.cuda;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads what a 64-bit little-endian ELF library defines and what it needs (System V ABI, chapter 4; Linux Standard
 * Base, symbol versioning). There are two reasons. If a symbol is missing when it is called, the JVM ends, so the
 * symbols are checked before. JCuda's library for cuBLAS was built against cuBLAS 12, and this class can make it ask
 * for another version.
 */
final class ElfFile {

  private static final int SYMBOLS = 11; // SHT_DYNSYM
  private static final int DYNAMIC = 6; // SHT_DYNAMIC
  private static final int VERSIONS_NEEDED = 0x6ffffffe; // SHT_GNU_verneed
  private static final long NEEDED = 1; // DT_NEEDED
  private static final int SYMBOL_BYTES = 24;

  private final ByteBuffer file;

  private ElfFile(ByteBuffer file) {
    this.file = file.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A section: its place in the file, and the section that holds its strings. */
  private record Section(int type, int offset, int size, int link) {}

  /**
   * Names of the functions and variables that a library defines.
   *
   * @throws IOException if the file cannot be read or is not such a library
   */
  static Set<String> symbols(Path library) throws IOException {
    try (FileChannel channel = FileChannel.open(library, StandardOpenOption.READ)) {
      return new ElfFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(channel.size(), Integer.MAX_VALUE)))
          .symbols();
    } catch (IndexOutOfBoundsException | BufferUnderflowException | ArithmeticException e) {
      throw new IOException(library + " is damaged", e);
    }
  }

  private Set<String> symbols() throws IOException {
    Set<String> names = new HashSet<>();
    for (Section section : sections()) {
      if (section.type == SYMBOLS) {
        int strings = section(section.link).offset;
        for (int at = section.offset; at < section.offset + section.size; at += SYMBOL_BYTES) {
          boolean defined = file.getShort(at + 6) != 0;
          if (defined) {
            names.add(string(strings + file.getInt(at)));
          }
        }
      }
    }
    return names;
  }

  /**
   * Makes a library ask for another version of a library that it needs. This changes the name of the needed library
   * wherever the dynamic loader reads it, and the hash of the symbol version of the same name.
   *
   * @param library bytes of the library, changed in place
   * @param from    name to replace, such as {@code libcublas.so.12}
   * @param to      new name, of the same length
   * @throws IOException if the library does not need {@code from}
   */
  static void retarget(byte[] library, String from, String to) throws IOException {
    if (from.length() != to.length()) {
      throw new IllegalArgumentException(from + " and " + to + " differ in length");
    }
    new ElfFile(ByteBuffer.wrap(library)).retarget(from, to);
  }

  private void retarget(String from, String to) throws IOException {
    Set<Integer> places = new HashSet<>();
    for (Section section : sections()) {
      int strings = section(section.link).offset;
      if (section.type == DYNAMIC) {
        for (int at = section.offset; at < section.offset + section.size; at += 16) {
          if (file.getLong(at) == NEEDED) {
            addIfNamed(places, strings + (int) file.getLong(at + 8), from);
          }
        }
      } else if (section.type == VERSIONS_NEEDED) {
        // A list of libraries, each with a list of versions. The fields of a library are (version, number of versions,
        // file, first version, next library); those of a version are (hash, flags, other, name, next).
        int at = section.offset;
        for (int next = -1; next != 0; at += next) {
          addIfNamed(places, strings + file.getInt(at + 4), from);
          int version = at + file.getInt(at + 8);
          for (int step = -1; step != 0; version += step) {
            if (addIfNamed(places, strings + file.getInt(version + 8), from)) {
              file.putInt(version, hash(to));
            }
            step = file.getInt(version + 12);
          }
          next = file.getInt(at + 12);
        }
      }
    }
    if (places.isEmpty()) {
      throw new IOException("it does not need " + from);
    }
    byte[] name = to.getBytes(StandardCharsets.US_ASCII);
    for (int place : places) {
      for (int i = 0; i < name.length; i++) {
        file.put(place + i, name[i]);
      }
    }
  }

  private boolean addIfNamed(Set<Integer> places, int at, String name) {
    boolean named = string(at).equals(name);
    if (named) {
      places.add(at);
    }
    return named;
  }

  private Section[] sections() throws IOException {
    if (file.limit() < 64 || file.getInt(0) != 0x464c457f || file.get(4) != 2 || file.get(5) != 1) {
      throw new IOException("not a 64-bit library");
    }
    Section[] sections = new Section[Short.toUnsignedInt(file.getShort(60))];
    if (sections.length == 0) {
      throw new IOException("it has no section headers");
    }
    for (int i = 0; i < sections.length; i++) {
      sections[i] = section(i);
    }
    return sections;
  }

  private Section section(int index) throws IOException {
    int header = Math.toIntExact(file.getLong(40)) + index * Short.toUnsignedInt(file.getShort(58));
    int type = file.getInt(header + 4);
    long offset = file.getLong(header + 24);
    long size = file.getLong(header + 32);
    int link = file.getInt(header + 40);
    boolean read = type == SYMBOLS || type == DYNAMIC || type == VERSIONS_NEEDED;
    if (read && (offset < 0 || size < 0 || offset + size > file.limit())) {
      throw new IOException("a section lies outside the file");
    }
    return new Section(type, (int) offset, (int) size, link);
  }

  private String string(int at) {
    int end = at;
    while (file.get(end) != 0) {
      end++;
    }
    byte[] bytes = new byte[end - at];
    file.get(at, bytes);
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  /** The hash of a version's name: the same hash that the ABI uses for symbols. */
  private static int hash(String name) {
    int h = 0;
    for (int i = 0; i < name.length(); i++) {
      h = (h << 4) + name.charAt(i);
      int high = h & 0xf0000000;
      h = (h ^ high >>> 24) & ~high;
    }
    return h;
  }
}
