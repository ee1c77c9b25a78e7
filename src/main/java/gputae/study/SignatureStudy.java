package gputae.study;

import gputae.evaluate.Measure;
import gputae.report.Verdict;
import gputae.run.SweepCell;
import gputae.study.StudyAnswer.Claim;
import gputae.study.StudyAnswer.Shown;
import gputae.train.ModelKind;
import gputae.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The signature loss (Moor et al. 2020) beside the paper's term, the plain autoencoder and the variational one. */
final class SignatureStudy implements Study {

  private static final List<ModelKind> MODELS =
      List.of(ModelKind.AE, ModelKind.TAE, ModelKind.TOPOAE, ModelKind.VAE);

  private static final List<Measure> NEIGHBOURHOODS = List.of(Measure.TRUSTWORTHINESS, Measure.CONTINUITY,
      Measure.RANK_ERROR,
      Measure.DISTANCE_RMSE, Measure.DENSITY_KL_001, Measure.DENSITY_KL_01, Measure.DENSITY_KL_1);

  private static final List<Measure> GENERATION = List.of(Measure.FRECHET, Measure.COVERAGE, Measure.CLASS_ENTROPY);

  private static final int LATENT = 2;
  private static final int BATCH = 128;

  @Override
  public String name() {
    return "signature";
  }

  @Override
  public String title() {
    return "The signature loss beside the death times";
  }

  @Override
  public String question() {
    return "Topological autoencoders (Moor, Horn, Rieck, Borgwardt 2020) keep the distances that matter for the"
        + " persistent homology of the images. The paper's term fills a ball instead. Which of the two keeps the"
        + " neighbourhoods of the images, and which one generates better images?";
  }

  @Override
  public List<String> rules() {
    return List.of(
        "Four models with one network, one optimiser and one batch size (128) in two dimensions: the plain autoencoder"
            + " (AE), the one with ball penalty and death times (AE + Reg, weights 0.005), the topological autoencoder"
            + " (TopoAE, weight 0.5, unit range) and the variational one (VAE). AE and TopoAE generate from the"
            + " standard normal distribution, though nothing pulls their embeddings there, AE + Reg from the uniform"
            + " distribution on the ball.",
        "The neighbourhoods are measured as Moor et al. do, on test images: trustworthiness, continuity, mean relative"
            + " rank error of the embedded neighbours, RMSE of distances, and the KL divergence of densities at sigma"
            + " 0.01, 0.1 and 1. The RMSE is that of pixels in [0, 1]; it depends on the size of the cloud, so a cloud"
            + " in the unit ball has a larger one. The generated images are measured by the Frechet distance, coverage"
            + " and class entropy.",
        "One model is better than another in a measure if every one of its seeds is better than every seed of the"
            + " other. A claim holds if this is so in all measures, and in part if it is so in some.");
  }

  @Override
  public List<String> datasets() {
    return List.of("mnist", "fashion-mnist");
  }

  @Override
  public int epochs() {
    return 50;
  }

  @Override
  public List<Measure> measures() {
    List<Measure> measures = new ArrayList<>(List.of(Measure.BCE_TEST, Measure.MSE_TEST));
    measures.addAll(NEIGHBOURHOODS);
    measures.add(Measure.KNN_ACCURACY);
    measures.addAll(GENERATION);
    return measures;
  }

  @Override
  public List<SweepCell> cells(StudyPlan plan) {
    List<SweepCell> cells = new ArrayList<>();
    for (String dataset : plan.datasets()) {
      for (ModelKind model : MODELS) {
        for (int seed = 0; seed < plan.seeds(); seed++) {
          cells.add(plan.cell(dataset, TrainConfig.ofPaper(model, LATENT, BATCH, plan.epochs(), seed), Map.of()));
        }
      }
    }
    return cells;
  }

  @Override
  public StudyAnswer answer(List<StudyRun> runs) {
    List<String> datasets = StudyRun.datasets(runs);
    List<Claim> claims = new ArrayList<>();
    for (ModelKind other : List.of(ModelKind.AE, ModelKind.TAE, ModelKind.VAE)) {
      claims.add(
          claim("TopoAE keeps the neighbourhoods of the images better than " + other.published() + ".", runs, datasets,
              other, NEIGHBOURHOODS));
    }
    for (ModelKind other : List.of(ModelKind.AE, ModelKind.TAE, ModelKind.VAE)) {
      claims.add(
          claim("TopoAE generates better images than " + other.published() + ".", runs, datasets, other, GENERATION));
    }
    List<Shown> shown = new ArrayList<>();
    for (String dataset : datasets) {
      for (ModelKind model : MODELS) {
        of(runs, dataset, model).stream().findFirst()
            .ifPresent(run -> shown.add(new Shown(dataset + ", " + model.published(), run)));
      }
    }
    return new StudyAnswer(summary(claims), claims, List.of(), shown);
  }

  private static List<StudyRun> of(List<StudyRun> runs, String dataset, ModelKind model) {
    return runs.stream().filter(run -> run.dataset().equals(dataset) && run.config().model() == model).toList();
  }

  private static Claim claim(String text, List<StudyRun> runs, List<String> datasets, ModelKind other,
      List<Measure> measures) {
    return Claim.of(text, datasets, dataset -> measures.stream().map(measure -> Comparison.better(measure,
        of(runs, dataset, ModelKind.TOPOAE), of(runs, dataset, other))).toList());
  }

  /** In how many comparisons TopoAE is better than each of the other models. */
  private static List<String> summary(List<Claim> claims) {
    return claims.stream().filter(claim -> !claim.verdicts().isEmpty())
        .map(claim -> claim.text().substring(0, claim.text().length() - 1) + ": "
            + claim.verdicts().entrySet().stream().map(entry -> entry.getKey() + ", " + counts(entry.getValue()))
                .collect(Collectors.joining("; "))
            + ".")
        .toList();
  }

  private static String counts(Verdict verdict) {
    long measured =
        verdict.findings().stream().filter(finding -> finding.outcome() != Verdict.Outcome.NOT_MEASURED).count();
    long better = verdict.findings().stream().filter(finding -> finding.outcome() == Verdict.Outcome.YES).count();
    return measured == 0 ? "not measured" : better + " of " + measured + " measures";
  }
}
