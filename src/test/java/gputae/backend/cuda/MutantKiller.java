package gputae.backend.cuda;

import gputae.backend.Backend;
import gputae.backend.BackendException;
import gputae.backend.BallPenalty;
import gputae.backend.ElementType;
import gputae.backend.Matrix;
import gputae.backend.Recording;
import gputae.backend.cpu.CpuBackend;
import gputae.backend.cpu.InstructionSet;
import gputae.data.Dataset;
import gputae.data.Images;
import gputae.data.Split;
import gputae.homology.Prim;
import gputae.homology.SpanningTree;
import gputae.linear.FloatPoints;
import gputae.selftest.Clouds;
import gputae.selftest.Operation;
import gputae.selftest.Result;
import gputae.selftest.SelfTest;
import gputae.train.ModelKind;
import gputae.train.Penalty;
import gputae.train.TrainConfig;
import gputae.train.TrainControl;
import gputae.train.TrainListener;
import gputae.train.Trainer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A process that distinguishes good kernels from bad ones. It is separate, since bad kernels may crash it. Its exit
 * code is 0 if the host runner finds nothing wrong in any order, otherwise another number.
 */
public final class MutantKiller {

  /** So little work for a launch over all pairs that clouds of some hundred points take several. */
  private static final long MOST_WORK = 100_000;

  private MutantKiller() {}

  /**
   * Arguments: the folder of the host runner's libraries, the {@link HostRunners.Build} that they are, then the names
   * of the self-test's operations to run. Where forbidden accesses are seen, one order and small trees are enough.
   */
  public static void main(String[] arguments) {
    boolean plain = HostRunners.Build.valueOf(arguments[1]) == HostRunners.Build.PLAIN;
    List<String> names = Arrays.asList(arguments).subList(2, arguments.length);
    List<Operation> operations =
        SelfTest.operations().stream().filter(operation -> names.contains(operation.name())).toList();
    try {
      if (plain && names.contains("spanning tree")) {
        checkSweeps(arguments[0]);
      }
      if (names.contains(SelfTest.LARGE_TREES)) {
        checkGridTrees(arguments[0], plain);
      }
      for (HostRunner.Order order : plain ? HostRunner.Order.values()
          : new HostRunner.Order[] {HostRunner.Order.FORWARD}) {
        try (CudaBackend cuda = open(arguments[0], order, Products.AUTO, HostRunners.SMALL)) {
          Backend backend = endingAtTheFirstError(cuda);
          // The quick tests come first: most mutants die here.
          compareTrainings(backend);
          if (names.contains("spanning tree")) {
            compareTrees(backend);
          }
          for (Operation operation : operations) {
            // The trees above are enough for the other orders; all trees of the self-test take most of a minute.
            if (!operation.name().endsWith("spanning tree") || plain && order == HostRunner.Order.FORWARD) {
              run(operation, backend, order);
            }
          }
        }
        if (operations.stream().anyMatch(MutantKiller::multiplies)) {
          try (CudaBackend cuda = open(arguments[0], order, Products.OWN, HostRunners.SMALL)) {
            Backend backend = endingAtTheFirstError(cuda);
            operations.stream().filter(MutantKiller::multiplies).forEach(operation -> run(operation, backend, order));
          }
        }
        // Where there is much shared memory, more points are in one launch.
        if (names.contains("losses of points")) {
          try (CudaBackend cuda = open(arguments[0], order, Products.AUTO, HostRunners.ROOMY)) {
            Backend backend = endingAtTheFirstError(cuda);
            operations.stream().filter(operation -> operation.name().equals("losses of points"))
                .forEach(operation -> run(operation, backend, order));
          }
        }
      }
    } catch (Throwable e) {
      System.out.println(e);
      Runtime.getRuntime().halt(1);
    }
    // This exit runs no hooks and no finalisation. It reports success, and a kernel that wrote to a wrong place must
    // not crash it.
    Runtime.getRuntime().halt(0);
  }

  /** Lists that end too early, or a limit that is too high, change no tree: they only take more time. */
  private static void checkSweeps(String libraries) {
    try (HostRunner driver = new HostRunner(Path.of(libraries), HostRunner.Order.FORWARD, 1, 1, HostRunners.SMALL,
        HostRunners.MEMORY)) {
      NearestLists.check(driver);
      Insertions.check(driver);
    }
  }

  /** In every order where nothing else tells wrong accesses. */
  private static void checkGridTrees(String libraries, boolean plain) {
    for (HostRunner.Order order : HostRunner.Order.values()) {
      if (plain || order == HostRunner.Order.FORWARD) {
        try (HostRunner driver =
            new HostRunner(Path.of(libraries), order, 1, 1, HostRunners.SMALL, HostRunners.MEMORY)) {
          GridTrees.check(driver);
        }
      }
    }
  }

