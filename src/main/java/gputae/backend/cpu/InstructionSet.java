package gputae.backend.cpu;

import gputae.backend.BackendException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The instruction sets for which the CPU kernels are compiled, from the most basic up. */
public enum InstructionSet {
  /** Any x86-64. */
  BASELINE("baseline"),
  /** x86-64-v3: AVX2 and FMA (Intel since 2013, AMD since 2015). */
  AVX2("avx2"),
  /** x86-64-v4: AVX-512 F, BW, CD, DQ, VL. */
  AVX512("avx512");

  private final String label;

  InstructionSet(String label) {
    this.label = label;
  }

  /** The name used on the command line and in files. */
  public String label() {
    return label;
  }

  /** The best set that this processor has. */
  public static InstructionSet best() {
    NativeLibraries.load();
    return values()[Native.bestInstructionSet()];
  }

  /**
   * The set to use: the best one, or a more basic one if the environment variable {@code GPU_TAE_CPU} asks for it.
   *
   * @throws BackendException if the variable asks for a set that does not exist or that this processor lacks
   */
  public static InstructionSet chosen() {
    String wanted = System.getenv("GPU_TAE_CPU");
    if (wanted == null || wanted.isEmpty()) {
      return best();
    }
    for (InstructionSet set : values()) {
      if (set.label.equals(wanted.toLowerCase(Locale.ROOT))) {
        return set.required();
      }
    }
    throw new BackendException(
        "GPU_TAE_CPU is '" + wanted + "'; it takes "
            + Arrays.stream(values()).map(InstructionSet::label).collect(Collectors.joining(", ")));
  }

  /** This set; throws a BackendException if the processor lacks it. */
  InstructionSet required() {
    if (compareTo(best()) > 0) {
      throw new BackendException("this processor has no " + label + "; the best it has is " + best().label);
    }
    return this;
  }
}
