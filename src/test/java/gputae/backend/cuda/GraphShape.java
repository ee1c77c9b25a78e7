package gputae.backend.cuda;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * The size and the length of the graph that a driver captures. A GPU takes microseconds from one node to the next one
 * that waits for it, which is most of the time of a step on a small batch.
 *
 * @param nodes number of launches, products, copies and clears
 * @param chain what the nodes of the longest chain do, in which each node waits for the one before: the name of a
 *     kernel, {@code product}, {@code copy} or {@code clear}
 */
public record GraphShape(int nodes, List<String> chain) {

  /** The driver, which notes the shape of each capture in the list. */
  public static Driver noted(Driver driver, List<GraphShape> shapes) {
    Noting noting = new Noting();
    return (Driver) Proxy.newProxyInstance(GraphShape.class.getClassLoader(), new Class<?>[] {Driver.class},
        (proxy, method, arguments) -> {
          Runnable after = noting.before(method.getName(), arguments, shapes);
          try {
            return method.invoke(driver, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          } finally {
            after.run();
          }
        });
  }

  /** The current capture: for each stream the longest chain that ends on it, the main stream first. */
  private static final class Noting {
    private final List<List<String>> chains = new ArrayList<>();
    private int stream;
    private int nodes;

    /** Notes a call to the driver; the result must run after the call. */
    Runnable before(String call, Object[] arguments, List<GraphShape> shapes) {
      switch (call) {
        case "capture" -> {
          chains.clear();
          for (int i = 0; i <= Driver.STREAMS; i++) {
            chains.add(List.of());
          }
          nodes = 0;
          return () -> {
            shapes.add(new GraphShape(nodes, chains.get(0)));
            chains.clear();
          };
        }
        case "fork" -> {
          if (!chains.isEmpty()) {
            stream = (int) arguments[0];
            wait(stream, 0);
            return () -> stream = 0;
          }
        }
        case "join" -> {
          if (!chains.isEmpty()) {
            wait(0, (int) arguments[0]);
          }
        }
        case "launch", "product", "copy", "clear" -> {
          if (!chains.isEmpty()) {
            nodes++;
            List<String> longer = new ArrayList<>(chains.get(stream));
            longer.add(call.equals("launch") ? (String) arguments[0] : call);
            chains.set(stream, longer);
          }
        }
        default -> {
        }
      }
      return () -> {};
    }

    /** What follows on a stream waits for another stream too. */
    private void wait(int waiting, int other) {
      if (chains.get(waiting).size() < chains.get(other).size()) {
        chains.set(waiting, chains.get(other));
      }
    }
  }
}
