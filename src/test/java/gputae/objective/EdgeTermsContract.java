package gputae.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import gputae.backend.Backend;
import gputae.backend.Matrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Terms of latent points on batches at which a formula could break. */
abstract class EdgeTermsContract {

  private static final int PIXELS = 3;
  private static final int CLASSES = 2;

  /** A new backend; the test closes it. */
  abstract Backend backend();

  /**
   * What a term gives.
   *
   * @param gradient with respect to the points, row-major [rows, 2]
   * @param scale    the gradient of the first scalar; it is 0.25 before
   */
  private record Given(float value, float[] gradient, float scale) {}

  /**
   * A term of points in the plane.
   *
   * @param z       [rows, 2]
   * @param images  [rows, PIXELS]
   * @param classes [rows, CLASSES]
   * @param most    the computation is made for this number of rows
   */
  private Given of(LatentTerm term, float[] z, float[] images, float[] classes, int most) {
    int rows = z.length / 2;
    try (Backend backend = backend();
        Matrix scale = backend.allocate(1, 1).upload(new float[] {2});
        Matrix scaleGradient = backend.allocate(1, 1).upload(new float[] {0.25f});
        Matrix points = backend.allocate(rows, 2).upload(z);
        Matrix inputs = backend.allocate(rows, PIXELS).upload(images);
        Matrix members = backend.allocate(rows, CLASSES).upload(classes);
        Matrix prior = backend.allocate(rows, 2);
        Matrix weight = backend.allocate(1, 1).upload(new float[] {1});
        Matrix gradient = backend.allocate(rows, 2);
        Matrix value = backend.allocate(1, 1);
        LatentTerm.Computation computation = term.on(backend, new LatentTerm.Setup(most, PIXELS, 2, 4,
            term.scalars().stream().map(name -> new LatentTerm.Scalar(scale, scaleGradient)).toList()))) {
      computation.enqueue(new LatentTerm.Batch(points, inputs, members, prior), weight, gradient, value);
      backend.synchronise();
      return new Given(value.toFloats()[0], gradient.toFloats(), scaleGradient.toFloats()[0]);
    }
  }

  private Given signature(Signature.Normalisation unit, float[] z, float[] images) {
    int rows = z.length / 2;
    return of(new Signature(1, unit), z, images, new float[rows * CLASSES], rows + 3);
  }

  @ParameterizedTest
  @EnumSource
  void aBatchOfOneImageHasNoSignature(Signature.Normalisation unit) {
    Given one = signature(unit, new float[] {3, 4}, new float[] {0, 0.5f, 1});
    assertEquals(0, one.value);
    assertArrayEquals(new float[2], one.gradient);
    assertEquals(0.25f, one.scale);
  }

  /** Three images at 0, 1, 3 on a line, whose points lie at the corners of a right triangle. */
  @Test
  void aWorkedExample() {
    float[] z = {0, 0, 0, 4, 3, 0};
    float[] images = {0, 0, 0, 1, 0, 0, 3, 0, 0};
    // Edges of the images: 0-1 and 1-2, of lengths 1 and 2; the points' lengths are 4 and 5. Edges of the points: 0-2
    // and 0-1, of lengths 3 and 4; the images' lengths are 3 and 1. The scale is 2, and the largest distance is 3.
    double[] residues = {4 / 2.0 - 1 / 3.0, 5 / 2.0 - 2 / 3.0, 3 / 2.0 - 3 / 3.0, 4 / 2.0 - 1 / 3.0};
    double sum = 0;
    for (double residue : residues) {
      sum += residue * residue / 3;
    }
    Given found = signature(Signature.Normalisation.BATCH, z, images);
    assertEquals(sum, found.value, 1e-6);
    double ofScale = 0;
    double[] lengths = {4, 5, 3, 4};
    for (int e = 0; e < 4; e++) {
      ofScale -= 2 * residues[e] * lengths[e] / (4 * 3.0);
    }
    assertEquals(0.25 + ofScale, found.scale, 1e-6);
    // Point 2 has the edges 1-2 and 0-2.
    double x = 2 * residues[1] / (3 * 2) * 3 / 5 + 2 * residues[2] / (3 * 2);
    double y = -2 * residues[1] / (3 * 2) * 4 / 5;
    assertEquals(x, found.gradient[4], 1e-6);
    assertEquals(y, found.gradient[5], 1e-6);
  }

