package gputae.train;

import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.model.Autoencoder;
import gputae.model.Chain;
import gputae.model.ParameterLayout;
import gputae.objective.LatentTerm;
import gputae.objective.LatentTerms;
import gputae.objective.Objective;
import gputae.objective.ParameterTerm;
import gputae.objective.ParameterTerms;
import gputae.objective.TermKind;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One optimisation step on a batch, as calls to a backend: forward, terms of the objective, backward, Adam. Everything
 * that changes from step to step is read from the device's memory, so the calls can be recorded once and replayed.
 */
public final class TrainStep implements AutoCloseable {

  /** Steps whose losses are kept until they are fetched; a group of steps between two fetches is never larger. */
  static final int LOG_ROWS = 32;

  private final Backend backend;
  private final TrainConfig config;
  private final Objective objective;
  private final Autoencoder model;
  private final Matrix firstMoment;
  private final Matrix secondMoment;
  private final Matrix step;
  private final Matrix rates;
  private final Matrix losses;
  private final Matrix log;
  private final Matrix x;

  /** Of all images, and of a batch's, (rows, classes); null where no term needs them. */
  private final Matrix memberships;

  private final Matrix classes;

  private final Chain.Activations encoded;
  private final Chain.Activations decoded;

  /** Only of a variational encoder: the sampled points, their gradient, the noise. */
  private final Matrix sampled;

  private final Matrix sampledGradient;
  private final Matrix noise;

  /** Samples of the prior; null where no term needs them. */
  private final Matrix prior;

  private final LatentTerms latentTerms;
  private final ParameterTerms parameterTerms;

  /** Buffers for batches of up to {@code rows} images, on a model that the caller owns. */
  public TrainStep(Backend backend, TrainConfig config, Autoencoder model, int rows) {
    this(backend, config, model, rows, null);
  }

  /**
   * The same for an objective that may need the images' classes.
   *
   * @param memberships the classes of all images, uint8 (n, classes): 255 at an image's class, 0 elsewhere; the caller
   *     owns them. Null if no term {@linkplain LatentTerm#needsClasses needs} them
   */
  public TrainStep(Backend backend, TrainConfig config, Autoencoder model, int rows, Matrix memberships) {
    this.backend = backend;
    this.config = config;
    this.objective = config.objective();
    this.model = model;
    this.firstMoment = backend.allocate(1, model.layout().trained());
    this.secondMoment = backend.allocate(1, model.layout().trained());
    this.step = backend.allocate(ElementType.INT64, 1, 1);
    this.rates = AdamRates.of(config.rate()).on(backend);
    int columns = objective.columns().size();
    this.losses = backend.allocate(1, columns);
    this.log = backend.allocate(LOG_ROWS, columns);
    this.x = backend.allocate(rows, model.architecture().pixels());
    this.memberships = memberships;
    this.classes = memberships == null ? null : backend.allocate(rows, memberships.columns());
    this.encoded = model.encoder().activations(rows, Chain.Gradients.ALL);
    this.decoded = model.decoder().activations(rows, Chain.Gradients.OVER_OUTPUT);
    boolean variational = objective.variational();
    this.sampled = variational ? backend.allocate(rows, config.latent()) : null;
    this.sampledGradient = variational ? backend.allocate(rows, config.latent()) : null;
    this.noise = variational ? backend.allocate(rows, config.latent()) : null;
    this.prior = objective.needsPrior() ? backend.allocate(rows, config.latent()) : null;
    this.latentTerms = new LatentTerms(backend, objective, rows, model.architecture().pixels(), config.latent(),
        config.model().prior().squaredDistance(config.latent()),
        name -> new LatentTerm.Scalar(model.scalar(name), model.scalarGradient(name)));
    this.parameterTerms = new ParameterTerms(backend, objective, model.layout().trained(), decoder(model),
        config.seed(),
        Streams.PARAMETER_TERMS);
  }

  /** The decoder's part of the parameters, from its first tensor to what follows its last one. */
  private static ParameterTerm.Part decoder(Autoencoder model) {
    ParameterLayout.Part part = model.layout().part("decoder");
    return new ParameterTerm.Part(part.first(), part.count());
  }

  /** Steps done, int64 (1, 1). */
  Matrix step() {
    return step;
  }

  /**
   * Values of the terms of the last {@link #LOG_ROWS} steps, (LOG_ROWS, columns of the objective); step s, from 0, in
   * row s mod LOG_ROWS.
   */
  public Matrix log() {
    return log;
  }

  Matrix firstMoment() {
    return firstMoment;
  }

  Matrix secondMoment() {
    return secondMoment;
  }

  /** By name, what the terms of the parameters keep from step to step. */
  Map<String, Matrix> termState() {
    return parameterTerms.state();
  }

  /** The noise of a variational batch, (batch, latent); drawn by {@link #run}. */
  Matrix noise() {
    return noise;
  }

  /** Samples of the prior for a batch, (batch, latent), drawn by {@link #run}; null where no term needs them. */
  Matrix prior() {
    return prior;
  }

  /** The classes of a batch, (batch, classes), drawn by {@link #run}; null where no term needs them. */
  Matrix classes() {
    return classes;
  }

  /** From the next step on the learning rate is {@code rate}, in recorded steps too. */
  public void rate(double rate) {
    AdamRates.of(rate).upload(rates);
  }

