package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import gputae.linear.PointCloud;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

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
    List<String> names = new ArrayList<>();
    List<ZipEntry> entries = new ArrayList<>();
    byte[] only = null;
    byte[] archive = source.rest();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.add(entry);
        if (entry.getName().toLowerCase(Locale.ROOT).endsWith(".npy")) {
          names.add(entry.getName().substring(0, entry.getName().length() - 4));
          if (names.size() == 1) {
            only = zip.readAllBytes();
          }
        }
        zip.closeEntry();
      }
      ZipDirectory.check(archive, entries);
    } catch (IOException | IllegalArgumentException e) {
      throw new DataException(file + ": damaged .npz file (" + WholeFile.inWords(e) + "); write it again", e);
    }
    if (names.size() != 1) {
      String listed = names.size() > 8 ? String.join(", ", names.subList(0, 8)) + ", ..." : String.join(", ", names);
      throw new DataException(file + ": a .npz file of " + names.size() + " arrays"
          + (names.isEmpty() ? "" : " (" + listed + ")")
          + ", expected one; choose in Python: numpy.save('NEW.npy', numpy.load('" + file.getFileName()
          + "')['NAME'])");
    }
    try (Source member = Source.within(file, new ByteArrayInputStream(only))) {
      return read(member);
    }
  }
}
