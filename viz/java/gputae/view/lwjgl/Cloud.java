package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.*;

import gputae.data.Split;
import gputae.figure.ClassColours;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.lwjgl.system.MemoryUtil;

/**
 * The embeddings as discs, the unit ball, and the batch with its spanning tree, in OpenGL. After an update the
 * embeddings move smoothly from their old to their new positions.
 */
final class Cloud implements AutoCloseable {

  private static final int CIRCLE = 180;

  /** from, to: three floats each; colour: four floats. */
  private static final int SEGMENT_FLOATS = 10;

  private final int points = Gl.program("points");
  private final int segments = Gl.program("segments");
  private final int[] buffers = new int[8];
  private final int pointArray;
  private final int batchArray;
  private final int segmentArray;
  private final int count;
  private final int[] colourOfClass;
  private final int dimension;

  /** The start and end positions of the movement, (n, 3). */
  private float[] was;

  private float[] is;

  /**
   * The order in which points are drawn: mixed, so that no class hides another, or from the farthest to the nearest.
   */
  private final IntBuffer order;

  private final short[] bins;
  private final int[] starts = new int[4097];
  private int batchPoints;
  private int treeEdges;
  private FloatBuffer segmentFloats = MemoryUtil.memAllocFloat(SEGMENT_FLOATS * 1024);

  // Names of the buffers.
  private static final int WAS = 0;
  private static final int IS = 1;
  private static final int COLOUR = 2;
  private static final int ORDER = 3;
  private static final int BATCH = 4;
  private static final int BATCH_COLOUR = 5;
  private static final int TREE = 6;
  private static final int LINES = 7;

