package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import java.util.List;
import java.util.Map;

/**
 * The signature loss of Moor, Horn, Rieck, Borgwardt 2020 (Topological autoencoders): distances that matter for the
 * 0-dimensional persistent homology of a batch's images should be the same between the latent points, and vice versa.
 * With E(X), E(Z) the edges of the minimum spanning trees of images and latent points, and A(X), A(Z) their distances,
 *
 * <pre>
 * value = (sum over E(X) of (A(X) / t - A(Z) / s)^2 + sum over E(Z) of (A(X) / t - A(Z) / s)^2) / B
 * </pre>
 *
 * for B images. An edge of both trees counts twice. The scale s is trained with the network; the gradient flows through
 * A(Z) and s. As in the authors' code, the two sums are not halved. The authors searched weights from 0.01 to 3; the
 * best one on their spheres was 0.434.
 *
 * @param weight        at least 0
 * @param normalisation the unit t of the distances of inputs
 */
public record Signature(double weight, Normalisation normalisation) implements LatentTerm {

  /** The unit of the distances of inputs. */
  public enum Normalisation {
    /** The largest distance that two inputs in [0, 1] can have, as pixels are: sqrt(numbers of an input). */
    RANGE,
    /** The largest distance of two inputs of the batch. */
    BATCH
  }

  /** The name of the scale s among the tensors of a model. */
  public static final String SCALE = "signature.scale";

  private static final Setting.Real WEIGHT = Setting.Real.atLeast(0, "lambda-signature", "X",
      "weight of the signature loss", "Weight of the signature loss (default with --model topoae: 0.5).", 0.5);

  /** The unit as a setting. */
  public static final Setting.Choice<Normalisation> NORMALISATION = new Setting.Choice<>(Normalisation.class,
      "signature-unit", "range|batch", "unit of the distances of inputs",
      "Unit of the inputs' distances in the signature loss: the largest possible one of images, or the largest in the"
          + " batch (default: range for images, batch for vectors).",
      Normalisation.RANGE);

  /** The kind of this term. */
  public static final TermKind<Signature> KIND = new TermKind<>("signature", "signature loss", TermKind.Over.MEAN) {
    @Override
    public List<String> help() {
      return List.of("sum of (a / t - c / s)^2 / B over the tree edges of the images",
          "and over those of their latent points; a, c: lengths between",
          "images and points; s: trained; t: --signature-unit",
          "(Moor et al. 2020)");
    }

    @Override
    public Setting.Real weight() {
      return WEIGHT;
    }

    @Override
    public List<Setting<?>> options() {
      return List.of(NORMALISATION);
    }

    @Override
    public Signature of(Values values) {
      return new Signature(values.get(WEIGHT), values.get(NORMALISATION));
    }

    @Override
    public Values values(Signature term) {
      return new Values(Map.of(WEIGHT, term.weight, NORMALISATION, term.normalisation));
    }
  };

  public Signature {
    WEIGHT.require(weight);
    NORMALISATION.require(normalisation);
  }

  @Override
  public TermKind<Signature> kind() {
    return KIND;
  }

  @Override
  public List<String> scalars() {
    return List.of(SCALE);
  }

  /** Of each of two trees: two ends, a length between images and one between points. Perhaps all pairs of images. */
  @Override
  public long bytes(long points, long latent) {
    return (8 * points + (normalisation == Normalisation.BATCH ? points * points : 0)) * Float.BYTES;
  }

  @Override
  public long workBytes(long points) {
    return Deaths.TREE_BYTES * points;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    return new OnDevice(backend, setup, normalisation);
  }

  /** Edges of the images' tree come first in each matrix, then those of the points' tree. */
  private static final class OnDevice implements Computation {

    private final Backend backend;
    private final Scalar scale;
    private final Matrix edges;
    private final Matrix imageLengths;
    private final Matrix pointLengths;

    /** The square of t. */
    private final Matrix unitSquare;

    /** Squared distances of a batch's images; null if t does not depend on the batch. */
    private final Matrix squares;

    OnDevice(Backend backend, Setup setup, Normalisation normalisation) {
      this.backend = backend;
      this.scale = setup.scalars().get(0);
      long most = 2 * (setup.rows() - 1);
      this.edges = backend.allocate(ElementType.INT32, most, 2);
      this.imageLengths = backend.allocate(1, most);
      this.pointLengths = backend.allocate(1, most);
      this.unitSquare = backend.allocate(1, 1).upload(new float[] {setup.pixels()});
      this.squares =
          normalisation == Normalisation.BATCH ? backend.allocate(1, setup.rows() * setup.rows()) : null;
    }

    @Override
    public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
      long rows = batch.rows();
      long count = rows - 1;
      Matrix imageEdges = edges.firstRows(count);
      Matrix pointEdges = edges.view(2 * count, count, 2);
      backend.spanningTree(batch.inputs(), imageEdges, imageLengths.view(0, 1, count));
      backend.spanningTree(batch.z(), pointEdges, pointLengths.view(count, 1, count));
      backend.edgeLengths(batch.inputs(), pointEdges, imageLengths.view(count, 1, count));
      backend.edgeLengths(batch.z(), imageEdges, pointLengths.view(0, 1, count));
      if (squares != null) {
        Matrix pairs = squares.view(0, rows, rows);
        backend.squaredDistances(batch.inputs(), pairs);
        backend.largest(pairs, unitSquare);
      }
      backend.edgeStress(batch.z(), edges.firstRows(2 * count), pointLengths.view(0, 1, 2 * count),
          imageLengths.view(0, 1, 2 * count), unitSquare, scale.value(), weight, gradient, scale.gradient(), value);
    }

    @Override
    public void close() {
      edges.close();
      imageLengths.close();
      pointLengths.close();
      unitSquare.close();
      if (squares != null) {
        squares.close();
      }
    }
  }
}
