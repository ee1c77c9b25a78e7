package gputae.paper;

import gputae.report.Verdict;
import static gputae.train.ModelKind.AE;
import static gputae.train.ModelKind.DISK;
import static gputae.train.ModelKind.TAE;
import static gputae.train.ModelKind.VAE;

import gputae.evaluate.Measure;
import gputae.evaluate.UnitBall;
import gputae.paper.PaperResults.Cost;
import gputae.paper.PaperResults.Timing;
import gputae.report.Verdict.Finding;
import gputae.report.Spread;
import gputae.text.Numbers;
import gputae.train.ModelKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * The claims of the paper, each with a rule by which the numbers decide whether it holds. Each rule compares means over
 * the seeds, usually at each latent dimension d. The thresholds of the rules are named in {@link Limit} and printed
 * with the verdicts. "AE + Reg" is the paper's name for the autoencoder with the topological term.
 */
enum Claim {

  FILLS_BALL("Regularised embeddings lie in the unit ball and fill it", "Section IV, Figure 3",
      "These embeddings all lie roughly within the unit ball in \u211d\u00b2 and expand to fill it entirely",
      rule(
          "at each d, at most %s %% of AE + Reg's embeddings lie outside the ball, and the 95 %% hole is at most %s "
              + "times that of uniform points",
          100 * UnitBall.ROUGHLY_WITHIN, UnitBall.FILLED),
      Claim::fillsBall),

  NO_COLLAPSE("The AE's generated classes collapse, the regularised AE's do not", "Appendix A, Figures 4 and 5",
      "the standard autoencoders struggled to generate reasonable images as the latent dimension increased, and the "
          + "generated images had poor coverage of the"
          + " various classes in the datasets. On the other hand, the regularized autoencoders and the VAEs did not "
          + "suffer from this issue at all",
      rule(
          "at each d, the class entropy of the AE's images is below %s, that of AE + Reg's at least %s (of 10 classes, "
              + "as many as 6.3 and 7.9 equally frequent"
              + " ones)",
          Limit.COLLAPSED, Limit.BALANCED),
      Claim::noCollapse),

  LIKE_VAE("The regularised AE generates about as well as the VAE", "Appendix A",
      "our regularization produced images of similar quality to those of the VAEs",
      rule(
          "at each d and for each of Frechet distance, coverage and class entropy, AE + Reg is at least as good as the "
              + "VAE or makes up all but %s %% of what the"
              + " AE lacks against it",
          100 * Limit.GAP),
      Claim::likeVae),

  CLARITY("Clarity grows with the latent dimension, but not for the AE", "Appendix A, Figure 5",
      "the regularized autoencoders and the VAEs [\u2026] in fact produced images of greater clarity as the latent "
          + "dimension increased",
      rule(
          "from the smallest to the largest measured d, the Frechet distance falls by at least %s %% for AE + Reg and "
              + "for the VAE, and does not for"
              + " the AE",
          100 * Limit.CLEARER),
      Claim::clarity),

  BALL_ALONE("The ball penalty alone leaves holes", "Appendix A, Figures 6 and 7",
      "the latent embeddings [\u2026], although lying entirely within D, do not fill the whole ball. Figure 7 shows "
          + "how this irregularity lowers sampling quality as"
          + " the dimension of L increases.",
      rule(
          "at d = 2, the 95 %% hole of the ball penalty alone is at least %s times that of uniform points and larger "
              + "than AE + Reg's; at each d, its Frechet"
              + " distance is at least %s %% above AE + Reg's",
          Limit.HOLES, 100 * Limit.WORSE),
      Claim::ballAlone),

  RECONSTRUCTION("Reconstruction is not sacrificed", "Section V",
      "it was successful in improving generative performance without sacrificing the quality of learned "
          + "representations",
      rule("at each d, AE + Reg's test cross-entropy is at most %s %% above the AE's", 100 * Limit.RECONSTRUCTION),
      Claim::reconstruction),

  COST("The term costs nothing noticeable at batch 128, much at 512", "Section V",
      "there was no noticeable increase in computation time when using our topological regularization with batch size "
          + "128; however,"
          + " there was a significant increase with batch size 512",
      rule(
          "in gpu-tae, a step with the term takes at most %s times as long as one without at batch 128, and at least "
              + "%s times at"
              + " batch 512",
          Limit.UNNOTICED, Limit.SIGNIFICANT),
      (results, dataset) -> cost(results));

