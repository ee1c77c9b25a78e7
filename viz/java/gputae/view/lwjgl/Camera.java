package gputae.view.lwjgl;

/**
 * Maps the three coordinates of a point to pixels of a viewport: either flat from above, with the same scale on both
 * axes, or from a camera that orbits around the origin. Until somebody moves the camera, it keeps the whole cloud and
 * the unit ball visible.
 */
final class Camera {

  /** Vertical field of view of the orbiting camera. */
  private static final double FIELD = Math.toRadians(32);

  private static final double MOST_PITCH = Math.toRadians(89);

  /** The camera follows a change of the visible cloud; after this many seconds it has made two thirds of the move. */
  private static final double EASE = 0.35;

  /** The least share of the visible extent that a move must have to be noticed. */
  private static final double SHOWS = 1e-4;

  private final boolean orbits;

  // The viewport in pixels; y grows down from the top of the picture.
  private double left;
  private double top;
  private double width = 1;
  private double height = 1;

  /** Half of the visible extent along the shorter side, in units of the latent space, at the camera's target. */
  private double extent = DEFAULT_EXTENT;

  private double targetX;
  private double targetY;
  private double targetZ;
  private double yaw = START_YAW;
  private double pitch = START_PITCH;
  private boolean automatic = true;

  private static final double DEFAULT_EXTENT = 1.25;
  private static final double MARGIN = 1.12;
  private static final double START_YAW = Math.toRadians(28);
  private static final double START_PITCH = Math.toRadians(18);

  Camera(boolean orbits) {
    this.orbits = orbits;
  }

  boolean orbits() {
    return orbits;
  }

