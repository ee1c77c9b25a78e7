package gputae.model;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Converts parameters between the flat buffer and named tensors, the form in {@code model.safetensors} and
 * {@code --init}.
 */
public final class Weights {

  /** A count of batches is kept as low + COUNT_BASE high, since float32 has all integers up to this one. */
  private static final long COUNT_BASE = 1 << 24;

  private Weights() {}

  /** The named tensors of a flat buffer, in its order and without padding. */
  public static SafeTensors named(ParameterLayout layout, float[] flat) {
    return addNamed(new SafeTensors(), "", layout, flat);
  }

  /** Adds the tensors of a flat buffer under names with a prefix. */
  public static SafeTensors addNamed(SafeTensors file, String prefix, ParameterLayout layout, float[] flat) {
    return addNamed(file, prefix, layout.tensors(), flat);
  }

  /** The same for the tensors that the optimiser changes alone; the buffer may end behind them. */
  public static SafeTensors addTrained(SafeTensors file, String prefix, ParameterLayout layout, float[] flat) {
    return addNamed(file, prefix, trained(layout), flat);
  }

  private static List<ParameterLayout.Tensor> trained(ParameterLayout layout) {
    return layout.tensors().stream().filter(tensor -> tensor.kind().trained()).toList();
  }

  private static SafeTensors addNamed(SafeTensors file, String prefix, List<ParameterLayout.Tensor> tensors,
      float[] flat) {
    for (ParameterLayout.Tensor tensor : tensors) {
      int from = tensor.offset();
      file.put(prefix + tensor.name(), tensor.kind() == ParameterLayout.Kind.COUNT
          ? SafeTensors.Tensor.of(new long[] {(long) flat[from] + COUNT_BASE * (long) flat[from + 1]}, tensor.shape())
          : SafeTensors.Tensor.of(Arrays.copyOfRange(flat, from, from + tensor.size()), tensor.shape()));
    }
    return file;
  }

  /**
   * The flat buffer of named tensors.
   *
   * @param prefix prefix of the names; tensors with other names are ignored only if the prefix is not empty
   * @throws IllegalArgumentException if a tensor is missing, unexpected, of another shape or type, or not finite, or if
   *     a variance or a count is negative
   */
  public static float[] flat(ParameterLayout layout, SafeTensors file, String prefix) {
    return flat(layout.size(), layout.tensors(), file, prefix);
  }

  /** The same for the tensors that the optimiser changes alone, (layout.trained()). */
  public static float[] flatTrained(ParameterLayout layout, SafeTensors file, String prefix) {
    return flat(layout.trained(), trained(layout), file, prefix);
  }

  private static float[] flat(int size, List<ParameterLayout.Tensor> tensors, SafeTensors file, String prefix) {
    requireFit(tensors, file, prefix);
    float[] flat = new float[size];
    for (ParameterLayout.Tensor tensor : tensors) {
      String name = prefix + tensor.name();
      if (tensor.kind() == ParameterLayout.Kind.COUNT) {
        long count = file.tensors().get(name).longs()[0];
        if (count < 0 || count >= COUNT_BASE * COUNT_BASE) {
          throw new IllegalArgumentException("the tensor " + name + " holds " + count + ", not a number of batches");
        }
        flat[tensor.offset()] = count % COUNT_BASE;
        flat[tensor.offset() + 1] = count / COUNT_BASE;
        continue;
      }
      float[] values = file.tensors().get(name).floats();
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i]) || tensor.kind() == ParameterLayout.Kind.VARIANCE && values[i] < 0) {
          throw new IllegalArgumentException("the tensor " + name + " holds " + values[i] + " as its element " + i
              + ", not a " + (Float.isFinite(values[i]) ? "variance" : "number to compute with"));
        }
      }
      System.arraycopy(values, 0, flat, tensor.offset(), tensor.size());
    }
    return flat;
  }

  /** This is checked before memory is allocated, since a damaged file may ask for a layout of any size. */
  private static void requireFit(List<ParameterLayout.Tensor> tensors, SafeTensors file, String prefix) {
    Set<String> left = new TreeSet<>(file.tensors().keySet());
    left.removeIf(name -> !name.startsWith(prefix));
    for (ParameterLayout.Tensor tensor : tensors) {
      String name = prefix + tensor.name();
      SafeTensors.Tensor found = file.tensors().get(name);
      left.remove(name);
      if (found == null) {
        throw new IllegalArgumentException("the tensor " + name + " is missing");
      }
      SafeTensors.Type type =
          tensor.kind() == ParameterLayout.Kind.COUNT ? SafeTensors.Type.I64 : SafeTensors.Type.F32;
      if (found.type() != type || !found.shape().equals(tensor.shape())) {
        throw new IllegalArgumentException("the tensor " + name + " is " + found.type() + " " + found.shape()
            + ", this model needs " + type + " " + tensor.shape());
      }
    }
    if (!left.isEmpty()) {
      throw new IllegalArgumentException("this model has no tensor " + left.iterator().next());
    }
  }
}
