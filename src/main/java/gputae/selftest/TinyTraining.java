package gputae.selftest;

import gputae.backend.Activation;
import gputae.backend.AdamRates;
import gputae.backend.Backend;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.Random;

/**
 * A training step that calls every operation that a step can call: the divergence of the VAE and, parallel to the
 * decoder, the topological branch. It uses random images and runs for a few steps, so it learns nothing.
 */
final class TinyTraining {

  static final int STEPS = 5;

  private static final int IMAGES = 64;
  private static final int EPOCH = 2;

  /**
   * Images (IMAGES, pixels) -> ELU hidden -> mu, logvar (latent each) -> z -> ELU hidden -> logits (pixels), batches of
   * {@code batch}.
   */
  record Widths(int pixels, int hidden, int latent, int batch) {}

  private static final Widths TINY = new Widths(100, 32, 3, 33);

  static final Widths PAPER = new Widths(784, 64, 2, 128);

  /** The values that a step changes. */
  record State(long step, float[] parameters, float[] gradient, float[] firstMoment, float[] secondMoment,
      float[] losses) {
    void compareWith(Case c, State other) {
      c.same("steps", step, other.step);
      c.same("parameter", parameters, other.parameters);
      c.same("gradient", gradient, other.gradient);
      c.same("first moment", firstMoment, other.firstMoment);
      c.same("second moment", secondMoment, other.secondMoment);
      c.same("loss", losses, other.losses);
    }
  }

  private final Case c;
  private final Backend backend;
  private final Widths widths;

  private final Matrix images;
  private final Matrix order;
  private final Matrix step;
  private final Matrix x;

  /**
   * All parameters, (1, count). The weights and biases of the layers are views of it; their gradients are views of the
   * second matrix.
   */
  private final Matrix parameters;

  private final Matrix gradient;
  private final Matrix firstMoment;
  private final Matrix secondMoment;
  private final Layer[] layers;
  private final Matrix noise;
  private final Matrix z;
  private final Matrix dz;
  private final Matrix edges;
  private final Matrix lengths;
  private final Matrix deathGradient;
  private final Matrix ballGradient;
  private final Matrix dStatistics;

  private final Matrix deathWeight;
  private final Matrix ballWeight;
  private final Matrix rates;

  /** Reconstruction, deaths, ball, divergence. */
  private final Matrix losses;

  private final Matrix log;

  /**
   * A dense layer: its parameters and their gradients, its output y (batch, out) and the gradient dy with respect to
   * that.
   */
  private record Layer(Activation activation, Matrix w, Matrix b, Matrix dw, Matrix db, Matrix y, Matrix dy) {}

  TinyTraining(Case c) {
    this(c, TINY);
  }

  TinyTraining(Case c, Widths widths) {
    this.c = c;
    this.backend = c.backend();
    this.widths = widths;
    int batch = widths.batch;
    int latent = widths.latent;
    Random random = new Random(15);
    byte[] pixels = new byte[IMAGES * widths.pixels];
    random.nextBytes(pixels);
    images = c.bytes(IMAGES, widths.pixels, pixels);
    order = c.ints(1, EPOCH * batch, random.ints(EPOCH * batch, 0, IMAGES).toArray());
    step = c.stepAt(0);
    x = c.zeros(batch, widths.pixels);
    int[][] sizes = {{widths.pixels, widths.hidden}, {widths.hidden, 2 * latent}, {latent, widths.hidden},
      {widths.hidden, widths.pixels}};
    int count = 0;
    for (int[] size : sizes) {
      count += size[1] * (size[0] + 1);
    }
    parameters = c.floats(1, count, Reference.gaussian(random, count, 0.2));
    gradient = c.zeros(1, count);
    firstMoment = c.zeros(1, count);
    secondMoment = c.zeros(1, count);
    layers = new Layer[sizes.length];
    int at = 0;
    for (int l = 0; l < sizes.length; l++) {
      int in = sizes[l][0];
      int out = sizes[l][1];
      layers[l] = new Layer(l % 2 == 0 ? Activation.ELU : Activation.IDENTITY, parameters.view(at, out, in),
          parameters.view(at + out * in, 1, out),
          gradient.view(at, out, in), gradient.view(at + out * in, 1, out), c.zeros(batch, out), c.zeros(batch, out));
      at += out * (in + 1);
    }
    noise = c.zeros(batch, latent);
    z = c.zeros(batch, latent);
    dz = c.zeros(batch, latent);
    edges = c.allocate(ElementType.INT32, batch - 1, 2);
    lengths = c.zeros(1, batch - 1);
    deathGradient = c.zeros(batch, latent);
    ballGradient = c.zeros(batch, latent);
    dStatistics = c.zeros(batch, 2 * latent);
    deathWeight = c.number(-0.01f);
    ballWeight = c.number(0.01f);
    rates = c.rates(AdamRates.of(1e-3));
    losses = c.zeros(1, 4);
    log = c.zeros(STEPS, 4);
  }

