package gputae.backend.cuda;

import gputae.backend.Activation;
import gputae.backend.BackendException;
import gputae.backend.Layer;
import gputae.backend.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Computes dense layers, forward and backward. It uses either kernels of our own, or the driver's matrix products
 * together with the kernels of kernels/activation.cu. The kernels of our own are those of kernels/dense.cu for few rows
 * and for narrow layers, and those of kernels/dense_tiles.cu for the rest. Two narrow layers of a chain are computed
 * together by kernels/dense_pair.cu, if there are few rows.
 */
final class DenseLayers {

  /**
   * The number of rows that one block of activation_backward sums up. Up to this number, the bias's gradient needs no
   * second launch.
   */
  private static final int ROWS_A_PART = 256;

  /**
   * Few rows are at most this number. {@link Products#AUTO} takes kernels of our own for few rows. The number was
   * chosen before any measurement. The kernels save launches, which take most of the time for some hundred rows; cuBLAS
   * saves memory traffic, which takes most of the time for thousands of rows.
   */
  private static final long FEW_ROWS = 1024;

  /** In kernels/dense.cu: the number of rows of y that a warp computes, and also the number of columns. */
  private static final int DENSE_SIDE = 4;

  /** Most blocks of a grid along its second axis. */
  private static final int MOST_GRID_Y = 65535;

  /** The largest width for which the grids of kernels/dense.cu have room. */
  private static final long OWN_WIDTH = (long) MOST_GRID_Y * DENSE_SIDE;

  /** The largest number of inputs for which dense_gradients has room. */
  private static final long MOST_INPUTS = (long) MOST_GRID_Y * Launches.WARP;

  /** In kernels/dense_tiles.cu: rows and columns of a tile. */
  private static final int TILE = 64;

  /** The largest number of outputs for which dense_tiles_forward has room. */
  private static final long MOST_OUTPUTS = (long) MOST_GRID_Y * TILE;

  /** A tile of a narrower layer would be mostly empty. */
  private static final int LEAST_COLUMNS = 17;

  /** In kernels/dense_pair.cu: the largest width of its layers. */
  private static final int PAIR_WIDTH = 160;

  /** In kernels/dense_pair.cu: the largest number of warps in a block of dense_pair_forward. */
  private static final int PAIR_WARPS = 16;

  /** In kernels/dense.cu: the largest number of warps in a block of dense_forward. */
  private static final int FORWARD_WARPS = 8;

  /** In kernels/dense.cu: the number of warps that share the inner dimension of dx. */
  private static final int BACKWARD_SLICES = 16;

  private final Launches launches;
  private final Schedule schedule;
  private final Schedule.Memory memory;
  private final Products products;

  DenseLayers(Launches launches, Schedule schedule, Schedule.Memory memory, Products products) {
    this.launches = launches;
    this.schedule = schedule;
    this.memory = memory;
    this.products = products;
  }

  /** As {@link gputae.backend.Backend#dense}. The caller has checked the shapes. */
  void forward(Matrix x, Matrix w, Matrix b, Activation activation, Matrix before, Matrix y) {
    if (own(x.rows(), w)) {
      requireWidth(w.rows(), MOST_OUTPUTS, "outputs");
      forwardOwn(x, w, b, activation, before, y);
      return;
    }
    product(false, x, true, w, 0, y);
    launches.overRows("bias_activation", y.rows(), y.columns(),
        new Arguments().pointer(memory.address(b)).int32(activation.ordinal()).int32(Math.toIntExact(y.columns()))
            .pointer(addressOrNull(before)).pointer(memory.address(y)));
  }

