package gputae.model;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * Converts parameters between the flat buffer and named tensors, the form in {@code model.safetensors} and
 * {@code --init}.
 */
public final class Weights {

  private Weights() {}

  /** The named tensors of a flat buffer, in its order and without padding. */
  public static SafeTensors named(ParameterLayout layout, float[] flat) {
    return addNamed(new SafeTensors(), "", layout, flat);
  }

  /** Adds the tensors of a flat buffer under names with a prefix. */
  public static SafeTensors addNamed(SafeTensors file, String prefix, ParameterLayout layout, float[] flat) {
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      file.put(prefix + tensor.name(), SafeTensors.Tensor
          .of(Arrays.copyOfRange(flat, tensor.offset(), tensor.offset() + tensor.size()), tensor.shape()));
    }
    return file;
  }

  /**
   * The flat buffer of named tensors.
   *
   * @param prefix prefix of the names; tensors with other names are ignored only if the prefix is not empty
   * @throws IllegalArgumentException if a tensor is missing, unexpected, of another shape or type, or not finite
   */
  public static float[] flat(ParameterLayout layout, SafeTensors file, String prefix) {
    requireFit(layout, file, prefix);
    float[] flat = new float[layout.size()];
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      float[] values = file.tensors().get(prefix + tensor.name()).floats();
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          throw new IllegalArgumentException("the tensor " + prefix + tensor.name() + " holds " + values[i]
              + " as its element " + i + ", not a number to compute with");
        }
      }
      System.arraycopy(values, 0, flat, tensor.offset(), tensor.size());
    }
    return flat;
  }

  /** This is checked before memory is allocated, since a damaged file may ask for a layout of any size. */
  private static void requireFit(ParameterLayout layout, SafeTensors file, String prefix) {
    Set<String> left = new TreeSet<>(file.tensors().keySet());
    left.removeIf(name -> !name.startsWith(prefix));
    for (ParameterLayout.Tensor tensor : layout.tensors()) {
      String name = prefix + tensor.name();
      SafeTensors.Tensor found = file.tensors().get(name);
      left.remove(name);
      if (found == null) {
        throw new IllegalArgumentException("the tensor " + name + " is missing");
      }
      if (found.type() != SafeTensors.Type.F32 || !found.shape().equals(tensor.shape())) {
        throw new IllegalArgumentException("the tensor " + name + " is " + found.type() + " " + found.shape()
            + ", this model needs F32 " + tensor.shape());
      }
    }
    if (!left.isEmpty()) {
      throw new IllegalArgumentException("this model has no tensor " + left.iterator().next());
    }
  }
}
