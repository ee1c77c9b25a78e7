package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.backend.cuda.HostRunners.Build;
import gputae.selftest.Operation;
import gputae.selftest.Result;
import gputae.selftest.SelfTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that the tests detect mistakes: kernels with one mistake in them must fail the self-test or the comparison of
 * trees that the tests run, as they are or under sanitizers or under the watch of native/testing/host/watch.h.
 * {@code -Dgputae.mutants=all} tries every mutant. A number tries that many, without those of the kernels of trees,
 * which take long. Names of files, separated by commas, try all mutants of these files. {@code order} tries those in
 * which a barrier or an atomic operation is missing. target/mutants.txt lists the result of each.
 */
@Tag("thorough")
class MutationTest {

  /**
   * A share of all mutants that takes some minutes. It shows new survivors, but it does not estimate the rate of
   * survival, since it was chosen when the survivors were known. {@code all} gives the rate.
   */
  private static final String SOME = "2";

  /** Of fewer mutants a share says nothing: then only survivors that nobody explained are a failure. */
  private static final int LEAST_FOR_A_SHARE = 20;

  private static final Path KERNELS = Path.of("kernels");

  /** Mutants that may survive, with the reason: {@code file | line | mutated line | reason}. */
  private static final Path ACCEPTED = Path.of("src/test/resources/mutants/survivors.txt");

  /** A mutant that takes this many times as long as the unchanged kernels loops for ever, and counts as killed. */
  private static final int PATIENCE = 5;

  private enum Fate {
    KILLED,
    SURVIVED,
    DOES_NOT_COMPILE
  }

  private static final String DOES_NOT_COMPILE = "does not compile";

  private record Tried(Mutant mutant, Fate fate, String how) {}

  /** The kernels as they are in one of the builds. They are built and run when the first mutant is tried in it. */
  private static final class Unchanged {

    private final Build build;
    private final Path libraries;
    private final Set<String> operations;
    private int patience;

    Unchanged(Build build, Path libraries, Set<String> operations) {
      this.build = build;
      this.libraries = libraries;
      this.operations = operations;
    }

    /** Checks that the kernels pass, and returns for how many seconds a mutant may run. */
    synchronized int patience() throws IOException, InterruptedException {
      if (patience == 0) {
        long started = System.nanoTime();
        assertEquals(0, build(build, KERNELS, libraries));
        assertEquals("0", run(build, libraries, operations, Integer.MAX_VALUE),
            "the kernels as they are pass in the build " + build + ", or every mutant would seem to be killed");
        patience = (int) (PATIENCE * (System.nanoTime() - started) / 1_000_000_000L) + 10;
      }
      return patience;
    }
  }

  /** The builds in the order in which they are tried. A mistake of order is what the watch is made for. */
  private static List<Build> builds(Mutant mutant) {
    return mutant.ofOrder() ? List.of(Build.WATCHED, Build.PLAIN, Build.SANITIZED)
        : List.of(Build.PLAIN, Build.SANITIZED);
  }

