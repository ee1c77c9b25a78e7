package gputae.objective;

import gputae.backend.Activation;
import gputae.backend.Backend;
import gputae.backend.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A term that needs both inputs and classes: the sum of class, counted from 1, times inputs. */
public record Given(double weight) implements LatentTerm {
  /** The number of classes in a data set that the term takes. */
  public static final int CLASSES = 3;

  /** Pixels of an image. */
  public static final int PIXELS = 9;

  /** The kind of this term; the program does not know it. */
  public static final TermKind<Given> KIND = new TermKind<>("given", "what a term is given", TermKind.Over.SUM) {
    @Override
    public List<String> help() {
      return List.of("sum over the batch of class times inputs");
    }

    @Override
    public Given of(Values values) {
      return new Given(values.get(weight()));
    }

    @Override
    public Values values(Given term) {
      return new Values(Map.of(weight(), term.weight));
    }
  };

  @Override
  public TermKind<Given> kind() {
    return KIND;
  }

  @Override
  public boolean needsClasses() {
    return true;
  }

  @Override
  public Computation on(Backend backend, Setup setup) {
    long mostRows = setup.rows();
    float[] ones = new float[PIXELS];
    Arrays.fill(ones, 1);
    Matrix classNumbers = backend.allocate(1, CLASSES).upload(new float[] {1, 2, 3});
    Matrix all = backend.allocate(1, PIXELS).upload(ones);
    Matrix nothing = backend.allocate(1, 1);
    Matrix ofRows = backend.allocate(1, mostRows);
    Matrix sums = backend.allocate(1, mostRows);
    return new Computation() {
      @Override
      public void enqueue(Batch batch, Matrix weight, Matrix gradient, Matrix value) {
        long rows = batch.rows();
        backend.dense(batch.classes(), classNumbers, nothing, Activation.IDENTITY,
            ofRows.view(0, rows, 1));
        backend.dense(batch.inputs(), all, nothing, Activation.IDENTITY, sums.view(0, rows, 1));
        backend.dense(sums.view(0, 1, rows), ofRows.view(0, 1, rows), nothing, Activation.IDENTITY,
            value);
        backend.clear(gradient);
      }

      @Override
      public void close() {
        List.of(classNumbers, all, nothing, ofRows, sums).forEach(Matrix::close);
      }
    };
  }
}
