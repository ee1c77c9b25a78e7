package gputae.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import gputae.files.DataException;
import gputae.files.RegularFile;
import gputae.files.WholeFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format (https://huggingface.co/docs/safetensors): 8 little-endian bytes with the length of a JSON
 * header, the header with each tensor's type, shape and place, then the numbers. Metadata is a map from text to text.
 * {@link SafeTensorsHeader} defines which files are valid.
 */
public final class SafeTensors {

  /** The format's own limit on the length of the header. */
  private static final int MOST_HEADER_BYTES = 100_000_000;

  /** The largest number of bytes that an array has in every Java. */
  private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

  /**
   * Types of the format. This program computes with F32, F64, I32, I64 and U8, whose data are arrays of the matching
   * primitive type. It keeps the bytes of the other types unchanged.
   */
  public enum Type {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    Type(int bits) {
      this.bits = bits;
    }

    /** Bits of an element. */
    int bits() {
      return bits;
    }
  }

  /**
   * A named array.
   *
   * @param type  element type
   * @param shape row-major shape; empty for a scalar
   * @param data  float[], double[], int[] or long[] for F32, F64, I32 and I64; byte[] for all others
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

    private long bytesInFile() {
      long count = 1;
      for (int size : shape) {
        count *= size;
      }
      return count * type.bits / 8;
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
      end += tensor.bytesInFile();
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
        default -> buffer.put(tensor.bytes());
      }
      buffer.position(start + (int) tensor.bytesInFile());
    }
    return buffer.array();
  }

  /**
   * Reads a whole file. Memory is allocated only for bytes that exist.
   *
   * @throws IOException with one line that names the file and what is wrong with it
   */
  public static SafeTensors read(Path file) throws IOException {
    try (FileChannel channel = RegularFile.open(file)) {
      return read(channel);
    } catch (IllegalArgumentException e) {
      throw new DataException(
          file + " is not a whole safetensors file: " + e.getMessage() + "; save or copy it again", e);
    } catch (TooLarge e) {
      throw new DataException(file + e.getMessage(), e);
    } catch (IOException e) {
      throw e instanceof DataException ? e : new DataException(file + ": cannot be read: " + WholeFile.inWords(e), e);
    }
  }

  /** A valid file that is too large for this program. */
  private static final class TooLarge extends IOException {
    TooLarge(String message) {
      super(message);
    }
  }

  private static SafeTensors read(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new IllegalArgumentException("its " + size + " bytes are too few");
    }
    long length = next(channel, Long.BYTES).getLong();
    if (length < 0 || length > MOST_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "its header claims " + Long.toUnsignedString(length) + " bytes, the format allows " + MOST_HEADER_BYTES);
    }
    if (length < 2 || length > size - Long.BYTES) {
      throw new IllegalArgumentException("its header claims " + length + " bytes, the file has " + size);
    }
    long behind = size - Long.BYTES - length;
    SafeTensorsHeader header = SafeTensorsHeader.parse(next(channel, (int) length), behind);
    if (behind > Runtime.getRuntime().maxMemory()) {
      throw new TooLarge(" holds tensors of " + behind + " bytes, Java may take " + Runtime.getRuntime().maxMemory()
          + "; give it more with: java -Xmx" + (behind / (1 << 30) + 2) + "g -jar gpu-tae.jar ...");
    }
    SafeTensors file = new SafeTensors();
    file.metadata.putAll(header.metadata());
    for (Map.Entry<String, SafeTensorsHeader.Place> entry : header.places().entrySet()) {
      SafeTensorsHeader.Place place = entry.getValue();
      if (place.end() - place.begin() > LARGEST_ARRAY) {
        throw new TooLarge(": the tensor " + entry.getKey() + " takes " + (place.end() - place.begin())
            + " bytes; at most " + LARGEST_ARRAY + " are read");
      }
      channel.position(Long.BYTES + length + place.begin());
      ByteBuffer data = next(channel, (int) (place.end() - place.begin()));
      file.put(entry.getKey(), new Tensor(place.type(), place.shape(), values(place.type(), data)));
    }
    return file;
  }

  private static ByteBuffer next(FileChannel channel, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    RegularFile.fill(channel, buffer);
    if (buffer.hasRemaining()) {
      throw new EOFException();
    }
    return buffer.flip();
  }

  @SuppressWarnings("ByteBufferBackingArray") // next() allocated it whole
  private static Object values(Type type, ByteBuffer data) {
    switch (type) {
      case F32 -> {
        float[] values = new float[data.remaining() / Float.BYTES];
        data.asFloatBuffer().get(values);
        return values;
      }
      case F64 -> {
        double[] values = new double[data.remaining() / Double.BYTES];
        data.asDoubleBuffer().get(values);
        return values;
      }
      case I32 -> {
        int[] values = new int[data.remaining() / Integer.BYTES];
        data.asIntBuffer().get(values);
        return values;
      }
      case I64 -> {
        long[] values = new long[data.remaining() / Long.BYTES];
        data.asLongBuffer().get(values);
        return values;
      }
      default -> {
        return data.array();
      }
    }
  }
}
