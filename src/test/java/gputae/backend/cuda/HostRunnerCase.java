package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.BackendException;
import gputae.backend.cuda.HostRunner.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.provider.Arguments.ArgumentSet;

/** A host runner on the kernels of src/test/cuda, for its tests. */
abstract class HostRunnerCase {

  static final Driver.Limits LIMITS = new Driver.Limits(4, 48 << 10);

  static final long MEMORY = 64 << 20;

  static final long SEED = 7;

  /**
   * The libraries may be built with AddressSanitizer (native/testing/host/build.sh says how), which ends the process
   * where these tests expect an exception.
   */
  static final boolean SANITIZED = String.valueOf(System.getenv("GPUTAE_CXXFLAGS")).contains("address");

  /** Builds of these tests end an endless wait early: the longest block of these kernels waits 512,000 times. */
  static final String FLAGS =
      Objects.requireNonNullElse(System.getenv("GPUTAE_CXXFLAGS"), "") + " -DGPUTAE_HOST_MOST_STEPS=2000000";

  /** Built once for all classes of tests in this JVM. */
  static Path libraries;

  HostRunner driver;

  @BeforeAll
  static synchronized void buildLibraries() throws Exception {
    if (libraries == null) {
      libraries = Files.createTempDirectory("host-runner");
      Runtime.getRuntime().addShutdownHook(new Thread(HostRunnerCase::removeLibraries));
      assertBuilds(Path.of("src/test/cuda"), libraries, FLAGS);
    }
  }

  private static void removeLibraries() {
    try (Stream<Path> files = Files.walk(libraries)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // The files stay until somebody clears the folder of temporary files.
    }
  }

  @AfterEach
  void close() {
    if (driver != null) {
      driver.close();
    }
  }

  static void assertBuilds(Path kernels, Path output, String flags) throws Exception {
    String said = build(kernels, output, flags);
    assertTrue(said.startsWith("0: "), said);
  }

  /** The exit status and the messages of the compiler. */
  static String build(Path kernels, Path output, String flags) throws Exception {
    return run(HostRunners.building(kernels, output, flags));
  }

  static String run(ProcessBuilder builder) throws Exception {
    // The output goes to a file, since reading from a process that hangs would not end.
    Path said = Files.createTempFile(libraries, "said", ".txt");
    Process process = builder.redirectOutput(said.toFile()).start();
    boolean ended = process.waitFor(2, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(said);
    assertTrue(ended, () -> "no end: " + text);
    return process.exitValue() + ": " + text;
  }

  HostRunner open(Order order, int threads) {
    close();
    driver = new HostRunner(libraries, order, SEED, threads, LIMITS, MEMORY);
    return driver;
  }

  long ints(int... values) {
    long address = driver.allocate(4L * values.length);
    driver.upload(values, 0, address, 4L * values.length);
    return address;
  }

  long floats(float... values) {
    long address = driver.allocate(4L * values.length);
    driver.upload(values, 0, address, 4L * values.length);
    return address;
  }

  int[] ints(long address, int count) {
    int[] values = new int[count];
    driver.download(address, values, 0, 4L * count);
    return values;
  }

  float[] floats(long address, int count) {
    float[] values = new float[count];
    driver.download(address, values, 0, 4L * count);
    return values;
  }

  static Arguments pointers(long... addresses) {
    Arguments arguments = new Arguments();
    Arrays.stream(addresses).forEach(arguments::pointer);
    return arguments;
  }

  static String failure(Runnable call) {
    String message = assertThrows(BackendException.class, call::run).getMessage();
    assertFalse(message.contains("\n"), message);
    return message;
  }

  static void assertSays(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), () -> "'" + message + "' should say '" + part + "'");
    }
  }

  static Stream<ArgumentSet> ordersAndThreads() {
    return Stream.of(Order.values())
        .flatMap(order -> Stream.of(1, 2, 3).map(threads -> org.junit.jupiter.params.provider.Arguments
            .argumentSet(order + " on " + threads, order, threads)));
  }
}
