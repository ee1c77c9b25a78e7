package gputae.view;

/**
 * How a view begins.
 *
 * @param width  of the picture: pixels on film, points (pixels of a usual screen) of a window
 * @param height of the picture
 * @param tree   whether the batch's spanning tree is shown
 */
public record ViewOptions(int width, int height, boolean tree) {

  public static final int WIDTH = 1280;
  public static final int HEIGHT = 800;

  /** The smallest picture the panels fit. */
  public static final int LEAST_WIDTH = 640;

  public static final int LEAST_HEIGHT = 480;

  /** A larger one than any screen has, and than every OpenGL 3.3 can draw to. */
  public static final int MOST = 8192;

  public ViewOptions {
    if (width < LEAST_WIDTH || height < LEAST_HEIGHT || width > MOST || height > MOST) {
      throw new IllegalArgumentException(
          width + "x" + height + " is not between " + LEAST_WIDTH + "x" + LEAST_HEIGHT + " and " + MOST + "x" + MOST);
    }
  }
}
