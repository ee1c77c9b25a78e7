package gputae.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The safetensors format: writing and reading back, and broken files. */
class SafeTensorsTest {

  @TempDir
  private Path directory;

  private static SafeTensors sample() {
    SafeTensors file = new SafeTensors();
    file.metadata().put("format", "a \"text\" with ä");
    file.put("encoder.0.weight",
        SafeTensors.Tensor.of(new float[] {1, -2, 3.5f, Float.NaN, 0, Float.NEGATIVE_INFINITY}, List.of(2, 3)));
    file.put("doubles", SafeTensors.Tensor.of(new double[] {Math.PI}, List.of(1)));
    file.put("longs", SafeTensors.Tensor.of(new long[] {Long.MIN_VALUE, 7}, List.of(2)));
    file.put("empty", SafeTensors.Tensor.of(new float[0], List.of(0, 4)));
    file.put("ints", new SafeTensors.Tensor(SafeTensors.Type.I32, List.of(3), new int[] {1, 2, -3}));
    file.put("bytes", new SafeTensors.Tensor(SafeTensors.Type.U8, List.of(), new byte[] {-1}));
    return file;
  }

  @Test
  void comesBackAsItWas() throws IOException {
    Path path = directory.resolve("a.safetensors");
    Files.write(path, sample().toBytes());
    SafeTensors back = SafeTensors.read(path);
    assertEquals(sample().metadata(), back.metadata());
    assertEquals(List.copyOf(sample().tensors().keySet()), List.copyOf(back.tensors().keySet()));
    assertArrayEquals(sample().tensors().get("encoder.0.weight").floats(),
        back.tensors().get("encoder.0.weight").floats());
    assertEquals(List.of(2, 3), back.tensors().get("encoder.0.weight").shape());
    assertArrayEquals(new double[] {Math.PI}, back.tensors().get("doubles").doubles());
    assertArrayEquals(new long[] {Long.MIN_VALUE, 7}, back.tensors().get("longs").longs());
    assertArrayEquals(new int[] {1, 2, -3}, back.tensors().get("ints").ints());
    assertArrayEquals(new byte[] {-1}, back.tensors().get("bytes").bytes());
    assertArrayEquals(sample().toBytes(), back.toBytes());
  }

  @Test
  void theLayoutIsTheOneOfTheFormat() {
    SafeTensors file = new SafeTensors().put("w", SafeTensors.Tensor.of(new float[] {1}, List.of(1)));
    byte[] bytes = file.toBytes();
    String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    assertEquals(padded, new String(bytes, 8, bytes.length - 12, StandardCharsets.UTF_8));
    assertEquals(padded.length(), bytes[0]);
    assertArrayEquals(new byte[] {0, 0, (byte) 0x80, 0x3f},
        java.util.Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length));
  }

  @Test
  void brokenFilesAreRefusedInOneLine() throws IOException {
    byte[] whole = sample().toBytes();
    Path path = directory.resolve("broken.safetensors");
    for (int length = 0; length < whole.length; length++) {
      Files.write(path, java.util.Arrays.copyOf(whole, length));
      String message = assertThrows(IOException.class, () -> SafeTensors.read(path)).getMessage();
      assertTrue(message.contains("broken.safetensors") && message.lines().count() == 1, message);
    }
    damage(whole, path, 1000, 1);
  }

  @Test
  @Tag("thorough")
  void filesDamagedInThousandsOfWaysAreReadOrRefusedInOneLine() throws IOException {
    long seed = System.nanoTime();
    System.out.println("SafeTensorsTest seed " + seed);
    damage(sample().toBytes(), directory.resolve("damaged.safetensors"), 10_000, seed);
  }

  private static void damage(byte[] whole, Path path, int times, long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < times; i++) {
      byte[] damaged = whole.clone();
      for (int k = 0; k <= random.nextInt(3); k++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      Files.write(path, damaged);
      try {
        SafeTensors.read(path);
      } catch (IOException e) {
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
  }

  @Test
  void weightsFitOneArchitectureOnly() {
    Architecture architecture = new Architecture(6, List.of(4, 3), 2, false);
    ParameterLayout layout = new ParameterLayout(architecture);
    float[] flat = Initialisation.draw(layout, 1, 0);
    SafeTensors named = Weights.named(layout, flat);
    assertEquals(
        List.of("encoder.0.weight", "encoder.0.bias", "encoder.2.weight", "encoder.2.bias", "encoder.4.weight",
            "encoder.4.bias", "decoder.0.weight",
            "decoder.0.bias", "decoder.2.weight", "decoder.2.bias", "decoder.4.weight", "decoder.4.bias"),
        List.copyOf(named.tensors().keySet()));
    assertEquals(List.of(4, 6), named.tensors().get("encoder.0.weight").shape());
    assertEquals(List.of(6), named.tensors().get("decoder.4.bias").shape());
    assertArrayEquals(flat, Weights.flat(layout, named, ""));
    ParameterLayout other = new ParameterLayout(new Architecture(6, List.of(4, 3), 3, false));
    assertTrue(assertThrows(IllegalArgumentException.class, () -> Weights.flat(other, named, "")).getMessage()
        .contains("encoder.4.weight"));
    named.tensors().put("extra", named.tensors().get("decoder.4.bias"));
    assertTrue(assertThrows(IllegalArgumentException.class, () -> Weights.flat(layout, named, "")).getMessage()
        .contains("extra"));
    named.tensors().remove("extra");
    named.tensors().remove("decoder.0.bias");
    assertTrue(assertThrows(IllegalArgumentException.class, () -> Weights.flat(layout, named, "")).getMessage()
        .contains("decoder.0.bias"));
  }

  @Test
  void initialWeightsAreUniformInPyTorchsRange() {
    ParameterLayout layout = new ParameterLayout(new Architecture(784, List.of(64, 64), 2, false));
    float[] flat = Initialisation.draw(layout, 0, 0);
    assertArrayEquals(flat, Initialisation.draw(layout, 0, 0));
    assertTrue(!java.util.Arrays.equals(flat, Initialisation.draw(layout, 1, 0)));
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      double bound = 1 / Math.sqrt(tensor.fanIn());
      double sum = 0;
      double squares = 0;
      for (int i = tensor.offset(); i < tensor.offset() + tensor.size(); i++) {
        assertTrue(Math.abs(flat[i]) <= bound * (1 + 1e-6), tensor.name());
        sum += flat[i] / bound;
        squares += flat[i] / bound * (flat[i] / bound);
      }
      // Mean 0 and variance 1/3 of a uniform in [-1, 1], five standard errors.
      assertTrue(Math.abs(sum / tensor.size()) <= 5 / Math.sqrt(3.0 * tensor.size()), tensor.name());
      assertTrue(Math.abs(squares / tensor.size() - 1 / 3.0) <= 5 * Math.sqrt(4 / 45.0 / tensor.size()), tensor.name());
      assertEquals(0, tensor.offset() % 64);
    }
    assertEquals(109_842, layout.parameters());
  }
}
