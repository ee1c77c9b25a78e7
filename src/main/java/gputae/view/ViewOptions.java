package gputae.view;

/**
 * The initial settings of a view.
 *
 * @param width  width of the picture: pixels for a film, points (pixels of a usual screen) for a window
 * @param height height of the picture
 * @param tree   whether the minimum spanning tree of the batch is shown
 */
public record ViewOptions(int width, int height, boolean tree) {

  public static final int WIDTH = 1280;
  public static final int HEIGHT = 800;

  /** The smallest picture in which the panels fit. */
  public static final int LEAST_WIDTH = 640;

  public static final int LEAST_HEIGHT = 480;

  /** Larger than any screen, and larger than the pictures that every OpenGL 3.3 can draw. */
  public static final int MOST = 8192;

  public ViewOptions {
    if (width < LEAST_WIDTH || height < LEAST_HEIGHT || width > MOST || height > MOST) {
      throw new IllegalArgumentException(
          width + "x" + height + " is not between " + LEAST_WIDTH + "x" + LEAST_HEIGHT + " and " + MOST + "x" + MOST);
    }
  }
}
