package gputae.study;

import gputae.backend.BallPenalty;
import gputae.evaluate.Measure;
import gputae.linear.FloatPoints;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.report.Spread;
import gputae.report.Verdict;
import gputae.report.Verdict.Finding;
import gputae.report.Verdict.Outcome;
import gputae.run.SweepCell;
import gputae.study.EqualPull.Reference;
import gputae.study.StudyAnswer.Chart;
import gputae.study.StudyAnswer.Claim;
import gputae.study.StudyAnswer.Shown;
import gputae.text.Numbers;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** The degree of the total persistence, and whether some degree makes the cloud of a variational autoencoder. */
final class DegreeStudy implements Study {

  private static final List<Double> DEGREES = List.of(1.0, 1.5, 2.0, 3.0, 4.0, 6.0);

  private static final double WEIGHT = 0.005;
  private static final double MAX_EDGE = 0.5;
  private static final int BATCH = 128;
  private static final int LATENT = 2;

  /** The distance from the origin within which points count as near it; a quarter of a uniform disk. */
  private static final double NEAR = 0.5;

  private static final String DEGREE = "degree";
  private static final String PULL = "pull";

  /**
   * Degree and rule of the weight.
   *
   * @param reference null for degree 1, whose weight is the same for all
   */
  private record Setting(double degree, Reference reference) {

    /** All settings, ascending in the degree. */
    static List<Setting> all() {
      List<Setting> all = new ArrayList<>();
      for (double degree : DEGREES) {
        if (degree == 1) {
          all.add(new Setting(degree, null));
        } else {
          Arrays.stream(Reference.values()).forEach(reference -> all.add(new Setting(degree, reference)));
        }
      }
      return all;
    }

    /** The word for the rule of the weight, in names and tables. */
    String pull() {
      return reference == null ? "both" : reference.label();
    }

    String title() {
      return "k = " + Numbers.plain(degree) + (reference == null ? "" : ", " + reference.label());
    }

    Map<String, String> parameters(double weight) {
      Map<String, String> parameters = new LinkedHashMap<>();
      parameters.put(DEGREE, Numbers.plain(degree));
      parameters.put(PULL, pull());
      parameters.put("lambda-deaths", Numbers.plain(weight));
      return parameters;
    }

    boolean has(StudyRun run) {
      return Numbers.plain(degree).equals(run.parameters().get(DEGREE)) && pull().equals(run.parameters().get(PULL));
    }
  }

  @Override
  public String name() {
    return "degree";
  }

  @Override
  public String title() {
    return "The degree of the total persistence";
  }

  @Override
  public String question() {
    return "The paper (Section V) asks what the total persistence of degree k, the sum of the k-th powers of the death"
        + " times, does to the latent space. It expects that the embeddings still fill the ball and that, for larger"
        + " k, more of them lie near the origin. Is this so? Does some k make a cloud of the shape of a variational"
        + " autoencoder's?";
  }

  @Override
  public List<String> rules() {
    return List.of(
        "All models are two-dimensional with batches of 128. Those with a degree have the ball penalty and the death"
            + " times as the authors' code has them: the squared penalty with weight 0.005, and death times up to 0.5."
            + " (The penalty of the paper's text grows with the size of the cloud, and the sum of all d^k grows with"
            + " its k-th power. So that objective has no least value for a degree above 1.) The variational autoencoder"
            + " is the paper's.",
        "An edge of length d pulls with w k d^(k - 1), where w is the weight of the term. Degree 1 has the weight"
            + " 0.005. The other degrees have the weight with which a batch's tree pulls as hard in total as with"
            + " degree 1, in the mean over 100 batches, rounded to three digits. Edges longer than 0.5 do not pull."
            + " This depends on the cloud, so there are two rules: \"ball\" takes batches that are uniform in the unit"
            + " ball, and \"normal\" takes standard normal ones.",
        "The ball is filled if at most 15 % of the test embeddings lie outside and the 95 % hole is at most 1.5 times"
            + " that of uniform points, in the mean over the seeds. More embeddings lie near the origin if the share"
            + " within half the radius of the ball is larger for every seed than for every seed of degree 1.",
        "For the shape, the embeddings are standardised: their mean is subtracted, and their covariance becomes the"
            + " identity. The shape is nearer to a normal's than to a ball's if this is so for every seed: the energy"
            + " distance from standard normal points is smaller than the one from uniform points of the ball with the"
            + " same covariance.",
        "The shape is like that of the variational autoencoder if two things hold. The mean distance from a normal,"
            + " over the seeds, is at most the largest one of a VAE. The mean difference of the radii, over all pairs"
            + " of a seed and a VAE, is at most the largest difference between two VAEs. The difference of two clouds"
            + " is the largest difference of the shares of their points within a radius (Kolmogorov, Smirnov).");
  }

