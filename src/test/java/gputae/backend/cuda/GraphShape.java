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
 * @param chain length of the longest chain of nodes, each of which waits for the one before
 */
public record GraphShape(int nodes, int chain) {

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

  /** The current capture: for each stream the length of the chain that ends on it, the main stream first. */
  private static final class Noting {
    private final List<Integer> chains = new ArrayList<>();
    private int stream;
    private int nodes;

    /** Notes a call to the driver; the result must run after the call. */
    Runnable before(String call, Object[] arguments, List<GraphShape> shapes) {
      switch (call) {
        case "capture" -> {
          chains.clear();
          for (int i = 0; i <= Driver.STREAMS; i++) {
            chains.add(0);
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
            chains.set(stream, Math.max(chains.get(0), chains.get(stream)));
            return () -> stream = 0;
          }
        }
        case "join" -> {
          if (!chains.isEmpty()) {
            chains.set(0, Math.max(chains.get(0), chains.get((int) arguments[0])));
          }
        }
        case "launch", "product", "copy", "clear" -> {
          if (!chains.isEmpty()) {
            nodes++;
            chains.set(stream, chains.get(stream) + 1);
          }
        }
        default -> {
        }
      }
      return () -> {};
    }
  }
}