  /**
   * From the next step on a term of the latent points or of the parameters has another weight, at least 0, in recorded
   * steps too.
   *
   * @throws IllegalArgumentException if the objective has no such term
   */
  public void weigh(TermKind<?> kind, double weight) {
    Stream.concat(latentTerms.weights().stream(), parameterTerms.weights().stream())
        .filter(one -> one.kind().equals(kind)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the objective has no " + kind.title() + " with a weight"))
        .set(weight);
  }

  /**
   * Whole steps on successive batches of the epoch's order, {@code rows} images each. The next batch is gathered in
   * parallel with the optimiser's step, which reads no images; the first batch has to be waited for. Noise and samples
   * of the prior are drawn in parallel with the encoder, which does not read them.
   */
  public void run(Matrix images, Matrix order, long stepsPerEpoch, long rows, int steps) {
    Runnable next = () -> gather(images, order, stepsPerEpoch, rows);
    next.run();
    for (int i = 1; i < steps; i++) {
      drawAndAddGradients(x.firstRows(rows));
      backend.beside(next, this::update);
    }
    drawAndAddGradients(x.firstRows(rows));
    update();
  }

  /** Brings what a step needs of the data: images, classes. */
  private void gather(Matrix images, Matrix order, long stepsPerEpoch, long rows) {
    backend.gather(images, order, step, config.batch(), stepsPerEpoch, x.firstRows(rows));
    if (classes != null) {
      backend.gather(memberships, order, step, config.batch(), stepsPerEpoch, classes.firstRows(rows));
    }
  }

  /** {@link #gradients} with new noise and new samples of the prior. */
  private void drawAndAddGradients(Matrix batch) {
    if (noise == null && prior == null) {
      encode(batch);
    } else {
      backend.beside(() -> draw(batch.rows()), () -> encode(batch));
    }
    gradientsOfEncoded(batch);
  }

  /** Draws what a step of so many rows needs of random numbers. */
  private void draw(long rows) {
    if (noise != null) {
      backend.normals(noise.firstRows(rows), config.seed(), Streams.NOISE, step);
    }
    if (prior != null) {
      config.model().prior().draw(backend, prior.firstRows(rows), config.seed(), Streams.TERM_PRIOR, step);
    }
  }

  /**
   * Adds the objective's gradient on the batch x (rows, pixels) to the model's gradients, notes its losses and counts
   * the step. The noise is what {@link #noise} holds, the samples of the prior are what {@link #prior} holds.
   */
  void gradients(Matrix batch) {
    encode(batch);
    gradientsOfEncoded(batch);
  }

  private void encode(Matrix batch) {
    model.encoder().forward(batch, encoded.firstRows(batch.rows()));
  }

  /** {@link #gradients} of a batch after {@link #encode}. */
  private void gradientsOfEncoded(Matrix batch) {
    long rows = batch.rows();
    Chain.Activations encoding = encoded.firstRows(rows);
    Chain.Activations decoding = decoded.firstRows(rows);
    parameterTerms.enqueue(model.trained(), step, model.gradients(), losses);
    Matrix z = encoding.output();
    Matrix dz = encoding.outputGradient();
    if (noise != null) {
      z = sampled.firstRows(rows);
      dz = sampledGradient.firstRows(rows);
      backend.reparameterise(encoding.output(), noise.firstRows(rows), z);
    }
    Matrix more = null;
    if (latentTerms.isEmpty()) {
      reconstruct(batch, z, decoding, dz);
    } else {
      Matrix points = z;
      LatentTerm.Batch read = new LatentTerm.Batch(z, batch, classes == null ? null : classes.firstRows(rows),
          prior == null ? null : prior.firstRows(rows));
      Matrix gradient = dz;
      // These terms do not need the decoder's passes, nor do those need these terms.
      backend.beside(() -> latentTerms.enqueue(read, losses), () -> reconstruct(batch, points, decoding, gradient));
      more = latentTerms.gradient(rows);
    }
    if (noise != null) {
      if (more != null) {
        backend.add(more, dz);
        more = null;
      }
      objective.posterior().enqueue(backend, encoding.output(), noise.firstRows(rows), dz, batch.columns(),
          encoding.outputGradient(), value(objective.posterior().kind()));
    }
    // All losses are known; the encoder's backward pass need not wait until they are noted.
    backend.endStep(losses, log, step);
    model.encoder().backward(batch, encoding, more, null);
  }

  /** The decoder's passes: from the points z to their gradient dz. */
  private void reconstruct(Matrix batch, Matrix z, Chain.Activations decoding, Matrix dz) {
    model.decoder().forward(z, decoding);
    objective.output().enqueue(backend, decoding.output(), batch, decoding.outputGradient(),
        value(objective.output().kind()));
    model.decoder().backward(z, decoding, null, dz);
  }

  /** Moves the weights along the gradients. */
  void update() {
    backend.adam(model.trained(), model.gradients(), firstMoment, secondMoment, step, rates);
  }

  private Matrix value(TermKind<?> kind) {
    return losses.view(objective.column(kind), 1, 1);
  }

  @Override
  public void close() {
    firstMoment.close();
    secondMoment.close();
    step.close();
    rates.close();
    losses.close();
    log.close();
    x.close();
    if (classes != null) {
      classes.close();
    }
    encoded.close();
    decoded.close();
    if (noise != null) {
      sampled.close();
      sampledGradient.close();
      noise.close();
    }
    if (prior != null) {
      prior.close();
    }
    latentTerms.close();
    parameterTerms.close();
  }
}
