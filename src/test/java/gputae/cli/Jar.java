package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the packaged program in a process of its own, as a user does, with an environment that does not depend on who runs the tests. */
final class Jar {

  /** A process that takes longer hangs; the longest here takes some seconds. */
  private static final int PATIENCE_SECONDS = 300;

  /** Half the time of a short process goes into compiling and collecting that it does not live to profit from. */
  private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  static final Path FILE = Path.of(System.getProperty("gputae.jar", "target/gpu-tae.jar")).toAbsolutePath();

  private final Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private List<String> javaOptions = QUICK_START;
  private List<String> program = List.of("-jar", FILE.toString());

  /** A program that will run in a working folder. */
  Jar(Path folder) {
    this.folder = folder;
    // One cache of native libraries for all tests, beside the jar, so that nothing is left in the user's.
    environment.put("GPU_TAE_CACHE", FILE.resolveSibling("native-cache").toString());
  }

  /** Sets a variable of the environment; null removes it. */
  Jar with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Adds options of java itself. */
  Jar java(String... options) {
    javaOptions = new ArrayList<>(javaOptions);
    javaOptions.addAll(List.of(options));
    return this;
  }

  /** Another java. */
  Jar javaHome(Path home) {
    java = home.resolve("bin/java").toString();
    return this;
  }

  /** A main class of the tests, with arguments before those of the program, that runs the packaged classes in its own process. */
  Jar main(Class<?> main, String... first) {
    Path classes = Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath());
    program = new ArrayList<>(List.of("-cp", classes + ":" + FILE, main.getName()));
    program.addAll(List.of(first));
    return this;
  }

  /** What a process left. */
  record Result(String command, int exit, String out, String err) {

    List<String> errLines() {
      return err.lines().toList();
    }

    List<String> outLines() {
      return out.lines().toList();
    }

    Result succeeded() {
      assertEquals(0, exit, toString());
      assertNoStackTrace();
      return this;
    }

    /** Exit 2 and one line. */
    Result wrongUsage() {
      return refused(2);
    }

    /** Exit 1 and one line, which contains the texts and is not a surprise of the program's own. */
    Result failed(String... texts) {
      refused(1);
      assertFalse(err.contains("unexpected "), toString());
      for (String text : texts) {
        assertTrue(err.contains(text), () -> "no \"" + text + "\" in " + this);
      }
      return this;
    }

    private Result refused(int code) {
      assertEquals(code, exit, toString());
      assertNoStackTrace();
      assertEquals(1, errLines().size(), toString());
      assertTrue(err.startsWith("gpu-tae: ") && err.length() > "gpu-tae: ".length() + 5, toString());
      return this;
    }

    Result assertNoStackTrace() {
      assertFalse(err.contains("\tat ") || err.contains("Exception in thread") || out.contains("\tat "), toString());
      return this;
    }

    @Override
    public String toString() {
      return command + "\nexit " + exit + "\n--- stdout\n" + out + "--- stderr\n" + err;
    }
  }

  /** A process at work. */
  static final class Running {
    private final String command;
    private final Process process;
    private final Path out;
    private final Path err;

    private Running(String command, Process process, Path out, Path err) {
      this.command = command;
      this.process = process;
      this.out = out;
      this.err = err;
    }

    boolean isAlive() {
      return process.isAlive();
    }

    /** Sends a signal by name, such as TERM. */
    void signal(String name) throws IOException, InterruptedException {
      assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor(), "kill -" + name);
    }

    Result await() {
      try {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
          throw new AssertionError("still running after " + PATIENCE_SECONDS + " s: " + result(-1));
        }
        return result(process.exitValue());
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    private Result result(int exit) {
      try {
        return new Result(command, exit, Files.readString(out), Files.readString(err));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        out.toFile().delete();
        err.toFile().delete();
      }
    }
  }

  Result run(Object... arguments) {
    return start(arguments).await();
  }

  /** A line of words between single spaces. */
  Result runLine(String line) {
    return run((Object[]) line.split(" "));
  }

  Running start(Object... arguments) {
    List<String> command = new ArrayList<>();
    if (interruptIgnored()) {
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.add(java);
    command.addAll(javaOptions);
    command.addAll(program);
    Arrays.stream(arguments).map(String::valueOf).forEach(command::add);
    try {
      // Outside the working folder, whose content some tests compare.
      Path out = Files.createTempFile("gpu-tae", ".out");
      Path err = Files.createTempFile("gpu-tae", ".err");
      ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
      Map<String, String> variables = builder.environment();
      variables.keySet().removeIf(name -> name.startsWith("GPU_TAE_") || name.startsWith("XDG_") || name.endsWith("JAVA_OPTIONS") || name.equals("JAVA_TOOL_OPTIONS"));
      environment.forEach((name, value) -> {
        if (value == null) {
          variables.remove(name);
        } else {
          variables.put(name, value);
        }
      });
      return new Running("gpu-tae " + String.join(" ", Arrays.stream(arguments).map(String::valueOf).toList()), builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A build in the background of a script has SIGINT ignored, and its children inherit that. */
  private static boolean interruptIgnored() {
    try {
      String mask = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("SigIgn:")).findFirst().orElseThrow();
      return (Long.parseUnsignedLong(mask.substring("SigIgn:".length()).trim(), 16) & 1L << 2 - 1) != 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether file permissions mean nothing to these tests. */
  static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }
}
