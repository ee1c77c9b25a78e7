package gputae.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are complete or absent; the tests of the jar cover the commands' own outputs. */
class WholeFileTest {

  @TempDir
  Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void untilItIsFinishedTheOldFileStaysAndThenNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    try (WholeFile whole = WholeFile.begin(file)) {
      whole.channel().write(ByteBuffer.wrap(bytes("new")));
      assertEquals("old", Files.readString(file));
      whole.finish();
    }
    assertEquals("new", Files.readString(file));
    try (WholeFile whole = WholeFile.begin(file)) {
      whole.channel().write(ByteBuffer.wrap(bytes("lost")));
    }
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("file"), names());
  }

  @Test
  void temporaryNamesAreNeverTheSameAndAreKnownAsLeftovers() throws IOException {
    Path file = folder.resolve("x".repeat(250));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      try (WholeFile whole = WholeFile.begin(file)) {
        assertTrue(seen.add(names().get(0)), seen.toString());
        assertTrue(WholeFile.isLeftover(folder.resolve(names().get(0))));
        assertEquals(1, names().size());
      }
    }
    Files.writeString(folder.resolve(".mine.part"), "mine");
    Files.createSymbolicLink(folder.resolve(".gpu-tae-0123456789abcdef.part"), file);
    Files.writeString(folder.resolve(".gpu-tae-fedcba9876543210.part"), "left");
    WholeFile.removeLeftovers(folder);
    assertEquals(List.of(".gpu-tae-0123456789abcdef.part", ".mine.part"), names());
  }

  @Test
  void whatIsNoFileIsRefusedInWords() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain"), "mine");
    for (Path bad : List.of(folder, plain.resolve("below"), plain.resolve("far/below"))) {
      IOException failure = assertThrows(IOException.class, () -> WholeFile.write(bad, bytes("x")));
      assertTrue(failure.getMessage().startsWith(bad + ": cannot be written: "), failure.getMessage());
      assertFalse(failure.getMessage().contains("Exception"), failure.getMessage());
    }
    assertEquals(List.of("plain"), names());
  }

  @Test
  void oneFileIsTheSameByAnyName() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    Path hard = Files.createLink(folder.resolve("hard"), file);
    Path here = Files.createSymbolicLink(folder.resolve("here"), folder);
    Path other = Files.writeString(folder.resolve("other"), "mine");
    for (Path same : List.of(file, hard, here.resolve("hard"), here.resolve("../" + folder.getFileName() + "/file"))) {
      assertTrue(Destination.of(same).isSameAs(Destination.of(file)), same.toString());
      assertTrue(Destination.of(same).destroys(here.resolve("file")), same.toString());
      assertFalse(Destination.of(same).isSameAs(Destination.of(other)) || Destination.of(other).destroys(same));
    }
    // The file is not there yet, and one of its folders is missing too.
    assertTrue(Destination.of(here.resolve("a/./b")).isSameAs(Destination.of(folder.resolve("a/b"))));
    assertFalse(Destination.of(folder.resolve("a/b")).isSameAs(Destination.of(folder.resolve("a/c"))));
    assertFalse(Destination.of(folder.resolve("new")).destroys(folder.resolve("new")));
  }
}
