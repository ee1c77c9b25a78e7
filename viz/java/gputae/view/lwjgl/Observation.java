package gputae.view.lwjgl;

import gputae.linear.FloatPoints;
import java.util.Arrays;

/**
 * The view of a model at one snapshot of its weights. Immutable after it is handed over.
 *
 * @param step       number of steps done when the snapshot was taken
 * @param latents    embeddings of the test samples
 * @param projection projection from the latent space to the three coordinates that are drawn
 * @param positions  positions of the test samples, row-major (n, 3); NaN if an embedding is not finite
 * @param extent     extent of the positions and the unit ball
 * @param batch      the next batch and its spanning tree; null if its embeddings are not finite
 * @param generated  pictures of what is decoded from samples of the prior, uint8 (GENERATED, height, width)
 */
record Observation(long step, FloatPoints latents, Projection projection, float[] positions, Extent extent, Batch batch,
    byte[] generated) {

  /** Number of pictures in the grid of generated samples. */
  static final int GENERATED = 40;

  /**
   * A box around the unit ball and all positions except the outermost few, since outliers would shrink the rest to a
   * dot.
   *
   * @param centre centre of the box [3]
   * @param half   half the lengths of its sides [3]
   * @param radius radius around the centre that contains the same ball and positions
   */
  record Extent(double[] centre, double[] half, double radius) {

    /** Share of the positions that is left out at each end of an axis, per thousand. */
    private static final int OUTERMOST = 3;

    /** @param positions row-major (n, 3) */
    static Extent of(float[] positions) {
      int n = positions.length / 3;
      double[] centre = new double[3];
      double[] half = new double[3];
      float[] values = new float[n];
      for (int axis = 0; axis < 3; axis++) {
        for (int i = 0; i < n; i++) {
          values[i] = Float.isFinite(positions[3 * i + axis]) ? positions[3 * i + axis] : 0;
        }
        Arrays.sort(values);
        int out = n * OUTERMOST / 1000;
        double low = Math.min(-1, values[out]);
        double high = Math.max(1, values[n - 1 - out]);
        centre[axis] = (low + high) / 2;
        half[axis] = (high - low) / 2;
      }
      for (int i = 0; i < n; i++) {
        double length = Math.hypot(Math.hypot(positions[3 * i] - centre[0], positions[3 * i + 1] - centre[1]),
            positions[3 * i + 2] - centre[2]);
        values[i] = Double.isFinite(length) ? (float) length : 0;
      }
      Arrays.sort(values);
      double ball = 1 + Math.hypot(Math.hypot(centre[0], centre[1]), centre[2]);
      return new Extent(centre, half, Math.max(ball, values[n - 1 - n * OUTERMOST / 1000]));
    }
  }

  /**
   * A batch and its minimum spanning tree.
   *
   * @param labels    class of each point; null without labels
   * @param positions row-major (B, 3)
   * @param edges     (B - 1, 2), in ascending order of length
   * @param lengths   (B - 1), the death times: lengths in the latent space, not on the screen
   */
  record Batch(byte[] labels, float[] positions, int[] edges, double[] lengths) {}
}
