package gputae.backend.cuda;

import gputae.backend.BackendException;
import gputae.backend.cuda.HostRunner.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The streams and graphs of the host runner. Calls run one after the other, in an order that the device could have
 * chosen.
 */
final class HostStreams {

  /**
   * One enqueued call, with the earlier nodes of its graph that it has to wait for, and with all nodes that are certain
   * to end before it begins.
   *
   * @param accesses what the call accessed last, as far as it is known
   */
  private record Node(String name, Runnable call, Supplier<Accesses> accesses, int[] dependencies, BitSet before) {}

  private final Order order;
  private final SplittableRandom random;
  private final Map<Long, Node[]> graphs = new HashMap<>();
  private long lastGraph;
  private boolean replaying;

  /** The nodes that {@link #capture} has recorded so far; null outside a capture. */
  private List<Node> captured;

  /** The nodes for which the next node of the main stream has to wait; likewise for each branch. */
  private Set<Integer> mainTail = Set.of();

  private final List<Set<Integer>> branchTails = new ArrayList<>(Collections.nCopies(1 + Driver.STREAMS, Set.of()));

  /** The stream on which calls are enqueued now; 0 is the main stream. */
  private int stream;

  private final boolean[] forked = new boolean[1 + Driver.STREAMS];

  /** The calls that each branch enqueued outside a capture in backward order. They are done as late as possible. */
  private final List<List<Runnable>> deferred =
      IntStream.rangeClosed(0, Driver.STREAMS).<List<Runnable>>mapToObj(i -> new ArrayList<>()).toList();

  /** @param seed seed of random order; without effect in the other orders */
  HostStreams(Order order, long seed) {
    this.order = order;
    random = new SplittableRandom(seed);
  }

  /** Whether a graph is being recorded. */
  boolean capturing() {
    return captured != null;
  }

  /** Whether the work that is done now belongs to a graph. */
  boolean replaying() {
    return replaying;
  }

  boolean inBranch() {
    return stream > 0;
  }

  /**
   * Makes the call now or when its turn comes, or records it.
   *
   * @param name     for messages
   * @param accesses what the call accessed; asked for after the call if it belongs to a graph
   */
  void enqueue(String name, Runnable call, Supplier<Accesses> accesses) {
    if (captured != null) {
      int node = captured.size();
      int[] dependencies =
          (stream > 0 ? branchTails.get(stream) : mainTail).stream().mapToInt(Integer::intValue).toArray();
      BitSet before = new BitSet();
      for (int dependency : dependencies) {
        before.or(captured.get(dependency).before);
        before.set(dependency);
      }
      captured.add(new Node(name, call, accesses, dependencies, before));
      if (stream > 0) {
        branchTails.set(stream, Set.of(node));
      } else {
        mainTail = Set.of(node);
      }
    } else if (stream > 0 && order == Order.BACKWARD) {
      deferred.get(stream).add(call);
    } else {
      call.run();
    }
  }

  /** Makes the calls that branches outside a capture have postponed. */
  void flush() {
    for (int each = 1; each <= Driver.STREAMS; each++) {
      flush(each);
    }
  }

  private void flush(int branch) {
    List<Runnable> calls = List.copyOf(deferred.get(branch));
    deferred.get(branch).clear();
    calls.forEach(Runnable::run);
  }

  void fork(int number, Runnable branch) {
    if (number < 1 || number > Driver.STREAMS) {
      throw new BackendException("fork: there is no stream " + number + "; there are 1 to " + Driver.STREAMS);
    }
    if (stream > 0) {
      throw new BackendException("fork within a branch");
    }
    Set<Integer> both = new LinkedHashSet<>(mainTail);
    both.addAll(branchTails.get(number));
    branchTails.set(number, both);
    forked[number] = true;
    stream = number;
    try {
      branch.run();
    } finally {
      stream = 0;
    }
  }

  void join(int number) {
    if (stream > 0 || !forked[number]) {
      throw new BackendException(stream > 0 ? "join within a branch" : "join without a fork");
    }
    forked[number] = false;
    Set<Integer> both = new LinkedHashSet<>(mainTail);
    both.addAll(branchTails.get(number));
    mainTail = both;
    branchTails.set(number, Set.of());
    flush(number);
  }

  /** Whether a branch was forked and is not joined yet. */
  boolean anyForked() {
    return IntStream.rangeClosed(1, Driver.STREAMS).anyMatch(each -> forked[each]);
  }

  /** Records what the work enqueues. Returns the number of its graph. */
  long capture(Runnable work) {
    captured = new ArrayList<>();
    mainTail = Set.of();
    boolean joined;
    Node[] nodes;
    try {
      work.run();
      nodes = captured.toArray(new Node[0]);
    } finally {
      joined = !anyForked();
      captured = null;
      mainTail = Set.of();
      Collections.fill(branchTails, Set.of());
      Arrays.fill(forked, false);
    }
    if (!joined) {
      throw new BackendException("capture: a branch was forked and never joined");
    }
    graphs.put(++lastGraph, nodes);
    return lastGraph;
  }

  /**
   * The action that replays a graph; the caller enqueues it. It throws a BackendException if two nodes access the same
   * bytes, one of them writes, and the graph does not order them.
   *
   * @throws BackendException if there is no such graph
   */
  Runnable graph(long graph) {
    Node[] nodes = graphs.get(graph);
    if (nodes == null) {
      throw new BackendException("replay: there is no graph " + graph);
    }
    return () -> {
      replaying = true;
      try {
        run(nodes);
      } finally {
        replaying = false;
      }
    };
  }

  /**
   * Runs each node after those on which it depends. Among the nodes that are ready, the order chooses the first, the
   * last or a random one.
   */
  private void run(Node[] nodes) {
    boolean[] done = new boolean[nodes.length];
    Accesses[] accesses = new Accesses[nodes.length];
    List<Integer> ready = new ArrayList<>();
    for (int left = nodes.length; left > 0; left--) {
      ready.clear();
      for (int i = 0; i < nodes.length; i++) {
        if (!done[i] && Arrays.stream(nodes[i].dependencies).allMatch(dependency -> done[dependency])) {
          ready.add(i);
        }
      }
      int next = ready.get(switch (order) {
        case FORWARD -> 0;
        case BACKWARD -> ready.size() - 1;
        case RANDOM -> random.nextInt(ready.size());
      });
      nodes[next].call.run();
      accesses[next] = nodes[next].accesses.get();
      if (!accesses[next].isEmpty()) {
        for (int i = 0; i < nodes.length; i++) {
          // A node that comes after this one is not done yet.
          if (done[i] && !nodes[next].before.get(i)) {
            requireNoConflict(nodes, accesses, Math.min(i, next), Math.max(i, next));
          }
        }
      }
      done[next] = true;
    }
  }

  private static void requireNoConflict(Node[] nodes, Accesses[] accesses, int first, int second) {
    String conflict = accesses[first].conflict(accesses[second]);
    if (conflict != null) {
      throw new BackendException("nothing orders node " + first + " of a graph (" + nodes[first].name + ") and node "
          + second + " (" + nodes[second].name + "), and both access " + conflict);
    }
  }

  void discard(long graph) {
    if (graphs.remove(graph) == null) {
      throw new BackendException("discard: there is no graph " + graph);
    }
  }

  /** Forgets all graphs and all postponed calls. */
  void clear() {
    graphs.clear();
    deferred.forEach(List::clear);
  }
}
