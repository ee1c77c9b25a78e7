package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.data.DataOptions.Form;
import gputae.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneratorsTest {

  private static final DataOptions UNSCALED = new DataOptions(null, null, null, null, Scaling.Kind.NONE, null);

  private static Split points(String name) {
    return Generators.named(name).points(0).split();
  }

  private static double distance(Samples samples, int point, double[] from) {
    return Math.sqrt(IntStream.range(0, samples.size())
        .mapToDouble(k -> Math.pow(samples.value(point, k) - from[k], 2)).sum());
  }

  /** The numbers are the same on every machine. */
  @ParameterizedTest
  @CsvSource({"spheres,44fd1f68bbab9b67", "swiss-roll,cf1b12cde9b00bcb", "circles,525c44ee82aa4f0b"})
  void theNumbersAreAlwaysTheSame(String name, String digest) {
    float[] values = ((Vectors) points(name).samples()).values();
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    assertEquals(digest, new Sha256().add(bytes.array()).hexadecimal().substring(0, 16));
    assertArrayEquals(values, ((Vectors) points(name).samples()).values());
  }

  @Test
  void spheresAreAsPublished() {
    Split spheres = points("spheres");
    Samples samples = spheres.samples();
    assertEquals(10_000, spheres.count());
    assertEquals(101, samples.size());
    double ofCentres = 0;
    for (int sphere = 0; sphere < 11; sphere++) {
      int label = sphere;
      int[] members = IntStream.range(0, spheres.count()).filter(i -> spheres.classOf(i) == label).toArray();
      boolean large = sphere == 10;
      assertEquals(large ? 5000 : 500, members.length);
      // The centre from the points: the mean of n points of a sphere of radius r is about r / sqrt(n) away.
      double[] centre = new double[101];
      for (int k = 0; k < 101; k++) {
        int axis = k;
        centre[k] = large ? 0 : IntStream.of(members).mapToDouble(i -> samples.value(i, axis)).average().orElseThrow();
        ofCentres += centre[k] * centre[k];
      }
      double radius = large ? 25 : 5;
      for (int i : members) {
        assertEquals(radius, distance(samples, i, centre), large ? 1e-4 : 0.7);
      }
    }
    // Ten centres of 101 coordinates with variance 1, and the variance of a mean of 500 points: 25 / 101 / 500.
    assertEquals(1, Math.sqrt(ofCentres / 1010), 0.05);
  }

  @Test
  void theSwissRollIsRolled() {
    Split roll = points("swiss-roll");
    Samples samples = roll.samples();
    assertEquals(6_000, roll.count());
    double area = 0;
    for (int i = 0; i < roll.count(); i++) {
      double t = Math.hypot(samples.value(i, 0), samples.value(i, 2));
      assertTrue(t >= 1.5 * Math.PI - 1e-4 && t <= 4.5 * Math.PI + 1e-4, "t = " + t);
      assertEquals(t * Math.cos(t), samples.value(i, 0), 1e-3);
      assertTrue(samples.value(i, 1) >= 0 && samples.value(i, 1) <= 21);
      assertEquals(Math.min(5, (int) (2 * (t / 1.5 / Math.PI - 1) / 4 * 6)), roll.classOf(i), 1);
      area += samples.value(i, 1);
    }
    assertEquals(10.5, area / roll.count(), 0.3);
  }

  @Test
  void circlesAreConcentric() {
    Split circles = points("circles");
    double[] origin = {0, 0};
    for (int label = 0; label < 2; label++) {
      int wanted = label;
      double[] radii = IntStream.range(0, circles.count()).filter(i -> circles.classOf(i) == wanted)
          .mapToDouble(i -> distance(circles.samples(), i, origin)).toArray();
      assertEquals(3_000, radii.length);
      double mean = IntStream.range(0, radii.length).mapToDouble(i -> radii[i]).average().orElseThrow();
      assertEquals(label == 0 ? 1 : 0.5, mean, 0.01);
      double deviation = Math.sqrt(IntStream.range(0, radii.length).mapToDouble(i -> Math.pow(radii[i] - mean, 2))
          .average().orElseThrow());
      assertEquals(0.05, deviation, 0.003);
    }
  }

  /** A tenth of the spheres, as published, and a sixth of the others are test points, of each class. */
  @ParameterizedTest
  @CsvSource({"spheres,9000,1000,11", "swiss-roll,5000,1000,6", "circles,5000,1000,2"})
  void haveATestSplit(String name, int train, int test, int classes) throws IOException {
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.open(name, null, UNSCALED, log::add);
    assertEquals(train, data.train().count(), 2);
    assertEquals(train + test, data.train().count() + data.test().count());
    assertEquals(classes, data.classes().size());
    assertTrue(log.get(0).contains("of each class") && log.get(0).endsWith("drawn with seed 0"), log.get(0));
    assertEquals(name, data.name());
    assertTrue(Datasets.isNamed(name) && !Datasets.isPublished(name));
  }

  @Test
  void takeNoFiles() {
    refused(() -> Datasets.open("spheres", Path.of("."), UNSCALED, line -> {}),
        "spheres is built in; leave out --data");
    refused(() -> Datasets.open("circles", null, new DataOptions("x", null, null), line -> {}), "a known data set");
    refused(() -> Datasets.open("circles", null, new DataOptions(null, null, null, Form.IMAGES, null, null),
        line -> {}), "circles holds vectors");
  }
}
