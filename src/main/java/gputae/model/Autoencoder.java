package gputae.model;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.linear.FloatPoints;
import java.util.List;
import java.util.stream.IntStream;

/**
 * An autoencoder, deterministic or variational: its parameters in one flat buffer, its encoder and its decoder. The
 * encoder of a variational one has two outputs per latent dimension, mu and logvar; its embedding of a sample is mu.
 */
public final class Autoencoder implements AutoCloseable {

  /**
   * Number of rows encoded or decoded at a time if no batch size is given: large enough for the matrix products, small
   * enough for the caches.
   */
  public static final int CHUNK = 1000;

  private final Backend backend;
  private final Architecture architecture;
  private final ParameterLayout layout;
  private final Matrix parameters;
  private final Matrix gradients;
  private final Chain encoder;
  private final Chain decoder;

  /** Makes an autoencoder whose parameters are all 0. */
  public Autoencoder(Backend backend, Architecture architecture) {
    this.backend = backend;
    this.architecture = architecture;
    this.layout = new ParameterLayout(architecture);
    this.parameters = backend.allocate(1, layout.size());
    this.gradients = backend.allocate(1, layout.trained());
    this.encoder = chain("encoder", architecture.encoderSizes());
    this.decoder = chain("decoder", architecture.decoderSizes());
  }

  private Chain chain(String part, List<Integer> sizes) {
    return new Chain(backend, layout, part, sizes, architecture.hidden().activation(), parameters, gradients);
  }

  public Backend backend() {
    return backend;
  }

  public Architecture architecture() {
    return architecture;
  }

  public ParameterLayout layout() {
    return layout;
  }

  /** The flat parameter buffer, (1, layout().size()). Its end are the running statistics of batch normalisations. */
  public Matrix parameters() {
    return parameters;
  }

  /** The part of the flat parameter buffer that the optimiser changes, (1, layout().trained()). */
  public Matrix trained() {
    return parameters.view(0, 1, layout.trained());
  }

  /** The gradients, (1, layout().trained()); backward passes accumulate into them. */
  public Matrix gradients() {
    return gradients;
  }

  /** A scalar of the architecture, (1, 1). */
  public Matrix scalar(String name) {
    return parameters.view(layout.tensor(name).offset(), 1, 1);
  }

  /** The gradient of a scalar, (1, 1). */
  public Matrix scalarGradient(String name) {
    return gradients.view(layout.tensor(name).offset(), 1, 1);
  }

  public Chain encoder() {
    return encoder;
  }

  public Chain decoder() {
    return decoder;
  }

  /** z (rows, latent) = the embeddings of x (rows, pixels). */
  void embed(Matrix x, Chain.Activations activations, Matrix z) {
    encoder.forward(x, activations);
    points(activations, z);
  }

  /** z (rows, latent) = the embeddings that follow from the encoder's output. */
  private void points(Chain.Activations encoded, Matrix z) {
    if (architecture.variational()) {
      backend.reparameterise(encoded.output(), null, z);
    } else {
      backend.copy(encoded.output(), z);
    }
  }

  /** The numbers 0 to count - 1. */
  static int[] numbers(int count) {
    return IntStream.range(0, count).toArray();
  }

  /** Embeddings of samples (n, pixels), as {@link SampleMatrix} holds them. */
  public FloatPoints embeddings(Matrix images) {
    int n = Math.toIntExact(images.rows());
    float[] latents = new float[Math.multiplyExact(n, architecture.latent())];
    try (Matrix z = backend.allocate(Math.min(CHUNK, n), architecture.latent())) {
      encoder.forward(images, (first, part) -> {
        Matrix rows = z.firstRows(part.output().rows());
        points(part, rows);
        backend.download(rows, latents, first * architecture.latent());
      });
    }
    return new FloatPoints(latents, architecture.latent());
  }

  /**
   * Samples decoded from latent points (n, latent): the means of the decoder's outputs, row-major (n, pixels). For
   * images with Bernoulli outputs they are numbers in [0, 1].
   */
  public float[] decode(Matrix z) {
    int n = Math.toIntExact(z.rows());
    int rows = Math.min(CHUNK, n);
    float[] images = new float[Math.multiplyExact(n, architecture.pixels())];
    try (Chain.Activations activations = decoder.activations(rows, Chain.Gradients.NONE)) {
      for (int first = 0; first < n; first += rows) {
        int count = Math.min(rows, n - first);
        Chain.Activations part = activations.firstRows(count);
        decoder.forward(z.view((long) first * z.columns(), count, z.columns()), part);
        architecture.output().mean(backend, part.output());
        backend.download(part.output(), images, first * architecture.pixels());
      }
    }
    return images;
  }

  @Override
  public void close() {
    parameters.close();
    gradients.close();
  }
}
