package gputae.train;

import gputae.model.ParameterLayout;
import gputae.model.SafeTensors;
import gputae.model.Weights;
import gputae.objective.Losses;
import gputae.objective.Objective;
import gputae.objective.ParameterTerm;
import gputae.objective.TermKind;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a training needs, beside its settings and data, to continue exactly as if it had not been
 * interrupted. Orders of images and noise are functions of the seed and the step, so no generator has a state.
 *
 * @param step         number of steps done
 * @param seconds      wall time spent so far
 * @param parameters   flat buffer, with the running statistics of batch normalisations
 * @param firstMoment  Adam's first moment, flat, of the part of the buffer that Adam changes
 * @param secondMoment Adam's second moment, likewise
 * @param terms        by name, what terms of the parameters keep from step to step
 * @param sums         sums over the steps of the unfinished epoch
 * @param history      finished epochs
 */
public record TrainState(
    long step, double seconds, float[] parameters, float[] firstMoment, float[] secondMoment,
    Map<String, float[]> terms, EpochSums sums, List<Epoch> history) {

  /** Number of columns of the history tensor beside those of the losses: the other components of {@link Epoch}. */
  private static final int OTHER_COLUMNS = 5;

  /** What the names of the terms' tensors begin with. */
  private static final String TERMS = "terms.";

  /** The state as named tensors, for a checkpoint file of a training with this objective. */
  public SafeTensors toTensors(ParameterLayout layout, Objective objective) {
    SafeTensors file = new SafeTensors();
    file.put("step", SafeTensors.Tensor.of(new long[] {step}, List.of(1)));
    file.put("seconds", SafeTensors.Tensor.of(new double[] {seconds}, List.of(1)));
    double[] numbers = sums.toNumbers();
    file.put("sums", SafeTensors.Tensor.of(numbers, List.of(numbers.length)));
    int columns = sums.columns().size() + OTHER_COLUMNS;
    DoubleBuffer rows = DoubleBuffer.allocate(history.size() * columns);
    for (Epoch e : history) {
      rows.put(e.epoch()).put(e.seconds()).put(e.losses().values()).put(e.total()).put(e.testReconstruction())
          .put(e.stepsPerSecond());
    }
    file.put("history", SafeTensors.Tensor.of(rows.array(), List.of(history.size(), columns)));
    Weights.addNamed(file, "parameters.", layout, parameters);
    Weights.addTrained(file, "first_moment.", layout, firstMoment);
    Weights.addTrained(file, "second_moment.", layout, secondMoment);
    for (ParameterTerm.State one : objective.state(layout.trained())) {
      file.put(TERMS + one.name(), SafeTensors.Tensor.of(terms.get(one.name()), shape(one)));
    }
    return file;
  }

  private static List<Integer> shape(ParameterTerm.State state) {
    return List.of(Math.toIntExact(state.rows()), Math.toIntExact(state.columns()));
  }

  /**
   * Reads the state from the tensors of a checkpoint file.
   *
   * @param objective the objective of the run
   * @throws IllegalArgumentException if the tensors do not fit the model
   */
  public static TrainState fromTensors(ParameterLayout layout, Objective objective, SafeTensors file) {
    List<TermKind<?>> columns = objective.columns();
    long step = tensor(file, "step", SafeTensors.Type.I64, List.of(1)).longs()[0];
    if (step < 0) {
      throw new IllegalArgumentException("the tensor step holds " + step + ", not a number of steps");
    }
    double seconds = finite("seconds", tensor(file, "seconds", SafeTensors.Type.F64, List.of(1)).doubles())[0];
    int numbers = new EpochSums(columns).toNumbers().length;
    EpochSums sums = EpochSums.of(columns,
        finite("sums", tensor(file, "sums", SafeTensors.Type.F64, List.of(numbers)).doubles()));
    SafeTensors.Tensor rows = file.tensors().get("history");
    int epochs = rows == null || rows.shape().isEmpty() ? 0 : rows.shape().get(0);
    List<Epoch> history = history(columns,
        tensor(file, "history", SafeTensors.Type.F64, List.of(epochs, columns.size() + OTHER_COLUMNS)).doubles());
    float[] second = Weights.flatTrained(layout, file, "second_moment.");
    for (float value : second) {
      if (value < 0) {
        throw new IllegalArgumentException("a second moment is " + value + ", not a mean of squares");
      }
    }
    Map<String, float[]> terms = new LinkedHashMap<>();
    for (ParameterTerm.State one : objective.state(layout.trained())) {
      float[] values = tensor(file, TERMS + one.name(), SafeTensors.Type.F32, shape(one)).floats();
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new IllegalArgumentException("the tensor " + TERMS + one.name() + " holds " + value
              + ", not a number to go on with");
        }
      }
      terms.put(one.name(), values);
    }
    return new TrainState(step, seconds, Weights.flat(layout, file, "parameters."),
        Weights.flatTrained(layout, file, "first_moment."), second, terms, sums, history);
  }

  private static List<Epoch> history(List<TermKind<?>> columns, double[] rows) {
    List<Epoch> history = new ArrayList<>();
    int width = columns.size() + OTHER_COLUMNS;
    for (int i = 0; i < rows.length; i += width) {
      int epoch = history.size() + 1;
      if (rows[i] != epoch) {
        throw new IllegalArgumentException("its history has epoch " + rows[i] + " where epoch " + epoch + " belongs");
      }
      int last = i + width - 1;
      // The last column is a rate. It is not finite if the clock did not advance.
      finite("history", Arrays.copyOfRange(rows, i, last));
      Losses losses = new Losses(columns, Arrays.copyOfRange(rows, i + 2, i + 2 + columns.size()));
      history.add(new Epoch(epoch, rows[i + 1], losses, rows[last - 2], rows[last - 1], rows[last]));
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
