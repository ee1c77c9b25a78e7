package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.*;

import gputae.data.Split;
import gputae.view.Subject;

/**
 * Draws whole pictures into the current framebuffer, for the screen and for films alike. Belongs to the thread of its
 * OpenGL context.
 */
final class Renderer implements AutoCloseable {

  private final Gl.Messages messages = new Gl.Messages();
  private final Sheet sheet = new Sheet();
  private final Panels panels;
  private final Cloud cloud;

  Renderer(Subject subject) {
    this.panels = new Panels(sheet, subject.dataset());
    Split test = subject.dataset().test();
    this.cloud =
        new Cloud(test.count(), test.labels(), subject.dataset().classes().size(), subject.config().latent());
  }

  /** A camera for latent spaces of this dimension: more than two dimensions are shown in depth. */
  static Camera camera(int latent) {
    return new Camera(latent > 2);
  }

  /** Gives the camera the part of a picture, in points, in which the cloud is drawn. */
  static void place(Camera camera, double width, double height) {
    camera.viewport(0, 0, width - Panels.panelWidth(width, height), height);
  }

  Cloud cloud() {
    return cloud;
  }

  Panels panels() {
    return panels;
  }

  /** The texts of the last picture, one per line. */
  String texts() {
    return sheet.texts();
  }

  /**
   * Draws a picture.
   *
   * @param width  width of the framebuffer in pixels
   * @param ratio  pixels per point; the camera has the part for the cloud, in points
   */
  void draw(State state, Camera camera, int width, int height, double ratio) {
    double points = width / ratio;
    double high = height / ratio;
    double side = Panels.panelWidth(points, high);
    int cloudWidth = (int) Math.round((points - side) * ratio);
    place(camera, points, high);
    glViewport(0, 0, width, height);
    glDisable(GL_SCISSOR_TEST);
    glClearColor(Colours.red(Colours.BACKGROUND), Colours.green(Colours.BACKGROUND), Colours.blue(Colours.BACKGROUND),
        1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
    sheet.begin(points, high, ratio);
    panels.behind(state, camera, points - side, high);
    sheet.end();
    glViewport(0, 0, cloudWidth, height);
    cloud.draw(camera, cloudWidth, height, ratio, state.mixture, state.tree);
    glViewport(0, 0, width, height);
    sheet.begin(points, high, ratio);
    panels.draw(state, camera, points, high);
    sheet.end();
    Gl.check("a picture");
  }

  @Override
  public void close() {
    cloud.close();
    sheet.close();
    Gl.check("the end");
    messages.close();
  }
}