  void viewport(double left, double top, double width, double height) {
    this.left = left;
    this.top = top;
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  /** Returns to the initial view, and to automatic movement. */
  void reset() {
    automatic = true;
    targetX = 0;
    targetY = 0;
    targetZ = 0;
    yaw = START_YAW;
    pitch = START_PITCH;
  }

  /**
   * Follows the cloud as long as nobody has moved the camera.
   *
   * @param cloud   what should be visible
   * @param seconds seconds since the last call; infinite to reach the final view at once
   * @return whether the view has moved by a noticeable amount
   */
  boolean follow(Observation.Extent cloud, double seconds) {
    if (!automatic) {
      return false;
    }
    double extentBefore = extent;
    double[] targetBefore = {targetX, targetY, targetZ};
    double shorter = Math.min(width, height);
    double wanted = orbits ? MARGIN * cloud.radius()
        : MARGIN * Math.max(cloud.half()[0] * shorter / width, cloud.half()[1] * shorter / height);
    double share = 1 - Math.exp(-seconds / EASE);
    if (wanted > 0 && Double.isFinite(wanted)) {
      extent *= Math.pow(wanted / extent, share);
      targetX += (cloud.centre()[0] - targetX) * share;
      targetY += (cloud.centre()[1] - targetY) * share;
      targetZ += orbits ? (cloud.centre()[2] - targetZ) * share : 0;
      // The cloud stays visible however fast it grows or moves. Of a ball at such a short distance, more is visible
      // than its radius.
      double[] off = {Math.abs(cloud.centre()[0] - targetX), Math.abs(cloud.centre()[1] - targetY),
        Math.abs(cloud.centre()[2] - targetZ)};
      extent = Math.max(extent,
          orbits ? (Math.hypot(Math.hypot(off[0], off[1]), off[2]) + cloud.radius()) / Math.cos(FIELD / 2)
              : Math.max((off[0] + cloud.half()[0]) * shorter / width, (off[1] + cloud.half()[1]) * shorter / height));
    }
    double moved =
        Math.hypot(Math.hypot(targetX - targetBefore[0], targetY - targetBefore[1]), targetZ - targetBefore[2]);
    return Math.max(Math.abs(extent - extentBefore), moved) > SHOWS * extent;
  }

  /** Half of the visible extent along the shorter side, in units of the latent space. */
  double extent() {
    return extent;
  }

  /** Number of pixels per unit of the latent space at the camera's target. */
  double scale() {
    return 0.5 * Math.min(width, height) / extent;
  }

  /** Moves the view by pixels. */
  void pan(double dx, double dy) {
    automatic = false;
    double x = -dx / scale();
    double y = dy / scale();
    double[] right = right();
    double[] up = up();
    targetX += x * right[0] + y * up[0];
    targetY += x * right[1] + y * up[1];
    targetZ += x * right[2] + y * up[2];
  }

  /** Enlarges by a factor. In the flat view the point at the pixel (px, py) stays there. */
  void zoom(double factor, double px, double py) {
    automatic = false;
    double[] before = at(px, py);
    extent = Math.max(1e-6, Math.min(1e9, extent / factor));
    if (!orbits) {
      double[] after = at(px, py);
      targetX += before[0] - after[0];
      targetY += before[1] - after[1];
    }
  }

  /** Turns the orbiting camera by a mouse movement in pixels. */
  void orbit(double dx, double dy) {
    yaw -= dx * Math.PI / 600;
    pitch = Math.max(-MOST_PITCH, Math.min(MOST_PITCH, pitch + dy * Math.PI / 600));
  }

  /** Turns the orbiting camera around the vertical axis by radians. */
  void turn(double angle) {
    yaw += angle;
  }

  /** Distance from the camera to its target; 0 in the flat view. */
  double depth() {
    return orbits ? distance() : 0;
  }

  private double distance() {
    return extent / Math.tan(FIELD / 2);
  }

  private double[] right() {
    return orbits ? new double[] {Math.cos(yaw), 0, -Math.sin(yaw)} : new double[] {1, 0, 0};
  }

  private double[] up() {
    return orbits
        ? new double[] {-Math.sin(pitch) * Math.sin(yaw), Math.cos(pitch), -Math.sin(pitch) * Math.cos(yaw)}
        : new double[] {0, 1, 0};
  }

  /** The direction from the target to the camera. */
  private double[] back() {
    return orbits ? new double[] {Math.cos(pitch) * Math.sin(yaw), Math.sin(pitch), Math.cos(pitch) * Math.cos(yaw)}
        : new double[] {0, 0, 1};
  }

  /** The position of the orbiting camera. */
  double[] eye() {
    double[] b = back();
    double d = distance();
    return new double[] {targetX + d * b[0], targetY + d * b[1], targetZ + d * b[2]};
  }

  /** The viewing direction, for sorting: a point that is farther along it is behind others. */
  double[] away() {
    double[] back = back();
    return new double[] {-back[0], -back[1], -back[2]};
  }

  /** The matrix to clip coordinates of the viewport, column-major [16]. */
  float[] matrix() {
    double[] r = right();
    double[] u = up();
    double[] b = back();
    double tx = -(r[0] * targetX + r[1] * targetY + r[2] * targetZ);
    double ty = -(u[0] * targetX + u[1] * targetY + u[2] * targetZ);
    double tz = -(b[0] * targetX + b[1] * targetY + b[2] * targetZ);
    double sx = 2 * scale() / width;
    double sy = 2 * scale() / height;
    if (!orbits) {
      return new float[] {(float) sx, 0, 0, 0, 0, (float) sy, 0, 0, 0, 0, 0, 0, (float) (sx * -targetX),
        (float) (sy * -targetY), 0, 1};
    }
    // A perspective whose scale at the target is that of scale(): x_clip = x sx distance, w = distance - z.
    double d = distance();
    double near = d / 100;
    double far = d * 100;
    double a = (far + near) / (far - near);
    double c = 2 * far * near / (far - near);
    float[] m = new float[16];
    for (int column = 0; column < 3; column++) {
      m[4 * column] = (float) (sx * d * r[column]);
      m[4 * column + 1] = (float) (sy * d * u[column]);
      m[4 * column + 2] = (float) (-a * b[column]);
      m[4 * column + 3] = (float) -b[column];
    }
    m[12] = (float) (sx * d * tx);
    m[13] = (float) (sy * d * ty);
    m[14] = (float) (a * (d - tz) - c);
    m[15] = (float) (d - tz);
    return m;
  }

  /** The pixel x, y of a point; NaN if it is behind the camera or has a NaN coordinate. */
  double[] pixel(double x, double y, double z) {
    float[] m = matrix();
    double[] pixel = new double[2];
    pixel(m, x, y, z, pixel);
    return pixel;
  }

  /** As {@link #pixel(double, double, double)}, for many points with one matrix. */
  void pixel(float[] m, double x, double y, double z, double[] to) {
    double w = m[3] * x + m[7] * y + m[11] * z + m[15];
    if (!(w > 0)) {
      to[0] = Double.NaN;
      to[1] = Double.NaN;
      return;
    }
    to[0] = left + width * 0.5 * (1 + (m[0] * x + m[4] * y + m[8] * z + m[12]) / w);
    to[1] = top + height * 0.5 * (1 - (m[1] * x + m[5] * y + m[9] * z + m[13]) / w);
  }

  /**
   * The point at a pixel: in the flat view on the plane, otherwise on the plane through the camera's target that faces
   * the camera.
   */
  double[] at(double px, double py) {
    double x = (px - left - width / 2) / scale();
    double y = -(py - top - height / 2) / scale();
    double[] r = right();
    double[] u = up();
    return new double[] {targetX + x * r[0] + y * u[0], targetY + x * r[1] + y * u[1], targetZ + x * r[2] + y * u[2]};
  }
}
