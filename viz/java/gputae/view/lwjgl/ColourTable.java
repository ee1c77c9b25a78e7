package gputae.view.lwjgl;

import java.util.Arrays;

/**
 * The colours of one frame, and the at most 255 colours that represent them. Colours are counted, then {@link #choose}
 * makes the table. The common colours are kept exactly, since they are background, lines and the insides of dots. For
 * the rest, the box of colours whose division lowers the squared error most is divided in two, again and again; then
 * each representative is moved to the mean of the colours nearest to it. A colour is weighted by the power 3/4 of its
 * count. So rare colours weigh more than by their count, as thin strokes would otherwise suffer for the sake of areas.
 */
final class ColourTable {

  private static final int MOST = 255;
  /**
   * The largest number of colours that are kept exactly; each must have at least this share of the frame's changed
   * pixels.
   */
  private static final int MOST_COMMON = 24;
  private static final double COMMON = 1 / 2000.0;
  /** From this share on, a colour must be exact even in a table that was made for an earlier frame. */
  private static final double VERY_COMMON = 1 / 100.0;
  /**
   * The largest number of colours to which the table is fitted; if there are more, as in photographs, a sample is used.
   */
  private static final int MOST_FITTED = 20_000;
  private static final int ROUNDS = 3;
  /** A table is made anew if its error exceeds its original error by this factor. */
  private static final double SLACK = 1.15;
  /** Weights of the squared differences of red, green and blue, according to the sensitivity of the eye. */
  private static final int[] WEIGHTS = {3, 4, 2};

  /** Hash table with open addressing: colour + 1, or 0 for an empty place, and the index of the colour. */
  private int[] keys = new int[1 << 12];
  private int[] values = new int[1 << 12];
  /**
   * For each colour, in the order of its first occurrence: 0xRRGGBB, number of pixels, and index of its representative.
   */
  private int[] colours = new int[1 << 11];
  private int[] counts = new int[1 << 11];
  private int[] indices = new int[1 << 11];
  private double[] weights = new double[0];
  private int size;
  private int last;
  /** The table: the frame's own colours, or {@link #fitted}. */
  private int[] entries = new int[0];
  /**
   * The table that was fitted last, in the order of green; and for each green 0 .. 256, the first entry with at least
   * this green.
   */
  private int[] fitted = new int[0];
  private final int[] byGreen = new int[257];
  /** The mean distance when {@link #fitted} was made; below 0 before the first table. */
  private double error = -1;

  void clear() {
    Arrays.fill(keys, 0);
    size = 0;
    last = -1;
  }

  /** Counts a pixel and returns the index of its colour. */
  int count(int rgb) {
    if (last < 0 || colours[last] != rgb) {
      last = number(rgb);
    }
    counts[last]++;
    return last;
  }

  private int number(int rgb) {
    int mask = keys.length - 1;
    int at = hash(rgb) & mask;
    while (keys[at] != 0) {
      if (keys[at] == rgb + 1) {
        return values[at];
      }
      at = at + 1 & mask;
    }
    if (size == colours.length) {
      grow();
      return number(rgb);
    }
    keys[at] = rgb + 1;
    values[at] = size;
    colours[size] = rgb;
    counts[size] = 0;
    return size++;
  }

  private static int hash(int rgb) {
    int h = rgb * 0x9e3779b1;
    return h ^ h >>> 15;
  }

  /** The hash table is always twice as long as the lists, so it is at most half full. */
  private void grow() {
    colours = Arrays.copyOf(colours, 2 * size);
    counts = Arrays.copyOf(counts, 2 * size);
    indices = Arrays.copyOf(indices, 2 * size);
    keys = new int[4 * size];
    values = new int[4 * size];
    for (int i = 0; i < size; i++) {
      int at = hash(colours[i]) & keys.length - 1;
      while (keys[at] != 0) {
        at = at + 1 & keys.length - 1;
      }
      keys[at] = colours[i] + 1;
      values[at] = i;
    }
  }

  int size() {
    return entries.length;
  }

  int entry(int index) {
    return entries[index];
  }

  int index(int number) {
    return indices[number];
  }

  int colour(int number) {
    return entries[indices[number]];
  }

  int distance(int number) {
    return distance(colours[number], colour(number));
  }

  static int distance(int a, int b) {
    int red = (a >> 16) - (b >> 16);
    int green = (a >> 8 & 255) - (b >> 8 & 255);
    int blue = (a & 255) - (b & 255);
    return WEIGHTS[0] * red * red + WEIGHTS[1] * green * green + WEIGHTS[2] * blue * blue;
  }

