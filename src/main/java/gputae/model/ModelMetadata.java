package gputae.model;

import gputae.data.Scaling;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What model.safetensors says about the network beside its tensors, so that a reader in another program has to guess
 * nothing. The metadata of the format is a map from text to text.
 */
public final class ModelMetadata {

  /** The order of the halves of a variational encoder's output. */
  public static final String HALVES = "mu,logvar";

  /** The key of {@link #HALVES}, which only a variational model has. */
  public static final String ENCODER_OUTPUT = "encoder_output";

  private static final String ACTIVATION = "activation";

  private ModelMetadata() {}

  /**
   * The metadata of a network: {@code gpu_tae}, the version of this program; {@code encoder} and {@code decoder}, sizes
   * from the input to the output, such as 784,64,64,2; {@code activation}, elu, relu, leaky_relu, tanh or gelu;
   * {@code batch_norm}, true, only with batch normalisation; {@code encoder_output}; {@code output}, bernoulli or
   * gaussian. For vectors also {@code scale}, none, unit or standardise, with {@code scale_shift} and
   * {@code scale_factor}, a number for each feature: the network's input is (x - shift) / factor.
   *
   * @param scaling null for images, whose input is byte / 255
   */
  public static Map<String, String> of(Architecture architecture, Scaling scaling, String version) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("gpu_tae", version);
    metadata.put("encoder", sizes(architecture.encoderSizes()));
    metadata.put("decoder", sizes(architecture.decoderSizes()));
    metadata.put(ACTIVATION, architecture.hidden().activation().label());
    if (architecture.hidden().batchNorm()) {
      metadata.put("batch_norm", "true");
    }
    if (architecture.variational()) {
      metadata.put(ENCODER_OUTPUT, HALVES);
    }
    metadata.put("output", architecture.output().toString());
    if (scaling != null) {
      metadata.put("scale", scaling.kind().toString());
      metadata.put("scale_shift", numbers(scaling.shift()));
      metadata.put("scale_factor", numbers(scaling.factor()));
    }
    return metadata;
  }

  private static String numbers(double[] numbers) {
    return Arrays.stream(numbers).mapToObj(Double::toString).collect(Collectors.joining(","));
  }

  private static String sizes(List<Integer> sizes) {
    return sizes.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /**
   * Requires that nothing in a file's metadata speaks against a network. Shapes are those of the tensors; metadata that
   * are missing say nothing.
   *
   * @throws IllegalArgumentException if the activation or the order of the halves is another
   */
  public static void requireFit(Architecture architecture, SafeTensors file) {
    String activation = file.metadata().get(ACTIVATION);
    String own = architecture.hidden().activation().label();
    if (activation != null && !activation.toLowerCase(Locale.ROOT).replace('-', '_').equals(own)) {
      throw new IllegalArgumentException("its metadata say \"" + ACTIVATION + "\": \"" + activation
          + "\", this model has " + own);
    }
    String halves = file.metadata().get(ENCODER_OUTPUT);
    if (halves != null && architecture.variational() && !halves.equals(HALVES)) {
      throw new IllegalArgumentException("its metadata say \"" + ENCODER_OUTPUT + "\": \"" + halves
          + "\", this model has " + HALVES);
    }
  }
}