  private static CudaBackend open(String libraries, HostRunner.Order order, Products products, Driver.Limits limits) {
    return new CudaBackend(new HostRunner(Path.of(libraries), order, 1, 1, limits, HostRunners.MEMORY), products, false,
        MOST_WORK);
  }

  /** Whether the operation multiplies matrices, for which there are two ways. */
  static boolean multiplies(Operation operation) {
    return operation.name().startsWith("dense");
  }

  private static void run(Operation operation, Backend backend, HostRunner.Order order) {
    Result result = operation.run(backend);
    if (!result.passed()) {
      throw new AssertionError(order + ", " + operation.name() + ": " + result.failures().get(0));
    }
  }

  /** Compares six steps of small models with those of the CPU. */
  private static void compareTrainings(Backend backend) {
    for (ModelKind kind : new ModelKind[] {ModelKind.TAE, ModelKind.VAE}) {
      TrainConfig config =
          new TrainConfig(kind, 3, List.of(17), 33, 2, 1e-3,
              new Penalty(0.05, BallPenalty.NORM, 0.05, 1, Double.POSITIVE_INFINITY).of(kind), 3);
      float[] expected;
      try (Backend cpu = new CpuBackend(InstructionSet.best(), 1)) {
        expected = train(cpu, config);
      }
      float[] found = train(backend, config);
      for (int i = 0; i < expected.length; i++) {
        // Each weight moved by about 6e-3.
        if (!(Math.abs(expected[i] - found[i]) <= 1e-4)) {
          throw new AssertionError(kind + ": weight " + i + " is " + found[i] + " instead of " + expected[i]);
        }
      }
    }
  }

  private static float[] train(Backend backend, TrainConfig config) {
    Random random = new Random(5);
    byte[] pixels = new byte[100 * 40];
    random.nextBytes(pixels);
    Split train = new Split(new Images(Arrays.copyOf(pixels, 80 * 40), 80, 8, 5), null);
    Split test = new Split(new Images(Arrays.copyOfRange(pixels, 80 * 40, 100 * 40), 20, 8, 5), null);
    try (Trainer trainer =
        new Trainer(backend, config, new Dataset("noise", List.of(), train, test), new TrainControl())) {
      trainer.run(new TrainListener() {});
      return trainer.model().parameters().toFloats();
    }
  }

  /**
   * The self-test continues after an error. Here the first error is enough, for example that of a kernel that does not
   * end.
   */
  private static Backend endingAtTheFirstError(CudaBackend cuda) {
    return (Backend) Proxy.newProxyInstance(MutantKiller.class.getClassLoader(), new Class<?>[] {Backend.class},
        (proxy, method, arguments) -> {
          try {
            return method.invoke(cuda, arguments);
          } catch (InvocationTargetException e) {
            if (e.getCause() instanceof BackendException) {
              System.out.println(e.getCause());
              Runtime.getRuntime().halt(1);
            }
            throw e.getCause();
          }
        });
  }

  /** Small clouds of every kind, as the tests of homology draw them, and larger ones that a grid sweeps. */
  private static void compareTrees(Backend backend) {
    Random random = new Random(20260101L);
    for (int i = 0; i < 300; i++) {
      compareTree(backend, i, 2 + random.nextInt(60), i % 3 == 0 ? 1 + random.nextInt(70) : 1 + random.nextInt(4),
          random);
    }
    for (int d : new int[] {2, 3, 40}) {
      compareTree(backend, 0, 300, d, random);
      compareTree(backend, 4, 1600, d, random);
      compareTree(backend, Clouds.Kind.STRIPED.ordinal(), 1100, d, random);
    }
  }

  private static void compareTree(Backend backend, int number, int n, int d, Random random) {
    Clouds.Kind kind = Clouds.Kind.values()[number % Clouds.Kind.values().length];
    FloatPoints points = Clouds.draw(kind, n, d, random);
    SpanningTree expected = Prim.ofPoints(points).sorted();
    // The call is recorded, so each tree has its own work space, and the host runner watches the ends of this space.
    try (Matrix x = backend.allocate(n, d).upload(points.coordinates());
        Matrix edges = backend.allocate(ElementType.INT32, n - 1, 2);
        Matrix lengths = backend.allocate(1, n - 1);
        Recording recording = backend.record(() -> backend.spanningTree(x, edges, lengths))) {
      recording.replay();
      backend.synchronise();
      double[] wide = new double[n - 1];
      float[] found = lengths.toFloats();
      Arrays.setAll(wide, i -> found[i]);
      SpanningTree tree = new SpanningTree(edges.toInts(), wide).sorted();
      if (!Arrays.equals(expected.edges(), tree.edges()) || !Arrays.equals(expected.lengths(), tree.lengths())) {
        throw new AssertionError("tree of " + kind + " n " + n + " d " + d);
      }
    }
  }
}