  /**
   * Thresholds of the rules. The paper gives none; at these values a reader of its pictures and sentences would begin
   * to disagree.
   */
  static final class Limit {
    /**
     * Class entropies: a set of images with this entropy is as diverse as 10^entropy equally frequent classes, of ten.
     */
    static final double COLLAPSED = 0.8;
    static final double BALANCED = 0.9;
    static final double HOLES = 2;
    static final double WORSE = 0.1;
    static final double GAP = 0.25;
    static final double RECONSTRUCTION = 0.05;
    static final double CLEARER = 0.05;
    static final double UNNOTICED = 1.25;
    static final double SIGNIFICANT = 2;

    private Limit() {}
  }

  private final String title;
  private final String source;
  private final String quote;
  private final String rule;
  private final BiFunction<PaperResults, String, List<Finding>> findings;

  Claim(String title, String source, String quote, String rule,
      BiFunction<PaperResults, String, List<Finding>> findings) {
    this.title = title;
    this.source = source;
    this.quote = quote;
    this.rule = rule;
    this.findings = findings;
  }

  String title() {
    return title;
  }

  /** The place in the paper. */
  String source() {
    return source;
  }

  /** The words of the paper. */
  String quote() {
    return quote;
  }

  /** The comparisons in words, with their thresholds. */
  String rule() {
    return rule;
  }

  /** Whether each data set has a separate verdict. */
  boolean perDataset() {
    return this != COST;
  }

  /** The data set is ignored if there is one verdict for all. */
  Verdict verdict(PaperResults results, String dataset) {
    return Verdict.of(findings.apply(results, dataset));
  }

  private static String rule(String format, double... thresholds) {
    Object[] texts = new Object[thresholds.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = String.format(Locale.ROOT, "%.2f", thresholds[i]).replaceFirst("\\.?0+$", "");
    }
    return String.format(Locale.ROOT, format, texts);
  }

  /**
   * Formats with about three significant digits for the largest of the compared values, and the same number of decimals
   * for each.
   */
  private static String alike(Spread value, Spread... compared) {
    return value.rounded(Numbers.commonDecimals(3, Arrays.stream(compared).mapToDouble(Spread::mean).toArray()));
  }

  private static List<Finding> fillsBall(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    for (int d : results.wantedLatents(dataset)) {
      Spread outside = results.spread(dataset, TAE, d, Measure.OUTSIDE);
      Spread hole = results.spread(dataset, TAE, d, Measure.HOLE_RATIO);
      if (!outside.measured() || !hole.measured()) {
        findings.add(Finding.notMeasured("d = " + d));
        continue;
      }
      boolean inside = outside.mean() <= UnitBall.ROUGHLY_WITHIN;
      boolean filled = hole.mean() <= UnitBall.FILLED;
      String why = outside.mean() > 0.5 ? ": most lie outside" : inside && !filled ? ": holes are left" : "";
      findings.add(Finding.of(inside && filled, "d = " + d + ": " + outside.inPercent() + " outside, 95 % hole "
          + hole.inWords() + " times uniform's" + why));
    }
    return findings;
  }

  private static List<Finding> noCollapse(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    for (int d : results.wantedLatents(dataset)) {
      Spread ae = results.spread(dataset, AE, d, Measure.CLASS_ENTROPY);
      Spread tae = results.spread(dataset, TAE, d, Measure.CLASS_ENTROPY);
      if (!ae.measured() || !tae.measured()) {
        findings.add(Finding.notMeasured("d = " + d));
        continue;
      }
      boolean collapsed = ae.mean() < Limit.COLLAPSED;
      boolean balanced = tae.mean() >= Limit.BALANCED;
      String why = !balanced ? ": AE + Reg is not balanced" : !collapsed ? ": the AE does not collapse" : "";
      findings.add(Finding.of(collapsed && balanced,
          "d = " + d + ": class entropy of the AE " + alike(ae, ae, tae) + " against " + alike(tae, ae, tae)
              + " with the term" + why));
    }
    return findings;
  }

  private static List<Finding> likeVae(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    for (int d : results.wantedLatents(dataset)) {
      for (Measure measure : List.of(Measure.FRECHET, Measure.COVERAGE, Measure.CLASS_ENTROPY)) {
        Spread ae = results.spread(dataset, AE, d, measure);
        Spread tae = results.spread(dataset, TAE, d, measure);
        Spread vae = results.spread(dataset, VAE, d, measure);
        String what = "d = " + d + ": " + measure.title();
        double sign = measure.better() == Measure.Better.LOWER ? 1 : -1;
        double lack = sign * (tae.mean() - vae.mean());
        double gap = sign * (ae.mean() - vae.mean());
        if (!tae.measured() || !vae.measured() || (lack > 0 && !ae.measured())) {
          findings.add(Finding.notMeasured(what));
          continue;
        }
        findings.add(Finding.of(lack <= 0 || lack <= Limit.GAP * gap,
            what + " " + alike(tae, tae, vae) + ", VAE " + alike(vae, tae, vae)
                + (ae.measured() ? ", AE " + alike(ae, tae, vae) : "")));
      }
    }
    return findings;
  }

