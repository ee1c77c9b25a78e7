package gputae.data;

import static gputae.data.IdxFiles.counting;
import static gputae.data.IdxFiles.gzip;
import static gputae.data.IdxFiles.idx;
import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {

  @TempDir
  Path directory;

  private Path file(byte[] content) throws IOException {
    return Files.write(directory.resolve("x"), content);
  }

  @Test
  void readsPlainAndGzipWhateverTheName() throws IOException {
    byte[] values = counting(5 * 3 * 4);
    byte[] plain = idx(values, 5, 3, 4);
    for (byte[] content : new byte[][] {plain, gzip(plain)}) {
      Images images = Idx.readImages(file(content));
      assertEquals("[5, 3, 4]", Arrays.toString(new int[] {images.count(), images.height(), images.width()}));
      assertArrayEquals(values, images.pixels());
    }
    assertArrayEquals(new byte[] {3, (byte) 255}, Idx.readLabels(file(idx(new byte[] {3, (byte) 255}, 2))));
  }

  @Test
  void compressedImagesLargerThanTheFirstPiece() throws IOException {
    byte[] values = counting(300 * 28 * 28);
    assertArrayEquals(values, Idx.readImages(file(gzip(idx(values, 300, 28, 28)))).pixels());
  }

  @Test
  void refusesWhatIsNotWhole() throws IOException {
    byte[] plain = idx(counting(60), 5, 3, 4);
    byte[] packed = gzip(plain);
    refused(() -> Idx.readImages(file(new byte[0])), "x: at byte 0", "4 bytes of IDX header");
    refused(() -> Idx.readImages(file(Arrays.copyOf(plain, 9))), "at byte 8", "only 1 are left");
    refused(() -> Idx.readImages(file(Arrays.copyOf(plain, 75))), "at byte 16", "expected 60 bytes of pixels",
        "only 59 are left");
    refused(() -> Idx.readImages(file(Arrays.copyOf(plain, 77))), "at byte 76", "expected the end");
    refused(() -> Idx.readImages(file(gzip(Arrays.copyOf(plain, 75)))), "of the decompressed data",
        "after 59 of 60 bytes");
    refused(() -> Idx.readImages(file(gzip(Arrays.copyOf(plain, 77)))), "at byte 76 of the decompressed data",
        "expected the end");
    // Few and many bytes: the JDK looks for a second gzip member only in the latter case.
    for (int more : new int[] {1, 18, 19, 100, 200_000}) {
      refused(() -> Idx.readImages(file(Arrays.copyOf(packed, packed.length + more))),
          "bytes follow the end of the gzip data");
    }
    for (int length = 2; length < packed.length; length++) {
      byte[] part = Arrays.copyOf(packed, length);
      refused(() -> Idx.readImages(file(part)), "x: ");
    }
    byte[] wrongSum = packed.clone();
    wrongSum[packed.length - 8] ^= 1;
    refused(() -> Idx.readImages(file(wrongSum)), "damaged gzip data", "fetch the file again");
  }

  @Test
  void refusesWhatIsNotImages() throws IOException {
    refused(() -> Idx.readImages(file(idx(counting(5), 5))), "at byte 3", "1 dimensions, expected 3", "labels file");
    refused(() -> Idx.readLabels(file(idx(counting(4), 1, 2, 2))), "at byte 3", "3 dimensions, expected 1",
        "images file");
    byte[] floats = idx(counting(4), 1, 2, 2);
    floats[2] = 0x0d;
    refused(() -> Idx.readImages(file(floats)), "at byte 2", "0x0d", "expected 0x08 (uint8)");
    refused(() -> Idx.readImages(file("hello".getBytes())), "not an IDX file", "68 65 6c 6c");
    refused(() -> Idx.readImages(file(idx(new byte[0], 0, 28, 28))), "at byte 4", "empty");
    refused(() -> Idx.readLabels(file(idx(new byte[0], 0))), "0 labels");
    refused(() -> Idx.readImages(directory.resolve("missing")), "missing: cannot be read: no such file");
    refused(() -> Idx.readImages(directory), "cannot be read");
  }

  @Test
  void takesNoMemoryForWhatAHeaderClaims() throws IOException {
    int most = Integer.MAX_VALUE;
    refused(() -> Idx.readImages(file(idx(new byte[1], most, most, most))), "is more than");
    refused(() -> Idx.readImages(file(idx(new byte[1], -1, 1, 1))), "at byte 4", "4294967295");
    // A plain and a compressed file claim 2 GB.
    refused(() -> Idx.readImages(file(idx(new byte[1], 2_000_000_000, 1, 1))), "only 1 are left");
    refused(() -> Idx.readImages(file(gzip(idx(new byte[1], 2_000_000_000, 1, 1)))), "far too small");
    refused(() -> Idx.readLabels(file(gzip(idx(new byte[1], 2_000_000_000)))), "far too small");
  }
}
