package gputae.train;

import gputae.model.Prior;

/** The four models of the paper. */
public enum ModelKind {
  /** Plain autoencoder. */
  AE("ae", "autoencoder"),
  /** Autoencoder with the topological penalty: ball and death times. */
  TAE("tae", "regularised autoencoder"),
  /** Autoencoder with the ball penalty alone. */
  DISK("disk", "autoencoder with the ball penalty alone"),
  /** Variational autoencoder. */
  VAE("vae", "variational autoencoder");

  private final String label;
  private final String title;

  ModelKind(String label, String title) {
    this.label = label;
    this.title = title;
  }

  /** The name on the command line and in files. */
  public String label() {
    return label;
  }

  /** The name in titles. */
  public String title() {
    return title;
  }

  /** Where latent points are drawn from to generate images. */
  public Prior prior() {
    return ball() ? Prior.UNIFORM_BALL : Prior.STANDARD_NORMAL;
  }

  /** Whether points outside the unit ball are penalised. */
  public boolean ball() {
    return this == TAE || this == DISK;
  }

  /** Whether death times are rewarded. */
  public boolean deaths() {
    return this == TAE;
  }

  public boolean variational() {
    return this == VAE;
  }
}
