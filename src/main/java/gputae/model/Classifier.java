package gputae.model;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.List;
import java.util.stream.Stream;

/**
 * A fully connected classifier: pixels - hidden layers with ELU - one logit per class. The outputs of its last hidden
 * layer are the features of an image. Parameters are in one flat buffer; their names are {@code classifier.0.weight}
 * and so on.
 */
public final class Classifier implements AutoCloseable {

  private static final String PART = "classifier";

  private final Backend backend;
  private final List<Integer> sizes;
  private final ParameterLayout layout;
  private final Matrix parameters;
  private final Matrix gradients;
  private final Chain chain;

  /**
   * Makes a classifier whose parameters are all 0.
   *
   * @param sizes layer sizes from the pixels to the classes; at least one hidden layer between them
   */
  public Classifier(Backend backend, List<Integer> sizes) {
    if (sizes.size() < 3 || sizes.stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException(
          "a classifier needs pixels, a hidden layer and classes, each at least 1: " + sizes);
    }
    this.backend = backend;
    this.sizes = List.copyOf(sizes);
    this.layout = new ParameterLayout(PART, this.sizes);
    this.parameters = backend.allocate(1, layout.size());
    this.gradients = backend.allocate(1, layout.size());
    this.chain = new Chain(backend, layout, PART, this.sizes, Activation.ELU, parameters, gradients);
  }

  /** The layer sizes of a classifier whose tensors are in a file. Throws IllegalArgumentException if there are none. */
  public static List<Integer> sizesIn(SafeTensors file) {
    List<List<Integer>> weights =
        file.tensors().entrySet().stream().filter(entry -> entry.getKey().matches(PART + "\\.\\d+\\.weight"))
            .map(entry -> entry.getValue().shape()).toList();
    if (weights.isEmpty() || weights.stream().anyMatch(shape -> shape.size() != 2)) {
      throw new IllegalArgumentException("there are no layers " + PART + ".0.weight and so on");
    }
    return Stream.concat(Stream.of(weights.get(0).get(1)), weights.stream().map(shape -> shape.get(0))).toList();
  }

  public Backend backend() {
    return backend;
  }

  /** Layer sizes from the pixels to the classes. */
  public List<Integer> sizes() {
    return sizes;
  }

  public int pixels() {
    return sizes.get(0);
  }

  /** Number of units of the last hidden layer. */
  public int features() {
    return sizes.get(sizes.size() - 2);
  }

  public int classes() {
    return sizes.get(sizes.size() - 1);
  }

  public ParameterLayout layout() {
    return layout;
  }

  /** The flat parameter buffer, (1, layout().size()). */
  public Matrix parameters() {
    return parameters;
  }

  /** The gradients, (1, layout().size()); backward passes accumulate into them. */
  public Matrix gradients() {
    return gradients;
  }

  public Chain chain() {
    return chain;
  }

  /**
   * The outputs of the classifier for n images.
   *
   * @param features row-major (n, features)
   * @param logits   row-major (n, classes)
   */
  public record Outputs(float[] features, float[] logits) {}

  /** Passes samples (n, pixels), as {@link SampleMatrix} holds them, through the layers. */
  public Outputs outputs(Matrix images) {
    int n = Math.toIntExact(images.rows());
    Outputs outputs =
        new Outputs(new float[Math.multiplyExact(n, features())], new float[Math.multiplyExact(n, classes())]);
    chain.forward(images, (first, part) -> {
      backend.download(part.lastHidden(), outputs.features, first * features());
      backend.download(part.output(), outputs.logits, first * classes());
    });
    return outputs;
  }

  @Override
  public void close() {
    parameters.close();
    gradients.close();
  }
}
