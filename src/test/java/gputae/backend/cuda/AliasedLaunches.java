package gputae.backend.cuda;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;

/**
 * Refuses launches in which a kernel may write memory that it reads through the non-coherent path
 * ({@link PtxAccesses}). How far a kernel reads and writes is not known, so a launch is refused if both addresses lie
 * in one allocation. The backend makes no such launch.
 */
final class AliasedLaunches {

  private static Map<String, PtxAccesses> accesses;

  private final TreeMap<Long, Long> allocations = new TreeMap<>();

  private AliasedLaunches() {}

  /** The driver, which refuses such launches. A build without kernels has no PTX, so nothing is refused. */
  static Driver refusedBy(HostRunner driver) {
    if (KernelFiles.summary().isEmpty()) {
      return driver;
    }
    Map<String, PtxAccesses> kernels = accesses(driver);
    AliasedLaunches launches = new AliasedLaunches();
    return (Driver) Proxy.newProxyInstance(AliasedLaunches.class.getClassLoader(), new Class<?>[] {Driver.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("launch")) {
            String kernel = (String) arguments[0];
            launches.require(kernel, kernels.get(kernel), ((Arguments) arguments[5]).slots());
          }
          Object result;
          try {
            result = method.invoke(driver, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
          switch (method.getName()) {
            case "allocate" -> launches.allocations.put((Long) result, (Long) arguments[0]);
            case "free" -> launches.allocations.remove((Long) arguments[0]);
            default -> {
            }
          }
          return result;
        });
  }

  private static synchronized Map<String, PtxAccesses> accesses(HostRunner driver) {
    if (accesses == null) {
      accesses = PtxAccesses.of(KernelFiles.ptx(75).text(), driver.kernels());
    }
    return accesses;
  }

  private void require(String kernel, PtxAccesses parameters, long[] slots) {
    for (int read : parameters.nonCoherent()) {
      for (int written : parameters.written()) {
        if (slots[read] != 0 && slots[written] != 0 && allocation(slots[read]) == allocation(slots[written])) {
          throw new AssertionError("kernel '" + kernel + "' reads parameter " + read
              + " through the non-coherent path and writes parameter " + written + "; both lie in one allocation");
        }
      }
    }
  }

  /** The address of the allocation in which an address lies. */
  private long allocation(long address) {
    Map.Entry<Long, Long> below = allocations.floorEntry(address);
    if (below == null || address >= below.getKey() + Math.max(1, below.getValue())) {
      throw new AssertionError("0x" + Long.toHexString(address) + " lies in no allocation");
    }
    return below.getKey();
  }
}
