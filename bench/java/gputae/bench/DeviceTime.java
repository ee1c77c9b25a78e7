package gputae.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The second number of every benchmark, {@code deviceMicros}: microseconds per operation by the device's own clock,
 * from the moment when it begins the work of an invocation until it has finished. If the device has no clock, this is
 * wall time; the CPU has none.
 *
 * <p>JMH has no counter for an average. A counter of type EVENTS is summed over the iterations, so an average would be
 * multiplied by the number of iterations. A counter of type OPERATIONS is a number of operations; JMH divides the wall
 * time of the iteration by it, with the unit, mean and error of the score. So this class gives JMH the number of
 * operations that the device would have done in that wall time without waiting: the number that it did, times wall
 * time, divided by its own time.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class DeviceTime {

  private long operations;
  private double wallSeconds;
  private double deviceSeconds;

  @Setup(Level.Iteration)
  public void reset() {
    operations = 0;
    wallSeconds = 0;
    deviceSeconds = 0;
  }

  /** Notes an invocation. */
  void add(long operations, double wallSeconds, double deviceSeconds) {
    this.operations += operations;
    this.wallSeconds += wallSeconds;
    this.deviceSeconds += deviceSeconds;
  }

  /**
   * The number of operations in the wall time at the device's own speed; from it JMH computes microseconds per
   * operation.
   */
  public double deviceMicros() {
    return operations * wallSeconds / deviceSeconds;
  }
}
