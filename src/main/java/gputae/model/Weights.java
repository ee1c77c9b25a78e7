package gputae.model;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** Parameters between the flat buffer and named tensors, as {@code model.safetensors} and {@code --init} hold them. */
public final class Weights {

  private Weights() {}

  /** The named tensors of a flat buffer, in its order, without padding. */
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
   * @param prefix what the names begin with; tensors under other names are left aside only if the prefix is not empty
   * @throws IllegalArgumentException if a tensor is missing, left over, of another shape or type, or not finite
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

  /** Before memory is taken: damage may have made the layout as large as it likes. */
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
