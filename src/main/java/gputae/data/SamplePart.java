package gputae.data;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Samples as a file holds them, before their classes have numbers.
 *
 * @param samples the samples
 * @param labels  uint8 [count], as in {@link Split}; null if no sample has a class or the classes are words
 * @param words   the class of every sample, null for none; null if the classes are not words
 */
record SamplePart(Samples samples, byte[] labels, String[] words) {

  /** Samples whose classes have numbers, or that have none. */
  SamplePart(Samples samples, byte[] labels) {
    this(samples, labels, null);
  }

  boolean hasColour() {
    return samples instanceof Images images && images.shape().channels() > 1;
  }

  /** The same with grey images as images in colour. */
  SamplePart inColour() {
    return samples instanceof Images images ? new SamplePart(images.inColour(), labels, words) : this;
  }

  boolean hasNoLabels() {
    return words == null && new Split(samples, labels).labels() == null;
  }

  /** Classes that are words, in alphabetical order; those that are numbers, up to the largest. */
  static List<String> classes(SamplePart... parts) {
    NavigableSet<String> words = new TreeSet<>();
    int largest = -1;
    for (SamplePart part : parts) {
      if (part.words != null) {
        Arrays.stream(part.words).filter(Objects::nonNull).forEach(words::add);
      } else {
        largest = Math.max(largest, new Split(part.samples, part.labels).largestLabel());
      }
    }
    return words.isEmpty() ? IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList()
        : List.copyOf(words);
  }

  /** The samples with the numbers of their classes. Classes that are numbers are no words of {@code classes}. */
  Split split(List<String> classes) {
    if (words == null) {
      return new Split(samples, labels);
    }
    byte[] numbers = new byte[words.length];
    for (int i = 0; i < words.length; i++) {
      numbers[i] = (byte) (words[i] == null ? Split.NO_CLASS : classes.indexOf(words[i]));
    }
    return new Split(samples, numbers);
  }
}