  /** As {@link gputae.backend.Backend#denseBackward}. The caller has checked the shapes. */
  void backward(Matrix x, Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    int rows = Math.toIntExact(dy.rows());
    int out = Math.toIntExact(dy.columns());
    if (rows == 0 || out == 0) {
      return;
    }
    // Without inputs there is no product, only the bias's gradient.
    if (w.columns() > 0 && own(rows, w)) {
      requireWidth(w.columns(), MOST_INPUTS, "inputs");
      backwardOwn(x, w, kept, activation, dy, dw, db, dx);
      return;
    }
    int parts = Launches.blocksOf(rows, ROWS_A_PART);
    List<Matrix> written = new ArrayList<>(List.of(dy, db));
    if (dx != null) {
      written.add(dx);
    }
    schedule.whileAside(List.of(x, w, kept), written, () -> {
      // Each layer has its own work space, since the parts of one layer may still wait to be summed up while the parts
      // of the next layer are computed.
      long partial =
          parts == 1 ? 0 : schedule.space("denseBackward " + memory.address(db), (long) parts * out * Float.BYTES);
      Runnable derivative = () -> launches.launch("activation_backward", Launches.blocksOf(out, Launches.WARP), parts,
          Launches.THREADS, 0,
          new Arguments().pointer(ifRead(kept, activation))
              .int32(activation.ordinal()).int32(rows).int32(out).int32(ROWS_A_PART).pointer(memory.address(dy))
              .pointer(partial).pointer(memory.address(db)));
      boolean changesDy = activation != Activation.IDENTITY;
      if (changesDy) {
        derivative.run();
      }
      if (!changesDy || parts > 1) {
        schedule.aside(Schedule.SUMS_ASIDE, List.of(dy), List.of(db), () -> {
          if (!changesDy) {
            derivative.run();
          }
          if (parts > 1) {
            launches.launch("add_partial_sums", Launches.blocksOf(out, Launches.THREADS), 1,
                Launches.threadsFor(out, Launches.THREADS), 0,
                new Arguments().pointer(partial).int32(parts).int32(out).pointer(memory.address(db)));
          }
        });
      }
      schedule.aside(Schedule.PRODUCTS_ASIDE, List.of(dy, x), List.of(dw), () -> product(true, dy, false, x, 1, dw));
      if (dx != null) {
        product(false, dy, false, w, 0, dx);
      }
    });
  }

