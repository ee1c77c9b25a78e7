package gputae.train;

import gputae.model.Prior;
import gputae.objective.Ball;
import gputae.objective.Deaths;
import gputae.objective.DecoderNorm;
import gputae.objective.Kl;
import gputae.objective.LatentNorm;
import gputae.objective.MeanDiscrepancy;
import gputae.objective.Objective;
import gputae.objective.Reconstruction;
import gputae.objective.Signature;
import gputae.objective.TermKind;
import java.util.List;
import java.util.Map;

/** The models: the four of the paper, and others to compare with. */
public enum ModelKind {
  /** Plain autoencoder. */
  AE("ae", "autoencoder", "AE", Reconstruction.KIND),
  /** Autoencoder with the topological penalty: ball and death times. */
  TAE("tae", "regularised autoencoder", "AE + Reg", Reconstruction.KIND, Ball.KIND, Deaths.KIND),
  /** Autoencoder with the ball penalty alone. */
  DISK("disk", "autoencoder with the ball penalty alone", "ball penalty alone", Reconstruction.KIND, Ball.KIND),
  /** Variational autoencoder. */
  VAE("vae", "variational autoencoder", "VAE", Reconstruction.KIND, Kl.KIND),
  /** Autoencoder with the signature loss of Moor et al. 2020; the reconstruction is not theirs, the squared error. */
  TOPOAE("topoae", "topological autoencoder", "TopoAE", Reconstruction.KIND, Signature.KIND),
  /**
   * Wasserstein autoencoder WAE-MMD of Tolstikhin et al. 2018; the reconstruction of images is not theirs, the squared
   * error.
   */
  WAE("wae", "Wasserstein autoencoder", "WAE-MMD", Reconstruction.KIND, MeanDiscrepancy.KIND),
  /**
   * Regularised autoencoder RAE-L2 of Ghosh et al. 2020; the reconstruction of images is not theirs, the squared error.
   */
  RAE("rae", "deterministic autoencoder RAE-L2", "RAE-L2", Reconstruction.KIND, LatentNorm.KIND, DecoderNorm.KIND);

  /** The models of the paper, in the order of its tables. */
  public static final List<ModelKind> PAPER = List.of(AE, TAE, DISK, VAE);

  private final String label;
  private final String title;
  private final String published;
  private final List<TermKind<?>> terms;

  ModelKind(String label, String title, String published, TermKind<?>... terms) {
    this.label = label;
    this.title = title;
    this.published = published;
    this.terms = List.of(terms);
  }

  /** The name on the command line and in files. */
  public String label() {
    return label;
  }

  /** The name in titles. */
  public String title() {
    return title;
  }

  /** The name in the paper that introduced the model. */
  public String published() {
    return published;
  }

  /**
   * The distribution of latent points from which images are generated. The embeddings of AE, TOPOAE and RAE may lie
   * elsewhere, since nothing pulls them there.
   */
  public Prior prior() {
    return terms.contains(Ball.KIND) ? Prior.UNIFORM_BALL : Prior.STANDARD_NORMAL;
  }

  /**
   * Whether those who introduced the model sample from the {@link #prior}. For RAE they fit a distribution to the
   * embeddings.
   */
  public boolean generatesFromPrior() {
    return this != RAE;
  }

  /** The model's terms with the settings of the paper. */
  public Objective objective() {
    return Objective.of(terms.stream().map(kind -> kind.of(new TermKind.Values(Map.of()))).toList());
  }

  /** The terms that define this model; its objective may have more. */
  public List<TermKind<?>> terms() {
    return terms;
  }
}
