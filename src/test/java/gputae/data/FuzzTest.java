package gputae.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damages valid files at random: a reader may take the result or refuse it with a DataException, nothing else. */
class FuzzTest {

  // Characters that a reader of text or of a .npy header has to tell apart.
  private static final String MEANINGFUL = "0123456789,; \n-+eE.'(){}:#";

  @TempDir
  Path directory;

  private interface Reader {
    void read(Path file) throws DataException;
  }

  private record Format(String name, byte[] valid, Reader reader) {}

  private static Format[] formats() throws IOException {
    byte[] images = IdxFiles.idx(IdxFiles.counting(60), 5, 3, 4);
    byte[] square = text("0,1.5,2\n1.5,0,3e-1\n2,0.3,0\n");
    byte[] npy = NpyTest.npy(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 3), }\n", new byte[48]);
    byte[] npy2 = NpyTest.npy(2, "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }\n", new byte[8]);
    byte[] distances = NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", new byte[32]);
    return new Format[] {
      new Format("images", images, Idx::readImages),
      new Format("images.gz", IdxFiles.gzip(images), Idx::readImages),
      new Format("labels", IdxFiles.idx(IdxFiles.counting(9), 9), Idx::readLabels),
      new Format("a.npy", npy, Npy::read),
      new Format("b.npy", npy2, Npy::read),
      new Format("cloud.npy", npy, CloudFiles::readCloud),
      new Format("cloud.csv", text("x,y\n1,2.5\n-3e-2, 4\n\n# c\n5,6\n"), CloudFiles::readCloud),
      new Format("lower", text("\n1\n2,3\n4 5 6.5e0\n"), file -> CloudFiles.readDistances(file, true)),
      new Format("square", square, file -> CloudFiles.readDistances(file, false)),
      new Format("square.npy", distances, file -> CloudFiles.readDistances(file, false)),
    };
  }

  private static byte[] text(String content) {
    return content.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aThousandDamagedFiles() throws IOException {
    damage(100, 20260101);
  }

  @Test
  @Tag("thorough")
  void manyDamagedFiles() throws IOException {
    damage(10_000, System.nanoTime());
  }

  private void damage(int rounds, long seed) throws IOException {
    System.out.println("FuzzTest: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (Format format : formats()) {
      Path file = directory.resolve(format.name());
      int taken = 0;
      int refused = 0;
      Files.write(file, format.valid());
      format.reader().read(file);
      for (int round = 0; round < rounds; round++) {
        byte[] damaged = format.valid().clone();
        for (int times = random.nextInt(1, 4); times > 0; times--) {
          damaged = damageOnce(damaged, random);
        }
        Files.write(file, damaged);
        try {
          format.reader().read(file);
          taken++;
        } catch (DataException e) {
          refused++;
          assertTrue(e.getMessage().contains(format.name()) && e.getMessage().lines().count() == 1, e.getMessage());
        } catch (Exception | OutOfMemoryError e) {
          throw new AssertionError(format.name() + ", seed " + seed + ", round " + round + ": " + HexFormat.of().formatHex(damaged), e);
        }
      }
      assertTrue(refused > 0 && taken + refused == rounds, format.name() + ": damage that is never noticed tests nothing");
    }
  }

  private static byte[] damageOnce(byte[] bytes, SplittableRandom random) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(bytes.length);
    byte[] result = bytes.clone();
    switch (random.nextInt(6)) {
      case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> result[at] = (byte) random.nextInt();
      case 2 -> result[at] = (byte) MEANINGFUL.charAt(random.nextInt(MEANINGFUL.length()));
      case 3 -> result = Arrays.copyOf(bytes, at);
      case 4 -> {
        result = Arrays.copyOf(bytes, bytes.length + 1);
        System.arraycopy(bytes, at, result, at + 1, bytes.length - at);
      }
      default -> {
        int length = random.nextInt(1, Math.min(8, bytes.length - at) + 1);
        result = Arrays.copyOf(bytes, bytes.length - length);
        System.arraycopy(bytes, at + length, result, at, bytes.length - at - length);
      }
    }
    return result;
  }
}
