package gputae.data;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Images as a file holds them, before their classes have numbers.
 *
 * @param images the images
 * @param labels uint8 [count], as in {@link Split}; null if no image has a class or the classes are words
 * @param words  the class of every image, null for none; null if the classes are not words
 */
record ImagePart(Images images, byte[] labels, String[] words) {

  /** Images whose classes have numbers, or that have none. */
  ImagePart(Images images, byte[] labels) {
    this(images, labels, null);
  }

  boolean hasNoLabels() {
    return words == null && new Split(images, labels).labels() == null;
  }

  /** Classes that are words, in alphabetical order; those that are numbers, up to the largest. */
  static List<String> classes(ImagePart... parts) {
    NavigableSet<String> words = new TreeSet<>();
    int largest = -1;
    for (ImagePart part : parts) {
      if (part.words != null) {
        Arrays.stream(part.words).filter(Objects::nonNull).forEach(words::add);
      } else {
        largest = Math.max(largest, new Split(part.images, part.labels).largestLabel());
      }
    }
    return words.isEmpty() ? IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList()
        : List.copyOf(words);
  }

  /** The images with the numbers of their classes. Classes that are numbers are no words of {@code classes}. */
  Split split(List<String> classes) {
    if (words == null) {
      return new Split(images, labels);
    }
    byte[] numbers = new byte[words.length];
    for (int i = 0; i < words.length; i++) {
      numbers[i] = (byte) (words[i] == null ? Split.NO_CLASS : classes.indexOf(words[i]));
    }
    return new Split(images, numbers);
  }
}
