package gputae.data;

import gputae.files.DataException;
import gputae.linear.PointCloud;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Reads a point cloud from a NumPy array: a .npy file, or the only array in a .npz file. */
final class NpyCloud {

  // Not all integers beyond this one are float64 numbers.
  private static final long EXACT = 1L << 53;

  private NpyCloud() {}

  static PointCloud read(Source source) throws DataException {
    NpyHeader header = NpyHeader.read(source);
    Path file = source.file();
    for (String field : header.fields()) {
      if (CoordinateColumns.isNoCoordinate(field)) {
        throw new DataException(file + ": the field '" + field
            + "' of a structured array is no coordinate; convert in Python: "
            + "numpy.save('NEW.npy', numpy.lib.recfunctions.structured_to_unstructured(ARRAY[['x', 'y']]))");
      }
    }
    int[] sizes = CloudFiles.sizes(file, header.shape());
    NpyArray array = Npy.read(source, header);
    if (array instanceof NpyArray.Floats floats) {
      return CloudFiles.cloud(file, sizes[1], floats.values());
    }
    return CloudFiles.cloud(file, sizes[1], doubles(array, file));
  }

  private static double[] doubles(NpyArray array, Path file) throws DataException {
    if (array instanceof NpyArray.Doubles doubles) {
      return doubles.values();
    }
    if (array instanceof NpyArray.Integers integers) {
      for (long value : integers.values()) {
        if (value > EXACT || value < -EXACT) {
          throw new DataException(file + ": the integer " + value
              + " is beyond 2^53, where float64 cannot tell neighbours apart; move the data in Python: "
              + "numpy.save('NEW.npy', ARRAY - ARRAY.min(axis=0))");
        }
      }
      return Arrays.stream(integers.values()).asDoubleStream().toArray();
    }
    byte[] bytes = ((NpyArray.Bytes) array).values();
    double[] values = new double[bytes.length];
    Arrays.setAll(values, i -> bytes[i] & 0xff);
    return values;
  }

  /** Reads the only array of the archive. */
  static PointCloud readZip(Source source) throws DataException {
    Path file = source.file();
    Map<String, byte[]> arrays = NpzFile.read(source);
    if (arrays.size() != 1) {
      throw new DataException(file + ": a .npz file of " + NpzFile.listed(arrays.keySet())
          + ", expected one; choose in Python: numpy.save('NEW.npy', numpy.load('" + file.getFileName()
          + "')['NAME'])");
    }
    try (Source member = Source.within(file, arrays.values().iterator().next())) {
      return read(member);
    }
  }
}
