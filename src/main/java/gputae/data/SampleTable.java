package gputae.data;

import gputae.files.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Samples from a text table, one a line: vectors of features, or images as MNIST is often passed on, pixels from 0 to
 * 255 or from 0 to 1 ({@link SampleArrays} decides). A column of classes, which may be numbers or words, and a first
 * line of names are optional.
 */
final class SampleTable {

  private static final Set<String> LABELS = Set.of("label", "labels", "class", "classes", "target", "targets", "y",
      "digit");
  private static final Set<String> COUNTERS = Set.of("", "id", "ids", "index", "idx", "unnamed: 0");
  private static final String OPTION = "--label-column NAME or a number from 1, or --label-column "
      + DataOptions.NO_LABELS;

  private static final int NONE = -1;

  /** One column more than the pixels of a square image, and no names: the classes are in the first or last one. */
  private static final int FIRST_OR_LAST = -2;

  private final TextTable table;
  private final Consumer<String> note;
  private final String wanted;
  private final DataOptions.Form form;
  // Number of features that the samples must have; 0 if any number will do.
  private final int features;
  private final boolean mayLack;

  private char separator;
  private int columns;
  // Null if the first line is a sample.
  private String[] names;
  // From 0; NONE if there is none; FIRST_OR_LAST until all lines are read.
  private int labelColumn;
  private int[] valueColumns;

  // The numbers are bytes as long as all of them are integers from 0 to 255, otherwise floats.
  private byte[] bytes = new byte[1 << 16];
  private float[] floats;
  private int values;
  private final List<String> labels = new ArrayList<>();

  private SampleTable(TextTable table, DataOptions options, boolean mayLack, Consumer<String> note) {
    this.table = table;
    this.wanted = options.labelColumn();
    this.form = options.form();
    this.features = options.scaling() == null ? 0 : options.scaling().features();
    this.mayLack = mayLack;
    this.note = note;
  }

  /**
   * Reads a table.
   *
   * @param options what the user says: the column of classes, and what the rows are
   * @param mayLack whether the table may lack this column; if it does, its samples have no classes
   * @param note    receives lines that say what was decided
   */
  static SamplePart read(Source source, DataOptions options, boolean mayLack, Consumer<String> note)
      throws DataException {
    return new SampleTable(new TextTable(source, TableOptions.NONE), options, mayLack, note).read();
  }

  private SamplePart read() throws DataException {
    if (!table.next()) {
      throw new DataException(table.file() + ": no samples: the file is empty or holds only comments");
    }
    separator = table.separator();
    columns = table.split(separator);
    String[] first = table.row();
    names = isHeader(first) ? first : null;
    if (names != null && !next()) {
      throw new DataException(table.file() + ": no samples: nothing follows the header line");
    }
    chooseColumns();
    do {
      add();
    } while (next());
    int count = labels.size();
    if (labelColumn == FIRST_OR_LAST) {
      splitOff(count);
    }
    int[] shape = {count, valueColumns.length};
    NpyArray array = floats == null ? new NpyArray.Bytes(shape, Arrays.copyOf(bytes, values))
        : new NpyArray.Floats(shape, Arrays.copyOf(floats, values));
    Samples samples = SampleArrays.of(new ImageArrays.Named(table.file().toString(), 'f', array), form,
        names == null ? null : Arrays.stream(valueColumns).mapToObj(i -> names[i]).toList(), note);
    if (samples instanceof Images && floats == null && ImageArrays.isBlack(bytes, values)) {
      throw new DataException(table.file() + ": all pixels are 0 or 1, where 1 can be white or nearly black; write 255"
          + " for white, or take them as features with --as vectors");
    }
    return labelColumn == NONE ? new SamplePart(samples, null) : withLabels(samples);
  }

  /** Goes to the next line, if there is one, and splits it. */
  private boolean next() throws DataException {
    if (!table.next()) {
      return false;
    }
    int found = table.split(separator);
    if (found != columns) {
      throw new DataException(table.here() + ": " + found + " columns, but the first line has " + columns);
    }
    return true;
  }