  @Override
  public int epochs() {
    return 30;
  }

  @Override
  public List<Measure> measures() {
    return List.of(Measure.BCE_TEST, Measure.OUTSIDE, Measure.HOLE_RATIO, Measure.ENERGY_DISTANCE,
        Measure.NORMAL_ENERGY, Measure.BALL_ENERGY, Measure.KURTOSIS, Measure.KNN_ACCURACY, Measure.FRECHET);
  }

  @Override
  public List<SweepCell> cells(StudyPlan plan) {
    Map<Setting, Double> weights = new LinkedHashMap<>();
    Map<Reference, EqualPull> pulls = new LinkedHashMap<>();
    for (Reference reference : Reference.values()) {
      pulls.put(reference, new EqualPull(reference, BATCH, LATENT, MAX_EDGE));
    }
    for (Setting setting : Setting.all()) {
      weights.put(setting,
          setting.reference() == null ? WEIGHT : pulls.get(setting.reference()).weight(setting.degree(), WEIGHT));
    }
    List<SweepCell> cells = new ArrayList<>();
    for (String dataset : plan.datasets()) {
      for (int seed = 0; seed < plan.seeds(); seed++) {
        for (Map.Entry<Setting, Double> entry : weights.entrySet()) {
          TrainConfig paper = TrainConfig.ofPaper(ModelKind.TAE, LATENT, BATCH, plan.epochs(), seed);
          Objective objective = Objective.of(List.of(new Reconstruction(), new Ball(WEIGHT, BallPenalty.SQUARED),
              new Deaths(entry.getValue(), entry.getKey().degree(), MAX_EDGE)));
          cells.add(
              plan.cell(dataset, paper.withObjective(objective), entry.getKey().parameters(entry.getValue())));
        }
        cells.add(plan.cell(dataset, TrainConfig.ofPaper(ModelKind.VAE, LATENT, BATCH, plan.epochs(), seed),
            Map.of()));
      }
    }
    return cells;
  }

  private static List<StudyRun> of(List<StudyRun> runs, String dataset, Setting setting) {
    return runs.stream().filter(run -> run.dataset().equals(dataset) && setting.has(run)).toList();
  }

  private static List<StudyRun> variational(List<StudyRun> runs, String dataset) {
    return runs.stream().filter(run -> run.dataset().equals(dataset) && run.config().model() == ModelKind.VAE).toList();
  }

  @Override
  public StudyAnswer answer(List<StudyRun> runs) {
    List<String> datasets = StudyRun.datasets(runs);
    Claim like = claim("The shape of the cloud is like that of the variational autoencoder.", runs, 1,
        (dataset, own) -> likeVariational(own, variational(runs, dataset)));
    List<Claim> claims = List.of(
        claim("The embeddings lie in the ball and fill it.", runs, 1.5,
            (dataset, own) -> Comparison.withinAndFilled(own)),
        claim("More embeddings lie near the origin than with degree 1.", runs, 1.5,
            (dataset, own) -> nearer(own, of(runs, dataset, new Setting(1, null)))),
        claim("The shape of the cloud is nearer to a normal's than to a ball's.", runs, 1,
            (dataset, own) -> nearerToNormal(own)),
        like);
    List<String> summary = new ArrayList<>();
    List<Chart> charts = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    for (String dataset : datasets) {
      claims.forEach(claim -> summary.add(claim.sentence(dataset)));
      whichAreLikeIt(like.verdicts().get(dataset), runs, dataset).ifPresent(summary::add);
      summary.add(kurtosis(runs, dataset));
      if (runs.stream().anyMatch(run -> run.dataset().equals(dataset) && run.embeddings() != null)) {
        for (Reference reference : Reference.values()) {
          charts.add(radii(runs, dataset, reference));
        }
      }
      for (Setting setting : Setting.all()) {
        of(runs, dataset, setting).stream().findFirst()
            .ifPresent(run -> shown.add(new Shown(dataset + ", " + setting.title(), run)));
      }
      variational(runs, dataset).stream().findFirst().ifPresent(run -> shown.add(new Shown(dataset + ", VAE", run)));
    }
    return new StudyAnswer(summary, claims, charts, shown);
  }

