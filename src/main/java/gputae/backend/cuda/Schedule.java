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
 * Decides when and on which stream the calls of {@link CudaBackend} run: at once or in a recording, in order or beside
 * what follows. It also hands out work space, since calls that run beside each other must not share any.
 */
final class Schedule {

  /** The memory of the backend. */
  interface Memory {

    /** Reserves memory that is not initialised; {@code what} it is for stands in the message if there is not enough. */
    long reserve(long bytes, String what);

    /** Frees what {@link #reserve} gave. */
    void release(long address);

    /** The address of a matrix of this backend. */
    long address(Matrix matrix);

    /** Throws an {@link IllegalStateException} if the backend is closed. */
    void requireOpen();
  }

  /** The driver's main stream. */
  private static final int MAIN = 0;

  /** The driver's stream for what {@link #beside} calls its branch. */
  private static final int BRANCH = 1;

  /** The driver's streams for what nothing on the way to the next layer waits for: gradients of weights. */
  static final int PRODUCTS_ASIDE = 2;

  /** The same for sums: of the gradients of biases, and of losses. */
  static final int SUMS_ASIDE = 3;

  private final Driver driver;
  private final Memory memory;

  /** Work space of direct calls, by purpose; it grows, and calls in order may share it. */
  private final Map<String, Space> spaces = new HashMap<>();

  /** The recording in the making; null while calls run directly. */
  private Tape tape;

  /** True inside {@link #beside}. */
  private boolean forked;

  /** True inside the branch of {@link #beside}, which has work space of its own. */
  private boolean branching;

  /** What the calls aside that have not been joined read and write. */
  private final List<Use> usedAside = new ArrayList<>();

  /** True inside {@link #aside} and {@link #whileAside}: what is enqueued need not wait for what is aside. */
  private boolean overtaking;

  private final Set<Tape> recordings = new LinkedHashSet<>();

  private record Space(long address, long bytes) {}

  /** Bytes of device memory that a stream reads or writes. */
  private record Use(int stream, long from, long to, boolean writes) {
    /** Whether one must wait for the other; on one stream it does so anyway. */
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

  Schedule(Driver driver, Memory memory) {
    this.driver = driver;
    this.memory = memory;
  }

  /**
   * Work space that is not initialised, until the next call for the same purpose. Outside recordings it is kept until
   * the backend is closed.
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
        // Calls that are recorded already have its address.
        held.put(purpose + ", " + space.bytes, space);
      }
      space = new Space(memory.reserve(bytes, "the work space of " + purpose), bytes);
      held.put(purpose, space);
    }
    return space.address;
  }

  /** Notes that a recording in the making has the address of this matrix. */
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
    // First the calls alone, so that work space is allocated and shapes are checked before the capture, in which
    // neither may happen.
    Tape recorded = new Tape();
    recordings.add(recorded);
    tape = recorded;
    try {
      work.run();
      joinAside();
      tape = null;
      recorded.graph = driver.capture(() -> recorded.calls.forEach(call -> call.on(driver)));
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
        // It is gone already if the backend was closed first.
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
    // A graph would go on with the address of a matrix that is gone.
    recorded.matrices.forEach(Matrix::address);
    driver.replay(recorded.graph);
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
      // What had been enqueued is waited for all the same.
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
    if (tape == null) {
      driver.fork(stream, branch);
      return;
    }
    // What the branch calls becomes one call, which the capture makes inside the driver's fork.
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
   * Enqueues calls beside what is enqueued after them. What reads or writes the same memory later waits for them. What
   * {@link #whileAside} enqueues waits only if its matrices meet theirs; everything else waits always. Within a branch,
   * which has no branches, they are enqueued in order.
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
   * Enqueues calls that read and write the given matrices alone. They wait for what is aside only if that reads or
   * writes what they write, or writes what they read.
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

  /** Lets what is enqueued from now on wait for all that is aside. */
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

  private void enqueueNow(Call call) {
    if (tape != null) {
      tape.calls.add(call);
    } else {
      call.on(driver);
    }
  }
}