  @ParameterizedTest
  @EnumSource
  void equalPointsHaveNoGradientAndEqualImagesNoDistance(Signature.Normalisation unit) {
    float[] images = {0, 0, 0, 1, 0, 0, 1, 1, 0};
    Given samePoints = signature(unit, new float[] {1, 2, 1, 2, 1, 2}, images);
    double square = unit == Signature.Normalisation.RANGE ? PIXELS : 2;
    // Two edges of length 1, and two between equal points, 0-1 and 0-2, of images 1 and sqrt(2) apart.
    assertEquals((1 + 1 + 1 + 2) / square / 3, samePoints.value, 1e-6);
    assertArrayEquals(new float[6], samePoints.gradient);
    assertEquals(0.25f, samePoints.scale);
    Given sameImages = signature(unit, new float[] {0, 0, 0, 1, 0, 3}, new float[9]);
    // Both trees: images tie, so ids decide: 0-1 and 0-2, of lengths 1 and 3; points: 0-1 and 1-2, of lengths 1 and 2.
    assertEquals((1 + 9 + 1 + 4) / 4.0 / 3, sameImages.value, 1e-6);
    Given all = signature(unit, new float[6], new float[9]);
    assertEquals(0, all.value);
    assertArrayEquals(new float[6], all.gradient);
  }