  @Test
  void mistakesInKernelsAreNoticed(@TempDir Path work) throws IOException, InterruptedException, ExecutionException {
    Map<String, Set<String>> operations = operationsOfFiles();
    Set<String> all =
        SelfTest.operations().stream().map(Operation::name).collect(Collectors.toCollection(LinkedHashSet::new));
    List<Mutant> mutants = new ArrayList<>(Mutant.of(KERNELS));
    int count = mutants.size();
    String asked = System.getProperty("gputae.mutants", SOME);
    if (asked.equals("order")) {
      mutants.removeIf(mutant -> !mutant.ofOrder());
    } else if (asked.contains(".")) {
      mutants.removeIf(mutant -> !List.of(asked.split(",")).contains(mutant.file()));
    } else if (!asked.equals("all")) {
      // The operation for large trees alone takes minutes under a sanitizer, and a mutant that is known to change no
      // result would teach nothing.
      Map<String, String> known = accepted();
      mutants.removeIf(mutant -> operations.getOrDefault(mutant.file(), all).contains(SelfTest.LARGE_TREES)
          || known.containsKey(key(mutant)));
      Collections.shuffle(mutants, new Random(4));
      mutants = mutants.subList(0, Math.min(mutants.size(), Integer.parseInt(asked)));
    }
    Set<String> reached = new LinkedHashSet<>();
    mutants.forEach(mutant -> reached.addAll(operations.getOrDefault(mutant.file(), all)));
    Map<Build, Unchanged> unchanged = new EnumMap<>(Build.class);
    for (Build build : Build.values()) {
      unchanged.put(build, new Unchanged(build, work.resolve(build.name()), reached));
    }

    ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, Runtime.getRuntime().availableProcessors()));
    List<Future<Tried>> futures = new ArrayList<>();
    for (int i = 0; i < mutants.size(); i++) {
      Mutant mutant = mutants.get(i);
      Path folder = work.resolve("mutant-" + i);
      futures.add(pool
          .submit(() -> attempt(mutant, operations.getOrDefault(mutant.file(), all), folder, unchanged)));
    }
    List<Tried> tried = new ArrayList<>();
    try {
      for (Future<Tried> future : futures) {
        tried.add(future.get());
      }
    } finally {
      // If the kernels as they are do not pass, the other mutants need not be tried.
      pool.shutdownNow();
    }

    Files.write(Path.of("target/mutants.txt"),
        tried.stream().map(t -> t.fate + "  " + t.mutant + "  (" + t.how + ")").toList());
    long killed = tried.stream().filter(t -> t.fate == Fate.KILLED).count();
    List<Mutant> survivors = tried.stream().filter(t -> t.fate == Fate.SURVIVED).map(Tried::mutant).toList();
    System.out.printf("mutants: %d killed, %d survived, %d do not compile, of %d that there are%n", killed,
        survivors.size(),
        tried.size() - killed - survivors.size(), count);
    Map<String, String> accepted = accepted();
    List<String> unexplained = new ArrayList<>();
    for (Mutant survivor : survivors) {
      String reason = accepted.get(key(survivor));
      System.out.println("  survived: " + survivor + "  (" + (reason == null ? "unexplained" : reason) + ")");
      if (reason == null) {
        unexplained.add(survivor.toString());
      }
    }
    assertTrue(unexplained.isEmpty(), "mutants survived that " + ACCEPTED + " does not explain: " + unexplained);
    assertTrue(tried.size() < LEAST_FOR_A_SHARE || killed >= 0.95 * (killed + survivors.size()),
        killed + " killed, " + survivors.size() + " survived");
  }

  private static Tried attempt(Mutant mutant, Set<String> operations, Path folder, Map<Build, Unchanged> unchanged)
      throws IOException, InterruptedException {
    Path kernels = folder.resolve("kernels");
    mutant.write(KERNELS, kernels);
    String came = "0";
    for (Build build : builds(mutant)) {
      if (came.equals("0")) {
        came = tryOut(build, kernels, folder.resolve(build.name()), unchanged.get(build), operations);
      }
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
    return new Tried(mutant,
        came.equals("0") ? Fate.SURVIVED : came.equals(DOES_NOT_COMPILE) ? Fate.DOES_NOT_COMPILE : Fate.KILLED, came);
  }

  /** Builds the kernels and runs them; returns the outcome. */
  private static String tryOut(Build build, Path kernels, Path libraries, Unchanged unchanged, Set<String> operations)
      throws IOException, InterruptedException {
    int seconds = unchanged.patience();
    Files.createDirectories(libraries);
    // The engine and the bridge are the same for all mutants.
    for (String same : List.of("engine.o", "watch.o", "flags", "libgputae_host_runner.so")) {
      if (Files.exists(unchanged.libraries.resolve(same))) {
        Files.copy(unchanged.libraries.resolve(same), libraries.resolve(same), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return build(build, kernels, libraries) == 0 ? run(build, libraries, operations, seconds) : DOES_NOT_COMPILE;
  }

  /** For each file the operations of the self-test that launch a kernel with code of this file. */
  private static Map<String, Set<String>> operationsOfFiles() throws IOException {
    List<Result> results = new ArrayList<>();
    for (Products products : List.of(Products.AUTO, Products.OWN)) {
      // Products of our own are a matter of the layers alone.
      List<Operation> asked = SelfTest.operations().stream()
          .filter(operation -> products == Products.AUTO || MutantKiller.multiplies(operation)).toList();
      try (CudaBackend backend = new CudaBackend(HostRunners.driver(HostRunner.Order.FORWARD), products)) {
        results.addAll(SelfTest.run(asked, backend, backend::launches, result -> {}));
      }
    }
    Map<String, Set<String>> operations = new TreeMap<>();
    try (Stream<Path> files = Files.list(KERNELS)) {
      for (Path file : files.filter(name -> name.toString().endsWith(".cu")).toList()) {
        Matcher kernel = Pattern.compile("__global__\\s+void\\s+(?:__launch_bounds__\\([^{;]*?\\)\\s+)?(\\w+)\\(")
            .matcher(Files.readString(file));
        Set<String> names = new LinkedHashSet<>();
        while (kernel.find()) {
          String name = kernel.group(1);
          results.stream().filter(result -> result.kernels().contains(name))
              .forEach(result -> names.add(result.operation()));
        }
        assertTrue(!names.isEmpty(), "the self-test reaches " + file);
        operations.put(file.getFileName().toString(), names);
      }
    }
    // A header's operations are those of the files that include it, directly or through other headers.
    Deque<String> open = new ArrayDeque<>(operations.keySet());
    while (!open.isEmpty()) {
      String file = open.pop();
      Matcher include = Pattern.compile("#include \"([^\"]+)\"").matcher(Files.readString(KERNELS.resolve(file)));
      while (include.find()) {
        if (operations.computeIfAbsent(include.group(1), name -> new LinkedHashSet<>()).addAll(operations.get(file))) {
          open.push(include.group(1));
        }
      }
    }
    return operations;
  }

  private static int build(Build build, Path kernels, Path output) throws IOException, InterruptedException {
    return build.of(kernels, output).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
  }

  /** The outcome of the process: {@code 0}, or how it ended. */
  private static String run(Build build, Path libraries, Set<String> operations, int seconds)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(libraries.toString(), build.name()));
    arguments.addAll(operations);
    Path log = libraries.resolve("log");
    List<String> options = List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null");
    ProcessBuilder java = HostRunners.java(options, MutantKiller.class, arguments).redirectOutput(log.toFile());
    Process process = build.run(java).start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return "no end";
    }
    if (process.exitValue() == 0) {
      return "0";
    }
    return Files.readString(log).lines().filter(line -> !line.isBlank() && !line.startsWith("====")).findFirst()
        .orElse("exit code " + process.exitValue());
  }

  private static Map<String, String> accepted() throws IOException {
    Map<String, String> reasons = new TreeMap<>();
    for (String line : Files.readAllLines(ACCEPTED)) {
      String[] parts = line.split(" \\| ");
      if (!line.startsWith("#") && parts.length == 4) {
        reasons.put(key(parts[0], parts[1], parts[2]), parts[3]);
      }
    }
    return reasons;
  }

  private static String key(Mutant mutant) {
    return key(mutant.file(), mutant.before(), mutant.after());
  }

  private static String key(String file, String before, String after) {
    return file + " | " + before.strip() + " | " + after.strip();
  }
}
