package gputae.train;

import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import java.util.ArrayList;
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
    double[] rows = tensor(file, "history", SafeTensors.Type.F64).doubles();
    List<Epoch> history = new ArrayList<>();
    for (int i = 0; i + COLUMNS <= rows.length; i += COLUMNS) {
      history.add(new Epoch((int) rows[i], rows[i + 1], rows[i + 2], rows[i + 3], rows[i + 4], rows[i + 5], rows[i + 6], rows[i + 7], rows[i + 8]));
    }
    double[] sums = tensor(file, "sums", SafeTensors.Type.F64).doubles();
    long[] step = tensor(file, "step", SafeTensors.Type.I64).longs();
    double[] seconds = tensor(file, "seconds", SafeTensors.Type.F64).doubles();
    if (sums.length != SUMS || step.length != 1 || seconds.length != 1 || rows.length % COLUMNS != 0 || step[0] < 0) {
      throw new IllegalArgumentException("its tensors are not those of a checkpoint of this program");
    }
    return new TrainState(step[0], seconds[0], Weights.flat(layout, file, "parameters."), Weights.flat(layout, file, "first_moment."),
        Weights.flat(layout, file, "second_moment."), sums, history);
  }

  private static SafeTensors.Tensor tensor(SafeTensors file, String name, SafeTensors.Type type) {
    SafeTensors.Tensor tensor = file.tensors().get(name);
    if (tensor == null || tensor.type() != type) {
      throw new IllegalArgumentException("the tensor " + name + " is missing or not " + type);
    }
    return tensor;
  }
}
