package gputae.figure;

import java.util.Arrays;

/**
 * One colour per class, 0xRRGGBB. The colours can be distinguished on white and by colour-blind readers, as far as
 * their number allows.
 */
public final class ClassColours {

  /**
   * Ten colours found by a search for accessible colour sequences that people also like: M. Petroff, arXiv:2107.02270.
   */
  private static final int[] TEN = {
    0x3f90da, 0xffa90e, 0xbd1f01, 0x94a4a2, 0x832db6, 0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd};

  /** The colour of all points of a cloud without labels. */
  public static final int UNLABELLED = 0x2f6fb0;

  /** The colour of points without a class beside others that have one: a light grey that no class has. */
  public static final int NO_CLASS = 0xcfd2d6;

  private ClassColours() {}

  /**
   * Colours of classes 0 .. classes - 1: the ten, or, for more classes, a walk around the hue circle in three
   * lightnesses.
   */
  public static int[] of(int classes) {
    int[] colours = new int[classes];
    for (int c = 0; c < classes; c++) {
      colours[c] = classes <= TEN.length ? TEN[c] : hue(c, classes);
    }
    return colours;
  }

  /** Colours of classes 0 .. classes - 1, and after them the colour of points without a class. */
  public static int[] withNoClass(int classes) {
    int[] colours = Arrays.copyOf(of(classes), classes + 1);
    colours[classes] = NO_CLASS;
    return colours;
  }

  /**
   * Neighbours on the circle also differ in lightness, since hue alone distinguishes no more than about ten classes.
   */
  private static int hue(int c, int classes) {
    double[] lightness = {0.50, 0.76, 0.63};
    double angle = 2 * Math.PI * c / classes;
    return oklch(lightness[c % 3], 0.13, angle);
  }

  /** Converts B. Ottosson's perceptual colour space OkLCh to sRGB; channels outside the gamut are clipped. */
  private static int oklch(double lightness, double chroma, double angle) {
    double a = chroma * Math.cos(angle);
    double b = chroma * Math.sin(angle);
    double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
    return channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) << 16
        | channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) << 8
        | channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
  }

  private static double cube(double x) {
    return x * x * x;
  }

  private static int channel(double linear) {
    double x = Math.max(0, Math.min(1, linear));
    double encoded = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.pow(x, 1 / 2.4) - 0.055;
    return (int) Math.round(255 * encoded);
  }

  /** The same hue, but dark enough for text on white. */
  public static int forText(int colour) {
    int r = colour >> 16 & 255;
    int g = colour >> 8 & 255;
    int b = colour & 255;
    double luma = 0.299 * r + 0.587 * g + 0.114 * b;
    double factor = Math.min(1, 95 / Math.max(1, luma));
    return (int) (r * factor) << 16 | (int) (g * factor) << 8 | (int) (b * factor);
  }
}
