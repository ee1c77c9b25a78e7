package gputae.view.lwjgl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks the way from the latent space to pixels and back, and what stays visible. */
class CameraTest {

  private static final double WIDTH = 845;
  private static final double HEIGHT = 600;

  private static Camera camera(boolean orbits) {
    Camera camera = new Camera(orbits);
    camera.viewport(0, 0, WIDTH, HEIGHT);
    return camera;
  }

  /** A camera that was moved, turned and zoomed at random, as a user does. */
  private static Camera moved(boolean orbits, Random random) {
    Camera camera = camera(orbits);
    camera.viewport(random.nextInt(50), random.nextInt(50), 100 + random.nextInt(1000), 100 + random.nextInt(1000));
    for (int i = 0; i < 4; i++) {
      camera.zoom(Math.exp(random.nextGaussian()), random.nextInt(800), random.nextInt(600));
      camera.pan(200 * random.nextGaussian(), 200 * random.nextGaussian());
      camera.orbit(300 * random.nextGaussian(), 200 * random.nextGaussian());
      camera.turn(random.nextGaussian());
    }
    return camera;
  }

  @Test
  void aPlaneIsSeenWithYUpwardsAndOneScale() {
    Camera camera = camera(false);
    // The nearer edges are 1.25 units away.
    assertArrayEquals(new double[] {422.5, 300}, camera.pixel(0, 0, 0), 1e-4);
    assertArrayEquals(new double[] {422.5 + 240, 300}, camera.pixel(1, 0, 0), 1e-4);
    assertArrayEquals(new double[] {422.5, 60}, camera.pixel(0, 1, 0), 1e-4);
    // From above: the third coordinate changes nothing.
    assertArrayEquals(camera.pixel(0.3, 0.4, 0), camera.pixel(0.3, 0.4, -7), 1e-9);
    assertEquals(0, camera.depth());
    camera.viewport(100, 50, WIDTH, HEIGHT);
    assertArrayEquals(new double[] {522.5, 350}, camera.pixel(0, 0, 0), 1e-4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPixelsPlaceIsSeenAtThatPixel(boolean orbits) {
    Random random = new Random(1);
    for (int k = 0; k < 200; k++) {
      Camera camera = moved(orbits, random);
      double x = 800 * random.nextDouble();
      double y = 600 * random.nextDouble();
      double[] at = camera.at(x, y);
      double[] back = camera.pixel(at[0], at[1], at[2]);
      // The matrix is in floats.
      double slack = 1e-3 * (1 + camera.scale() * 1e-3 * Math.abs(at[0] + at[1] + at[2]));
      assertEquals(x, back[0], slack);
      assertEquals(y, back[1], slack);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theMatrixPutsPointsWhereThePixelsAre(boolean orbits) {
    Random random = new Random(2);
    for (int k = 0; k < 200; k++) {
      Camera camera = camera(orbits);
      camera.pan(40 * random.nextGaussian(), 40 * random.nextGaussian());
      camera.orbit(300 * random.nextGaussian(), 200 * random.nextGaussian());
      double[] p = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian(), 1};
      float[] m = camera.matrix();
      double[] clip = new double[4];
      for (int row = 0; row < 4; row++) {
        for (int column = 0; column < 4; column++) {
          clip[row] += m[4 * column + row] * p[column];
        }
      }
      double[] pixel = camera.pixel(p[0], p[1], p[2]);
      // As in OpenGL, the y of a viewport goes up, that of pixels down.
      assertEquals(WIDTH * (0.5 + 0.5 * clip[0] / clip[3]), pixel[0], 1e-9);
      assertEquals(HEIGHT * (0.5 - 0.5 * clip[1] / clip[3]), pixel[1], 1e-9);
      assertTrue(Math.abs(clip[2]) <= clip[3], "cut off in depth");
      if (orbits) {
        // w is the distance from the camera along its axis.
        double[] eye = camera.eye();
        double[] away = camera.away();
        assertEquals((p[0] - eye[0]) * away[0] + (p[1] - eye[1]) * away[1] + (p[2] - eye[2]) * away[2], clip[3], 1e-4);
      } else {
        assertEquals(1, clip[3]);
      }
    }
  }

  @Test
  void perspectiveIsThatOfAnEye() {
    Random random = new Random(3);
    for (int k = 0; k < 200; k++) {
      Camera camera = moved(true, random);
      double[] eye = camera.eye();
      double[] at = camera.at(300, 200);
      double[] expected = camera.pixel(at[0], at[1], at[2]);
      // All points of a line through the eye are seen at one pixel.
      for (double share : new double[] {0.3, 0.8, 1.5}) {
        double[] seen = camera.pixel(eye[0] + share * (at[0] - eye[0]), eye[1] + share * (at[1] - eye[1]),
            eye[2] + share * (at[2] - eye[2]));
        assertArrayEquals(expected, seen, 0.05);
      }
      // No point behind the eye is seen.
      double[] behind = camera.pixel(eye[0] - 0.5 * (at[0] - eye[0]), eye[1] - 0.5 * (at[1] - eye[1]),
          eye[2] - 0.5 * (at[2] - eye[2]));
      assertTrue(Double.isNaN(behind[0]) && Double.isNaN(behind[1]));
    }
    assertTrue(Double.isNaN(camera(true).pixel(Double.NaN, 0, 0)[0]));
    assertTrue(Double.isNaN(camera(false).pixel(Double.NaN, 0, 0)[0]));
  }

  @Test
  void theVerticalAxisStaysUpright() {
    Random random = new Random(4);
    for (int k = 0; k < 100; k++) {
      Camera camera = camera(true);
      camera.orbit(500 * random.nextGaussian(), 500 * random.nextGaussian());
      assertEquals(WIDTH / 2, camera.pixel(0, 0.5, 0)[0], 1e-2);
      assertTrue(camera.pixel(0, 0.5, 0)[1] < camera.pixel(0, -0.5, 0)[1], "upside down");
    }
    // Dragging to the right turns near points to the right.
    Camera camera = camera(true);
    double[] eye = camera.eye();
    double[] near = {0.2 * eye[0], 0.2 * eye[1], 0.2 * eye[2]};
    camera.orbit(50, 0);
    assertTrue(camera.pixel(near[0], near[1], near[2])[0] > WIDTH / 2 + 10);
  }

  @Test
  void zoomingKeepsThePlaceUnderTheMouse() {
    Random random = new Random(5);
    for (int k = 0; k < 100; k++) {
      Camera camera = camera(false);
      double x = WIDTH * random.nextDouble();
      double y = HEIGHT * random.nextDouble();
      double[] before = camera.at(x, y);
      double factor = Math.exp(random.nextGaussian());
      double scale = camera.scale();
      camera.zoom(factor, x, y);
      assertEquals(factor * scale, camera.scale(), 1e-9 * scale);
      assertArrayEquals(before, camera.at(x, y), 1e-9);
    }
    for (boolean orbits : new boolean[] {false, true}) {
      Camera camera = camera(orbits);
      for (int k = 0; k < 3000; k++) {
        camera.zoom(k < 1500 ? 1.3 : 1 / 1.3, 100, 100);
        assertTrue(camera.scale() > 0 && Double.isFinite(camera.scale()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void panningMovesThePictureByPixels(boolean orbits) {
    Random random = new Random(6);
    for (int k = 0; k < 100; k++) {
      Camera camera = moved(orbits, random);
      double[] at = camera.at(300, 200);
      camera.pan(37, -21);
      assertArrayEquals(new double[] {337, 179}, camera.pixel(at[0], at[1], at[2]), 0.05);
    }
  }

  private static Observation.Extent extent(Random random, double spread) {
    double[] centre = new double[3];
    double[] half = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      centre[axis] = spread * random.nextGaussian();
      half[axis] = 1 + spread * random.nextDouble();
    }
    return new Observation.Extent(centre, half, 1 + spread * random.nextDouble());
  }

  /** Asserts that the cloud is in sight: on a plane the corners of its box, in space the ball around its middle. */
  private static void assertInSight(Camera camera, boolean orbits, Observation.Extent cloud, double width,
      double height) {
    Random random = new Random(9);
    for (int k = 0; k < 200; k++) {
      double[] p = new double[3];
      double length = 0;
      for (int axis = 0; axis < 3; axis++) {
        p[axis] = random.nextGaussian();
        length += p[axis] * p[axis];
      }
      for (int axis = 0; axis < 3; axis++) {
        p[axis] = cloud.centre()[axis]
            + (orbits ? cloud.radius() / Math.sqrt(length) * p[axis] : Math.signum(p[axis]) * cloud.half()[axis]);
      }
      double[] pixel = camera.pixel(p[0], p[1], p[2]);
      double slack = 1e-3 * Math.max(width, height);
      assertTrue(pixel[0] >= -slack && pixel[0] <= width + slack && pixel[1] >= -slack && pixel[1] <= height + slack,
          () -> Arrays.toString(p) + " is seen at " + Arrays.toString(pixel) + " of " + width + " x " + height);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theCloudStaysInSightHoweverItGrowsAndMoves(boolean orbits) {
    Random random = new Random(7);
    for (int run = 0; run < 30; run++) {
      Camera camera = new Camera(orbits);
      double width = 100 + random.nextInt(1500);
      double height = 100 + random.nextInt(1500);
      for (int k = 0; k < 20; k++) {
        camera.viewport(0, 0, width, height);
        Observation.Extent cloud = extent(random, Math.exp(3 * random.nextGaussian()));
        camera.follow(cloud, k == 0 ? Double.POSITIVE_INFINITY : 0.2 * random.nextDouble());
        if (orbits) {
          camera.turn(0.3);
        }
        assertInSight(camera, orbits, cloud, width, height);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itIsThereAtOnceOrAfterAWhile(boolean orbits) {
    Random random = new Random(8);
    for (int run = 0; run < 20; run++) {
      Observation.Extent first = extent(random, 3);
      Observation.Extent cloud = extent(random, 0.5);
      Camera atOnce = camera(orbits);
      atOnce.follow(cloud, Double.POSITIVE_INFINITY);
      Camera slowly = camera(orbits);
      slowly.follow(first, Double.POSITIVE_INFINITY);
      double jump = Math.abs(slowly.extent() / atOnce.extent() - 1);
      slowly.follow(cloud, 1e-4);
      assertTrue(Math.abs(slowly.extent() / atOnce.extent() - 1) > 0.9 * jump - 0.5, "it jumps");
      for (int k = 0; k < 400; k++) {
        slowly.follow(cloud, 0.016);
      }
      assertEquals(atOnce.extent(), slowly.extent(), 1e-3 * atOnce.extent());
      assertArrayEquals(atOnce.pixel(0.3, 0.2, 0), slowly.pixel(0.3, 0.2, 0), 0.5);
      // The extent is no larger than needed: there is a margin of an eighth, and perspective takes a part.
      double needed = orbits ? cloud.radius() : Math.max(cloud.half()[0] * HEIGHT / WIDTH, cloud.half()[1]);
      assertTrue(atOnce.extent() < 1.2 * needed, "too far away");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itSaysWhetherItMoves(boolean orbits) {
    // The other cloud has the same size, so that only the target moves.
    Observation.Extent cloud = new Observation.Extent(new double[3], new double[] {2, 2, 2}, 3);
    Camera camera = camera(orbits);
    camera.follow(cloud, Double.POSITIVE_INFINITY);
    assertFalse(camera.follow(cloud, 0.016));
    Observation.Extent aside = new Observation.Extent(new double[] {0.05, 0, 0}, new double[] {2, 2, 2}, 3);
    double[] before = camera.pixel(0, 0, 0);
    assertTrue(camera.follow(aside, 0.016));
    assertTrue(Math.abs(camera.pixel(0, 0, 0)[0] - before[0]) > 0.1);
    int calls = 1;
    while (camera.follow(aside, 0.016)) {
      assertTrue(calls++ < 300, "never there");
    }
    assertTrue(calls > 10, "it jumps");
    camera.pan(1, 1);
    assertFalse(camera.follow(cloud, 0.016), "somebody moved it");
  }

  @Test
  void aCloudThatCannotBeFollowedIsNot() {
    Camera camera = camera(true);
    double before = camera.extent();
    for (double radius : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 0}) {
      camera.follow(new Observation.Extent(new double[3], new double[] {1, 1, 1}, radius), Double.POSITIVE_INFINITY);
      assertEquals(before, camera.extent());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoeverMovesTheCameraKeepsItUntilItIsReset(boolean orbits) {
    Observation.Extent cloud = new Observation.Extent(new double[] {0.5, 0, 0.2}, new double[] {2, 2, 2}, 3);
    Camera expected = camera(orbits);
    expected.follow(cloud, Double.POSITIVE_INFINITY);
    for (int k = 0; k < 2; k++) {
      Camera camera = camera(orbits);
      if (k == 0) {
        camera.zoom(2, 100, 100);
      } else {
        camera.pan(50, 40);
      }
      camera.orbit(70, 30);
      float[] mine = camera.matrix();
      camera.follow(cloud, Double.POSITIVE_INFINITY);
      assertArrayEquals(mine, camera.matrix());
      camera.reset();
      camera.follow(cloud, Double.POSITIVE_INFINITY);
      assertArrayEquals(expected.matrix(), camera.matrix(), 1e-6f);
    }
    // After turning alone, the camera still follows the cloud.
    Camera camera = camera(orbits);
    camera.orbit(70, 30);
    float[] before = camera.matrix();
    camera.follow(cloud, Double.POSITIVE_INFINITY);
    assertFalse(Arrays.equals(before, camera.matrix()));
  }

  /**
   * Lines of sight touch the unit ball at its outline. Nothing of the ball is seen farther out, and some of it is seen
   * nearly as far out.
   */
  @Test
  void theBallIsSeenInsideItsOutline() {
    Camera camera = camera(true);
    double distance = camera.depth();
    double outline = camera.scale() * distance / Math.sqrt(distance * distance - 1);
    Random random = new Random(10);
    double farthest = 0;
    for (int k = 0; k < 20_000; k++) {
      double[] p = {random.nextGaussian(), random.nextGaussian(), random.nextGaussian()};
      double length = Math.sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
      double[] at = camera.pixel(p[0] / length, p[1] / length, p[2] / length);
      farthest = Math.max(farthest, Math.hypot(at[0] - WIDTH / 2, at[1] - HEIGHT / 2));
    }
    assertTrue(farthest < outline + 1e-3 && farthest > outline - 0.5, farthest + ", outline " + outline);
  }

  @Test
  void anExtentHoldsTheBallAndAllButTheOutermost() {
    float[] positions = new float[3 * 2000];
    Random random = new Random(11);
    for (int i = 0; i < positions.length; i++) {
      positions[i] = (float) (0.5 * random.nextGaussian() + (i % 3 == 0 ? 3 : 0));
    }
    positions[0] = 1e6f;
    positions[4] = Float.NaN;
    Observation.Extent extent = Observation.Extent.of(positions);
    assertTrue(extent.centre()[0] + extent.half()[0] < 6, "an outlier would make the rest a dot");
    assertTrue(extent.centre()[0] + extent.half()[0] > 4);
    int inBox = 0;
    int inBall = 0;
    for (int i = 0; i < 2000; i++) {
      boolean in = true;
      double square = 0;
      for (int axis = 0; axis < 3; axis++) {
        double off = Math.abs(positions[3 * i + axis] - extent.centre()[axis]);
        in &= off <= extent.half()[axis] + 1e-6;
        square += off * off;
      }
      inBox += in ? 1 : 0;
      inBall += Math.sqrt(square) <= extent.radius() + 1e-6 ? 1 : 0;
    }
    // Three of a thousand points may lie outside at each end of each axis.
    assertTrue(inBox >= 2000 - 36 - 1, inBox + " of 2000 in the box");
    assertTrue(inBall >= 2000 - 6 - 1, inBall + " of 2000 in the ball");
    for (int axis = 0; axis < 3; axis++) {
      assertTrue(extent.centre()[axis] - extent.half()[axis] <= -1 && extent.centre()[axis] + extent.half()[axis] >= 1,
          "the unit ball");
    }
    Observation.Extent nothing = Observation.Extent.of(new float[] {Float.NaN, Float.NaN, Float.NaN});
    assertArrayEquals(new double[] {1, 1, 1}, nothing.half());
    assertEquals(1, nothing.radius());
  }
}
