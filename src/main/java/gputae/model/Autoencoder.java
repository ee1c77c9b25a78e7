package gputae.model;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;

/**
 * An autoencoder, deterministic or variational: its parameters in one flat buffer, its encoder and its decoder. A variational one differs by the encoder's two
 * outputs per latent dimension, mu and logvar; its embedding of an image is mu.
 */
public final class Autoencoder implements AutoCloseable {

  /** Rows encoded or decoded at a time when there is no batch to follow: large enough for the matrix products, small enough for the caches. */
  private static final int CHUNK = 1000;

  private final Backend backend;
  private final Architecture architecture;
  private final ParameterLayout layout;
  private final Matrix parameters;
  private final Matrix gradients;
  private final Chain encoder;
  private final Chain decoder;

  /** All parameters 0. */
  public Autoencoder(Backend backend, Architecture architecture) {
    this.backend = backend;
    this.architecture = architecture;
    this.layout = new ParameterLayout(architecture);
    this.parameters = backend.allocate(1, layout.size());
    this.gradients = backend.allocate(1, layout.size());
    this.encoder = new Chain(backend, layout, "encoder", architecture.encoderSizes(), parameters, gradients);
    this.decoder = new Chain(backend, layout, "decoder", architecture.decoderSizes(), parameters, gradients);
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

  /** (1, layout().size()) */
  public Matrix parameters() {
    return parameters;
  }

  /** (1, layout().size()); accumulated by backward passes. */
  public Matrix gradients() {
    return gradients;
  }

  public Chain encoder() {
    return encoder;
  }

  public Chain decoder() {
    return decoder;
  }

  /** Images handed over in chunks: uint8 on the device, numbered in their order. */
  @FunctionalInterface
  public interface Chunk {
    /**
     * @param first first image's number
     * @param x     the images, (rows, pixels)
     * @param z     their embeddings, (rows, latent)
     */
    void accept(int first, Matrix x, Matrix z);
  }

  /**
   * Embeds images and hands each chunk on.
   *
   * @param images uint8 (n, pixels) on this backend
   */
  public void embed(Matrix images, Chunk chunk) {
    int n = Math.toIntExact(images.rows());
    int rows = Math.min(CHUNK, n);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    try (Matrix x = backend.allocate(rows, architecture.pixels());
        Matrix z = backend.allocate(rows, architecture.latent());
        Matrix orders = backend.allocate(ElementType.INT32, 1, n).upload(order);
        Matrix step = backend.allocate(ElementType.INT64, 1, 1);
        Chain.Activations activations = encoder.activations(rows, Chain.Gradients.NONE)) {
      for (int first = 0; first < n; first += rows) {
        int count = Math.min(rows, n - first);
        Matrix batch = x.firstRows(count);
        Matrix points = z.firstRows(count);
        Chain.Activations part = activations.firstRows(count);
        backend.gather(images, orders.view(first, 1, count), step, count, 1, batch);
        encoder.forward(batch, part);
        if (architecture.variational()) {
          backend.reparameterise(part.output(), null, points);
        } else {
          backend.copy(part.output(), points);
        }
        chunk.accept(first, batch, points);
      }
    }
  }

  /** Embeddings of uint8 images (n, pixels), row-major (n, latent). */
  public float[] embeddings(Matrix images) {
    float[] latents = new float[Math.multiplyExact(Math.toIntExact(images.rows()), architecture.latent())];
    embed(images, (first, x, z) -> backend.download(z, latents, first * architecture.latent()));
    return latents;
  }

  /** Mean binary cross-entropy per pixel, nats, of uint8 images (n, pixels) against their reconstructions. */
  public double reconstructionLoss(Matrix images) {
    double[] sum = {0};
    int rows = (int) Math.min(CHUNK, images.rows());
    try (Matrix loss = backend.allocate(1, 1);
        Chain.Activations activations = decoder.activations(rows, Chain.Gradients.NONE)) {
      embed(images, (first, x, z) -> {
        Chain.Activations part = activations.firstRows(z.rows());
        decoder.forward(z, part);
        backend.sigmoidCrossEntropy(part.output(), x, null, loss);
        sum[0] += loss.toFloats()[0] * (double) x.rows();
      });
    }
    return sum[0] / images.rows();
  }

  /** Images decoded from latent points (n, latent), as numbers in [0, 1], row-major (n, pixels). */
  public float[] decode(Matrix z) {
    int n = Math.toIntExact(z.rows());
    int rows = Math.min(CHUNK, n);
    float[] images = new float[Math.multiplyExact(n, architecture.pixels())];
    try (Chain.Activations activations = decoder.activations(rows, Chain.Gradients.NONE)) {
      for (int first = 0; first < n; first += rows) {
        int count = Math.min(rows, n - first);
        Chain.Activations part = activations.firstRows(count);
        decoder.forward(z.view((long) first * z.columns(), count, z.columns()), part);
        backend.sigmoid(part.output(), part.output());
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