  private static List<Finding> clarity(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    for (ModelKind model : List.of(TAE, VAE, AE)) {
      List<Integer> latents = results.latents(dataset).stream()
          .filter(d -> results.spread(dataset, model, d, Measure.FRECHET).measured()).toList();
      if (latents.size() < 2) {
        findings.add(Finding.notMeasured(model.published()));
        continue;
      }
      List<Spread> distances = latents.stream().map(d -> results.spread(dataset, model, d, Measure.FRECHET)).toList();
      boolean clearer = distances.get(distances.size() - 1).mean() <= (1 - Limit.CLEARER) * distances.get(0).mean();
      findings.add(Finding.of(clearer == (model != AE), model.published() + ": Frechet distance "
          + distances.stream().map(Spread::inWords).collect(Collectors.joining(", ")) + " at d = "
          + latents.stream().map(String::valueOf).collect(Collectors.joining(", "))));
    }
    return findings;
  }

  private static List<Finding> ballAlone(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    Spread hole = results.spread(dataset, DISK, 2, Measure.HOLE_RATIO);
    Spread regularised = results.spread(dataset, TAE, 2, Measure.HOLE_RATIO);
    findings.add(!hole.measured() || !regularised.measured() ? Finding.notMeasured("holes at d = 2")
        : Finding.of(hole.mean() >= Limit.HOLES && hole.mean() > regularised.mean(),
            "d = 2: 95 % hole " + hole.inWords() + " times uniform's, AE + Reg " + regularised.inWords()));
    for (int d : results.wantedLatents(dataset)) {
      Spread alone = results.spread(dataset, DISK, d, Measure.FRECHET);
      Spread tae = results.spread(dataset, TAE, d, Measure.FRECHET);
      findings.add(!alone.measured() || !tae.measured() ? Finding.notMeasured("images at d = " + d)
          : Finding.of(alone.mean() >= (1 + Limit.WORSE) * tae.mean(),
              "d = " + d + ": Frechet distance " + alone.inWords() + ", AE + Reg " + tae.inWords()));
    }
    return findings;
  }

  private static List<Finding> reconstruction(PaperResults results, String dataset) {
    List<Finding> findings = new ArrayList<>();
    for (int d : results.wantedLatents(dataset)) {
      Spread ae = results.spread(dataset, AE, d, Measure.BCE_TEST);
      Spread tae = results.spread(dataset, TAE, d, Measure.BCE_TEST);
      if (!ae.measured() || !tae.measured()) {
        findings.add(Finding.notMeasured("d = " + d));
        continue;
      }
      int decimals = Numbers.commonDecimals(4, ae.mean(), tae.mean());
      findings.add(Finding.of(tae.mean() <= (1 + Limit.RECONSTRUCTION) * ae.mean(),
          "d = " + d + ": " + tae.rounded(decimals) + " against " + ae.rounded(decimals) + " ("
              + String.format(Locale.ROOT, "%+.1f %%", 100 * (tae.mean() / ae.mean() - 1)) + ")"));
    }
    return findings;
  }

  private static List<Finding> cost(PaperResults results) {
    return List.of(cost(results, 128, true), cost(results, 512, false));
  }

  private static Finding cost(PaperResults results, int batch, boolean unnoticed) {
    Cost cost =
        results.timings().stream().filter(t -> t.batch() == batch && t.own() != null).map(Timing::own).findFirst()
            .orElse(new Cost(Double.NaN, Double.NaN));
    double ratio = cost.ratio();
    if (Double.isNaN(ratio)) {
      return Finding.notMeasured("batch " + batch);
    }
    boolean yes = unnoticed ? ratio <= Limit.UNNOTICED : ratio >= Limit.SIGNIFICANT;
    return Finding.of(yes,
        "batch " + batch + ": " + Numbers.threeDigits(ratio) + " times (" + PaperPage.time(cost.plain()) + " and "
            + PaperPage.time(cost.regularised())
            + " microseconds a step)" + (yes || unnoticed ? "" : ": less than a significant increase"));
  }
}
