package gputae.study;

import gputae.evaluate.Measure;
import gputae.objective.IterateDimension;
import gputae.objective.Objective;
import gputae.objective.Term;
import gputae.report.Spread;
import gputae.report.Verdict.Finding;
import gputae.run.SweepCell;
import gputae.study.StudyAnswer.Chart;
import gputae.study.StudyAnswer.Claim;
import gputae.text.Numbers;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The PH dimension of the weights against the gap between test and training loss (Birdal et al. 2021). */
final class DimensionStudy implements Study {

  private static final List<Double> RATES = List.of(1e-4, 3e-4, 1e-3, 3e-3, 1e-2);
  private static final List<Integer> BATCHES = List.of(64, 256, 1024);

  /** Models with the paper's learning rate and batch size. */
  private static final List<ModelKind> MODELS =
      List.of(ModelKind.AE, ModelKind.TAE, ModelKind.DISK, ModelKind.TOPOAE, ModelKind.VAE);

  /** Weights of the PH dimension as a term. */
  private static final List<Double> WEIGHTS = List.of(0.001, 0.01, 0.1);

  private static final double RATE = 3e-4;
  private static final int BATCH = 128;
  private static final int LATENT = 2;

  /** A correlation counts as one if random orders reach it this rarely. */
  private static final double RARE = 0.05;

  /** Of fewer settings even the best order is not rare. */
  private static final int LEAST_SETTINGS = 5;

  @Override
  public String name() {
    return "dimension";
  }

  @Override
  public String title() {
    return "PH dimension and generalisation";
  }

  @Override
  public String question() {
    return "Birdal, Lou, Guibas and Simsekli (2021) found that classifiers whose weights move in a set of smaller"
        + " persistent homology dimension generalise better, and made a regulariser of it. Is this so for"
        + " autoencoders? Does the gap between test and training loss grow with the PH dimension, and does the"
        + " regulariser lower the gap?";
  }

  @Override
  public List<String> rules() {
    return List.of(
        "The plain autoencoder of the paper in two dimensions is trained with five learning rates (0.0001 to 0.01) and"
            + " three batch sizes (64, 256, 1024). Then five models (plain, AE + Reg, ball penalty alone, TopoAE, VAE)"
            + " have the paper's learning rate 0.0003 and batch size 128. Then the plain one has the PH dimension of"
            + " the last 100 iterates as a term, with the weights 0.001, 0.01 and 0.1.",
        "The PH dimension is that of the weights after each of the last 1,000 steps, from the exact spanning trees of"
            + " 16 random subsets of 200 to 950 of them. The gap is the reconstruction of the test images minus that of"
            + " the training images at the end of the training, in nats per pixel. Both are averaged over the seeds."
            + " 1,000 steps are one epoch of MNIST at batch size 64 and 17 epochs at 1,024, so the dimensions of"
            + " different batch sizes are those of paths of different lengths.",
        "A correlation holds if Kendall's tau over the settings is positive and at most 5 % of 9,999 random orders"
            + " reach it. A setting that has learned less has a smaller gap too, so the correlation of the training"
            + " loss with the gap is given beside it. The regulariser lowers a number if it is smaller for every seed"
            + " than for the same seed without it.");
  }

