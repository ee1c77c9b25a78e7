package gputae.backend.cuda;

import gputae.backend.BackendException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The memory of the device that the host runner simulates: what is allocated, what is left, and what was written
 * outside the allocations.
 */
final class HostMemory {

  private static final int ALIGNMENT = 256;

  private final long bytes;
  private long used;
  private final Map<Long, Long> allocations = new HashMap<>();
  private final Set<String> launchedSinceCheck = new LinkedHashSet<>();

  /** @param bytes number of bytes that the device has */
  HostMemory(long bytes) {
    this.bytes = bytes;
  }

  /** The number of bytes that can still be allocated. */
  long left() {
    return (bytes - used) / ALIGNMENT * ALIGNMENT;
  }

  /** Allocates memory. Returns its address, or 0 if the operating system has no more memory. */
  long allocate(long bytes) {
    long address = HostRunnerNative.allocate(bytes);
    if (address != 0) {
      allocations.put(address, bytes);
      used += taken(bytes);
    }
    return address;
  }

  /** The number of bytes that an allocation takes of the simulated memory: a multiple of the alignment. */
  private static long taken(long bytes) {
    return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  }

  /** @throws BackendException if nothing is allocated at this address */
  void require(long address) {
    if (!allocations.containsKey(address)) {
      throw new BackendException("free: nothing is allocated at 0x" + Long.toHexString(address));
    }
  }

  /** @throws BackendException if something was written before or behind the allocation, which is freed nevertheless */
  void free(long address) {
    long bytes = allocations.remove(address);
    int overruns = HostRunnerNative.overruns(address, bytes);
    used -= taken(bytes);
    HostRunnerNative.free(address, bytes);
    if (overruns != 0) {
      throw new BackendException(overrun("free", address, bytes, overruns));
    }
  }

  private String overrun(String call, long address, long bytes, int overruns) {
    return call + ": something was written "
        + (overruns == 1 ? "before" : overruns == 2 ? "behind" : "before and behind") + " the allocation of " + bytes
        + " bytes at 0x" + Long.toHexString(address)
        + (launchedSinceCheck.isEmpty() ? ""
            : "; launched since the last synchronise: " + String.join(", ", launchedSinceCheck));
  }

  /** Notes the launch of a kernel. If the next check finds an error, the message names this kernel. */
  void launched(String kernel) {
    launchedSinceCheck.add(kernel);
  }

  /** @throws BackendException if something was written before or behind an allocation */
  void checkAll(String call) {
    String found = null;
    for (Map.Entry<Long, Long> allocation : allocations.entrySet()) {
      int overruns = HostRunnerNative.overruns(allocation.getKey(), allocation.getValue());
      if (overruns != 0 && found == null) {
        found = overrun(call, allocation.getKey(), allocation.getValue(), overruns);
      }
    }
    launchedSinceCheck.clear();
    if (found != null) {
      throw new BackendException(found);
    }
  }

  /** Frees all allocations. */
  void clear() {
    allocations.forEach(HostRunnerNative::free);
    allocations.clear();
  }
}
