package gputae.model;

import gputae.backend.Activation;
import gputae.backend.BatchNorm;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Layer;
import gputae.backend.Matrix;
import gputae.model.ParameterLayout.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Dense layers one after another, with an activation between them and none after the last: an encoder, a decoder, a
 * classifier. A batch normalisation may stand before each activation. A pass with gradients is one of a training and
 * takes the statistics of the batch; a pass without takes the running ones. Weights are views of the flat parameter
 * buffer. The results of a pass are in a separate {@link Activations}, so one chain serves batches of several sizes.
 */
public final class Chain {

  private final Backend backend;
  private final List<Integer> sizes;
  private final Activation hidden;
  private final List<Matrix> weights = new ArrayList<>();
  private final List<Matrix> biases = new ArrayList<>();
  private final List<Matrix> weightGradients = new ArrayList<>();
  private final List<Matrix> biasGradients = new ArrayList<>();

  /** For each hidden layer its batch normalisation; empty if there are none. */
  private final List<BatchNorm> norms = new ArrayList<>();

  /**
   * @param part      the chain's part of the layout, e.g. {@code encoder}
   * @param hidden    the activation after each layer but the last
   * @param values    (1, layout.size())
   * @param gradients (1, layout.trained())
   */
  Chain(Backend backend, ParameterLayout layout, String part, List<Integer> sizes, Activation hidden, Matrix values,
      Matrix gradients) {
    this.backend = backend;
    this.sizes = sizes;
    this.hidden = hidden;
    for (ParameterLayout.Tensor tensor : layout.tensors(part, Kind.WEIGHT)) {
      weights.add(values.view(tensor.offset(), tensor.rows(), tensor.columns()));
      weightGradients.add(gradients.view(tensor.offset(), tensor.rows(), tensor.columns()));
    }
    biases.addAll(vectors(layout.tensors(part, Kind.BIAS), values));
    biasGradients.addAll(vectors(layout.tensors(part, Kind.BIAS), gradients));
    List<Matrix> scales = vectors(layout.tensors(part, Kind.SCALE), values);
    List<Matrix> shifts = vectors(layout.tensors(part, Kind.SHIFT), values);
    List<Matrix> means = vectors(layout.tensors(part, Kind.MEAN), values);
    List<Matrix> variances = vectors(layout.tensors(part, Kind.VARIANCE), values);
    List<Matrix> counts = vectors(layout.tensors(part, Kind.COUNT), values);
    List<Matrix> scaleGradients = vectors(layout.tensors(part, Kind.SCALE), gradients);
    List<Matrix> shiftGradients = vectors(layout.tensors(part, Kind.SHIFT), gradients);
    for (int i = 0; i < scales.size(); i++) {
      norms.add(new BatchNorm(scales.get(i), shifts.get(i), means.get(i), variances.get(i), counts.get(i), null,
          scaleGradients.get(i), shiftGradients.get(i)));
    }
  }

  private static List<Matrix> vectors(List<ParameterLayout.Tensor> tensors, Matrix flat) {
    return tensors.stream().map(tensor -> flat.view(tensor.offset(), 1, tensor.size())).toList();
  }

  /** The activation of a layer; layers count from 0. */
  private Activation activation(int layer) {
    return layer == weights.size() - 1 ? Activation.IDENTITY : hidden;
  }

  /** Outputs of every layer for up to {@code rows} inputs and what a backward pass needs beside them if requested. */
  public static final class Activations implements AutoCloseable {

    private final List<Matrix> outputs = new ArrayList<>();
    private final List<Matrix> gradients = new ArrayList<>();

    /** For each layer the values before its activation if a backward pass needs them, else null. */
    private final List<Matrix> before = new ArrayList<>();

    /** For each hidden layer with batch normalisation what a training pass keeps of it. */
    private final List<Normalised> normalised = new ArrayList<>();

    private Activations() {}

    /** The output of the last layer, (rows, outputs). */
    public Matrix output() {
      return outputs.get(outputs.size() - 1);
    }

    /** The output of the last hidden layer after its activation, (rows, units). The chain has at least two layers. */
    public Matrix lastHidden() {
      return outputs.get(outputs.size() - 2);
    }

    /** The matrix for the gradient of the output, to be filled before {@link Chain#backward}, (rows, outputs). */
    public Matrix outputGradient() {
      return gradients.get(gradients.size() - 1);
    }

    /** The same memory for the first rows only. */
    public Activations firstRows(long rows) {
      Activations part = new Activations();
      outputs.forEach(output -> part.outputs.add(output.firstRows(rows)));
      before.forEach(values -> part.before.add(values == null ? null : values.firstRows(rows)));
      normalised.forEach(one -> part.normalised
          .add(new Normalised(one.input.firstRows(rows), one.batch, one.biasGradient)));
      gradients.forEach(gradient -> part.gradients.add(gradient.firstRows(rows)));
      return part;
    }

    @Override
    public void close() {
      outputs.forEach(Matrix::close);
      gradients.forEach(Matrix::close);
      before.stream().filter(Objects::nonNull).forEach(Matrix::close);
      normalised.forEach(one -> {
        one.input.close();
        one.batch.close();
        one.biasGradient.close();
      });
    }
  }

  /**
   * What a training pass keeps of a batch normalisation.
   *
   * @param input        (rows, units)
   * @param batch        (2, units), as in {@link BatchNorm}
   * @param biasGradient (1, units), which nobody reads: the bias of a layer before a batch normalisation has the
   *     gradient 0, since the mean is subtracted. What a sum over the rows gives are roundings, which Adam would take
   *     for a direction
   */
  private record Normalised(Matrix input, Matrix batch, Matrix biasGradient) {}