  /** As {@link gputae.backend.Backend#denseChain}. The caller has checked the shapes. */
  void forward(Matrix x, List<Layer> layers) {
    Matrix input = x;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      if (i + 1 < layers.size() && isPair(layer, layers.get(i + 1))) {
        i++;
        forwardPair(input, layer, layers.get(i));
      } else {
        forward(input, layer.w(), layer.b(), layer.activation(), layer.before(), layer.y());
      }
      input = layers.get(i).y();
    }
  }

  /** As {@link gputae.backend.Backend#denseChainBackward}. The caller has checked the shapes. */
  void backward(Matrix x, List<Layer> layers, Matrix more, Matrix dx) {
    Matrix part = more;
    for (int i = layers.size() - 1; i >= 0; i--) {
      Layer layer = layers.get(i);
      boolean pair = i > 0 && isPair(layers.get(i - 1), layer) && (i > 1 || dx != null);
      if (pair) {
        i--;
      }
      Matrix input = i == 0 ? x : layers.get(i - 1).y();
      Matrix inputGradient = i == 0 ? dx : layers.get(i - 1).dy();
      if (pair) {
        backwardPair(input, layers.get(i), layer, part, inputGradient);
      } else {
        if (part != null) {
          add(part, layer.dy());
        }
        backward(input, layer.w(), layer.kept(), layer.activation(), layer.dy(), layer.dw(), layer.db(), inputGradient);
      }
      part = null;
    }
  }

  /** As {@link gputae.backend.Backend#add}. The caller has checked the shapes. */
  void add(Matrix term, Matrix sum) {
    schedule.whileAside(List.of(term), List.of(sum), () -> launches.over("add", sum.size(),
        new Arguments().pointer(memory.address(term)).pointer(memory.address(sum)).int64(sum.size())));
  }

  /** Whether kernels/dense_pair.cu computes these two layers. */
  private boolean isPair(Layer first, Layer second) {
    long rows = second.y().rows();
    LongStream widths = LongStream.of(first.w().columns(), first.w().rows(), second.w().rows());
    return products != Products.CUBLAS && rows > 0 && rows <= FEW_ROWS
        && widths.allMatch(width -> width > 0 && width <= PAIR_WIDTH);
  }

  private void forwardPair(Matrix x, Layer first, Layer second) {
    int rows = Math.toIntExact(x.rows());
    int in = Math.toIntExact(x.columns());
    int middle = Math.toIntExact(first.y().columns());
    int out = Math.toIntExact(second.y().columns());
    int warps = Math.min(PAIR_WARPS, Launches.blocksOf(Math.max(middle, out), DENSE_SIDE));
    launches.launch("dense_pair_forward", Launches.blocksOf(rows, DENSE_SIDE), 1, warps * Launches.WARP, 0,
        new Arguments().pointer(memory.address(x)).pointer(memory.address(first.w())).pointer(memory.address(first.b()))
            .int32(first.activation().ordinal()).pointer(memory.address(second.w()))
            .pointer(memory.address(second.b())).int32(second.activation().ordinal()).int32(rows).int32(in)
            .int32(middle).int32(out).pointer(addressOrNull(first.before())).pointer(memory.address(first.y()))
            .pointer(addressOrNull(second.before())).pointer(memory.address(second.y())));
  }

  /** The next layers wait for the gradient of the input, but not for the gradients of the weights. */
  private void backwardPair(Matrix x, Layer first, Layer second, Matrix more, Matrix dx) {
    int rows = Math.toIntExact(x.rows());
    int in = Math.toIntExact(x.columns());
    int middle = Math.toIntExact(first.y().columns());
    int out = Math.toIntExact(second.y().columns());
    List<Matrix> read = new ArrayList<>(List.of(first.w(), first.kept(), second.w(), second.kept(), second.dy()));
    List<Matrix> written = new ArrayList<>(List.of(first.dy(), dx));
    if (more != null) {
      read.add(more);
    }
    if (more != null || second.activation() != Activation.IDENTITY) {
      written.add(second.dy());
    }
    int tiles = Math.min(2, Launches.blocksOf(Math.max(middle, in), Launches.WARP));
    schedule.whileAside(read, written,
        () -> launches.launch("dense_pair_backward", Launches.blocksOf(rows, DENSE_SIDE), 1,
            BACKWARD_SLICES * tiles * Launches.WARP, 0,
            new Arguments().pointer(memory.address(first.w())).pointer(ifRead(first.kept(), first.activation()))
                .int32(first.activation().ordinal()).pointer(memory.address(second.w()))
                .pointer(ifRead(second.kept(), second.activation())).int32(second.activation().ordinal())
                .pointer(more == null ? 0 : memory.address(more)).int32(rows).int32(in).int32(middle).int32(out)
                .pointer(memory.address(second.dy())).pointer(memory.address(first.dy()))
                .pointer(memory.address(dx))));
    schedule.aside(Schedule.PRODUCTS_ASIDE, List.of(x, first.y(), first.dy(), second.dy()),
        List.of(first.dw(), first.db(), second.dw(), second.db()),
        () -> launches.launch("dense_pair_gradients", Launches.blocksOf(Math.max(middle, out), DENSE_SIDE),
            Launches.blocksOf(in, Launches.WARP) + Launches.blocksOf(middle, Launches.WARP), Launches.THREADS, 0,
            new Arguments().pointer(memory.address(x)).pointer(memory.address(first.dy()))
                .pointer(memory.address(first.y())).pointer(memory.address(second.dy())).int32(rows).int32(in)
                .int32(middle).int32(out).pointer(memory.address(first.dw())).pointer(memory.address(first.db()))
                .pointer(memory.address(second.dw())).pointer(memory.address(second.db()))));
  }

  /** Whether kernels of our own compute a layer with weights w (out, in) for this number of rows. */
  private boolean own(long rows, Matrix w) {
    return products == Products.OWN
        || products == Products.AUTO && rows <= FEW_ROWS && Math.max(w.columns(), w.rows()) <= OWN_WIDTH;
  }

  /** Throws an exception if a grid of our own kernels has no room for so many inputs or outputs. */
  private static void requireWidth(long width, long most, String what) {
    if (width > most) {
      throw new BackendException("a layer has " + width + " " + what + "; without cuBLAS it may have at most " + most
          + ": take --products cublas, or auto, and a cuBLAS that works");
    }
  }

  /** Whether kernels/dense_tiles.cu computes a product with so many rows and columns. */
  private static boolean tiled(long rows, long columns) {
    return rows > FEW_ROWS && columns >= LEAST_COLUMNS || columns > OWN_WIDTH;
  }

  private void forwardOwn(Matrix x, Matrix w, Matrix b, Activation activation, Matrix before, Matrix y) {
    int rows = Math.toIntExact(y.rows());
    int in = Math.toIntExact(x.columns());
    int out = Math.toIntExact(y.columns());
    if (rows == 0 || out == 0) {
      return;
    }
    if (tiled(rows, out)) {
      launches.launch("dense_tiles_forward", Launches.blocksOf(rows, TILE), Launches.blocksOf(out, TILE),
          Launches.THREADS, 0,
          new Arguments().pointer(memory.address(x)).pointer(memory.address(w)).pointer(memory.address(b))
              .int32(activation.ordinal()).int32(rows).int32(in).int32(out).pointer(addressOrNull(before))
              .pointer(memory.address(y)));
      return;
    }
    // The number of slices depends only on the width, so that the order of a sum is the same for any number of rows. It
    // is the largest power of two, at most FORWARD_WARPS, that leaves a warp three steps of 32 or more.
    int slices = Math.max(1, Integer.highestOneBit(Math.min(FORWARD_WARPS, Launches.blocksOf(in, Launches.WARP) / 3)));
    int tiles = Math.min(FORWARD_WARPS / slices, Launches.blocksOf(out, DENSE_SIDE));
    launches.launch("dense_forward", Launches.blocksOf(rows, DENSE_SIDE), Launches.blocksOf(out, DENSE_SIDE * tiles),
        slices * tiles * Launches.WARP, 0,
        new Arguments().pointer(memory.address(x)).pointer(memory.address(w)).pointer(memory.address(b))
            .int32(activation.ordinal()).int32(rows).int32(in).int32(out).int32(slices).pointer(addressOrNull(before))
            .pointer(memory.address(y)));
  }

  /**
   * The layer before waits for the gradient of the input, but not for the gradients of the weights, so these are
   * computed aside. The first layer has no gradient of the input. The gradients of its weights are the last for which
   * the optimiser waits; they need not wait for the gradients that are computed aside.
   */
  private void backwardOwn(Matrix x, Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db,
      Matrix dx) {
    if (dx == null) {
      schedule.whileAside(List.of(x, kept, dy), List.of(dw, db), () -> gradientsOwn(x, kept, activation, dy, dw, db));
      return;
    }
    boolean changesDy = activation != Activation.IDENTITY;
    schedule.whileAside(List.of(w, kept, dy), changesDy ? List.of(dy, dx) : List.of(dx),
        () -> inputGradientOwn(w, kept, activation, dy, dx));
    schedule.aside(Schedule.PRODUCTS_ASIDE, List.of(x, dy), List.of(dw, db),
        () -> gradientsOwn(x, kept, Activation.IDENTITY, dy, dw, db));
  }

  /** dy becomes the gradient before the activation, g; dx = g w. */
  private void inputGradientOwn(Matrix w, Matrix kept, Activation activation, Matrix dy, Matrix dx) {
    boolean changesDy = activation != Activation.IDENTITY;
    int rows = Math.toIntExact(dy.rows());
    int in = Math.toIntExact(dx.columns());
    int out = Math.toIntExact(dy.columns());
    if (!tiled(rows, in)) {
      int columns = Launches.blocksOf(in, Launches.WARP);
      // A block gets a second tile if blocks cannot share the columns.
      int tiles = changesDy ? Math.min(2, columns) : 1;
      launches.launch("dense_backward", Launches.blocksOf(rows, DENSE_SIDE), changesDy ? 1 : columns,
          BACKWARD_SLICES * tiles * Launches.WARP, 0,
          new Arguments().pointer(memory.address(w)).pointer(ifRead(kept, activation)).int32(activation.ordinal())
              .int32(rows).int32(in).int32(out).pointer(memory.address(dy)).pointer(memory.address(dx)));
      return;
    }
    if (changesDy) {
      launches.over("activation_derivative", dy.size(), new Arguments().pointer(memory.address(kept))
          .int32(activation.ordinal()).int64(dy.size()).pointer(memory.address(dy)));
    }
    launches.launch("dense_tiles_backward", Launches.blocksOf(rows, TILE), Launches.blocksOf(in, TILE),
        Launches.THREADS, 0,
        new Arguments().pointer(memory.address(dy)).pointer(memory.address(w)).int32(rows).int32(in).int32(out)
            .pointer(memory.address(dx)));
  }

  /** dw += g^T x, db += column sums of g, where g is the gradient before the activation. */
  private void gradientsOwn(Matrix x, Matrix kept, Activation activation, Matrix dy, Matrix dw, Matrix db) {
    launches.launch("dense_gradients", Launches.blocksOf(dy.columns(), DENSE_SIDE),
        Launches.blocksOf(x.columns(), Launches.WARP), Launches.THREADS, 0,
        new Arguments().pointer(memory.address(x)).pointer(ifRead(kept, activation)).int32(activation.ordinal())
            .pointer(memory.address(dy))
            .int32(Math.toIntExact(x.rows())).int32(Math.toIntExact(x.columns())).int32(Math.toIntExact(dy.columns()))
            .pointer(memory.address(dw)).pointer(memory.address(db)));
  }

  /** The address of what an activation keeps for kernels that go back through it, or 0 if they do not read it. */
  private long ifRead(Matrix kept, Activation activation) {
    return activation == Activation.IDENTITY ? 0 : memory.address(kept);
  }

  private long addressOrNull(Matrix matrix) {
    return matrix == null ? 0 : memory.address(matrix);
  }

  /** c = op(a) op(b) + beta c. */
  private void product(boolean transposeA, Matrix a, boolean transposeB, Matrix b, float beta, Matrix c) {
    int m = Math.toIntExact(c.rows());
    int n = Math.toIntExact(c.columns());
    int k = Math.toIntExact(transposeA ? a.rows() : a.columns());
    int lda = Math.toIntExact(a.columns());
    int ldb = Math.toIntExact(b.columns());
    long first = memory.address(a);
    long second = memory.address(b);
    long to = memory.address(c);
    if (m > 0 && n > 0) {
      schedule.enqueue(new Call.Product(transposeA, transposeB, m, n, k, first, lda, second, ldb, beta, to, n));
    }
  }
}
