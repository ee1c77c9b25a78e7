/**
 * What a device takes for the operations of this job and for whole training steps, by JMH, all through
 * {@link gputae.backend.Backend}, so that the device is a parameter like any other:
 *
 * <pre>
 * java -jar target/gpu-tae-bench.jar                                       all there is a default for, on device auto
 * java -jar target/gpu-tae-bench.jar -l                                    the benchmarks
 * java -jar target/gpu-tae-bench.jar MinimumSpanningTree -p device=cpu -p points=128,512 -p dimension=2
 * java -jar target/gpu-tae-bench.jar 'Dense|TrainingStep' -p device=cuda:1 -p batch=512
 * java -jar target/gpu-tae-bench.jar -foe true -rf json -rff bench.json   stops at a wrong answer; figures to a file
 * bench/table.py bench.json                                                that file as Markdown tables
 * </pre>
 *
 * <p>Every benchmark first compares the answer that the timed calls left with a reference, and fails with one line
 * where they differ. Each reports microseconds an operation twice: the score is wall time, the host's part included;
 * {@code deviceMicros} is the device's own ({@link gputae.bench.DeviceTime}). Data are on the device before and after,
 * and as warm in its caches as repetition makes them.
 */
package gputae.bench;
