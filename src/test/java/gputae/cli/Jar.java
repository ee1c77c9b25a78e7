package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.CommandsMain;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Runs the packaged program in a separate process, as a user does, with an environment that does not depend on the user
 * who runs the tests.
 */
final class Jar {

  /** A process that takes longer hangs; the longest here takes some seconds. */
  private static final int PATIENCE_SECONDS = 300;

  /**
   * A short process would spend half its time on compilation and garbage collection, and would end before these pay.
   */
  private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  static final Path FILE = Path.of(System.getProperty("gputae.jar", "target/gpu-tae.jar")).toAbsolutePath();

  private final Path folder;
  private Path file = FILE;

  /** Folders of classes before the jar, each with a colon after it. */
  private String before = "";

  private final Map<String, String> environment = new HashMap<>();
  private String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
  private List<String> javaOptions = QUICK_START;
  private List<String> program = List.of("-jar", FILE.toString());

  /** A program that will run in a working folder. */
  Jar(Path folder) {
    this.folder = folder;
    // One cache of native libraries for all tests, beside the jar, so that nothing is left in the user's cache.
    environment.put("GPU_TAE_CACHE", FILE.resolveSibling("native-cache").toString());
    // The tests are about the program, not about the machine, so they hide the machine's GPU.
    environment.put("CUDA_VISIBLE_DEVICES", "");
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

  /** Uses another java. */
  Jar javaHome(Path home) {
    java = home.resolve("bin/java").toString();
    return this;
  }

  /** Uses another jar of the program. */
  Jar file(Path jar) {
    file = jar;
    program = List.of("-jar", jar.toString());
    return this;
  }

  /**
   * Runs a main class of the tests, which uses the packaged classes in its process. Its first arguments come before
   * those of the program.
   */
  Jar main(Class<?> main, String... first) {
    Path classes = Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath());
    program = new ArrayList<>(List.of("-cp", before + classes + ":" + file, main.getName()));
    program.addAll(List.of(first));
    return this;
  }

  /** The program with other folders of classes before its own. */
  Jar before(Path... folders) {
    before = Arrays.stream(folders).map(folder -> folder + ":").collect(Collectors.joining());
    program = List.of("-cp", before + file, "gputae.Main");
    return this;
  }

  /** The result of a process. */
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

    /** Expects exit 2 and one line that contains the texts. */
    Result wrongUsage(String... texts) {
      refused(2);
      for (String text : texts) {
        assertTrue(err.contains(text), () -> "no \"" + text + "\" in " + this);
      }
      return this;
    }

    /** Expects exit 1 and one line that contains the texts and reports no unexpected error. */
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

  /** A running process. */
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

    /** Sends SIGKILL; nothing happens if the process has just ended by itself. */
    void kill() {
      process.destroyForcibly();
    }

    /** Sends a signal by name, such as TERM, to the process, which must still run. */
    void signal(String name) throws IOException, InterruptedException {
      assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor(),
          "kill -" + name);
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

  /** Runs the program with the words of a line; single spaces separate them. */
  Result runLine(String line) {
    return run((Object[]) line.split(" "));
  }

  /**
   * Runs the program in bash, which fails if any program of a pipe fails.
   *
   * @param script of bash; {@code "$@"} in it is the program with its arguments
   */
  Result shell(String script, Object... arguments) {
    try {
      Path out = Files.createTempFile("gpu-tae", ".out");
      Path err = Files.createTempFile("gpu-tae", ".err");
      ProcessBuilder builder = builder(words(arguments));
      List<String> command = new ArrayList<>(List.of("bash", "-c", "set -o pipefail; " + script, "bash"));
      command.addAll(builder.command());
      String line = line(words(arguments)) + " in " + script;
      builder.command(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      return new Running(line, builder.start(), out, err).await();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Running start(Object... arguments) {
    try {
      // These files lie outside the working folder, whose content some tests compare.
      Path out = Files.createTempFile("gpu-tae", ".out");
      Path err = Files.createTempFile("gpu-tae", ".err");
      return new Running(line(words(arguments)),
          builder(words(arguments)).redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same program in one process for many commands, which starts with the first; the caller closes it. */
  Together together() {
    return new Together(main(CommandsMain.class).builder(List.of()));
  }

  /**
   * Many commands in one process, one after another, since starting a process takes longer than most commands. It is
   * for tests that depend neither on how a process starts nor on how it ends; each class of tests also runs commands in
   * separate processes.
   */
  static final class Together implements AutoCloseable {
    private final ProcessBuilder builder;
    private Process process;
    private Path err;
    private DataOutputStream commands;
    private DataInputStream answers;

    private Together(ProcessBuilder builder) {
      this.builder = builder;
    }

    private void start() {
      try {
        err = Files.createTempFile("gpu-tae", ".err");
        process = builder.redirectError(err.toFile()).start();
        commands = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        answers = new DataInputStream(new BufferedInputStream(process.getInputStream()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    synchronized Result run(Object... arguments) {
      if (process == null) {
        start();
      }
      List<String> words = words(arguments);
      // A command that hangs is ended, which ends the wait for its answer.
      CompletableFuture<Void> patience = CompletableFuture.runAsync(process::destroyForcibly,
          CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS));
      try {
        commands.writeInt(words.size());
        for (String word : words) {
          commands.writeUTF(word);
        }
        commands.flush();
        int exit = answers.readInt();
        String out = text();
        return new Result(line(words), exit, out, text());
      } catch (IOException e) {
        throw new AssertionError(
            line(words) + ": its process ended or took longer than " + PATIENCE_SECONDS + " s: " + outside(), e);
      } finally {
        patience.cancel(false);
      }
    }

    /** Runs the program with the words of a line; single spaces separate them. */
    Result runLine(String line) {
      return run((Object[]) line.split(" "));
    }

    private String text() throws IOException {
      return new String(answers.readNBytes(answers.readInt()), StandardCharsets.UTF_8);
    }

    /** The text that Java itself or a library wrote, past the commands' own streams. */
    private String outside() {
      try {
        return Files.readString(err);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      if (process == null) {
        return;
      }
      try {
        commands.close();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "still running without a command");
        assertEquals("", outside());
        assertEquals(0, process.exitValue());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      } finally {
        process.destroyForcibly();
        err.toFile().delete();
      }
    }
  }

  private static List<String> words(Object... arguments) {
    return Arrays.stream(arguments).map(String::valueOf).toList();
  }

  private static String line(List<String> words) {
    return "gpu-tae " + String.join(" ", words);
  }

  private ProcessBuilder builder(List<String> arguments) {
    List<String> command = new ArrayList<>();
    if (interruptIgnored()) {
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.add(java);
    command.addAll(javaOptions);
    command.addAll(program);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    Map<String, String> variables = builder.environment();
    variables.keySet().removeIf(name -> name.startsWith("GPU_TAE_") || name.startsWith("XDG_")
        || name.endsWith("JAVA_OPTIONS") || name.equals("JAVA_TOOL_OPTIONS"));
    environment.forEach((name, value) -> {
      if (value == null) {
        variables.remove(name);
      } else {
        variables.put(name, value);
      }
    });
    return builder;
  }

  /** A build in the background of a script ignores SIGINT, and its children inherit this. */
  private static boolean interruptIgnored() {
    try {
      String mask = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("SigIgn:"))
          .findFirst().orElseThrow();
      return (Long.parseUnsignedLong(mask.substring("SigIgn:".length()).trim(), 16) & 1L << 2 - 1) != 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether root runs the tests; then file permissions mean nothing. */
  static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }
}
