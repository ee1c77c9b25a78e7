/**
 * Measures with JMH how long a device takes for the operations of this program and for whole training steps. All calls
 * go through {@link gputae.backend.Backend}, so the device is a parameter like any other:
 *
 * <pre>
 * java -jar target/gpu-tae-bench.jar                                       all cases that are defaults, on device auto
 * java -jar target/gpu-tae-bench.jar -l                                    the benchmarks
 * java -jar target/gpu-tae-bench.jar MinimumSpanningTree -p device=cpu -p points=128,512 -p dimension=2
 * java -jar target/gpu-tae-bench.jar 'Dense|TrainingStep' -p device=cuda:1 -p batch=512
 * java -jar target/gpu-tae-bench.jar -foe true -rf json -rff bench.json   stops at a wrong answer; figures to a file
 * bench/table.py bench.json                                                that file as Markdown tables
 * </pre>
 *
 * <p>Every benchmark first compares the result of the timed calls with a reference, and fails with one line if they
 * differ. Each reports microseconds per operation twice: the score is wall time, including the host's part;
 * {@code deviceMicros} is the device's own time ({@link gputae.bench.DeviceTime}). The data is on the device before and
 * after the call, and in its caches as far as repetition brings it there.
 */
package gputae.bench;
