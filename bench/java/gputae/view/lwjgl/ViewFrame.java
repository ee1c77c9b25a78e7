package gputae.view.lwjgl;

import static org.lwjgl.opengl.GL33C.glFinish;

import gputae.bench.WrongAnswerException;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.figure.ClassColours;
import gputae.linear.FloatPoints;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import gputae.view.Subject;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole picture of the window, 1280 x 800, drawn off-screen until it is finished; in milliseconds. The cloud is
 * moving, the tree of a batch of 128 is shown, and every twelfth picture brings a new observation, as with five
 * observations a second at 60 pictures a second. The check compares the colour at the place of a known point.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Threads(1)
@Fork(value = 1, jvmArgsAppend = {"-Xmx1g", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
public class ViewFrame {

  private static final int WIDTH = 1280;
  private static final int HEIGHT = 800;
  private static final int BATCH = 128;
  private static final int PICTURES_AN_OBSERVATION = 12;

  @Param({"10000", "100000"})
  public int points;

  /** The latent dimension: 2 is drawn flat, 3 with depth. */
  @Param({"2", "3"})
  public int latent;

  private OffScreen context;
  private Target target;
  private Renderer renderer;
  private gputae.view.lwjgl.State state;
  private Camera camera;
  private final Observation[] observations = new Observation[2];
  private int pictures;

  @Setup(Level.Trial)
  public void open() {
    context = new OffScreen();
    target = new Target(WIDTH, HEIGHT);
    byte[] labels = new byte[points];
    Random random = new Random(5);
    random.nextBytes(labels);
    for (int i = 0; i < points; i++) {
      labels[i] = (byte) Math.floorMod(labels[i], 10);
    }
    Split split = new Split(new Images(new byte[points], points, 1, 1), labels);
    TrainConfig config =
        new TrainConfig(ModelKind.TAE, latent, List.of(64, 64), BATCH, 100, 3e-4, ModelKind.TAE.objective(), 0);
    Subject subject = new Subject("benchmark", config,
        new Dataset("points", List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), split, split), "none");
    renderer = new Renderer(subject);
    state = new gputae.view.lwjgl.State(subject);
    state.tree = 1;
    camera = Renderer.camera(latent);
    for (int i = 0; i < 2; i++) {
      observations[i] = observation(random, subject);
    }
    check(labels);
  }

  private Observation observation(Random random, Subject subject) {
    float[] positions = new float[3 * points];
    float[] coordinates = new float[latent * points];
    for (int i = 0; i < points; i++) {
      for (int k = 0; k < latent; k++) {
        // One point is far from all others, for the check.
        coordinates[latent * i + k] = i == 0 ? (k == 0 ? 3 : 0) : (float) (0.4 * random.nextGaussian());
      }
    }
    FloatPoints latents = new FloatPoints(coordinates, latent);
    Projection projection = Projection.of(latents, null);
    projection.project(latents, positions);
    float[] batch = new float[3 * BATCH];
    int[] edges = new int[2 * (BATCH - 1)];
    double[] lengths = new double[BATCH - 1];
    for (int i = 0; i < BATCH; i++) {
      System.arraycopy(positions, 3 * (i + 1), batch, 3 * i, 3);
      if (i > 0) {
        edges[2 * i - 2] = i - 1;
        edges[2 * i - 1] = i;
        lengths[i - 1] = i;
      }
    }
    return new Observation(0, latents, projection, positions, Observation.Extent.of(positions),
        new Observation.Batch(new byte[BATCH], batch, edges, lengths),
        new byte[Observation.GENERATED * subject.architecture().pixels()]);
  }

  private void check(byte[] labels) {
    state.tree = 0;
    show(observations[0]);
    camera.reset();
    Renderer.place(camera, WIDTH, HEIGHT);
    camera.follow(new Observation.Extent(new double[3], new double[] {3.5, 3.5, 3.5}, 4), Double.POSITIVE_INFINITY);
    state.mixture = 1;
    target.bind();
    renderer.draw(state, camera, WIDTH, HEIGHT, 1);
    double[] at = camera.pixel(3, 0, 0);
    int found = target.read()[(int) at[1] * WIDTH + (int) at[0]];
    int expected = ClassColours.of(10)[labels[0]];
    for (int shift = 0; shift <= 16; shift += 8) {
      // Points are not fully opaque.
      int difference = Math.abs((found >> shift & 255) - (expected >> shift & 255));
      if (difference > 255 * 0.65 * 0.65) {
        throw new WrongAnswerException(
            String.format("the point at (3, 0) is 0x%06x, not about 0x%06x", found, expected));
      }
    }
    if (found == Colours.BACKGROUND) {
      throw new WrongAnswerException("the point at (3, 0) is not there");
    }
    state.tree = 1;
  }

  private void show(Observation next) {
    renderer.cloud().update(next, 1);
    state.now = next;
  }

  @Benchmark
  public void time() {
    int phase = pictures % PICTURES_AN_OBSERVATION;
    if (phase == 0) {
      show(observations[pictures / PICTURES_AN_OBSERVATION % 2]);
    }
    state.mixture = (phase + 1.0) / PICTURES_AN_OBSERVATION;
    camera.turn(0.01);
    target.bind();
    renderer.draw(state, camera, WIDTH, HEIGHT, 1);
    glFinish();
    pictures++;
  }

  @TearDown(Level.Trial)
  public void close() {
    renderer.close();
    target.close();
    context.close();
  }
}