  /**
   * @param count     number of embeddings
   * @param labels    label of each embedding, {@link Split#NO_CLASS} for one without a class, or null
   * @param classes   number of classes
   * @param dimension dimension of the latent space
   */
  Cloud(int count, byte[] labels, int classes, int dimension) {
    this.count = count;
    this.dimension = dimension;
    this.colourOfClass = labels == null ? null : ClassColours.of(Math.max(1, classes));
    this.order = MemoryUtil.memAllocInt(count);
    this.bins = new short[count];
    glGenBuffers(buffers);
    pointArray = glGenVertexArrays();
    glBindVertexArray(pointArray);
    floats(buffers[WAS], 0, 3, 0, 12);
    floats(buffers[IS], 1, 3, 0, 12);
    colours(buffers[COLOUR], labels, count);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[ORDER]);
    scatter();
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, order, GL_STREAM_DRAW);
    batchArray = glGenVertexArrays();
    glBindVertexArray(batchArray);
    floats(buffers[BATCH], 0, 3, 0, 12);
    floats(buffers[BATCH], 1, 3, 0, 12);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[BATCH_COLOUR]);
    glEnableVertexAttribArray(2);
    glVertexAttribPointer(2, 3, GL_UNSIGNED_BYTE, true, 4, 0);
    segmentArray = glGenVertexArrays();
    glBindVertexArray(0);
    Gl.check("the cloud's buffers");
  }

  private static void floats(int buffer, int location, int size, int offset, int stride) {
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glEnableVertexAttribArray(location);
    glVertexAttribPointer(location, size, GL_FLOAT, false, stride, offset);
  }

  /** Four bytes per point; the fourth is unused. */
  private void colours(int buffer, byte[] labels, int n) {
    ByteBuffer bytes = MemoryUtil.memAlloc(4 * n);
    for (int i = 0; i < n; i++) {
      int colour = colour(labels, i);
      bytes.put((byte) (colour >> 16)).put((byte) (colour >> 8)).put((byte) colour).put((byte) 255);
    }
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, bytes.flip(), GL_STATIC_DRAW);
    MemoryUtil.memFree(bytes);
    glEnableVertexAttribArray(2);
    glVertexAttribPointer(2, 3, GL_UNSIGNED_BYTE, true, 4, 0);
  }

  private int colour(byte[] labels, int i) {
    if (labels == null || colourOfClass == null) {
      return ClassColours.UNLABELLED;
    }
    return Split.isClass(labels[i]) ? colourOfClass[labels[i] & 0xff] : ClassColours.NO_CLASS;
  }

  private void scatter() {
    int step = Math.max(1, (int) (count * 0.6180339887498949));
    while (gcd(step, count) != 1) {
      step++;
    }
    order.clear();
    long at = 0;
    for (int i = 0; i < count; i++, at = (at + step) % count) {
      order.put((int) at);
    }
    order.flip();
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /**
   * Takes a new observation; from now on {@code mixture} counts from 0 again. The argument {@code mixture} says how far
   * the movement to the previous observation had come.
   */
  void update(Observation next, double mixture) {
    if (is == null) {
      was = next.positions();
    } else {
      float[] drawn = new float[is.length];
      for (int i = 0; i < drawn.length; i++) {
        // A point without a previous position appears directly at its new one.
        float at = (float) (was[i] + (is[i] - was[i]) * mixture);
        drawn[i] = Float.isNaN(at) ? next.positions()[i] : at;
      }
      was = drawn;
    }
    is = next.positions();
    glBindBuffer(GL_ARRAY_BUFFER, buffers[WAS]);
    glBufferData(GL_ARRAY_BUFFER, was, GL_STREAM_DRAW);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[IS]);
    glBufferData(GL_ARRAY_BUFFER, is, GL_STREAM_DRAW);
    batch(next.batch());
    Gl.check("the cloud's update");
  }

  private void batch(Observation.Batch batch) {
    batchPoints = batch == null ? 0 : batch.positions().length / 3;
    treeEdges = batch == null ? 0 : batch.lengths().length;
    if (batch == null) {
      return;
    }
    glBindBuffer(GL_ARRAY_BUFFER, buffers[BATCH]);
    glBufferData(GL_ARRAY_BUFFER, batch.positions(), GL_STREAM_DRAW);
    glBindVertexArray(batchArray);
    colours(buffers[BATCH_COLOUR], batch.labels(), batchPoints);
    glBindVertexArray(0);
    double longest = treeEdges == 0 ? 1 : Math.max(Double.MIN_NORMAL, batch.lengths()[treeEdges - 1]);
    begin(treeEdges);
    for (int i = 0; i < treeEdges; i++) {
      int colour = Colours.ofDeath(batch.lengths()[i] / longest);
      int a = 3 * batch.edges()[2 * i];
      int b = 3 * batch.edges()[2 * i + 1];
      float[] at = batch.positions();
      segment(at[a], at[a + 1], at[a + 2], at[b], at[b + 1], at[b + 2], colour);
    }
    glBindBuffer(GL_ARRAY_BUFFER, buffers[TREE]);
    glBufferData(GL_ARRAY_BUFFER, segmentFloats.flip(), GL_STREAM_DRAW);
  }

  private void begin(int most) {
    if (segmentFloats.capacity() < SEGMENT_FLOATS * most) {
      MemoryUtil.memFree(segmentFloats);
      segmentFloats = MemoryUtil.memAllocFloat(SEGMENT_FLOATS * most);
    }
    segmentFloats.clear();
  }

  private void segment(double ax, double ay, double az, double bx, double by, double bz, int colour) {
    segmentFloats.put((float) ax).put((float) ay).put((float) az).put((float) bx).put((float) by).put((float) bz);
    segmentFloats.put(Colours.red(colour)).put(Colours.green(colour)).put(Colours.blue(colour)).put(1f);
  }

  boolean hasPoints() {
    return is != null;
  }

  /** The embedding that is drawn nearest to a pixel, at most {@code within} pixels away; -1 if there is none. */
  int nearest(Camera camera, double mixture, double px, double py, double within) {
    if (is == null) {
      return -1;
    }
    float[] matrix = camera.matrix();
    double[] at = new double[2];
    int best = -1;
    double least = within * within;
    for (int i = 0; i < count; i++) {
      camera.pixel(matrix, at(3 * i, mixture), at(3 * i + 1, mixture), at(3 * i + 2, mixture), at);
      double dx = at[0] - px;
      double dy = at[1] - py;
      // A comparison with NaN is false.
      if (dx * dx + dy * dy <= least) {
        least = dx * dx + dy * dy;
        best = i;
      }
    }
    return best;
  }

  private double at(int coordinate, double mixture) {
    return was[coordinate] + (is[coordinate] - was[coordinate]) * mixture;
  }

  /** The position (x, y, z) at which an embedding is drawn. */
  double[] position(int i, double mixture) {
    return new double[] {at(3 * i, mixture), at(3 * i + 1, mixture), at(3 * i + 2, mixture)};
  }

  /** Diameter of an embedding's disc in points; it is larger if there are fewer embeddings. */
  private double diameter() {
    return Math.max(2.2, Math.min(9, 30 / Math.pow(count, 0.24)));
  }

  private double alpha() {
    return count <= 500 ? 0.95 : count <= 20_000 ? 0.8 : 0.6;
  }

  /**
   * Draws everything into the current viewport.
   *
   * @param width   width of the viewport in pixels
   * @param ratio   pixels per point
   * @param mixture progress of the movement, in [0, 1]
   * @param tree    opacity of the batch's tree, in [0, 1]
   */
  void draw(Camera camera, int width, int height, double ratio, double mixture, double tree) {
    float[] view = camera.matrix();
    glEnable(GL_BLEND);
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glDisable(GL_DEPTH_TEST);
    glDisable(GL_CULL_FACE);
    glDisable(GL_STENCIL_TEST);
    glDisable(GL_SCISSOR_TEST);
    glEnable(GL_PROGRAM_POINT_SIZE);
    if (camera.orbits()) {
      ball(camera, view, width, height, ratio, false);
    }
    if (is != null) {
      glUseProgram(points);
      set(points, "mixture", (float) mixture);
      set(points, "depth", (float) camera.depth());
      set(points, "reach", (float) camera.extent());
      glUniformMatrix4fv(glGetUniformLocation(points, "view"), false, view);
      set(points, "diameter", (float) (diameter() * ratio));
      set(points, "alpha", (float) (alpha() * (1 - 0.78 * tree)));
      set(points, "ring", 0);
      glBindVertexArray(pointArray);
      if (camera.orbits()) {
        sort(camera.away(), mixture);
        glBufferData(GL_ELEMENT_ARRAY_BUFFER, order, GL_STREAM_DRAW);
      }
      glDrawElements(GL_POINTS, count, GL_UNSIGNED_INT, 0);
      Gl.check("the embeddings");
    }
    ball(camera, view, width, height, ratio, true);
    if (tree > 0 && batchPoints > 0) {
      lines(buffers[TREE], treeEdges, view, width, height, (batchPoints > 600 ? 1.3 : 2.1) * ratio, tree);
      glUseProgram(points);
      set(points, "mixture", 1);
      set(points, "diameter", (float) ((batchPoints > 600 ? 4.5 : 8.5) * ratio));
      set(points, "alpha", (float) tree);
      set(points, "ring", (float) ((batchPoints > 600 ? 0.9 : 1.4) * ratio));
      glUniform3f(glGetUniformLocation(points, "ringColour"), Colours.red(Colours.INK), Colours.green(Colours.INK),
          Colours.blue(Colours.INK));
      glUniformMatrix4fv(glGetUniformLocation(points, "view"), false, view);
      set(points, "depth", (float) camera.depth());
      set(points, "reach", (float) camera.extent());
      glBindVertexArray(batchArray);
      glDrawArrays(GL_POINTS, 0, batchPoints);
      Gl.check("the batch");
    }
    glBindVertexArray(0);
    glUseProgram(0);
  }

  private static void set(int program, String name, float value) {
    glUniform1f(glGetUniformLocation(program, name), value);
  }

  /** Sorts the farthest first, by a counting sort, which is exact enough for discs and takes linear time. */
  private void sort(double[] away, double mixture) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double[] depth = new double[count];
    for (int i = 0; i < count; i++) {
      depth[i] = away[0] * at(3 * i, mixture) + away[1] * at(3 * i + 1, mixture) + away[2] * at(3 * i + 2, mixture);
      if (Double.isFinite(depth[i])) {
        low = Math.min(low, depth[i]);
        high = Math.max(high, depth[i]);
      }
    }
    double scale = high > low ? (starts.length - 2) / (high - low) : 0;
    java.util.Arrays.fill(starts, 0);
    for (int i = 0; i < count; i++) {
      bins[i] = (short) (Double.isFinite(depth[i]) ? (high - depth[i]) * scale : 0);
      starts[bins[i] + 1]++;
    }
    for (int bin = 1; bin < starts.length; bin++) {
      starts[bin] += starts[bin - 1];
    }
    for (int i = 0; i < count; i++) {
      order.put(starts[bins[i]]++, i);
    }
  }

  /**
   * The outline of the unit ball. In the orbiting view: three great circles behind the points and the silhouette in
   * front of them. On a line: its two ends.
   */
  private void ball(Camera camera, float[] view, int width, int height, double ratio, boolean front) {
    begin(3 * CIRCLE);
    double weight = 1.6;
    if (dimension == 1) {
      for (int end = -1; end <= 1; end += 2) {
        segment(end, -0.95, 0, end, 0.95, 0, shade(0.85));
      }
    } else if (!camera.orbits()) {
      circle(new double[3], new double[] {1, 0, 0}, new double[] {0, 1, 0}, 1, 0.85);
    } else if (!front) {
      weight = 1.2;
      circle(new double[3], new double[] {1, 0, 0}, new double[] {0, 0, 1}, 1, 0.32);
      circle(new double[3], new double[] {1, 0, 0}, new double[] {0, 1, 0}, 1, 0.16);
      circle(new double[3], new double[] {0, 1, 0}, new double[] {0, 0, 1}, 1, 0.16);
    } else {
      silhouette(camera);
    }
    glBindBuffer(GL_ARRAY_BUFFER, buffers[LINES]);
    int count = segmentFloats.position() / SEGMENT_FLOATS;
    glBufferData(GL_ARRAY_BUFFER, segmentFloats.flip(), GL_STREAM_DRAW);
    lines(buffers[LINES], count, view, width, height, weight * ratio, 1);
  }

  /** The colour of faint ink on the background. It is opaque, since lines would otherwise be darker where they meet. */
  private static int shade(double ink) {
    return Colours.mix(Colours.BACKGROUND, Colours.INK, ink);
  }

  private void circle(double[] centre, double[] a, double[] b, double radius, double ink) {
    int colour = shade(ink);
    double[] before = null;
    for (int i = 0; i <= CIRCLE; i++) {
      double angle = 2 * Math.PI * i / CIRCLE;
      double[] next = new double[3];
      for (int k = 0; k < 3; k++) {
        next[k] = centre[k] + radius * (Math.cos(angle) * a[k] + Math.sin(angle) * b[k]);
      }
      if (before != null) {
        segment(before[0], before[1], before[2], next[0], next[1], next[2], colour);
      }
      before = next;
    }
  }

  /**
   * The points where lines of sight touch the unit ball. If the camera is outside the ball, they form a circle around
   * the axis to the camera.
   */
  private void silhouette(Camera camera) {
    double[] eye = camera.eye();
    double distance = Math.sqrt(eye[0] * eye[0] + eye[1] * eye[1] + eye[2] * eye[2]);
    if (distance > 1.01) {
      double[] axis = {eye[0] / distance, eye[1] / distance, eye[2] / distance};
      double[] other = Math.abs(axis[1]) < 0.9 ? new double[] {0, 1, 0} : new double[] {1, 0, 0};
      double[] a = unit(cross(axis, other));
      double[] b = cross(axis, a);
      double along = 1 / distance;
      circle(new double[] {along * axis[0], along * axis[1], along * axis[2]}, a, b, Math.sqrt(1 - along * along),
          0.75);
    }
  }

  private static double[] cross(double[] a, double[] b) {
    return new double[] {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  }

  private static double[] unit(double[] a) {
    double length = Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
    return new double[] {a[0] / length, a[1] / length, a[2] / length};
  }

  private void lines(int buffer, int lines, float[] view, int width, int height, double weight, double alpha) {
    if (lines == 0) {
      return;
    }
    glUseProgram(segments);
    glUniformMatrix4fv(glGetUniformLocation(segments, "view"), false, view);
    glUniform2f(glGetUniformLocation(segments, "viewport"), width, height);
    set(segments, "width", (float) weight);
    set(segments, "alpha", (float) alpha);
    glBindVertexArray(segmentArray);
    int stride = 4 * SEGMENT_FLOATS;
    floats(buffer, 0, 3, 0, stride);
    floats(buffer, 1, 3, 12, stride);
    floats(buffer, 2, 4, 24, stride);
    for (int location = 0; location < 3; location++) {
      glVertexAttribDivisor(location, 1);
    }
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, lines);
    Gl.check("lines");
  }

  @Override
  public void close() {
    MemoryUtil.memFree(order);
    MemoryUtil.memFree(segmentFloats);
    glDeleteBuffers(buffers);
    glDeleteVertexArrays(new int[] {pointArray, batchArray, segmentArray});
    glDeleteProgram(points);
    glDeleteProgram(segments);
  }
}
