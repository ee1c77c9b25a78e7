package gputae.view.lwjgl;

import gputae.view.Subject;

/**
 * One picture that is drawn off-screen and checked pixel by pixel. Places are in points, as for the camera; a picture
 * may have several pixels per point.
 */
final class Stage implements AutoCloseable {

  final Subject subject;
  final State state;
  final Camera camera;
  final Renderer renderer;
  final int width;
  final int height;
  private final int ratio;
  private final OffScreen context = GlAvailable.context();
  private final Target target;
  private int[] rgb;

  /** Width and height are points. */
  Stage(Subject subject, int width, int height, int ratio) {
    this.subject = subject;
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.target = new Target(width * ratio, height * ratio);
    this.renderer = new Renderer(subject);
    this.state = new State(subject);
    this.camera = Renderer.camera(subject.config().latent());
    Renderer.place(camera, width, height);
  }

  Stage(Subject subject) {
    this(subject, 1280, 800, 1);
  }

  /** Takes an observation as a window does. */
  Stage show(Observation next) {
    renderer.cloud().update(next, state.mixture);
    state.now = next;
    return this;
  }

  Stage draw() {
    target.bind();
    renderer.draw(state, camera, width * ratio, height * ratio, ratio);
    rgb = target.read();
    return this;
  }

  /** The whole picture, row by row. */
  int[] picture() {
    return rgb;
  }

  /** Where the panels begin. */
  int side() {
    return (int) Math.round(width - Panels.panelWidth(width, height));
  }

  /** The colour at a place. */
  int rgb(double x, double y) {
    return rgb[(int) Math.floor(y * ratio) * width * ratio + (int) Math.floor(x * ratio)];
  }

  int rgb(double[] at) {
    return rgb(at[0], at[1]);
  }

  /** The colour where the camera sees a place of the latent space. */
  int seen(double x, double y, double z) {
    return rgb(camera.pixel(x, y, z));
  }

  /**
   * The difference between a colour and the nearest one of the 3 x 3 pixels at a place, so that thin lines are found;
   * the channel with the largest difference counts.
   */
  int off(int colour, double x, double y) {
    int least = 255;
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        least = Math.min(least, off(colour, rgb(x + (double) dx / ratio, y + (double) dy / ratio)));
      }
    }
    return least;
  }

  static int off(int a, int b) {
    int most = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      most = Math.max(most, Math.abs((a >> shift & 255) - (b >> shift & 255)));
    }
    return most;
  }

  static double luma(int rgb) {
    return 0.299 * (rgb >> 16 & 255) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255);
  }

  /** The number of pixels inside a box that are darker than this. */
  int darker(double luma, double left, double top, double right, double bottom) {
    int count = 0;
    for (int y = (int) (top * ratio); y < bottom * ratio; y++) {
      for (int x = (int) (left * ratio); x < right * ratio; x++) {
        count += luma(rgb[y * width * ratio + x]) < luma ? 1 : 0;
      }
    }
    return count;
  }

  /**
   * Left, top, right and bottom (exclusive) of the pixels of exactly one colour inside a box; null if there are none.
   * Only pixels with an equal neighbour in both directions count, since soft edges may have any colour. The picture
   * must have one pixel a point.
   */
  int[] bounds(int colour, int left, int top, int right, int bottom) {
    int[] found = null;
    for (int y = top; y < bottom - 1; y++) {
      for (int x = left; x < right - 1; x++) {
        int i = y * width + x;
        if (rgb[i] == colour && (rgb[i - 1] == colour || rgb[i + 1] == colour)
            && (rgb[i - width] == colour || rgb[i + width] == colour)) {
          if (found == null) {
            found = new int[] {x, y, x + 1, y + 1};
          }
          found[0] = Math.min(found[0], x);
          found[2] = Math.max(found[2], x + 1);
          found[3] = y + 1;
        }
      }
    }
    return found;
  }

  @Override
  public void close() {
    try {
      renderer.close();
    } finally {
      target.close();
      context.close();
    }
  }
}