  /** Does one step. Every value that differs between steps is read from a matrix, so the step may be recorded. */
  void step() {
    backend.gather(images, order, step, widths.batch, EPOCH, x);
    backend.normals(noise, 16, 2, step);
    forward(x, layers[0]);
    forward(layers[0].y, layers[1]);
    backend.reparameterise(layers[1].y, noise, z);
    backend.beside(() -> {
      backend.spanningTree(z, edges, lengths);
      backend.deathTimes(z, edges, lengths, 1, Float.POSITIVE_INFINITY, deathWeight, deathGradient,
          losses.view(1, 1, 1));
      backend.ballPenalty(z, BallPenalty.SQUARED, ballWeight, ballGradient, losses.view(2, 1, 1));
      backend.add(ballGradient, deathGradient);
    }, () -> {
      forward(z, layers[2]);
      forward(layers[2].y, layers[3]);
      backend.sigmoidCrossEntropy(layers[3].y, x, layers[3].dy, losses.view(0, 1, 1));
      backward(layers[2].y, layers[3], layers[2].dy);
      backward(z, layers[2], dz);
    });
    backend.add(deathGradient, dz);
    backend.reparameteriseBackward(layers[1].y, noise, dz, widths.pixels, dStatistics, losses.view(3, 1, 1));
    backend.endStep(losses, log, step);
    backend.copy(dStatistics, layers[1].dy);
    backward(layers[0].y, layers[1], layers[0].dy);
    backward(x, layers[0], null);
    backend.adam(parameters, gradient, firstMoment, secondMoment, step, rates);
  }

  private void forward(Matrix input, Layer layer) {
    backend.dense(input, layer.w, layer.b, layer.activation, layer.y);
  }

  private void backward(Matrix input, Layer layer, Matrix inputGradient) {
    backend.denseBackward(input, layer.w, layer.y, layer.activation, layer.dy, layer.dw, layer.db, inputGradient);
  }

  /** All results of the steps must be the same, bit for bit, and must be numbers. */
  void compareWith(TinyTraining other) {
    float[] mine = log.toFloats();
    for (float loss : mine) {
      c.require(loss > 0 && loss < 1000, "a loss is " + loss);
    }
    c.same("steps done", STEPS, step.toLongs()[0]);
    c.same("steps done by the other", STEPS, other.step.toLongs()[0]);
    c.same("loss", mine, other.log.toFloats());
    c.same("parameter", parameters.toFloats(), other.parameters.toFloats());
    c.same("first moment", firstMoment.toFloats(), other.firstMoment.toFloats());
    c.same("second moment", secondMoment.toFloats(), other.secondMoment.toFloats());
  }

  State state() {
    return new State(step.toLongs()[0], parameters.toFloats(), gradient.toFloats(), firstMoment.toFloats(),
        secondMoment.toFloats(), losses.toFloats());
  }

  void restore(State state) {
    step.upload(new long[] {state.step});
    parameters.upload(state.parameters);
    gradient.upload(state.gradient);
    firstMoment.upload(state.firstMoment);
    secondMoment.upload(state.secondMoment);
  }
}