  /**
   * Makes the table for the colours counted since {@link #clear}.
   *
   * @param backgrounds 0xRRGGBB, ascending: these colours are exact even if few of their pixels changed, since moving
   *     objects would otherwise leave traces on them
   */
  void choose(int[] backgrounds) {
    if (size <= MOST) {
      entries = Arrays.copyOf(colours, size);
      for (int i = 0; i < size; i++) {
        indices[i] = i;
      }
      return;
    }
    weights = weights.length < size ? new double[colours.length] : weights;
    for (int i = 0; i < size; i++) {
      weights[i] = Math.sqrt(counts[i] * Math.sqrt(counts[i]));
    }
    // A table that still fits is kept, so that the same colours look the same in many frames.
    if (error < 0 || !holds(common(VERY_COMMON, backgrounds)) || assign(1) > SLACK * error) {
      fit(common(COMMON, backgrounds));
      error = assign(1);
    }
    entries = fitted;
  }

  /**
   * The backgrounds that occur, and the most common colours, each with at least a share {@code least} of the pixels.
   */
  private int[] common(double least, int[] backgrounds) {
    long pixels = 0;
    for (int i = 0; i < size; i++) {
      pixels += counts[i];
    }
    long[] ranked = new long[size];
    int n = 0;
    for (int i = 0; i < size; i++) {
      boolean background = Arrays.binarySearch(backgrounds, colours[i]) >= 0;
      if (background || counts[i] >= Math.max(2, pixels * least)) {
        // Equally common colours are in the order of their values.
        ranked[n++] = -(background ? Integer.MAX_VALUE : (long) counts[i]) << 24 | colours[i];
      }
    }
    Arrays.sort(ranked, 0, n);
    int[] common = new int[Math.min(MOST_COMMON, n)];
    for (int i = 0; i < common.length; i++) {
      common[i] = (int) ranked[i] & 0xffffff;
    }
    return common;
  }

  private boolean holds(int[] wanted) {
    for (int colour : wanted) {
      if (fitted[nearest(colour)] != colour) {
        return false;
      }
    }
    return true;
  }

