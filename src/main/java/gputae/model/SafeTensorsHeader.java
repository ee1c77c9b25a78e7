package gputae.model;

import gputae.files.RegularFile;
import gputae.text.StrictJson;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file. This reader is as strict as the format's own library
 * ({@code SafeTensors::deserialize} in Rust): it refuses everything that the library refuses. In four ways it is
 * stricter, as the format's description demands and the library does not check: the header must begin with its brace,
 * no name may occur twice, a tensor must be described by an object that names its type in text, and no dimension may
 * exceed an {@code int}.
 *
 * @param metadata text by name
 * @param places   places by name, in the order of the header
 */
record SafeTensorsHeader(Map<String, String> metadata, Map<String, Place> places) {

  static final String METADATA = "__metadata__";

  private static final BigInteger MOST = BigInteger.ONE.shiftLeft(Long.SIZE).subtract(BigInteger.ONE);

  /** Parts of messages for files that the format's library would read and this reader refuses. */
  static final List<String> STRICTER =
      List.of("does not begin with {", "is there twice", "is not described by an object", "its dtype is not text",
          "at most " + Integer.MAX_VALUE);

  /**
   * The place of a tensor.
   *
   * @param type  type of its elements
   * @param shape row-major shape
   * @param begin offset of its first byte, counted from the end of the header
   * @param end   offset after its last byte
   */
  record Place(SafeTensors.Type type, List<Integer> shape, long begin, long end) {}

