package gputae.evaluate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Measures computed by scikit-learn and SciPy; bench/peers/measures.py made them and describes each. */
record MeasuresOfPeers(List<Neighbourhood> neighbourhoods, List<Ball> balls, List<Shape> shapes) {

  record Neighbourhood(String name, float[][] x, float[][] z, byte[] labels, int[] ks, double[] trustworthiness,
      double[] continuity, double[] rank_error, double[] rank_error_inputs, double rmse, double accuracy,
      double[] divergence) {}

  record Ball(String name, float[][] sample, float[][] probes, float[][] z, double outside, double energy,
      double mean_pair, double persistence,
      double sample_persistence, double[] holes, double[] sample_holes) {}

  record Shape(String name, float[][] normal, float[][] uniform, float[][] z, double normal_energy, double ball_energy,
      double kurtosis) {}

  static MeasuresOfPeers read() throws IOException {
    try (Reader reader =
        new InputStreamReader(MeasuresOfPeers.class.getResourceAsStream("measures.json"), StandardCharsets.UTF_8)) {
      return new Gson().fromJson(reader, MeasuresOfPeers.class);
    }
  }

  /** Asserts a difference of at most absolute + relative |expected|; NaN is right only where NaN is expected. */
  static void assertNear(double expected, double actual, double absolute, double relative, String what) {
    assertTrue(
        Math.abs(expected - actual) <= absolute + relative * Math.abs(expected)
            || Double.isNaN(expected) && Double.isNaN(actual),
        () -> what + ": expected " + expected + ", got " + actual);
  }
}