  /** Finds the representative of every step-th colour; returns the weighted mean distance. */
  private double assign(int step) {
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < size; i += step) {
      indices[i] = nearest(colours[i]);
      sum += weights[i] * distance(colours[i], fitted[indices[i]]);
      weight += weights[i];
    }
    return sum / weight;
  }

  private void fitTo(int[] chosen) {
    // Green comes first since it has the largest weight: the search below then ends earliest.
    fitted =
        Arrays.stream(chosen).map(ColourTable::greenFirst).sorted().distinct().map(ColourTable::greenFirst).toArray();
    int green = 0;
    for (int i = 0; i < fitted.length; i++) {
      while (green <= (fitted[i] >> 8 & 255)) {
        byGreen[green++] = i;
      }
    }
    Arrays.fill(byGreen, green, 257, fitted.length);
  }

  /** Swaps red and green. */
  private static int greenFirst(int colour) {
    return (colour & 0xff00) << 8 | colour >> 8 & 0xff00 | colour & 0xff;
  }

  private int nearest(int colour) {
    int green = colour >> 8 & 255;
    int best = Integer.MAX_VALUE;
    int index = -1;
    for (int i = byGreen[green]; i < fitted.length; i++) {
      int apart = (fitted[i] >> 8 & 255) - green;
      if (WEIGHTS[1] * apart * apart >= best) {
        break;
      }
      int distance = distance(colour, fitted[i]);
      if (distance < best) {
        best = distance;
        index = i;
      }
    }
    for (int i = byGreen[green] - 1; i >= 0; i--) {
      int apart = (fitted[i] >> 8 & 255) - green;
      if (WEIGHTS[1] * apart * apart >= best) {
        break;
      }
      int distance = distance(colour, fitted[i]);
      if (distance < best) {
        best = distance;
        index = i;
      }
    }
    return index;
  }

  private void fit(int[] common) {
    int step = 1 + size / MOST_FITTED;
    int[] rest = new int[size / step + 1];
    int n = 0;
    fitTo(common);
    for (int i = 0; i < size; i += step) {
      // A common colour that is already represented almost exactly needs no entry of its own.
      if (common.length == 0 || distance(colours[i], fitted[nearest(colours[i])]) > 12) {
        rest[n++] = i;
      }
    }
    int[] chosen = Arrays.copyOf(common, MOST);
    int made = cut(Arrays.copyOf(rest, n), chosen, common.length);
    chosen = Arrays.copyOf(chosen, made);
    fitTo(chosen);
    for (int round = 0; round < ROUNDS; round++) {
      assign(step);
      fitTo(moved(common, step));
    }
  }

  /**
   * The table in which each entry, except the common colours, is moved to the mean of the colours that it represents.
   */
  private int[] moved(int[] common, int step) {
    double[] sums = new double[4 * fitted.length];
    for (int i = 0; i < size; i += step) {
      add(sums, 4 * indices[i], i);
    }
    int[] moved = fitted.clone();
    for (int e = 0; e < moved.length; e++) {
      if (sums[4 * e] > 0) {
        moved[e] = mean(sums, 4 * e);
      }
    }
    for (int colour : common) {
      moved[nearest(colour)] = colour;
    }
    return moved;
  }

  private void add(double[] sums, int at, int number) {
    double weight = weights[number];
    sums[at] += weight;
    sums[at + 1] += weight * (colours[number] >> 16);
    sums[at + 2] += weight * (colours[number] >> 8 & 255);
    sums[at + 3] += weight * (colours[number] & 255);
  }

  private static int mean(double[] sums, int at) {
    return (int) Math.round(sums[at + 1] / sums[at]) << 16 | (int) Math.round(sums[at + 2] / sums[at]) << 8
        | (int) Math.round(sums[at + 3] / sums[at]);
  }

  /**
   * Part of the list of colours, [from, to), and its best division: channel {@code axis} is at most {@code value}.
   */
  private record Box(int from, int to, int colour, double gain, int axis, int value) {}

  /**
   * Fills {@code chosen} from {@code from} on with the means of boxes of the colours with the indices in {@code list};
   * returns the index after the last entry.
   */
  private int cut(int[] list, int[] chosen, int from) {
    if (list.length == 0) {
      return from;
    }
    Box[] boxes = new Box[chosen.length - from];
    boxes[0] = box(list, 0, list.length);
    int n = 1;
    while (n < boxes.length) {
      int widest = 0;
      for (int i = 1; i < n; i++) {
        widest = boxes[i].gain > boxes[widest].gain ? i : widest;
      }
      Box box = boxes[widest];
      if (!(box.gain > 0)) {
        break;
      }
      int middle = box.from;
      int shift = 16 - 8 * box.axis;
      for (int i = box.from; i < box.to; i++) {
        if ((colours[list[i]] >> shift & 255) <= box.value) {
          int swap = list[i];
          list[i] = list[middle];
          list[middle++] = swap;
        }
      }
      boxes[widest] = box(list, box.from, middle);
      boxes[n++] = box(list, middle, box.to);
    }
    for (int i = 0; i < n; i++) {
      chosen[from + i] = boxes[i].colour;
    }
    return from + n;
  }

  /** Finds the division that lowers the box's squared error most, over all channels and values. */
  private Box box(int[] list, int from, int to) {
    double[] whole = new double[4];
    double[][] bins = new double[3][4 * 256];
    for (int i = from; i < to; i++) {
      add(whole, 0, list[i]);
      for (int axis = 0; axis < 3; axis++) {
        add(bins[axis], 4 * (colours[list[i]] >> 16 - 8 * axis & 255), list[i]);
      }
    }
    double best = 0;
    int bestAxis = 0;
    int bestValue = 0;
    for (int axis = 0; axis < 3; axis++) {
      double[] low = new double[4];
      double[] high = whole.clone();
      for (int value = 0; value < 255; value++) {
        for (int k = 0; k < 4; k++) {
          low[k] += bins[axis][4 * value + k];
          high[k] -= bins[axis][4 * value + k];
        }
        // Rounding leaves small weights where there is no colour.
        if (bins[axis][4 * value] > 0 && low[0] > 0 && high[0] > 1e-9 * whole[0]) {
          double gain = length(low) + length(high) - length(whole);
          if (gain > best) {
            best = gain;
            bestAxis = axis;
            bestValue = value;
          }
        }
      }
    }
    return new Box(from, to, mean(whole, 0), best, bestAxis, bestValue);
  }

  /** The sum of the squared lengths of the colours minus the squared error. */
  private static double length(double[] sums) {
    return (WEIGHTS[0] * sums[1] * sums[1] + WEIGHTS[1] * sums[2] * sums[2] + WEIGHTS[2] * sums[3] * sums[3]) / sums[0];
  }
}