  /** Takes the classes, which were read with the numbers, out of the first or the last column. */
  private void splitOff(int count) throws DataException {
    boolean first = canBeClasses(count, 0);
    boolean last = canBeClasses(count, columns - 1);
    if (first == last) {
      throw new DataException(table.file() + ": " + columns + " columns, one more than the pixels of a square image;"
          + (first ? " the first and the last can both be classes" : " neither the first nor the last looks like"
              + " classes")
          + "; say which holds them: " + OPTION);
    }
    labelColumn = first ? 0 : columns - 1;
    labels.clear();
    int kept = 0;
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < columns; c++) {
        int at = i * columns + c;
        if (c == labelColumn) {
          labels.add(Integer.toString(bytes != null ? bytes[at] & 0xff : (int) floats[at]));
        } else if (bytes != null) {
          bytes[kept++] = bytes[at];
        } else {
          floats[kept++] = floats[at];
        }
      }
    }
    values = kept;
    valueColumns = IntStream.range(0, columns).filter(c -> c != labelColumn).toArray();
    noteColumns();
  }

  /** Whether the values of a column are 0, 1, ... or 1, 2, ... without a gap, and at least two. */
  private boolean canBeClasses(int count, int column) {
    boolean[] found = new boolean[Split.NO_CLASS];
    int largest = 0;
    for (int i = 0; i < count; i++) {
      int at = i * columns + column;
      float value = bytes != null ? bytes[at] & 0xff : floats[at];
      if (!(value >= 0 && value < Split.NO_CLASS && value == (int) value)) {
        return false;
      }
      found[(int) value] = true;
      largest = Math.max(largest, (int) value);
    }
    boolean gaps = IntStream.rangeClosed(1, largest).anyMatch(value -> !found[value]);
    return !gaps && largest >= (found[0] ? 1 : 2);
  }

  /**
   * Whether the first line holds names: no cell of it is a number, or its numbers count the columns, as pandas writes
   * them.
   */
  private boolean isHeader(String[] first) throws DataException {
    List<String> numbers = Arrays.stream(first).filter(NumberText::looksLikeNumber).toList();
    int words = first.length - numbers.size();
    if (numbers.isEmpty()) {
      return true;
    }
    boolean counts = numbers.size() > 2 && (counts(numbers, 0) || counts(numbers, 1));
    if (counts && words == 0) {
      note.accept(table.here() + ": " + TextTable.shortened(first) + " taken as names of columns");
    }
    if (!counts && words > 1) {
      throw new DataException(table.here() + ": " + TextTable.shortened(first)
          + " has words among numbers; expected names of columns, or the numbers and perhaps the class of a sample");
    }
    return counts;
  }

  private static boolean counts(List<String> numbers, int from) {
    return IntStream.range(0, numbers.size()).allMatch(i -> numbers.get(i).equals(Integer.toString(from + i)));
  }

  private void chooseColumns() throws DataException {
    List<Integer> numbers = new ArrayList<>();
    List<Integer> named = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      if (names != null && LABELS.contains(names[i].toLowerCase(Locale.ROOT)) && !isCoordinate(i)) {
        named.add(i);
      }
      if (isCounter(i)) {
        note.accept(table.file() + ": column " + (i + 1) + " (" + TextTable.shown(names[i]) + ") is left out");
      } else {
        numbers.add(i);
      }
    }
    labelColumn = wanted != null ? chosen() : known(named, numbers.size());
    numbers.remove((Integer) labelColumn);
    if (numbers.isEmpty()) {
      throw new DataException(table.here() + ": no column holds numbers of a sample");
    }
    valueColumns = numbers.stream().mapToInt(Integer::intValue).toArray();
    if (labelColumn != FIRST_OR_LAST) {
      noteColumns();
    }
  }

  /** Whether a column is called y beside one that is called x: coordinates of points. */
  private boolean isCoordinate(int column) {
    return names[column].equalsIgnoreCase("y") && Arrays.stream(names).anyMatch(name -> name.equalsIgnoreCase("x"));
  }

  /** Whether a column numbers the lines, as its name says. */
  private boolean isCounter(int column) {
    return names != null && COUNTERS.contains(names[column].toLowerCase(Locale.ROOT));
  }

  private void noteColumns() {
    if (labelColumn >= 0) {
      note.accept(table.file() + ": classes from column " + (labelColumn + 1)
          + (names == null ? "" : " (" + names[labelColumn] + ")") + ", numbers from " + valueColumns.length
          + " other columns");
    } else if (names != null) {
      note.accept(table.file() + ": numbers from " + valueColumns.length + " columns, no column of classes");
    }
  }

  /** The column that the user names. */
  private int chosen() throws DataException {
    if (wanted.equals(DataOptions.NO_LABELS)) {
      return NONE;
    }
    int byName = names == null ? -1 : Arrays.asList(names).indexOf(wanted);
    if (byName >= 0) {
      return byName;
    }
    if (wanted.matches("[1-9]\\d{0,8}") && Integer.parseInt(wanted) <= columns) {
      return Integer.parseInt(wanted) - 1;
    }
    if (mayLack && names != null) {
      note.accept(table.file() + ": no column is called " + wanted + ", so its samples have no classes");
      return NONE;
    }
    throw new DataException(table.file() + ": --label-column " + wanted + ": there are columns 1 to " + columns
        + (names == null ? "" : " (" + TextTable.shortened(names) + ")"));
  }

  /** The column that the table itself shows, or -1. */
  private int known(List<Integer> named, int candidates) throws DataException {
    if (named.size() > 1) {
      throw new DataException(table.here() + ": the columns " + named.stream().map(i -> names[i]).toList()
          + " can all be classes; choose one: " + OPTION);
    }
    if (named.size() == 1) {
      return named.get(0);
    }
    List<Integer> words = IntStream.range(0, columns).filter(i -> !isCounter(i) && !isMissing(table.cell(i))
        && !NumberText.looksLikeNumber(table.cell(i))).boxed().toList();
    if (words.size() > 1 && names != null) {
      throw new DataException(table.here() + ": the columns " + words.stream().map(i -> names[i]).toList()
          + " hold words; leave out all but one, which holds the classes, or write numbers");
    }
    if (!words.isEmpty()) {
      return words.get(0);
    }
    if (canBePixels(candidates) || form == DataOptions.Form.VECTORS && names != null
        || candidates == features) {
      return NONE;
    }
    boolean oneMore = candidates > 4 && canBePixels(candidates - 1);
    if (oneMore && names == null) {
      return FIRST_OR_LAST;
    }
    if (names == null || oneMore && Arrays.stream(names).filter(name -> name.matches(".*\\d.*")).count() > 1) {
      throw new DataException(table.here() + ": " + candidates + " columns"
          + (oneMore ? ", one more than the pixels of a square image" : " without names")
          + "; say which holds the classes: " + OPTION);
    }
    return NONE;
  }

  /** Whether so many numbers can be an image. If the user says that lines are images, they may be small. */
  private boolean canBePixels(int numbers) {
    boolean images = form == DataOptions.Form.GREY || form == DataOptions.Form.IMAGES;
    return images ? ImageArrays.side(numbers) > 0 : SampleArrays.canBePixels(numbers);
  }

  /** Adds the sample of this line. */
  private void add() throws DataException {
    for (int column : valueColumns) {
      double value = table.asDouble(column);
      boolean pixel = value >= 0 && value <= 255 && value == (int) value;
      if (!pixel && floats == null) {
        floats = new float[bytes.length];
        for (int i = 0; i < values; i++) {
          floats[i] = bytes[i] & 0xff;
        }
        bytes = null;
      }
      int room = bytes != null ? bytes.length : floats.length;
      if (values == room) {
        if (room == Source.LARGEST_ARRAY) {
          throw new DataException(table.here() + ": more than the " + room + " numbers that can be held");
        }
        room = (int) Math.min(Source.LARGEST_ARRAY, 2L * room);
        bytes = bytes == null ? null : Arrays.copyOf(bytes, room);
        floats = floats == null ? null : Arrays.copyOf(floats, room);
      }
      if (bytes != null) {
        bytes[values++] = (byte) (int) value;
      } else {
        floats[values++] = (float) value;
      }
    }
    labels.add(labelColumn < 0 ? null : table.cell(labelColumn));
  }

  private SamplePart withLabels(Samples samples) throws DataException {
    boolean words = labels.stream().anyMatch(label -> !isMissing(label) && !NumberText.isPlain(label));
    long without = labels.stream().filter(SampleTable::isMissing).count();
    if (without > 0) {
      note.accept(
          table.file() + ": " + without + " of " + labels.size() + " samples have no class (a cell without a value)");
    }
    if (words) {
      String[] classes = labels.stream().map(label -> isMissing(label) ? null : label).toArray(String[]::new);
      long different = Arrays.stream(classes).filter(label -> label != null).distinct().count();
      if (different > Split.NO_CLASS) {
        throw new DataException(table.file() + ": " + different + " different words in column " + column()
            + " as classes; at most " + Split.NO_CLASS + " are supported; if they name the samples, call the column id,"
            + " which leaves it out");
      }
      if (different == labels.size() && different > 2) {
        note.accept("warning: " + table.file() + ": column " + column() + " has another word on each line, and each is"
            + " a class of one sample; if they name the samples, call the column id, which leaves it out");
      }
      return new SamplePart(samples, null, classes);
    }
    double[] numbers = labels.stream().mapToDouble(label -> isMissing(label) ? Labels.NO_CLASS
        : Double.parseDouble(label)).toArray();
    long marked = Arrays.stream(numbers).filter(number -> number == Labels.NO_CLASS).count() - without;
    if (marked > 0) {
      note.accept(table.file() + ": " + marked + " of " + labels.size() + " samples have no class (label -1)"
          + (Arrays.stream(numbers).allMatch(number -> number == -1 || number == 1)
              ? "; if -1 and 1 are two classes, write 0 and 1" : ""));
    }
    NpyArray array = new NpyArray.Doubles(new int[] {numbers.length}, numbers);
    try {
      return new SamplePart(samples, ImageArrays.labels(
          new ImageArrays.Named(table.file() + ": column " + column(), 'f', array), numbers.length,
          table.file().toString(), note));
    } catch (DataException e) {
      throw new DataException(e.getMessage() + "; if this column is a feature, say so: --label-column "
          + DataOptions.NO_LABELS, e);
    }
  }

  /** The number of the column of classes from 1, and its name. */
  private String column() {
    return labelColumn + 1 + (names == null ? "" : " (" + names[labelColumn] + ")");
  }

  private static boolean isMissing(String label) {
    return label.isEmpty() || label.equalsIgnoreCase("nan") || NumberText.isMissing(label);
  }
}