  /** A claim with a finding for each setting of at least this degree. */
  private static Claim claim(String text, List<StudyRun> runs, double least,
      BiFunction<String, List<StudyRun>, Finding> finding) {
    return Claim.of(text, StudyRun.datasets(runs),
        dataset -> Setting.all().stream().filter(setting -> setting.degree() >= least)
            .map(setting -> finding.apply(dataset, of(runs, dataset, setting)).named(setting.title())).toList());
  }

  private static Finding nearer(List<StudyRun> own, List<StudyRun> first) {
    double[] a = sharesNear(own);
    double[] b = sharesNear(first);
    if (a.length == 0 || b.length == 0) {
      return Finding.notMeasured("share near the origin");
    }
    return Finding.of(Arrays.stream(a).min().getAsDouble() > Arrays.stream(b).max().getAsDouble(),
        Spread.of(a).inPercent() + " within half the radius, with degree 1 " + Spread.of(b).inPercent());
  }

  /** The share of the embeddings near the origin, of each run that has embeddings. */
  private static double[] sharesNear(List<StudyRun> runs) {
    return runs.stream().map(StudyRun::embeddings).filter(Objects::nonNull).mapToDouble(DegreeStudy::shareNear)
        .toArray();
  }

  private static double shareNear(FloatPoints points) {
    int near = 0;
    for (int i = 0; i < points.count(); i++) {
      near += RadialProfile.norm(points, i) < NEAR ? 1 : 0;
    }
    return (double) near / points.count();
  }

  private static Finding nearerToNormal(List<StudyRun> runs) {
    if (!haveShape(runs)) {
      return Finding.notMeasured("energy distances of every seed");
    }
    return Finding.of(runs.stream().allMatch(run -> run.get(Measure.NORMAL_ENERGY) < run.get(Measure.BALL_ENERGY)),
        Comparison.words(Measure.NORMAL_ENERGY, runs) + " from a normal, "
            + Comparison.words(Measure.BALL_ENERGY, runs) + " from a ball");
  }

  /** Whether there are runs, and the shape of each was measured. A flat cloud has none. */
  private static boolean haveShape(List<StudyRun> runs) {
    return !runs.isEmpty() && runs.stream().allMatch(run -> Double.isFinite(run.get(Measure.NORMAL_ENERGY)));
  }

  private static Finding likeVariational(List<StudyRun> own, List<StudyRun> variational) {
    List<RadialProfile> profiles = profiles(own);
    List<RadialProfile> others = profiles(variational);
    if (!haveShape(own) || profiles.size() < own.size()) {
      return Finding.notMeasured("the shape of every seed");
    }
    if (!haveShape(variational) || others.size() < 2) {
      return Finding.notMeasured("two seeds of the variational autoencoder");
    }
    double among = 0;
    for (int i = 0; i < others.size(); i++) {
      for (int j = 0; j < i; j++) {
        among = Math.max(among, others.get(i).difference(others.get(j)));
      }
    }
    double from = profiles.stream().flatMap(a -> others.stream().map(a::difference)).mapToDouble(d -> d).average()
        .orElseThrow();
    double energy = own.stream().mapToDouble(run -> run.get(Measure.NORMAL_ENERGY)).average().orElseThrow();
    double most = variational.stream().mapToDouble(run -> run.get(Measure.NORMAL_ENERGY)).max().orElseThrow();
    return Finding.of(energy <= most && from <= among, String.format(Locale.ROOT,
        "%.4f from a normal (VAE: at most %.4f); radii differ by %.3f (two VAEs: at most %.3f)", energy, most, from,
        among));
  }

