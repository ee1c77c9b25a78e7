package gputae.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassifierTest {

  private static final List<Integer> SIZES = List.of(6, 5, 3, 2);

  private static Backend open() {
    return new CpuBackend(InstructionSet.best(), 2);
  }

  @Test
  void tensorsHaveNamesAndShapesOfTheirOwn() {
    try (Backend backend = open(); Classifier classifier = new Classifier(backend, SIZES)) {
      List<ParameterLayout.Tensor> tensors = classifier.layout().tensors();
      assertEquals(
          List.of("classifier.0.weight", "classifier.0.bias", "classifier.2.weight", "classifier.2.bias",
              "classifier.4.weight", "classifier.4.bias"),
          tensors.stream().map(ParameterLayout.Tensor::name).toList());
      assertEquals(List.of(List.of(5, 6), List.of(5), List.of(3, 5), List.of(3), List.of(2, 3), List.of(2)),
          tensors.stream().map(ParameterLayout.Tensor::shape).toList());
      assertEquals(SIZES,
          Classifier.sizesIn(Weights.named(classifier.layout(), new float[classifier.layout().size()])));
    }
  }

  /** More images than go through at a time are compared with the layers written out in double. */
  @Test
  void outputsOfEveryImage() {
    int n = Autoencoder.CHUNK + 7;
    byte[] pixels = new byte[n * 6];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (31 * i + i / 6);
    }
    try (Backend backend = open();
        Classifier classifier = new Classifier(backend, SIZES);
        Matrix images = backend.allocate(ElementType.UINT8, n, 6).upload(pixels)) {
      float[] parameters = Initialisation.draw(classifier.layout(), 3, 0);
      classifier.parameters().upload(parameters);
      Classifier.Outputs outputs = classifier.outputs(images);
      assertEquals(3 * n, outputs.features().length);
      assertEquals(2 * n, outputs.logits().length);
      for (int i = 0; i < n; i++) {
        double[] values = new double[6];
        for (int k = 0; k < 6; k++) {
          values[k] = (pixels[i * 6 + k] & 0xff) / 255.0;
        }
        double[] features =
            layer(classifier.layout(), parameters, 1, layer(classifier.layout(), parameters, 0, values));
        // The bound is for float32 through three narrow layers, with numbers of about 1.
        assertArrayEquals(features, widened(outputs.features(), i, 3), 1e-5);
        assertArrayEquals(layer(classifier.layout(), parameters, 2, features), widened(outputs.logits(), i, 2), 1e-5);
      }
    }
  }

  private static double[] layer(ParameterLayout layout, float[] parameters, int layer, double[] input) {
    ParameterLayout.Tensor w = layout.tensors().get(2 * layer);
    ParameterLayout.Tensor b = layout.tensors().get(2 * layer + 1);
    double[] output = new double[w.rows()];
    for (int o = 0; o < output.length; o++) {
      output[o] = parameters[b.offset() + o];
      for (int k = 0; k < input.length; k++) {
        output[o] += parameters[w.offset() + o * w.columns() + k] * input[k];
      }
      output[o] = layer < 2 && output[o] <= 0 ? Math.expm1(output[o]) : output[o];
    }
    return output;
  }

  private static double[] widened(float[] values, int row, int columns) {
    double[] wide = new double[columns];
    Arrays.setAll(wide, k -> values[row * columns + k]);
    return wide;
  }

  @Test
  void refusesWhatIsNoClassifier() {
    try (Backend backend = open()) {
      assertThrows(IllegalArgumentException.class, () -> new Classifier(backend, List.of(6, 2)));
      assertThrows(IllegalArgumentException.class, () -> new Classifier(backend, List.of(6, 0, 2)));
      assertEquals(0, backend.allocatedBytes());
    }
    assertEquals("there are no layers classifier.0.weight and so on",
        assertThrows(IllegalArgumentException.class, () -> Classifier.sizesIn(new SafeTensors())).getMessage());
  }
}
