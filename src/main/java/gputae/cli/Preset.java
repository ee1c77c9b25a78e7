package gputae.cli;

import gputae.backend.BallPenalty;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Setting;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Settings that belong together. */
enum Preset {
  /** The paper's text. */
  PAPER("paper", 128, Map.of()),
  /** The last commit of the authors' repository. */
  AUTHORS_CODE("authors-code", 512, Map.of(Ball.PENALTY, BallPenalty.SQUARED, Deaths.MAX_EDGE, 0.5));

  private final String label;
  private final int batch;
  /** Values of settings that differ from the defaults. */
  private final Map<Setting<?>, Object> ofTerms;

  Preset(String label, int batch, Map<Setting<?>, Object> ofTerms) {
    this.label = label;
    this.batch = batch;
    this.ofTerms = ofTerms;
  }

  @Override
  public String toString() {
    return label;
  }

  /** Samples per step. */
  int batch() {
    return batch;
  }

  /** Values of settings that differ from the defaults. */
  Map<Setting<?>, Object> ofTerms() {
    return ofTerms;
  }

  /** Reads a preset by its name. */
  static final class Converter implements ITypeConverter<Preset> {
    @Override
    public Preset convert(String value) {
      for (Preset preset : Preset.values()) {
        if (preset.label.equals(value)) {
          return preset;
        }
      }
      throw new TypeConversionException("'" + value + "' is not paper or authors-code");
    }
  }
}
