package gputae.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The second figure of every benchmark, {@code deviceMicros}: microseconds an operation by the device's own clock, from
 * the moment it begins with an invocation's work to the moment it has done it; where the device has no clock, as the
 * CPU, wall time.
 *
 * <p>JMH has no counter for an average. One of type EVENTS is added up over the iterations, so an average would come
 * out as many times too large as there are iterations. One of type OPERATIONS is a number of operations, by which JMH
 * divides the iteration's wall time, with the unit, mean and error of the score. So we tell it how many operations the
 * device would have done in that wall time if it had never waited: those it did, times wall time over its own time.
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

  /** For JMH, which makes microseconds an operation of it: operations in the wall time at the device's own speed. */
  public double deviceMicros() {
    return operations * wallSeconds / deviceSeconds;
  }
}