  /**
   * Reads a header.
   *
   * @param json  bytes of the header
   * @param bytes number of bytes of the file after the header; the tensors must cover all of them without a gap
   * @throws IllegalArgumentException that says what is wrong
   */
  static SafeTensorsHeader parse(ByteBuffer json, long bytes) {
    if (json.get(json.position()) != '{') {
      throw wrong("its header does not begin with {");
    }
    String text;
    try {
      text = RegularFile.utf8(json);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("its header is not UTF-8 text", e);
    }
    Object header;
    try {
      header = StrictJson.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("its header cannot be read: " + e.getMessage(), e);
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, Place> places = new LinkedHashMap<>();
    ((Map<?, ?>) header).forEach((name, value) -> {
      if (name.equals(METADATA)) {
        addMetadata(metadata, value);
      } else {
        places.put((String) name, place((String) name, value));
      }
    });
    requireCovered(places, bytes);
    return new SafeTensorsHeader(metadata, places);
  }

  private static void addMetadata(Map<String, String> metadata, Object value) {
    if (value == null) {
      return;
    }
    if (!(value instanceof Map<?, ?> texts)) {
      throw wrong("its " + METADATA + " is " + StrictJson.shown(value) + ", expected an object of texts");
    }
    texts.forEach((name, text) -> {
      if (!(text instanceof String words)) {
        throw wrong(
            "its " + METADATA + " has " + StrictJson.shown(text) + " under " + StrictJson.shown(name) + ", not text");
      }
      metadata.put((String) name, words);
    });
  }

  private static Place place(String name, Object value) {
    String tensor = "the tensor " + StrictJson.shown(name);
    if (!(value instanceof Map<?, ?> description)) {
      throw wrong(tensor + " is not described by an object, but " + StrictJson.shown(value));
    }
    for (String key : List.of("dtype", "shape", "data_offsets")) {
      if (!description.containsKey(key)) {
        throw wrong(tensor + " lacks its " + key);
      }
    }
    SafeTensors.Type type = type(tensor, description.get("dtype"));
    List<BigInteger> shape = integers(tensor, "shape", description.get("shape"));
    List<BigInteger> offsets = integers(tensor, "data_offsets", description.get("data_offsets"));
    if (offsets.size() != 2) {
      throw wrong(tensor + " has " + offsets.size() + " data_offsets, expected 2");
    }
    BigInteger size = size(tensor, type, shape);
    BigInteger begin = offsets.get(0);
    BigInteger end = offsets.get(1);
    if (!end.subtract(begin).equals(size)) {
      throw wrong(tensor + " lies at " + begin + " to " + end + ", but " + type + " " + StrictJson.shown(shape)
          + " takes " + size + " bytes");
    }
    if (end.bitLength() >= Long.SIZE) {
      throw wrong(tensor + " ends at byte " + end + ", beyond any file");
    }
    List<Integer> dimensions = shape.stream().map(dimension -> dimension(tensor, dimension)).toList();
    return new Place(type, dimensions, begin.longValue(), end.longValue());
  }

  private static SafeTensors.Type type(String tensor, Object dtype) {
    if (!(dtype instanceof String name)) {
      throw wrong(tensor + ": its dtype is not text, but " + StrictJson.shown(dtype));
    }
    for (SafeTensors.Type type : SafeTensors.Type.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    throw wrong(tensor + " has the dtype " + StrictJson.shown(name) + ", which the format does not know");
  }

  /** Unsigned integers of up to 64 bits, written without point, exponent and sign. */
  private static List<BigInteger> integers(String tensor, String key, Object value) {
    if (!(value instanceof List<?> array)) {
      throw wrong(tensor + ": its " + key + " is " + StrictJson.shown(value) + ", expected an array");
    }
    List<BigInteger> integers = new ArrayList<>();
    for (Object element : array) {
      String digits = element instanceof StrictJson.Number number ? number.digits() : "";
      BigInteger integer = digits.matches("\\d{1,20}") ? new BigInteger(digits) : null;
      if (integer == null || integer.compareTo(MOST) > 0) {
        throw wrong(tensor + " has " + StrictJson.shown(element) + " in its " + key
            + ", expected an integer from 0 to 2^64 - 1");
      }
      integers.add(integer);
    }
    return integers;
  }

  private static BigInteger size(String tensor, SafeTensors.Type type, List<BigInteger> shape) {
    BigInteger bits = BigInteger.ONE;
    for (BigInteger dimension : shape) {
      bits = within(tensor, shape, bits.multiply(dimension));
    }
    bits = within(tensor, shape, bits.multiply(BigInteger.valueOf(type.bits())));
    if (bits.testBit(0) || bits.testBit(1) || bits.testBit(2)) {
      throw wrong(tensor + ": " + type + " " + StrictJson.shown(shape) + " ends within a byte");
    }
    return bits.shiftRight(3);
  }

  private static BigInteger within(String tensor, List<BigInteger> shape, BigInteger product) {
    if (product.compareTo(MOST) > 0) {
      throw wrong(tensor + " has the shape " + StrictJson.shown(shape) + ", whose size overflows");
    }
    return product;
  }

  private static int dimension(String tensor, BigInteger dimension) {
    if (dimension.bitLength() >= Integer.SIZE) {
      throw wrong(tensor + " has a dimension of " + dimension + "; here it is at most " + Integer.MAX_VALUE);
    }
    return dimension.intValue();
  }

  /**
   * Each tensor must begin where the previous one ends, the first directly after the header, and the last must end with
   * the file.
   */
  private static void requireCovered(Map<String, Place> places, long bytes) {
    List<Map.Entry<String, Place>> inOrder = new ArrayList<>(places.entrySet());
    inOrder.sort(Map.Entry.comparingByValue(Comparator.comparingLong(Place::begin).thenComparingLong(Place::end)));
    long covered = 0;
    for (Map.Entry<String, Place> entry : inOrder) {
      if (entry.getValue().begin() != covered) {
        throw wrong("the tensor " + StrictJson.shown(entry.getKey()) + " begins at byte " + entry.getValue().begin()
            + ", the one before ends at " + covered);
      }
      covered = entry.getValue().end();
    }
    if (covered != bytes) {
      throw wrong("its tensors take " + covered + " bytes behind the header, the file has " + bytes + " there");
    }
  }

  private static IllegalArgumentException wrong(String message) {
    return new IllegalArgumentException(message);
  }
}
