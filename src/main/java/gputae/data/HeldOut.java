package gputae.data;

import java.util.Arrays;

/** Divides images that come without a test split: the last sixth is held out, as in MNIST's 60,000 + 10,000. */
final class HeldOut {

  private HeldOut() {}

  /** Number of images that are held out of {@code count}: a sixth, at least one. */
  static int of(int count) {
    return Math.max(1, count / 6);
  }

  static Split slice(Split whole, int from, int to) {
    Images images = whole.images();
    int size = images.pixelsPerImage();
    byte[] pixels = Arrays.copyOfRange(images.pixels(), from * size, to * size);
    byte[] labels = whole.labels() == null ? null : Arrays.copyOfRange(whole.labels(), from, to);
    return new Split(new Images(pixels, to - from, images.height(), images.width()), labels);
  }
}
