package gputae.evaluate;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import gputae.linear.FloatPoints;
import gputae.model.Prior;

/**
 * The two clouds with which {@link ShapeMeasures} compare embeddings, both of mean 0 and with the identity as
 * covariance. They are made once and serve all models with the same number of embeddings and the same latent dimension.
 *
 * @param normal         standard normal points
 * @param normalDistance their mean distance, over all pairs, including pairs of a point with itself
 * @param ball           points uniform in the ball around 0 with radius sqrt(d + 2)
 * @param ballDistance   their mean distance
 */
record ShapeReference(FloatPoints normal, double normalDistance, FloatPoints ball, double ballDistance) {

  // A stream of random numbers that differs from those of a training with the same seed.
  private static final int STREAM = 21;

  /** As many points as the uniform reference has. Its points, scaled, are the ones of the ball. */
  static ShapeReference of(Backend backend, UniformBallReference uniform, long seed) {
    FloatPoints sample = uniform.sample();
    FloatPoints normal;
    try (Matrix z = Prior.STANDARD_NORMAL.sample(backend, sample.count(), sample.dimension(), seed, STREAM)) {
      normal = new FloatPoints(z.toFloats(), sample.dimension());
    }
    return of(normal, sample);
  }

  /** @param uniform points uniform in the unit ball */
  static ShapeReference of(FloatPoints normal, FloatPoints uniform) {
    float radius = (float) Math.sqrt(uniform.dimension() + 2);
    float[] scaled = new float[uniform.coordinates().length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = radius * uniform.coordinates()[i];
    }
    FloatPoints ball = new FloatPoints(scaled, uniform.dimension());
    return new ShapeReference(normal, EnergyDistance.mean(normal), ball, EnergyDistance.mean(ball));
  }
}
