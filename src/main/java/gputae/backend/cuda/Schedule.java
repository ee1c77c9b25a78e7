package gputae.backend.cuda;

import gputae.backend.Matrix;
import gputae.backend.Recording;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides when and on which stream the calls of {@link CudaBackend} run: at once or in a recording, in order or in
 * parallel with later calls. It also provides work space, since calls that run in parallel must not share any.
 */
final class Schedule {

  /** The memory of the backend. */
  interface Memory {

    /**
     * Reserves memory that is not initialised. If there is not enough, the message says what the memory is for:
     * {@code what}.
     */
    long reserve(long bytes, String what);

    /** Frees memory that {@link #reserve} returned. */
    void release(long address);

    /** The address of a matrix of this backend. */
    long address(Matrix matrix);

    /** Throws an {@link IllegalStateException} if the backend is closed. */
    void requireOpen();
  }

  /** The driver's main stream. */
  private static final int MAIN = 0;

  /**
   * The driver's stream for the branch of {@link #beside}. The branch has kernels of one block, such as that of a
   * spanning tree. These would wait for all blocks of a product if they did not go first.
   */
  private static final int BRANCH = Driver.PREFERRED;

  /** The driver's stream for the gradients of weights. The computation of the next layer does not wait for them. */
  static final int PRODUCTS_ASIDE = 2;

  /**
   * The driver's stream for sums for which the next layer does not wait either: the gradients of biases, and the
   * losses.
   */
  static final int SUMS_ASIDE = 3;

  private final Driver driver;
  private final Memory memory;

  /** Whether every call is waited for: see {@link LaunchChecks}. */
  private final boolean checks;

  /** Work space of direct calls, by purpose. It grows as needed, and calls that run in order may share it. */
  private final Map<String, Space> spaces = new HashMap<>();

  /** The recording that is being made; null while calls run directly. */
  private Tape tape;

  /** With checks, the stream of the branch whose calls are made now; otherwise the main stream. */
  private int side = MAIN;

  /** True inside {@link #beside}. */
  private boolean forked;

  /** True inside the branch of {@link #beside}, which has work space of its own. */
  private boolean branching;

  /** The memory that calls aside read and write, as long as these calls are not joined. */
  private final List<Use> usedAside = new ArrayList<>();

  /**
   * True inside {@link #aside} and {@link #whileAside}: calls that are enqueued now need not wait for the calls aside.
   */
  private boolean overtaking;

  private final Set<Tape> recordings = new LinkedHashSet<>();

  private record Space(long address, long bytes) {}

  /** Bytes of device memory that a stream reads or writes. */
  private record Use(int stream, long from, long to, boolean writes) {
    /**
     * Whether one use must wait for the other. Two uses on one stream wait for each other anyway, so they do not count.
     */
    boolean meets(Use other) {
      return stream != other.stream && (writes || other.writes) && from < other.to && other.from < to;
    }
  }

  /**
   * A recording: the calls of the capture, the graph's handle (0 before the capture), its work space, which no other
   * call touches, and the matrices whose addresses are in it.
   */
  private static final class Tape {
    List<Call> calls = new ArrayList<>();
    long graph;
    final Map<String, Space> spaces = new HashMap<>();
    final Set<Matrix> matrices = new LinkedHashSet<>();
  }

  Schedule(Driver driver, Memory memory, boolean checks) {
    this.driver = driver;
    this.memory = memory;
    this.checks = checks;
  }

  /**
   * Returns the address of work space that is not initialised. It may be used until the next call for the same purpose.
   * Outside recordings, the work space is kept until the backend is closed.
   */
  long space(String operation, long bytes) {
    String purpose = branching ? operation + ", branch" : operation;
    Map<String, Space> held = tape == null ? spaces : tape.spaces;
    Space space = held.get(purpose);
    if (space == null || space.bytes < bytes) {
      if (space != null && tape == null) {
        held.remove(purpose);
        memory.release(space.address);
      } else if (space != null) {
        // Calls that are already recorded contain the address of the old work space, so it is kept.
        held.put(purpose + ", " + space.bytes, space);
      }
      space = new Space(memory.reserve(bytes, "the work space of " + purpose), bytes);
      held.put(purpose, space);
    }
    return space.address;
  }

  /** Notes that the recording that is being made contains the address of this matrix. */
  void uses(Matrix matrix) {
    if (tape != null) {
      tape.matrices.add(matrix);
    }
  }

  /** Throws an {@link IllegalStateException} inside a recording. */
  void requireNotRecording(String what) {
    if (tape != null) {
      throw new IllegalStateException(what + " cannot be recorded: the host takes part in it");
    }
  }

  /** As {@link gputae.backend.Backend#record}. */
  Recording record(Runnable work) {
    memory.requireOpen();
    requireNotRecording("a recording");
    joinAside();
    // First the calls are only collected, so that work space is allocated and shapes are checked before the capture.
    // Neither may happen during the capture.
    Tape recorded = new Tape();
    recordings.add(recorded);
    tape = recorded;
    try {
      work.run();
      joinAside();
      tape = null;
      if (!checks) {
        recorded.graph = driver.capture(() -> recorded.calls.forEach(call -> call.on(driver)));
      }
    } catch (RuntimeException e) {
      free(recorded);
      throw e;
    } finally {
      tape = null;
      usedAside.clear();
    }
    return new Recording() {
      @Override
      public void replay() {
        Schedule.this.replay(recorded);
      }

      @Override
      public void close() {
        // The recording is already freed if the backend was closed first.
        if (recordings.contains(recorded)) {
          free(recorded);
        }
      }
    };
  }

