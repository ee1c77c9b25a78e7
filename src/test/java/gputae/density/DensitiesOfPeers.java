package gputae.density;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What scikit-learn and SciPy fit to small clouds; bench/peers/samplers.py made it and describes each. */
record DensitiesOfPeers(List<Mixture> mixtures, List<Kernels> kernels, List<Draw> draws) {

  record Mixture(String name, float[][] x, int[] labels, int components, int iterations, boolean converged,
      double score, double[] weights, double[][] means, double[][][] covariances, float[][] probes, double[] logs) {}

  record Kernels(String name, float[][] x, double[][] covariance, float[][] probes, double[] logs) {}

  record Draw(long seed, long point, int stream, double[] uniforms, double[] normals) {}

  static DensitiesOfPeers read() throws IOException {
    try (Reader reader =
        new InputStreamReader(DensitiesOfPeers.class.getResourceAsStream("densities.json"), StandardCharsets.UTF_8)) {
      return new Gson().fromJson(reader, DensitiesOfPeers.class);
    }
  }

  static double[] wide(float[] point) {
    double[] wide = new double[point.length];
    for (int i = 0; i < point.length; i++) {
      wide[i] = point[i];
    }
    return wide;
  }
}