  @ParameterizedTest
  @EnumSource
  void aPointThatIsNotANumberShowsInTheValue(Signature.Normalisation unit) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      Given found = signature(unit, new float[] {0, 0, bad, 1, 2, 2}, new float[] {0, 0, 0, 1, 0, 0, 1, 1, 0});
      assertFalse(Float.isFinite(found.value));
    }
  }

  @Test
  void aDegreeBelowOneLeavesDuplicatesOut() {
    // Death times 0 and 4 on a line: the sum of their roots is 2, the derivative of the root at 4 is 1/4.
    Given found = of(new Deaths(1, 0.5, Double.POSITIVE_INFINITY), new float[] {1, 0, 1, 0, 5, 0},
        new float[3 * PIXELS], new float[3 * CLASSES], 3);
    assertEquals(2, found.value, 1e-6);
    assertArrayEquals(new float[] {-0.25f, 0, 0, 0, 0.25f, 0}, found.gradient, 1e-6f);
  }

  @Test
  void landscapesOfAFewPoints() {
    // Death times 1, 2 and 3 on a line.
    float[] z = {0, 0, 1, 0, 3, 0, 6, 0};
    double[] integrals = {9 / 4.0, (9 + 4) / 4.0, (9 + 4 + 1) / 4.0, (9 + 4 + 1) / 4.0};
    for (int count = 1; count <= 4; count++) {
      Given found = of(new Landscape(1, count), z, new float[4 * PIXELS], new float[4 * CLASSES], 9);
      assertEquals(integrals[count - 1], found.value, 1e-6);
      // The derivative of d^2 / 4 is d / 2.
      assertEquals(1.5, found.gradient[6], 1e-6);
      assertEquals(count > 1 ? 1 - 1.5 : -1.5, found.gradient[4], 1e-6);
      assertEquals(count > 2 ? -0.5 : 0, found.gradient[0], 1e-6);
    }
    Given one = of(new Landscape(1, 3), new float[] {4, 5}, new float[PIXELS], new float[CLASSES], 1);
    assertEquals(0, one.value);
    assertArrayEquals(new float[2], one.gradient);
    // The edges of a square tie; 1-3 has the largest ids.
    Given square = of(new Landscape(1, 1), new float[] {0, 0, 1, 0, 0, 1, 1, 1}, new float[4 * PIXELS],
        new float[4 * CLASSES], 4);
    assertArrayEquals(new float[] {0, 0, 0, -0.5f, 0, 0, 0, 0.5f}, square.gradient);
  }

  /** All samples of the prior are 0 here, and C is 4. */
  @Test
  void meanDiscrepancyOfAFewPoints() {
    Given one = of(new MeanDiscrepancy(1), new float[] {4, 5}, new float[PIXELS], new float[CLASSES], 3);
    assertEquals(0, one.value);
    assertArrayEquals(new float[2], one.gradient);
    // Squared distances: 4 between the points, 0 between the samples, 0, 0, 4 and 4 between both.
    double k = 0;
    double slope = 0;
    for (double c : new double[] {0.4, 0.8, 2, 4, 8, 20, 40}) {
      k += c / (c + 4);
      slope -= c / ((c + 4) * (c + 4));
    }
    Given two = of(new MeanDiscrepancy(1), new float[] {0, 0, 2, 0}, new float[2 * PIXELS], new float[2 * CLASSES], 2);
    assertEquals(k + 7 - (2 * 7 + 2 * k) / 2, two.value, 1e-6);
    // The first point: 2 k' (z_1 - z_2), twice for the pair, over 2. The second has two samples at 2 k' 2, times 2 / 4.
    assertArrayEquals(new float[] {(float) (-4 * slope), 0, (float) (4 * slope - 4 * slope), 0}, two.gradient, 1e-6f);
  }

  private Given classDeaths(float[] z, float... classes) {
    return of(new ClassDeaths(1), z, new float[z.length / 2 * PIXELS], classes, z.length / 2 + 2);
  }

  @Test
  void deathTimesPerClassOfAFewPoints() {
    // Class 0: (0, 0), (3, 4), (3, 5); class 1: (0, 1) alone; (9, 9) has no class.
    float[] z = {0, 0, 0, 1, 3, 4, 9, 9, 3, 5};
    Given found = classDeaths(z, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0);
    assertEquals(6, found.value);
    assertArrayEquals(new float[] {-0.6f, -0.8f, 0, 0, 0.6f, 0.8f - 1, 0, 0, 0, 1}, found.gradient, 1e-6f);
    // All of one class, as the term without classes.
    assertEquals(1 + (float) Math.sqrt(18) + 1 + (float) Math.sqrt(52),
        classDeaths(z, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1).value,
        1e-5);
  }

  @Test
  void classesOfOnePointAndNoClassesHaveNoDeaths() {
    for (float[] classes : new float[][] {{1, 0, 0, 1}, {0, 0, 0, 0}, {1, 0, 0, 0}}) {
      Given found = classDeaths(new float[] {1, 2, 3, 4}, classes);
      assertEquals(0, found.value);
      assertArrayEquals(new float[4], found.gradient);
    }
    assertEquals(0, classDeaths(new float[] {5, 6}, 1, 0).value);
    // Duplicates die at 0.
    Given twins = classDeaths(new float[] {1, 2, 1, 2}, 0, 1, 0, 1);
    assertEquals(0, twins.value);
    assertArrayEquals(new float[4], twins.gradient);
  }

  /** Its edges are infinite, longer than all that count. The reconstruction of such a batch stops the training. */
  @Test
  void aPointThatIsNotANumberHasNoEdgeInItsClass() {
    Given found = classDeaths(new float[] {0, 0, Float.NaN, 1, 0, 2}, 1, 0, 1, 0, 1, 0);
    assertEquals(2, found.value);
    assertArrayEquals(new float[] {0, -1, 0, 0, 0, 1}, found.gradient);
  }
}