  private void replay(Tape recorded) {
    memory.requireOpen();
    requireNotRecording("a replay");
    if (branching) {
      throw new IllegalStateException("a branch cannot replay a recording");
    }
    joinAside();
    if (!recordings.contains(recorded)) {
      throw new IllegalStateException("the recording is closed");
    }
    // This throws an exception if a matrix is closed. The graph itself would still use the address.
    recorded.matrices.forEach(Matrix::address);
    if (checks) {
      recorded.calls.forEach(call -> call.on(driver));
    } else {
      driver.replay(recorded.graph);
    }
  }

  private void free(Tape recorded) {
    recordings.remove(recorded);
    if (recorded.graph != 0) {
      driver.discard(recorded.graph);
    }
    recorded.spaces.values().forEach(space -> memory.release(space.address));
  }

  /** Frees all recordings. */
  void close() {
    List.copyOf(recordings).forEach(this::free);
  }

  /** As {@link gputae.backend.Backend#beside}. */
  void beside(Runnable branch, Runnable main) {
    memory.requireOpen();
    if (forked) {
      throw new IllegalStateException("a branch cannot have branches");
    }
    joinAside();
    forked = true;
    try {
      fork(BRANCH, () -> {
        branching = true;
        try {
          branch.run();
        } finally {
          branching = false;
        }
      });
      main.run();
    } catch (RuntimeException e) {
      // The calls that were already enqueued must still be joined.
      try {
        enqueueNow(new Call.Join(BRANCH));
      } catch (RuntimeException further) {
        e.addSuppressed(further);
      }
      throw e;
    } finally {
      forked = false;
    }
    enqueueNow(new Call.Join(BRANCH));
  }

  private void fork(int stream, Runnable branch) {
    if (checks) {
      // Each call of the branch becomes a branch of its own, which is waited for. The first one has no calls: there
      // must be a branch to join even if this one has none.
      enqueueNow(new Call.Fork(stream, List.of()));
      side = stream;
      try {
        branch.run();
      } finally {
        side = MAIN;
      }
      return;
    }
    if (tape == null) {
      driver.fork(stream, branch);
      return;
    }
    // The calls of the branch become one call. The capture makes them inside the driver's fork.
    List<Call> before = tape.calls;
    List<Call> calls = new ArrayList<>();
    tape.calls = calls;
    try {
      branch.run();
    } finally {
      tape.calls = before;
    }
    before.add(new Call.Fork(stream, calls));
  }

  /**
   * Enqueues calls that may run in parallel with later calls ("calls aside"). If later calls come from this method or
   * from {@link #whileAside}, they wait only if their matrices and those of the calls aside overlap and one side
   * writes. All other later calls always wait. A branch cannot have branches, so inside a branch the calls are enqueued
   * in order.
   */
  void aside(int stream, List<Matrix> reads, List<Matrix> writes, Runnable calls) {
    if (branching) {
      calls.run();
      return;
    }
    List<Use> uses = uses(stream, reads, writes);
    joinIfMet(uses);
    usedAside.addAll(uses);
    overtake(() -> fork(stream, calls));
  }

  /**
   * Enqueues calls that read and write only the given matrices. They wait for the calls aside only if a call aside
   * reads or writes a matrix that they write, or writes a matrix that they read.
   */
  void whileAside(List<Matrix> reads, List<Matrix> writes, Runnable calls) {
    joinIfMet(uses(MAIN, reads, writes));
    overtake(calls);
  }

  private void joinIfMet(List<Use> uses) {
    if (uses.stream().anyMatch(use -> usedAside.stream().anyMatch(use::meets))) {
      joinAside();
    }
  }

  private List<Use> uses(int stream, List<Matrix> reads, List<Matrix> writes) {
    List<Use> uses = new ArrayList<>();
    reads.forEach(matrix -> uses.add(use(stream, matrix, false)));
    writes.forEach(matrix -> uses.add(use(stream, matrix, true)));
    return uses;
  }

  private Use use(int stream, Matrix matrix, boolean writes) {
    long from = memory.address(matrix);
    return new Use(stream, from, from + matrix.size() * matrix.type().bytes(), writes);
  }

  private void overtake(Runnable calls) {
    boolean before = overtaking;
    overtaking = true;
    try {
      calls.run();
    } finally {
      overtaking = before;
    }
  }

  /** Makes everything that is enqueued from now on wait for all calls aside. */
  void joinAside() {
    List<Integer> streams = usedAside.stream().map(Use::stream).distinct().toList();
    usedAside.clear();
    streams.forEach(stream -> enqueueNow(new Call.Join(stream)));
  }

  /** Enqueues a call, or records it. */
  void enqueue(Call call) {
    memory.requireOpen();
    if (!overtaking && !branching) {
      joinAside();
    }
    enqueueNow(call);
  }

  private void enqueueNow(Call made) {
    Call call = !checks ? made : LaunchChecks.checked(side == MAIN ? made : new Call.Fork(side, List.of(made)));
    if (tape != null) {
      tape.calls.add(call);
    } else {
      call.on(driver);
    }
  }
}
