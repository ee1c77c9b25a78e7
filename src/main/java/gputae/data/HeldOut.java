package gputae.data;

import java.util.Arrays;

/** Chooses the test images of data that bring no test split. The other images are for training. */
public sealed interface HeldOut {

  /** The share that is held out if nobody asks for another: a sixth, as in MNIST's 60,000 + 10,000. */
  double SHARE = 1.0 / 6;

  /** A sixth, chosen by the seed 0. */
  HeldOut DEFAULT = new Shuffled(SHARE, 0);

  /**
   * Chooses the test images.
   *
   * @param count   number of images, at least 2
   * @param labels  uint8 [count], as in {@link Split}; null if no image has a class
   * @param byClass whether the images come class by class
   * @return for each image whether it is a test image; at least one is, and at least one is not
   */
  boolean[] of(int count, byte[] labels, boolean byClass);

  /**
   * "a sixth of each class, chosen at random with seed 0": which images are held out, for messages.
   *
   * @param labelled whether images have classes
   * @param byClass  whether the images come class by class
   */
  String words(boolean labelled, boolean byClass);

  /**
   * A share of each class, chosen at random. A class of n images has round(share n) test images, at least one if it has
   * two images, and at least one image for training if it has one. Images without a class count as a class.
   *
   * @param share greater than 0, less than 1
   * @param seed  seed of the choice. One seed gives the same choice on every machine.
   */
  record Shuffled(double share, long seed) implements HeldOut {

    /** Throws {@link IllegalArgumentException} if the share is not between 0 and 1. */
    public Shuffled {
      if (!isShare(share)) {
        throw new IllegalArgumentException("a share of " + share + "; it is greater than 0 and less than 1");
      }
    }

    /** Whether a number can be a share. */
    public static boolean isShare(double share) {
      return share > 0 && share < 1;
    }

    @Override
    public boolean[] of(int count, byte[] labels, boolean byClass) {
      boolean[] held = new boolean[count];
      int[] members = new int[count];
      int largest = 0;
      for (int label = 0; label <= Split.NO_CLASS; label++) {
        int size = 0;
        for (int i = 0; i < count; i++) {
          if ((labels == null ? 0 : labels[i] & 0xff) == label) {
            members[size++] = i;
          }
        }
        choose(members, size, held, new Draws(seed, label));
        largest = Math.max(largest, size);
      }
      if (largest == 1) {
        // Every class has a single image.
        held[new Draws(seed, 0).below(count)] = true;
      }
      return held;
    }

    /** Chooses among some images: a partial shuffle by Fisher and Yates. */
    private void choose(int[] members, int size, boolean[] held, Draws draws) {
      long share = Math.min(size - 1L, Math.max(1, Math.round(this.share * size)));
      for (int i = 0; i < share; i++) {
        int other = i + draws.below(size - i);
        held[members[other]] = true;
        members[other] = members[i];
      }
    }

    @Override
    public String words(boolean labelled, boolean byClass) {
      String part = share == SHARE ? "a sixth" : "a share of " + share;
      return part + (labelled ? " of each class" : "") + ", chosen at random with seed " + seed;
    }
  }

  /** The choice of earlier versions: the last sixth of the images, or of each class if they come class by class. */
  record LastSixth() implements HeldOut {

    @Override
    public boolean[] of(int count, byte[] labels, boolean byClass) {
      boolean[] held = new boolean[count];
      boolean any = false;
      int from = 0;
      for (int i = 1; i <= count; i++) {
        if (i == count || byClass && labels[i] != labels[from]) {
          int size = i - from;
          int share = byClass && size == 1 ? 0 : Math.max(1, size / 6);
          Arrays.fill(held, i - share, i, true);
          any |= share > 0;
          from = i;
        }
      }
      held[count - 1] |= !any;
      return held;
    }

    @Override
    public String words(boolean labelled, boolean byClass) {
      return "the last sixth" + (byClass ? " of each class" : "");
    }
  }
}