  @Override
  public int epochs() {
    return 20;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.BCE_TRAIN, Measure.BCE_TEST);
  }

  @Override
  public List<SweepCell> cells(StudyPlan plan) {
    List<SweepCell> cells = new ArrayList<>();
    for (String dataset : plan.datasets()) {
      for (int seed = 0; seed < plan.seeds(); seed++) {
        for (double rate : RATES) {
          for (int batch : BATCHES) {
            cells.add(cell(plan, dataset, ModelKind.AE, ModelKind.AE.objective(), rate, batch, 0, seed));
          }
        }
        for (ModelKind model : MODELS) {
          cells.add(cell(plan, dataset, model, model.objective(), RATE, BATCH, 0, seed));
        }
        for (double weight : WEIGHTS) {
          List<Term> terms = new ArrayList<>(ModelKind.AE.objective().terms());
          terms.add(new IterateDimension(weight));
          cells.add(cell(plan, dataset, ModelKind.AE, Objective.of(terms), RATE, BATCH, weight, seed));
        }
      }
    }
    return cells;
  }

  private static SweepCell cell(StudyPlan plan, String dataset, ModelKind model, Objective objective, double rate,
      int batch, double weight, int seed) {
    Map<String, String> varied = new LinkedHashMap<>();
    varied.put("lr", Numbers.plain(rate));
    varied.put("batch", Integer.toString(batch));
    if (weight > 0) {
      varied.put("lambda-ph-dim", Numbers.plain(weight));
    }
    return plan.cell(dataset,
        new TrainConfig(model, LATENT, List.of(64, 64), batch, plan.epochs(), rate, objective, seed).withPhDimension(),
        varied);
  }

  /**
   * The runs of one setting.
   *
   * @param weight    weight of the PH dimension as a term; 0 if it is none
   * @param dimension mean over the seeds that have one; NaN if none has
   * @param gap       mean over the seeds
   * @param loss      reconstruction of the training images, mean over the seeds
   */
  private record Setting(ModelKind model, double rate, int batch, double weight, List<StudyRun> runs, double dimension,
      double gap, double loss) {

    /** Whether it is one of the learning rates and batch sizes of the plain autoencoder. */
    boolean inGrid() {
      return model == ModelKind.AE && weight == 0 && BATCHES.contains(batch);
    }
  }

  private static List<Setting> settings(List<StudyRun> runs, String dataset) {
    Map<List<Object>, List<StudyRun>> groups = new LinkedHashMap<>();
    for (StudyRun run : runs) {
      if (run.dataset().equals(dataset) && Double.isFinite(run.gap())) {
        TrainConfig config = run.config();
        groups.computeIfAbsent(List.of(config.model(), config.rate(), config.batch(), weight(config)),
            key -> new ArrayList<>()).add(run);
      }
    }
    List<Setting> settings = new ArrayList<>();
    groups.forEach((key, group) -> settings.add(new Setting((ModelKind) key.get(0), (Double) key.get(1),
        (Integer) key.get(2), (Double) key.get(3), group, mean(group, DimensionStudy::dimension),
        mean(group, StudyRun::gap), mean(group, run -> run.get(Measure.BCE_TRAIN)))));
    return settings;
  }

  private static double mean(List<StudyRun> runs, ToDoubleFunction<StudyRun> number) {
    return runs.stream().mapToDouble(number).filter(Double::isFinite).average().orElse(Double.NaN);
  }

  /** The PH dimension of a run; NaN if it has none. */
  private static double dimension(StudyRun run) {
    return run.dimension() == null || !run.dimension().exists() ? Double.NaN : run.dimension().dimension();
  }

  private static double weight(TrainConfig config) {
    return config.objective().terms().stream().filter(term -> term.kind().equals(IterateDimension.KIND))
        .mapToDouble(Term::weight).findFirst().orElse(0);
  }

  @Override
  public StudyAnswer answer(List<StudyRun> runs) {
    Map<String, List<Setting>> settings = new LinkedHashMap<>();
    StudyRun.datasets(runs).forEach(dataset -> settings.put(dataset, settings(runs, dataset)));
    List<String> datasets = List.copyOf(settings.keySet());
    List<Chart> charts = datasets.stream().map(dataset -> chart(dataset, settings.get(dataset))).toList();
    List<Claim> claims = List.of(
        Claim.of("Among learning rates and batch sizes of the plain autoencoder, a larger PH dimension goes with a"
            + " larger gap.", datasets, dataset -> List.of(correlation(settings.get(dataset), true))),
        Claim.of("Among the other models and weights of the term, a larger PH dimension goes with a larger gap.",
            datasets, dataset -> List.of(correlation(settings.get(dataset), false))),
        Claim.of("The PH dimension as a term lowers the gap.", datasets,
            dataset -> lowers(settings.get(dataset), GAP)),
        Claim.of("The PH dimension as a term lowers the test loss.", datasets,
            dataset -> lowers(settings.get(dataset), TEST)),
        Claim.of("The PH dimension as a term lowers the PH dimension of the last 1,000 iterates.", datasets,
            dataset -> lowers(settings.get(dataset), ITERATES)));
    List<String> summary = new ArrayList<>();
    for (Claim claim : claims) {
      claim.verdicts().keySet().forEach(dataset -> summary.add(claim.sentence(dataset)));
    }
    return new StudyAnswer(summary, claims, charts, List.of());
  }

  /** The correlation over the settings that are in the grid, or over the others. */
  private static Finding correlation(List<Setting> all, boolean inGrid) {
    List<Setting> settings = all.stream()
        .filter(setting -> setting.inGrid() == inGrid && Double.isFinite(setting.dimension)).toList();
    double[] gaps = settings.stream().mapToDouble(Setting::gap).toArray();
    double[] losses = settings.stream().mapToDouble(Setting::loss).toArray();
    RankCorrelation found = RankCorrelation.of(settings.stream().mapToDouble(Setting::dimension).toArray(), gaps);
    if (Double.isNaN(found.tau()) || settings.size() < LEAST_SETTINGS) {
      return Finding.notMeasured("the correlation over " + settings.size() + " settings");
    }
    return Finding.of(found.tau() > 0 && found.chance() <= RARE, String.format(Locale.ROOT,
        "Kendall's tau of dimension and gap is %.2f over %d settings, and %.1f %% of random orders reach it; tau of"
            + " training loss and gap is %.2f",
        found.tau(), found.count(), 100 * found.chance(), RankCorrelation.tau(losses, gaps)));
  }

  /** A number of a run, with its name and decimals. */
  private record Result(String name, int decimals, ToDoubleFunction<StudyRun> of) {

    String words(List<StudyRun> runs) {
      return Spread.of(runs.stream().mapToDouble(of).toArray()).rounded(decimals);
    }
  }

  private static final Result GAP = new Result("gap", 5, StudyRun::gap);
  private static final Result TEST = new Result("test loss", 4, run -> run.get(Measure.BCE_TEST));
  private static final Result ITERATES = new Result("PH dimension", 3, DimensionStudy::dimension);

  /** Whether the term lowers a number of every seed, for each of its weights. */
  private static List<Finding> lowers(List<Setting> all, Result result) {
    return WEIGHTS.stream().map(weight -> lowers(all, result, weight)).toList();
  }

  private static Finding lowers(List<Setting> all, Result result, double weight) {
    List<StudyRun> without = all.stream()
        .filter(s -> s.model == ModelKind.AE && s.weight == 0 && s.batch == BATCH && s.rate == RATE)
        .flatMap(s -> s.runs.stream()).toList();
    List<StudyRun> with = all.stream().filter(s -> s.weight == weight).flatMap(s -> s.runs.stream()).toList();
    int lower = 0;
    int pairs = 0;
    for (StudyRun run : with) {
      for (StudyRun other : without) {
        if (run.config().seed() == other.config().seed() && Double.isFinite(result.of.applyAsDouble(run))
            && Double.isFinite(result.of.applyAsDouble(other))) {
          pairs++;
          lower += result.of.applyAsDouble(run) < result.of.applyAsDouble(other) ? 1 : 0;
        }
      }
    }
    if (pairs == 0) {
      return Finding.notMeasured("weight " + weight);
    }
    return Finding.of(lower == pairs,
        String.format(Locale.ROOT, "weight %s: %s %s instead of %s, lower in %d of %d seeds",
            weight, result.name, result.words(with), result.words(without), lower, pairs));
  }

  private static Chart chart(String dataset, List<Setting> all) {
    List<PlaneChart.Group> groups = new ArrayList<>();
    for (int batch : BATCHES) {
      groups.add(group("plain, batch " + batch, all.stream().filter(s -> s.inGrid() && s.batch == batch).toList()));
    }
    groups.add(group("other models and plain", all.stream().filter(s -> !s.inGrid() && s.weight == 0).toList()));
    groups.add(group("PH dimension as a term", all.stream().filter(s -> s.weight > 0).toList()));
    return new Chart("The gap against the PH dimension, " + dataset,
        PlaneChart.svg("PH dimension of the last 1,000 iterates", "gap, nats per pixel", groups),
        "Each point is a setting, averaged over the seeds. \"Other models and plain\" have the paper's learning rate"
            + " and batch size.");
  }

  private static PlaneChart.Group group(String name, List<Setting> settings) {
    return new PlaneChart.Group(name, PlaneChart.Style.POINTS,
        settings.stream().mapToDouble(Setting::dimension).toArray(),
        settings.stream().mapToDouble(Setting::gap).toArray());
  }
}
