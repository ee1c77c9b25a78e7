package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {

  @TempDir
  Path directory;

  /** A file as another program may write it: no padding. */
  static byte[] npy(int version, String dictionary, byte[] values) {
    byte[] text = dictionary.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer file =
        ByteBuffer.allocate(8 + (version == 1 ? 2 : 4) + text.length + values.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) version).put((byte) 0);
    if (version == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    return file.put(text).put(values).array();
  }

  private static String dictionary(String type, boolean fortran, String shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape
        + ", }\n";
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(directory.resolve("x.npy"), content);
  }

  private NpyArray read(String type, boolean fortran, String shape, byte[] values) throws IOException {
    return Npy.read(file(npy(1, dictionary(type, fortran, shape), values)));
  }

  @Test
  void writesTheBytesThatNumpyWrites() throws IOException {
    Path file = directory.resolve("a.npy");
    Npy.write(file, new float[] {1.5f, -2}, 1, 2);
    // numpy.save(f, numpy.array([[1.5, -2]], 'float32'))
    String header = "934e554d5059" + "0100" + "7600"
        + HexFormat.of().formatHex("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }".getBytes());
    String expected = header + "20".repeat(127 - header.length() / 2) + "0a" + "0000c03f" + "000000c0";
    assertEquals(expected, HexFormat.of().formatHex(Files.readAllBytes(file)));
    Npy.write(file, new byte[] {1, 2, 3}, 3);
    byte[] replaced = Files.readAllBytes(file);
    assertEquals(128 + 3, replaced.length);
    assertEquals("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }",
        new String(replaced, 10, 118, StandardCharsets.US_ASCII).strip());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(1, files.count(), "no temporary file may stay behind");
    }
  }

  @Test
  void readsBackWhatItWrites() throws IOException {
    Path file = directory.resolve("a.npy");
    // More than one piece of 64 KiB, and a tail.
    float[] floats = new float[2 * 16384 + 5];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = i * 0.37f - 1000;
    }
    Npy.write(file, floats, floats.length, 1, 1);
    NpyArray.Floats back = (NpyArray.Floats) Npy.read(file);
    assertArrayEquals(floats, back.values());
    assertArrayEquals(new int[] {floats.length, 1, 1}, back.shape());
    Npy.write(file, new byte[] {1, 2, 3, -1, 5, 6}, 2, 3);
    assertArrayEquals(new byte[] {1, 2, 3, -1, 5, 6}, ((NpyArray.Bytes) Npy.read(file)).values());
    Npy.write(file, new float[] {4});
    assertEquals(0, Npy.read(file).shape().length);
    Npy.write(file, new float[0], 0, 5);
    assertArrayEquals(new int[] {0, 5}, Npy.read(file).shape());
    assertThrows(IllegalArgumentException.class, () -> Npy.write(file, new float[5], 2, 3));
    Npy.write(directory.resolve("new/folder/a.npy"), new float[5], 5);
    assertEquals(5, Npy.read(directory.resolve("new/folder/a.npy")).shape()[0]);
    refused(() -> Npy.write(file.resolve("a.npy"), new float[5], 5),
        "cannot be written: " + file + " is not a directory");
  }

  @Test
  void readsEveryType() throws IOException {
    ByteBuffer f8 = ByteBuffer.allocate(16).putDouble(0.1).putDouble(-3e300);
    assertArrayEquals(new double[] {0.1, -3e300}, ((NpyArray.Doubles) read(">f8", false, "(2,)", f8.array())).values());
    assertArrayEquals(new float[] {0.25f},
        ((NpyArray.Floats) read(">f4", false, "(1,)", ByteBuffer.allocate(4).putFloat(0.25f).array())).values());
    assertArrayEquals(new float[] {0.25f},
        ((NpyArray.Floats) read("=f4", false, "(1,)", new byte[] {0, 0, (byte) 0x80, 0x3e})).values());
    byte[] all = {-1, -1, -1, -1, -1, -1, -1, -1};
    assertArrayEquals(new long[] {-1}, ((NpyArray.Integers) read("<i8", false, "(1,)", all)).values());
    assertArrayEquals(new long[] {-1, -1}, ((NpyArray.Integers) read(">i4", false, "(2,)", all)).values());
    assertArrayEquals(new long[] {4294967295L, 4294967295L},
        ((NpyArray.Integers) read("<u4", false, "(2,)", all)).values());
    assertArrayEquals(new long[] {65535, 256},
        ((NpyArray.Integers) read("<u2", false, "(2,)", new byte[] {-1, -1, 0, 1})).values());
    assertArrayEquals(new long[] {-1, 256},
        ((NpyArray.Integers) read("<i2", false, "(2,)", new byte[] {-1, -1, 0, 1})).values());
    assertArrayEquals(new long[] {-1, 5},
        ((NpyArray.Integers) read("|i1", false, "(2,)", new byte[] {-1, 5})).values());
    assertArrayEquals(new long[] {1, 0}, ((NpyArray.Integers) read("|b1", false, "(2,)", new byte[] {1, 0})).values());
  }

  @Test
  void readsHalvesAsNumpyDoes() throws IOException {
    // numpy.array([1, -2, 65504, 6e-8, 0.1, inf, nan, -0.0], 'float16').tobytes().hex()
    byte[] halves = HexFormat.of().parseHex("003c00c0ff7b0100662e007c007e0080");
    float[] expected = {1, -2, 65504, 5.9604645e-8f, 0.099975586f, Float.POSITIVE_INFINITY, Float.NaN, -0f};
    assertArrayEquals(expected, ((NpyArray.Floats) read("<f2", false, "(8,)", halves)).values());
    byte[] swapped = new byte[halves.length];
    for (int i = 0; i < swapped.length; i++) {
      swapped[i] = halves[i ^ 1];
    }
    assertArrayEquals(expected, ((NpyArray.Floats) read(">f2", false, "(8,)", swapped)).values());
  }

  @Test
  void readsDialectsOfTypesAndShapes() throws IOException {
    byte[] one = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(1).array();
    for (String type : new String[] {"f8", "=f8", "<f8", "|f8"}) {
      assertArrayEquals(new double[] {1}, ((NpyArray.Doubles) read(type, false, "(1L,)", one)).values());
    }
    assertArrayEquals(new int[] {6, 2}, read("|u1", false, "(6L, 2L)", new byte[12]).shape());
    assertArrayEquals(new long[] {Long.MAX_VALUE},
        ((NpyArray.Integers) read("<u8", false, "(1,)", new byte[] {-1, -1, -1, -1, -1, -1, -1, 127})).values());
    refused(() -> read("<u8", false, "(1,)", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}), "2^63", "astype('f8')");
    String fields = "[('x', '<f4'), ('y', '<f4')]";
    byte[] rows = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(2).putFloat(3).putFloat(4)
        .array();
    NpyArray.Floats points = (NpyArray.Floats) Npy
        .read(file(npy(1, "{'descr': " + fields + ", 'fortran_order': False, 'shape': (2,), }", rows)));
    assertArrayEquals(new int[] {2, 2}, points.shape());
    assertArrayEquals(new float[] {1, 2, 3, 4}, points.values());
    NpyArray nested = Npy
        .read(file(npy(1, "{'descr': [('pos', '<f4', (2,))], 'fortran_order': True, 'shape': (2,), }", rows)));
    assertArrayEquals(new int[] {2, 2}, nested.shape());
  }

  @Test
  void turnsFortranOrderIntoRows() throws IOException {
    // a[i][j][k] = 100 i + 10 j + k, the first index fastest.
    byte[] values = new byte[24];
    byte[] expected = new byte[24];
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        for (int k = 0; k < 4; k++) {
          values[i + 2 * (j + 3 * k)] = (byte) (100 * i + 10 * j + k);
          expected[(i * 3 + j) * 4 + k] = (byte) (100 * i + 10 * j + k);
        }
      }
    }
    assertArrayEquals(expected, ((NpyArray.Bytes) read("|u1", true, "(2, 3, 4)", values)).values());
  }

  @Test
  void readsOtherWritersHeaders() throws IOException {
    byte[] values = {1, 2, 3, 4};
    String odd = "{\"shape\":(2,2),\"fortran_order\":False,\"descr\":\"|u1\"}";
    for (int version = 1; version <= 3; version++) {
      NpyArray.Bytes array = (NpyArray.Bytes) Npy.read(file(npy(version, odd, values)));
      assertArrayEquals(new int[] {2, 2}, array.shape());
      assertArrayEquals(values, array.values());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{}", "garbage", "{'descr': '|u1'}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4)",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-4,)}", "{'descr': '|u1', 'fortran_order': 0, 'shape': (4,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (04,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4,)} x",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (4,)}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}", "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('a', '<f4'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('a', [('b', '<f4')])], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967297,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}"})
  void refusesBrokenHeaders(String dictionary) {
    refused(() -> Npy.read(file(npy(1, dictionary, new byte[4]))), "x.npy: at byte ", ".npy header");
  }

  @Test
  void refusesWhatIsNotWhole() throws IOException {
    byte[] good = npy(1, dictionary("<f4", false, "(2,)"), new byte[8]);
    for (int length = 0; length < good.length; length++) {
      byte[] part = Arrays.copyOf(good, length);
      refused(() -> Npy.read(file(part)), "x.npy: at byte ");
    }
    refused(() -> Npy.read(file(Arrays.copyOf(good, good.length + 1))), "at byte " + good.length, "expected the end");
    refused(() -> read("<f8", false, "(268435456,)", new byte[8]), "expected 2147483648 bytes of values",
        "only 8 are left");
    refused(() -> read("|u1", false, "(2147483647, 4)", new byte[8]), "8589934588 values, expected at most");
    refused(() -> Npy.read(file(npy(4, "{}", new byte[0]))), "version 4");
    byte[] other = good.clone();
    other[7] = 1;
    refused(() -> Npy.read(file(other)), "version 1.1, expected 1.0");
    refused(() -> read("|b1", false, "(3,)", new byte[] {0, 1, -1}), "a bool of 255, expected 0 or 1");
    refused(() -> Npy.read(file("PK not numpy".getBytes())), "not a .npy file");
    byte[] longHeader = npy(2, "{}", new byte[0]);
    longHeader[11] = 0x7f;
    refused(() -> Npy.read(file(longHeader)), "a .npy header of");
  }
}
