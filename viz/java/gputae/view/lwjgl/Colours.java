package gputae.view.lwjgl;

/** Colours, 0xRRGGBB, and the colour map of death times. */
final class Colours {

  static final int BACKGROUND = 0xffffff;
  static final int PANEL = 0xf4f5f7;
  static final int CARD = 0xffffff;
  static final int LINE = 0xdfe2e7;
  static final int GRID = 0xeceef1;
  static final int INK = 0x1d232b;
  static final int FAINT = 0x6b7480;
  static final int ACCENT = 0x2462c2;
  static final int TRAIN = 0x3f90da;
  static final int TEST = 0xe76300;
  static final int BALL = 0xbd1f01;
  static final int DEATHS = 0x832db6;

  /**
   * The map plasma of Matplotlib (N. J. Smith, S. van der Walt, CC0) without its light end, which is invisible on
   * white: eight colours at equal distances.
   */
  private static final int[] PLASMA = {0x0d0887, 0x4b03a1, 0x7d03a8, 0xa82296, 0xcb4679, 0xe56b5d, 0xf89441, 0xfdb42f};

  /**
   * Colours of the curves of terms, in the order of {@code gputae.objective.Terms}: ball penalty, death times, the
   * others.
   */
  private static final int[] TERMS = {TRAIN, BALL, DEATHS, DEATHS, 0xa96b59, 0x717581, 0x94a4a2};

  private Colours() {}

  /** The colour of the curve of a term, by the number of its kind. */
  static int ofTerm(int number) {
    return TERMS[Math.floorMod(number, TERMS.length)];
  }

  /** The colour of a death time, given as a share of the longest, in [0, 1]. */
  static int ofDeath(double share) {
    double at = Math.max(0, Math.min(1, share)) * (PLASMA.length - 1);
    int below = Math.min(PLASMA.length - 2, (int) at);
    return mix(PLASMA[below], PLASMA[below + 1], at - below);
  }

  /** Mixes each channel: share 0 gives the first colour, 1 the second. */
  static int mix(int first, int second, double share) {
    int mixed = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      double a = first >> shift & 255;
      double b = second >> shift & 255;
      mixed |= (int) Math.round(a + (b - a) * share) << shift;
    }
    return mixed;
  }

  static float red(int colour) {
    return (colour >> 16 & 255) / 255f;
  }

  static float green(int colour) {
    return (colour >> 8 & 255) / 255f;
  }

  static float blue(int colour) {
    return (colour & 255) / 255f;
  }
}
