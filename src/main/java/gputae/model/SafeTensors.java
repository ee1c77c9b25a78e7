package gputae.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): 8 bytes little-endian length of a JSON header that gives each tensor's type, shape and place,
 * then the numbers. Metadata is a map from text to text.
 */
public final class SafeTensors {

  /** The format's own limit on the header. */
  private static final int MOST_HEADER_BYTES = 100_000_000;

  /** Types this program reads and writes; the data is an array of the matching primitive type. */
  public enum Type {
    F32(4),
    F64(8),
    I32(4),
    I64(8),
    U8(1);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }
  }

  /**
   * A named array.
   *
   * @param type  element type
   * @param shape row-major shape; empty for a scalar
   * @param data  float[], double[], int[], long[] or byte[], as the type says
   */
  public record Tensor(Type type, List<Integer> shape, Object data) {

    public static Tensor of(float[] data, List<Integer> shape) {
      return new Tensor(Type.F32, shape, data);
    }

    public static Tensor of(double[] data, List<Integer> shape) {
      return new Tensor(Type.F64, shape, data);
    }

    public static Tensor of(long[] data, List<Integer> shape) {
      return new Tensor(Type.I64, shape, data);
    }

    public float[] floats() {
      return (float[]) data;
    }

    public double[] doubles() {
      return (double[]) data;
    }

    public long[] longs() {
      return (long[]) data;
    }

    public int[] ints() {
      return (int[]) data;
    }

    public byte[] bytes() {
      return (byte[]) data;
    }
  }

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  public Map<String, Tensor> tensors() {
    return tensors;
  }

  public Map<String, String> metadata() {
    return metadata;
  }

  public SafeTensors put(String name, Tensor tensor) {
    tensors.put(name, tensor);
    return this;
  }

  /** The file's bytes. The same tensors and metadata, in the same order, give the same bytes. */
  public byte[] toBytes() {
    JsonObject header = new JsonObject();
    if (!metadata.isEmpty()) {
      JsonObject texts = new JsonObject();
      metadata.forEach(texts::addProperty);
      header.add("__metadata__", texts);
    }
    long end = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      JsonObject description = new JsonObject();
      description.addProperty("dtype", tensor.type.name());
      JsonArray shape = new JsonArray();
      tensor.shape.forEach(shape::add);
      description.add("shape", shape);
      JsonArray place = new JsonArray();
      place.add(end);
      end += (long) count(tensor.shape) * tensor.type.bytes;
      place.add(end);
      description.add("data_offsets", place);
      header.add(entry.getKey(), description);
    }
    StringBuilder text = new StringBuilder(header.toString());
    // Spaces keep the numbers aligned.
    while (text.toString().getBytes(StandardCharsets.UTF_8).length % 8 != 0) {
      text.append(' ');
    }
    byte[] json = text.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(8 + json.length + end)).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(json.length).put(json);
    for (Tensor tensor : tensors.values()) {
      int start = buffer.position();
      switch (tensor.type) {
        case F32 -> buffer.asFloatBuffer().put(tensor.floats());
        case F64 -> buffer.asDoubleBuffer().put(tensor.doubles());
        case I32 -> buffer.asIntBuffer().put(tensor.ints());
        case I64 -> buffer.asLongBuffer().put(tensor.longs());
        case U8 -> buffer.put(tensor.bytes());
      }
      buffer.position(start + count(tensor.shape) * tensor.type.bytes);
    }
    return buffer.array();
  }

  /**
   * Reads a file whole.
   *
   * @throws IOException with one line that names the file and what is wrong with it
   */
  public static SafeTensors read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      return parse(bytes);
    } catch (RuntimeException e) {
      // A damaged header makes the JSON library and the arithmetic on it throw a dozen kinds of exceptions.
      throw new IOException(file + " is not a whole safetensors file: " + String.valueOf(e.getMessage()).lines().findFirst().orElse(""), e);
    }
  }

  private static SafeTensors parse(byte[] bytes) {
    if (bytes.length < 8) {
      throw new IllegalArgumentException(bytes.length + " bytes are too few");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = buffer.getLong();
    if (length < 2 || length > MOST_HEADER_BYTES || length > bytes.length - 8) {
      throw new IllegalArgumentException("its header claims " + length + " bytes, the file has " + bytes.length);
    }
    int start = 8 + (int) length;
    JsonObject header = JsonParser.parseString(new String(bytes, 8, (int) length, StandardCharsets.UTF_8)).getAsJsonObject();
    SafeTensors file = new SafeTensors();
    int end = 0;
    for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
      if (entry.getKey().equals("__metadata__")) {
        entry.getValue().getAsJsonObject().entrySet().forEach(text -> file.metadata.put(text.getKey(), text.getValue().getAsString()));
        continue;
      }
      JsonObject description = entry.getValue().getAsJsonObject();
      Type type = Type.valueOf(description.get("dtype").getAsString());
      List<Integer> shape = description.getAsJsonArray("shape").asList().stream().map(JsonElement::getAsInt).toList();
      JsonArray place = description.getAsJsonArray("data_offsets");
      int first = place.get(0).getAsInt();
      int last = place.get(1).getAsInt();
      int count = count(shape);
      if (first < 0 || last - first != Math.multiplyExact(count, type.bytes) || last > bytes.length - start) {
        throw new IllegalArgumentException(entry.getKey() + " lies at " + first + " to " + last + ", which does not fit its shape " + shape + " or the file");
      }
      end = Math.max(end, last);
      ByteBuffer data = buffer.slice(start + first, last - first).order(ByteOrder.LITTLE_ENDIAN);
      file.put(entry.getKey(), new Tensor(type, shape, read(type, data, count)));
    }
    if (start + end != bytes.length) {
      throw new IllegalArgumentException("its tensors end at byte " + (start + end) + ", the file at " + bytes.length);
    }
    return file;
  }

  private static Object read(Type type, ByteBuffer data, int count) {
    switch (type) {
      case F32 -> {
        float[] values = new float[count];
        data.asFloatBuffer().get(values);
        return values;
      }
      case F64 -> {
        double[] values = new double[count];
        data.asDoubleBuffer().get(values);
        return values;
      }
      case I32 -> {
        int[] values = new int[count];
        data.asIntBuffer().get(values);
        return values;
      }
      case I64 -> {
        long[] values = new long[count];
        data.asLongBuffer().get(values);
        return values;
      }
      default -> {
        byte[] values = new byte[count];
        data.get(values);
        return values;
      }
    }
  }

  private static int count(List<Integer> shape) {
    int count = 1;
    for (int size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException("a shape of " + shape);
      }
      count = Math.multiplyExact(count, size);
    }
    return count;
  }
}
