package gputae.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.files.DataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
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
    byte[] squareNpy = NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", new byte[32]);
    Reader cloud = file -> CloudFiles.readCloud(file, TableOptions.AUTO, line -> {});
    Reader data = file -> Datasets.open(file.toString(), null, DataOptions.DEFAULT, line -> {});
    Reader picture = file -> {
      Picture.Size size = Picture.sizeOf(file);
      Picture.decode(file, size, 1, new byte[size.height() * size.width()], 0);
    };
    return new Format[] {
      new Format("images", images, Idx::readImages),
      new Format("images.gz", IdxFiles.gzip(images), Idx::readImages),
      new Format("labels", IdxFiles.idx(IdxFiles.counting(9), 9), Idx::readLabels),
      new Format("a.npy", npy, Npy::read),
      new Format("b.npy", npy2, Npy::read),
      new Format("cloud.npy", npy, cloud),
      new Format("half.npy",
          NpyTest.npy(1, "{'descr': [('x', '<f2'), ('y', '<f2')], 'fortran_order': False, 'shape': (3L,), }\n",
              new byte[12]),
          cloud),
      new Format("cloud.npz", CloudBytes.npz(npy, "a"), cloud),
      new Format("cloud.csv.gz", IdxFiles.gzip(text("x,y\n1,2.5\n3,4\n")), cloud),
      new Format("wide.csv", "\ufeffx,y\n1,2.5\n3,4\n".getBytes(StandardCharsets.UTF_16LE), cloud),
      new Format("quoted.csv", text("\"x\";\"a;b\"\n\"1,5\";\"2\"\n3;1,5e-3 # c\n"),
          file -> CloudFiles.readCloud(file, new TableOptions(null, null, ',', true), line -> {})),
      new Format("columns.csv", text("id,x,y\n7,1,2.5\n8,-3e-2, 4\n9,1,1\n"),
          file -> CloudFiles.readCloud(file, new TableOptions(null, List.of("x", "3"), null, true), line -> {})),
      new Format("cloud.off", text("OFF\n2 0 0\n1 2 3\n4 5 6\n"), cloud),
      new Format("cloud.noff", text("nOFF\n2\n2 1 0\n1 2\n4 5\n2 0 1\n"), cloud),
      new Format("ascii.ply",
          text("ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float"
              + " z\nend_header\n1 2 3\n4 5 6\n"),
          cloud),
      new Format("binary.ply", CloudBytes.ply("binary_big_endian", true, new double[] {1, 2, 3, 4, 5, 6}), cloud),
      new Format("cloud.pcd",
          text("# .PCD v.7\nVERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS"
              + " 2\nDATA ascii\n"
              + "1 2 3\n4 5 6\n"),
          cloud),
      new Format("cloud.xyz", text("2\nwater\nO 0 0 0.1\nH 0 1 -0.5\n"), cloud),
      new Format("cloud.dipha", CloudBytes.longsAndDoubles(new long[] {8067171840L, 3, 2, 2, 2}, 1, 2, 3, 4), cloud),
      new Format("square.dipha", CloudBytes.longsAndDoubles(new long[] {8067171840L, 7, 2}, 0, 1, 1, 0),
          distances(CloudFiles.Distances.SQUARE)),
      new Format("sparse.dipha", CloudBytes.longsAndDoubles(new long[] {8067171840L, 8, 2, 1, 1, 1, 0}, 3, 3),
          distances(CloudFiles.Distances.SQUARE)),
      new Format("sparse", text("0 1 2.5\n1 0 2.5\n2 1 3\n"), distances(CloudFiles.Distances.SPARSE)),
      new Format("upper", text("0 1 2\n0 3\n0\n"), distances(CloudFiles.Distances.UPPER)),
      new Format("lower.bin", CloudBytes.floats(1, 2, 3), distances(CloudFiles.Distances.BINARY)),
      new Format("condensed.npy",
          NpyTest.npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}", new byte[24]),
          distances(CloudFiles.Distances.UPPER)),
      new Format("labels.csv", text("label\n1\n-1\n300\n"), file -> Labels.read(file, 3, file, line -> {})),
      new Format("cloud.csv", text("x,y\n1,2.5\n-3e-2, 4\n\n# c\n5,6\n"), cloud),
      new Format("lower", text("\n1\n2,3\n4 5 6.5e0\n"), distances(CloudFiles.Distances.LOWER)),
      new Format("square", square, distances(CloudFiles.Distances.SQUARE)),
      new Format("square.npy", squareNpy, distances(CloudFiles.Distances.SQUARE)),
      new Format("pixels.npy", NpyTest.npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 1, 2), }\n",
          new byte[96]), data),
      new Format("set.npz", CloudBytes.npz(NpyTest.npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4)}",
          new byte[12]), "x_train"), data),
      new Format("set.csv", text("label,a,b,c,d\n1,0,255,7,8\n0,1,2,3,4\n1,9,9,9,9\n"), data),
      new Format("words.csv", text("1,0,255,4,cat\n5,6,7,8,ant\n9,9,9,9,cat\n"), data),
      new Format("set-images-idx3-ubyte", images, data),
      new Format("set-labels-idx2-int", qmnist(), Idx::readLabels),
      new Format("one.pgm", text("P5\n# c\n2 2\n255\nabcd"), picture),
      new Format("plain.ppm", text("P3 1 2 15\n1 2 3\n4 5 15\n"), picture),
      new Format("one.pbm", text("P4 9 2\nabcd"), picture),
      new Format("plain.pbm", text("P1\n2 2\n10\n01"), picture),
    };
  }

  /** Two labels, each with seven other numbers. */
  private static byte[] qmnist() {
    ByteBuffer bytes = ByteBuffer.allocate(12 + 64).put(new byte[] {0, 0, 12, 2}).putInt(2).putInt(8);
    return bytes.putInt(7).putInt(44, 3).array();
  }

  private static Reader distances(CloudFiles.Distances form) {
    return file -> CloudFiles.readDistances(file, form, TableOptions.AUTO, line -> {});
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
    damage(5000, System.nanoTime());
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
          throw new AssertionError(
              format.name() + ", seed " + seed + ", round " + round + ": " + HexFormat.of().formatHex(damaged), e);
        }
      }
      assertTrue(refused > 0 && taken + refused == rounds,
          format.name() + ": damage that is never noticed tests nothing");
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
