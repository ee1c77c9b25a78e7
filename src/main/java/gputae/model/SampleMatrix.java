package gputae.model;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.data.Images;
import gputae.data.Samples;
import gputae.data.Vectors;

/** Samples on a device, as {@link Backend#gather} reads them: images as uint8, vectors as float32. */
public final class SampleMatrix {

  private SampleMatrix() {}

  /** A zeroed matrix for {@code rows} samples of the kind of these; its owner closes it. */
  public static Matrix allocate(Backend backend, Samples like, long rows) {
    return backend.allocate(like instanceof Images ? ElementType.UINT8 : ElementType.FLOAT32, rows, like.size());
  }

  /** All samples, (count, size); the caller closes the matrix. */
  public static Matrix of(Backend backend, Samples samples) {
    return upload(samples, allocate(backend, samples, samples.count()));
  }

  /** Copies all samples to a matrix (count, size). Returns the matrix. */
  public static Matrix upload(Samples samples, Matrix to) {
    return samples instanceof Images images ? to.upload(images.pixels()) : to.upload(((Vectors) samples).values());
  }

  /** Bytes on a device. */
  public static long bytes(Samples samples) {
    return (long) samples.count() * samples.size() * (samples instanceof Images ? 1 : Float.BYTES);
  }
}