  private static List<RadialProfile> profiles(List<StudyRun> runs) {
    return runs.stream().map(StudyRun::embeddings).filter(Objects::nonNull).map(RadialProfile::of)
        .flatMap(Optional::stream).toList();
  }

  /**
   * The settings whose clouds have the shape of the variational autoencoder's; nothing if none was measured.
   *
   * @param verdict has a finding for each setting, in the order of {@link Setting#all}
   */
  private static Optional<String> whichAreLikeIt(Verdict verdict, List<StudyRun> runs, String dataset) {
    if (verdict.word() == Verdict.Word.NOT_MEASURED) {
      return Optional.empty();
    }
    List<Setting> settings = Setting.all();
    List<String> like = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      if (verdict.findings().get(i).outcome() == Outcome.YES) {
        double[] outside = Comparison.values(Measure.OUTSIDE, of(runs, dataset, settings.get(i)));
        like.add(settings.get(i).title() + " (" + Spread.of(outside).inPercent() + " outside the unit ball)");
      }
    }
    return Optional
        .of("On " + dataset + (like.isEmpty() ? " no degree and weight of these makes a cloud of the VAE's shape."
            : " these make a cloud of the VAE's shape: " + String.join("; ", like) + "."));
  }

  private static String kurtosis(List<StudyRun> runs, String dataset) {
    return "Mardia's kurtosis is 5.33 for a uniform disk and 8 for a normal. On " + dataset + " it is "
        + Setting.all().stream()
            .map(setting -> Comparison.words(Measure.KURTOSIS, of(runs, dataset, setting)) + " (" + setting.title()
                + ")")
            .collect(Collectors.joining(", "))
        + " and " + Comparison.words(Measure.KURTOSIS, variational(runs, dataset)) + " (VAE).";
  }

  /** The distributions of the radii with the weights of one rule. */
  private static Chart radii(List<StudyRun> runs, String dataset, Reference reference) {
    List<PlaneChart.Group> groups = new ArrayList<>();
    for (Setting setting : Setting.all()) {
      if (setting.reference() == null || setting.reference() == reference) {
        groups.add(group("k = " + Numbers.plain(setting.degree()), of(runs, dataset, setting)));
      }
    }
    groups.add(group("VAE", variational(runs, dataset)));
    double[] r = RadialProfile.middles();
    groups.add(new PlaneChart.Group("normal", PlaneChart.Style.REFERENCE, r,
        Arrays.stream(r).map(x -> x * Math.exp(-x * x / 2)).toArray()));
    groups.add(new PlaneChart.Group("uniform disk", PlaneChart.Style.REFERENCE, r,
        Arrays.stream(r).map(x -> x < 2 ? x / 2 : 0).toArray()));
    return new Chart("Radii with equal pull on a " + reference.label() + ", " + dataset,
        PlaneChart.svg("distance from the mean, standardised", "density", groups),
        "The distribution of the standardised embeddings' distances from their mean, averaged over the seeds. A uniform"
            + " disk ends at 2.");
  }

  private static PlaneChart.Group group(String name, List<StudyRun> runs) {
    double[] mean = new double[RadialProfile.BINS];
    List<RadialProfile> profiles = profiles(runs);
    profiles.forEach(profile -> {
      double[] density = profile.density();
      for (int bin = 0; bin < mean.length; bin++) {
        mean[bin] += density[bin] / profiles.size();
      }
    });
    return new PlaneChart.Group(name, PlaneChart.Style.LINE, profiles.isEmpty() ? new double[0]
        : RadialProfile.middles(), profiles.isEmpty() ? new double[0] : mean);
  }
}
