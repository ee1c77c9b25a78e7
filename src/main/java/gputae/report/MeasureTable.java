package gputae.report;

import gputae.evaluate.Evaluation;
import gputae.evaluate.Measure;
import gputae.text.Csv;
import gputae.text.MarkdownTable;
import gputae.text.Numbers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Many evaluations as one table, with a row for each. A second table has one row for all evaluations that differ in the
 * seed alone. Columns are the parameters in the order in which rows bring them, then the measures that any row has, in
 * their own order, then the other numbers.
 */
public record MeasureTable(List<Row> rows) {

  /** The parameter over which means are taken. */
  public static final String SEED = "seed";

  /**
   * One evaluation.
   *
   * @param parameters what was varied, such as dataset, model, latent, seed
   * @param evaluation null if there is none, as for a training that failed
   * @param others     further numbers, such as seconds
   */
  public record Row(Map<String, String> parameters, Evaluation evaluation, Map<String, Double> others) {
    public Row {
      parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
      others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    private double measured(Measure measure) {
      return evaluation == null ? Double.NaN : evaluation.get(measure);
    }

    private double other(String name) {
      return others.getOrDefault(name, Double.NaN);
    }
  }

  /**
   * The mean of rows that differ in the seed alone.
   *
   * @param parameters the other parameters, without the seed
   * @param seeds      number of rows
   * @param measures   values of every measure that any row of the table has
   * @param others     values of every other number that any row of the table has
   */
  public record Mean(Map<String, String> parameters, int seeds, Map<Measure, Spread> measures,
      Map<String, Spread> others) {}

  /** A column of numbers. */
  private record Column<T>(String key, String title, Function<T, Spread> value) {}

  public MeasureTable {
    rows = List.copyOf(rows);
  }

  /** The means, in the order of their first rows. */
  public List<Mean> means() {
    Map<Map<String, String>, List<Row>> groups = new LinkedHashMap<>();
    for (Row row : rows) {
      Map<String, String> parameters = new LinkedHashMap<>(row.parameters());
      parameters.remove(SEED);
      groups.computeIfAbsent(parameters, p -> new ArrayList<>()).add(row);
    }
    List<Mean> means = new ArrayList<>();
    groups.forEach((parameters, group) -> {
      Map<Measure, Spread> measures = new LinkedHashMap<>();
      measures().forEach(m -> measures.put(m, Spread.of(group.stream().mapToDouble(row -> row.measured(m)).toArray())));
      Map<String, Spread> others = new LinkedHashMap<>();
      others()
          .forEach(name -> others.put(name, Spread.of(group.stream().mapToDouble(row -> row.other(name)).toArray())));
      means.add(new Mean(parameters, group.size(), measures, others));
    });
    return means;
  }

  /** A row for each evaluation, in full precision; a cell without a value is empty. */
  public String csv() {
    return csv(rows, Row::parameters, columns(), false);
  }

  /** A row for each evaluation, rounded so that the numbers of a column align. */
  public String markdown() {
    return markdown(rows, Row::parameters, columns());
  }

  /**
   * A row for each mean, in full precision. Beside each column is one for its standard deviation, whose name ends in
   * {@code _sd}.
   */
  public String meansCsv() {
    return csv(means(), Mean::parameters, meanColumns(), true);
  }

  /** A row for each mean with its standard deviation, rounded. */
  public String meansMarkdown() {
    return markdown(means(), Mean::parameters, meanColumns());
  }

  private List<Measure> measures() {
    return Arrays.stream(Measure.values()).filter(m -> rows.stream().anyMatch(row -> !Double.isNaN(row.measured(m))))
        .toList();
  }

  private Set<String> others() {
    Set<String> names = new LinkedHashSet<>();
    rows.forEach(row -> names.addAll(row.others().keySet()));
    return names;
  }

  private List<Column<Row>> columns() {
    List<Column<Row>> columns = new ArrayList<>();
    measures().forEach(m -> columns.add(new Column<>(m.key(), m.title(), row -> Spread.of(row.measured(m)))));
    others().forEach(name -> columns.add(new Column<>(name, name, row -> Spread.of(row.other(name)))));
    return columns;
  }

  private List<Column<Mean>> meanColumns() {
    List<Column<Mean>> columns = new ArrayList<>();
    measures().forEach(m -> columns.add(new Column<>(m.key(), m.title(), mean -> mean.measures().get(m))));
    others().forEach(name -> columns.add(new Column<>(name, name, mean -> mean.others().get(name))));
    return columns;
  }

  private static <T> List<String> parameters(Collection<T> rows, Function<T, Map<String, String>> parametersOf) {
    Set<String> names = new LinkedHashSet<>();
    rows.forEach(row -> names.addAll(parametersOf.apply(row).keySet()));
    return List.copyOf(names);
  }

  private static List<String> words(List<String> parameters, Map<String, String> values) {
    return new ArrayList<>(parameters.stream().map(name -> values.getOrDefault(name, "")).toList());
  }

  private static <T> String csv(List<T> rows, Function<T, Map<String, String>> parametersOf, List<Column<T>> columns,
      boolean deviations) {
    List<String> parameters = parameters(rows, parametersOf);
    Csv csv = new Csv();
    List<String> heading = new ArrayList<>(parameters);
    for (Column<T> column : columns) {
      heading.add(column.key());
      if (deviations) {
        heading.add(column.key() + "_sd");
      }
    }
    csv.row(heading);
    for (T row : rows) {
      List<String> cells = words(parameters, parametersOf.apply(row));
      for (Column<T> column : columns) {
        Spread value = column.value().apply(row);
        cells.add(Csv.number(value.mean()));
        if (deviations) {
          cells.add(Csv.number(value.deviation()));
        }
      }
      csv.row(cells);
    }
    return csv.toString();
  }

  private static <T> String markdown(List<T> rows, Function<T, Map<String, String>> parametersOf,
      List<Column<T>> columns) {
    List<String> parameters = parameters(rows, parametersOf);
    List<String> heading = new ArrayList<>(parameters);
    columns.forEach(column -> heading.add(column.title()));
    MarkdownTable table = new MarkdownTable(parameters.size(), heading);
    List<Integer> decimals = columns.stream()
        .map(column -> Numbers.commonDecimals(4,
            rows.stream().mapToDouble(row -> column.value().apply(row).mean()).toArray()))
        .toList();
    for (T row : rows) {
      List<String> cells = words(parameters, parametersOf.apply(row));
      for (int c = 0; c < columns.size(); c++) {
        cells.add(columns.get(c).value().apply(row).rounded(decimals.get(c)));
      }
      table.row(cells);
    }
    return table.toString();
  }
}
