package gputae.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The place of each weight and bias in the flat parameter buffer. Names and shapes are those of PyTorch's {@code
 * ModuleDict(encoder=Sequential(Linear, ELU, Linear, ...), decoder=Sequential(...))}; the scalars of the architecture
 * follow. Every tensor starts at a multiple of 256 bytes.
 */
public final class ParameterLayout {

  /** 256 bytes, the alignment with which GPU matrix products are fastest. */
  private static final int ALIGNMENT_FLOATS = 64;

  /**
   * One tensor.
   *
   * @param name    e.g. {@code encoder.0.weight}
   * @param offset  first element in the flat buffer
   * @param rows    outputs of the layer
   * @param columns inputs of the layer; 1 for a bias
   * @param fanIn   inputs of the layer; 0 for a scalar, which belongs to no layer
   * @param bias    whether it is a bias or a scalar, whose shape is (rows)
   */
  public record Tensor(String name, int offset, int rows, int columns, int fanIn, boolean bias) {

    public int size() {
      return rows * columns;
    }

    /** (out, in) for a weight, (out) for a bias, (1) for a scalar. */
    public List<Integer> shape() {
      return bias ? List.of(rows) : List.of(rows, columns);
    }
  }

  private final List<Tensor> tensors = new ArrayList<>();
  private int size;

  public ParameterLayout(Architecture architecture) {
    addLayers("encoder", architecture.encoderSizes());
    addLayers("decoder", architecture.decoderSizes());
    architecture.scalars().forEach(name -> add(new Tensor(name, size, 1, 1, 0, true)));
  }

  /** The layout of one chain of layers: {@code ModuleDict(part=Sequential(...))}. */
  ParameterLayout(String part, List<Integer> sizes) {
    addLayers(part, sizes);
  }

  private void addLayers(String part, List<Integer> sizes) {
    for (int layer = 0; layer + 1 < sizes.size(); layer++) {
      int in = sizes.get(layer);
      int out = sizes.get(layer + 1);
      // Sequential counts the activations too, so only every second number is used.
      add(new Tensor(part + "." + 2 * layer + ".weight", size, out, in, in, false));
      add(new Tensor(part + "." + 2 * layer + ".bias", size, out, 1, in, true));
    }
  }

  private void add(Tensor tensor) {
    tensors.add(tensor);
    long end = size + (long) tensor.rows * tensor.columns;
    size = Math.toIntExact((end + ALIGNMENT_FLOATS - 1) / ALIGNMENT_FLOATS * ALIGNMENT_FLOATS);
  }

  /** Tensors in the order of the buffer: encoder first, layer by layer, weight before bias. */
  public List<Tensor> tensors() {
    return List.copyOf(tensors);
  }

  /**
   * The tensor with this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor tensor(String name) {
    return tensors.stream().filter(tensor -> tensor.name.equals(name)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no tensor " + name));
  }

  /**
   * A part of the buffer.
   *
   * @param first its first float
   * @param count its floats, including the padding between its tensors
   */
  public record Part(int first, int count) {}

  /** The part that holds the tensors of a chain of layers, such as {@code decoder}, and no other tensor. */
  public Part part(String chain) {
    List<Tensor> own = tensors.stream().filter(tensor -> tensor.name.startsWith(chain + ".")).toList();
    int first = own.get(0).offset;
    Tensor last = own.get(own.size() - 1);
    return new Part(first, last.offset + last.size() - first);
  }

  /** Number of floats in the buffer, including padding. */
  public int size() {
    return size;
  }

  /** Number of trainable parameters, without padding. */
  public long parameters() {
    return tensors.stream().mapToLong(Tensor::size).sum();
  }
}
