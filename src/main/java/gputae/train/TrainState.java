package gputae.train;

import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Everything a training needs to go on exactly as if it had not been interrupted, beside its configuration and data. Orders of images and noise are functions
 * of the seed and the step, so no generator has a state.
 *
 * @param step         steps done
 * @param seconds      wall time spent so far
 * @param parameters   flat buffer
 * @param firstMoment  Adam's, flat
 * @param secondMoment Adam's, flat
 * @param sums         sums over the steps of the unfinished epoch: reconstruction and kl times rows, ball, deaths, rows, steps of whole batches
 * @param history      finished epochs
 */
public record TrainState(
    long step, double seconds, float[] parameters, float[] firstMoment, float[] secondMoment, double[] sums, List<Epoch> history) {

  static final int SUMS = 6;

  /** Columns of the history tensor: the components of {@link Epoch}. */
  private static final int COLUMNS = 9;

  /** As named tensors, for a checkpoint file. */
  public SafeTensors toTensors(ParameterLayout layout) {
    SafeTensors file = new SafeTensors();
    file.put("step", SafeTensors.Tensor.of(new long[] {step}, List.of(1)));
    file.put("seconds", SafeTensors.Tensor.of(new double[] {seconds}, List.of(1)));
    file.put("sums", SafeTensors.Tensor.of(sums, List.of(SUMS)));
    double[] rows = new double[history.size() * COLUMNS];
    for (int i = 0; i < history.size(); i++) {
      Epoch e = history.get(i);
      double[] row = {
        e.epoch(), e.seconds(), e.reconstruction(), e.ball(), e.deaths(), e.kl(), e.total(), e.testReconstruction(), e.stepsPerSecond()
      };
      System.arraycopy(row, 0, rows, i * COLUMNS, COLUMNS);
    }
    file.put("history", SafeTensors.Tensor.of(rows, List.of(history.size(), COLUMNS)));
    Weights.addNamed(file, "parameters.", layout, parameters);
    Weights.addNamed(file, "first_moment.", layout, firstMoment);
    Weights.addNamed(file, "second_moment.", layout, secondMoment);
    return file;
  }

  /**
   * From the tensors of a checkpoint file.
   *
   * @throws IllegalArgumentException if they do not fit the model
   */
  public static TrainState fromTensors(ParameterLayout layout, SafeTensors file) {
    long step = tensor(file, "step", SafeTensors.Type.I64, List.of(1)).longs()[0];
    if (step < 0) {
      throw new IllegalArgumentException("the tensor step holds " + step + ", not a number of steps");
    }
    double seconds = finite("seconds", tensor(file, "seconds", SafeTensors.Type.F64, List.of(1)).doubles())[0];
    double[] sums = finite("sums", tensor(file, "sums", SafeTensors.Type.F64, List.of(SUMS)).doubles());
    SafeTensors.Tensor rows = file.tensors().get("history");
    int epochs = rows == null || rows.shape().isEmpty() ? 0 : rows.shape().get(0);
    List<Epoch> history = history(tensor(file, "history", SafeTensors.Type.F64, List.of(epochs, COLUMNS)).doubles());
    float[] second = Weights.flat(layout, file, "second_moment.");
    for (float value : second) {
      if (value < 0) {
        throw new IllegalArgumentException("a second moment is " + value + ", not a mean of squares");
      }
    }
    return new TrainState(step, seconds, Weights.flat(layout, file, "parameters."),
        Weights.flat(layout, file, "first_moment."), second, sums, history);
  }

  private static List<Epoch> history(double[] rows) {
    List<Epoch> history = new ArrayList<>();
    for (int i = 0; i < rows.length; i += COLUMNS) {
      int epoch = history.size() + 1;
      if (rows[i] != epoch) {
        throw new IllegalArgumentException("its history has epoch " + rows[i] + " where epoch " + epoch + " belongs");
      }
      // The last column is a rate: it is not finite where the clock stood still.
      finite("history", Arrays.copyOfRange(rows, i, i + COLUMNS - 1));
      history.add(new Epoch(epoch, rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4], rows[i + 5], rows[i + 6],
          rows[i + 7], rows[i + 8]));
    }
    return history;
  }

  private static double[] finite(String name, double[] values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("the tensor " + name + " holds " + value + ", not a number to go on with");
      }
    }
    return values;
  }

  private static SafeTensors.Tensor tensor(SafeTensors file, String name, SafeTensors.Type type, List<Integer> shape) {
    SafeTensors.Tensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the tensor " + name + " is missing");
    }
    if (tensor.type() != type || !tensor.shape().equals(shape)) {
      throw new IllegalArgumentException("the tensor " + name + " is " + tensor.type() + " " + tensor.shape()
          + ", a checkpoint needs " + type + " " + shape);
    }
    return tensor;
  }
}