  /** Which matrices for gradients a pass needs. With gradients, the activations keep what their derivatives need. */
  public enum Gradients {
    /** None: there is no backward pass. */
    NONE,
    /** A matrix for each layer's output. */
    ALL,
    /**
     * The gradient of the last layer's output overwrites that output. This saves the memory traffic of the largest
     * matrix of a decoder.
     */
    OVER_OUTPUT
  }

  /** Memory for a pass over {@code rows} inputs; the caller closes it. */
  public Activations activations(long rows, Gradients gradients) {
    Activations activations = new Activations();
    for (int layer = 1; layer < sizes.size(); layer++) {
      Matrix output = backend.allocate(rows, sizes.get(layer));
      activations.outputs.add(output);
      boolean keeps = gradients != Gradients.NONE && activation(layer - 1).keepsInput();
      activations.before.add(keeps ? backend.allocate(rows, sizes.get(layer)) : null);
      if (gradients != Gradients.NONE && layer <= norms.size()) {
        int units = sizes.get(layer);
        activations.normalised.add(new Normalised(backend.allocate(rows, units), backend.allocate(2, units),
            backend.allocate(1, units)));
      }
      if (gradients != Gradients.NONE) {
        boolean over = gradients == Gradients.OVER_OUTPUT && layer == sizes.size() - 1;
        activations.gradients.add(over ? output : backend.allocate(rows, sizes.get(layer)));
      }
    }
    return activations;
  }

  /** Computes every layer's output from x (rows, inputs). */
  public void forward(Matrix x, Activations activations) {
    if (norms.isEmpty()) {
      backend.denseChain(x, layers(activations));
      return;
    }
    boolean training = !activations.gradients.isEmpty();
    Matrix input = x;
    for (int i = 0; i < weights.size(); i++) {
      Matrix output = activations.outputs.get(i);
      boolean normalises = i < norms.size();
      Matrix linear = training && normalises ? activations.normalised.get(i).input : output;
      backend.dense(input, weights.get(i), biases.get(i), Activation.IDENTITY, linear);
      if (training && normalises) {
        backend.batchNorm(linear, norm(i, activations), hidden, activations.before.get(i), output);
      } else if (normalises) {
        backend.batchNormRunning(norms.get(i), hidden, output);
      }
      input = output;
    }
  }

  private BatchNorm norm(int layer, Activations activations) {
    BatchNorm norm = norms.get(layer);
    return new BatchNorm(norm.scale(), norm.shift(), norm.runningMean(), norm.runningVariance(), norm.count(),
        activations.normalised.get(layer).batch, norm.scaleGradient(), norm.shiftGradient());
  }

  private List<Layer> layers(Activations activations) {
    boolean backward = !activations.gradients.isEmpty();
    return IntStream.range(0, weights.size())
        .mapToObj(i -> new Layer(weights.get(i), biases.get(i), activation(i), activations.before.get(i),
            activations.outputs.get(i),
            backward ? activations.gradients.get(i) : null, backward ? weightGradients.get(i) : null,
            backward ? biasGradients.get(i) : null))
        .toList();
  }

  /**
   * Receives the outputs for some images: the first one has the index {@code first}, and {@code part} has a row per
   * image.
   */
  @FunctionalInterface
  interface Reader {
    void read(int first, Activations part);
  }

  /**
   * Passes samples (n, inputs), n at least 1, as {@link Backend#gather} reads them, through all layers,
   * {@link Autoencoder#CHUNK} at a time.
   */
  void forward(Matrix images, Reader reader) {
    int n = Math.toIntExact(images.rows());
    int rows = Math.min(Autoencoder.CHUNK, n);
    try (Matrix x = backend.allocate(rows, sizes.get(0));
        Matrix order = backend.allocate(ElementType.INT32, 1, n).upload(Autoencoder.numbers(n));
        Matrix step = backend.allocate(ElementType.INT64, 1, 1);
        Activations activations = activations(rows, Gradients.NONE)) {
      for (int first = 0; first < n; first += rows) {
        int count = Math.min(rows, n - first);
        Activations part = activations.firstRows(count);
        backend.gather(images, order.view(first, 1, count), step, count, 1, x.firstRows(count));
        forward(x.firstRows(count), part);
        reader.read(first, part);
      }
    }
  }

  /**
   * Adds to the parameters' gradients. It starts from the gradient in {@link Activations#outputGradient}, which it
   * overwrites.
   *
   * @param more the other part of the output's gradient, (rows, outputs); or null
   * @param dx   receives the gradient of x, (rows, inputs); or null
   */
  public void backward(Matrix x, Activations activations, Matrix more, Matrix dx) {
    if (norms.isEmpty()) {
      backend.denseChainBackward(x, layers(activations), more, dx);
      return;
    }
    if (more != null) {
      backend.add(more, activations.outputGradient());
    }
    for (int i = weights.size() - 1; i >= 0; i--) {
      Matrix gradient = activations.gradients.get(i);
      Matrix biasGradient = biasGradients.get(i);
      if (i < norms.size()) {
        Normalised normalised = activations.normalised.get(i);
        Matrix kept = hidden.keepsInput() ? activations.before.get(i) : activations.outputs.get(i);
        backend.batchNormBackward(normalised.input, norm(i, activations), kept, hidden, gradient);
        biasGradient = normalised.biasGradient;
      }
      // Without an activation nothing is kept.
      backend.denseBackward(i == 0 ? x : activations.outputs.get(i - 1), weights.get(i), gradient, Activation.IDENTITY,
          gradient, weightGradients.get(i), biasGradient, i == 0 ? dx : activations.gradients.get(i - 1));
    }
  }
}
