package gputae.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The place of each weight and bias in the flat parameter buffer. Names and shapes are those of PyTorch's {@code
 * ModuleDict(encoder=Sequential(Linear, activation, Linear, ...), decoder=Sequential(...))}, or with batch
 * normalisation {@code Sequential(Linear, BatchNorm1d, activation, Linear, ...)}; the scalars of the architecture
 * follow. The running statistics of batch normalisations come last. They are kept and copied with the parameters, but
 * the optimiser ends before them. Every tensor starts at a multiple of 256 bytes.
 */
public final class ParameterLayout {

  /** 256 bytes, the alignment with which GPU matrix products are fastest. */
  private static final int ALIGNMENT_FLOATS = 64;

  /** What a tensor is. */
  public enum Kind {
    /** (out, in) of a layer. */
    WEIGHT,
    /** (out) of a layer. */
    BIAS,
    /** A trained number that belongs to no layer. */
    SCALAR,
    /** The factors of a batch normalisation, PyTorch's weight. */
    SCALE,
    /** The summands of a batch normalisation, PyTorch's bias. */
    SHIFT,
    /** The running mean of a batch normalisation. */
    MEAN,
    /** The running variance of a batch normalisation. */
    VARIANCE,
    /** The number of batches of a batch normalisation: an integer, kept as low + 2^24 high. */
    COUNT;

    /** Whether the optimiser changes it. */
    public boolean trained() {
      return ordinal() < MEAN.ordinal();
    }
  }

  /**
   * One tensor.
   *
   * @param name    e.g. {@code encoder.0.weight}
   * @param offset  first element in the flat buffer
   * @param rows    outputs of the layer
   * @param columns inputs of the layer; 1 for a vector
   * @param fanIn   inputs of the layer; 0 for what is not drawn at random
   * @param kind    what it is
   */
  public record Tensor(String name, int offset, int rows, int columns, int fanIn, Kind kind) {

    public int size() {
      return rows * columns;
    }

    /** (out, in) for a weight, () for a count, (out) or (1) for all others. */
    public List<Integer> shape() {
      return kind == Kind.WEIGHT ? List.of(rows, columns) : kind == Kind.COUNT ? List.of() : List.of(rows);
    }
  }

  private final List<Tensor> tensors = new ArrayList<>();
  private final int trained;
  private int size;

  public ParameterLayout(Architecture architecture) {
    boolean norm = architecture.hidden().batchNorm();
    addLayers("encoder", architecture.encoderSizes(), norm);
    addLayers("decoder", architecture.decoderSizes(), norm);
    architecture.scalars().forEach(name -> add(name, 1, 1, 0, Kind.SCALAR));
    trained = size;
    if (norm) {
      addStatistics("encoder", architecture.encoderSizes());
      addStatistics("decoder", architecture.decoderSizes());
    }
  }

  /** The layout of one chain of layers: {@code ModuleDict(part=Sequential(...))}. */
  ParameterLayout(String part, List<Integer> sizes) {
    addLayers(part, sizes, false);
    trained = size;
  }

  private void addLayers(String part, List<Integer> sizes, boolean norm) {
    for (int layer = 0; layer + 1 < sizes.size(); layer++) {
      int in = sizes.get(layer);
      int out = sizes.get(layer + 1);
      // Sequential counts the activations and normalisations too.
      int number = (norm ? 3 : 2) * layer;
      add(part + "." + number + ".weight", out, in, in, Kind.WEIGHT);
      add(part + "." + number + ".bias", out, 1, in, Kind.BIAS);
      if (norm && layer + 2 < sizes.size()) {
        add(part + "." + (number + 1) + ".weight", out, 1, 0, Kind.SCALE);
        add(part + "." + (number + 1) + ".bias", out, 1, 0, Kind.SHIFT);
      }
    }
  }

  private void addStatistics(String part, List<Integer> sizes) {
    for (int layer = 0; layer + 2 < sizes.size(); layer++) {
      String name = part + "." + (3 * layer + 1);
      add(name + ".running_mean", sizes.get(layer + 1), 1, 0, Kind.MEAN);
      add(name + ".running_var", sizes.get(layer + 1), 1, 0, Kind.VARIANCE);
      add(name + ".num_batches_tracked", 2, 1, 0, Kind.COUNT);
    }
  }

  private void add(String name, int rows, int columns, int fanIn, Kind kind) {
    tensors.add(new Tensor(name, size, rows, columns, fanIn, kind));
    long end = size + (long) rows * columns;
    size = Math.toIntExact((end + ALIGNMENT_FLOATS - 1) / ALIGNMENT_FLOATS * ALIGNMENT_FLOATS);
  }

  /**
   * Tensors in the order of the buffer: encoder first, layer by layer, weight before bias; the statistics of batch
   * normalisations last.
   */
  public List<Tensor> tensors() {
    return List.copyOf(tensors);
  }

  /** The tensors of a chain that are of this kind, layer by layer. */
  List<Tensor> tensors(String part, Kind kind) {
    return tensors.stream().filter(tensor -> tensor.name.startsWith(part + ".") && tensor.kind == kind).toList();
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

  /** The part that holds the trained tensors of a chain of layers, such as {@code decoder}, and no other tensor. */
  public Part part(String chain) {
    List<Tensor> own =
        tensors.stream().filter(tensor -> tensor.name.startsWith(chain + ".") && tensor.offset < trained).toList();
    int first = own.get(0).offset;
    Tensor last = own.get(own.size() - 1);
    return new Part(first, last.offset + last.size() - first);
  }

  /** Number of floats in the buffer, including padding. */
  public int size() {
    return size;
  }

  /** Number of floats at the beginning of the buffer that the optimiser changes, including padding. */
  public int trained() {
    return trained;
  }

  /** Number of trainable parameters, without padding. */
  public long parameters() {
    return tensors.stream().filter(tensor -> tensor.kind.trained()).mapToLong(Tensor::size).sum();
  }
}
