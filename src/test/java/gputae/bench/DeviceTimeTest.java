package gputae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What JMH computes from the counter: the wall time of the iteration divided by it. */
class DeviceTimeTest {

  @Test
  void wallTimeOverTheCounterIsTheDevicesTimeAnOperation() {
    DeviceTime time = new DeviceTime();
    time.add(1000, 9, 9);
    time.reset();
    // Two invocations of 16 operations take 3 s and 1 s of wall time; the device works for 1.5 s and 0.1 s of these
    // times.
    time.add(16, 3, 1.5);
    time.add(16, 1, 0.1);
    assertEquals(1.6 / 32, 4 / time.deviceMicros(), 1e-12);
  }
}
