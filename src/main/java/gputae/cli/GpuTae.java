package gputae.cli;

import gputae.backend.BackendException;
import gputae.data.WholeFile;
import gputae.train.DivergedException;
import gputae.view.ViewException;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: exit code 0 on success, 2 on wrong usage, 1 on failure, always with one line that says why. */
@Command(
    name = "gpu-tae",
    description = "Autoencoders whose latent space is regularised by 0-dimensional persistent homology.",
    subcommands = {TrainCommand.class, GenerateCommand.class, EncodeCommand.class, EvaluateCommand.class,
        SweepCommand.class, ReproduceCommand.class, H0Command.class, ViewCommand.class, DoctorCommand.class},
    versionProvider = GpuTae.Version.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "'gpu-tae COMMAND --help' describes a command. 'gpu-tae train' starts at once, on built-in digits."})
public final class GpuTae implements Runnable {

  @Spec private CommandSpec spec;

  @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
  private boolean verbose;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Runs a command and returns the exit code. */
  public static int run(String... arguments) {
    // No window is opened here, and figures must also be drawn where there is no display.
    System.setProperty("java.awt.headless", "true");
    GpuTae program = new GpuTae();
    CommandLine line = new CommandLine(program);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(GpuTae::wrongUsage);
    line.setExecutionExceptionHandler((exception, command, parsed) -> program.failed(exception, command));
    for (CommandLine command : line.getSubcommands().values()) {
      command.setUsageHelpAutoWidth(true);
    }
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) {
      line.getErr().println("gpu-tae: out of memory (" + e.getMessage() + "); give Java more with: java -Xmx8g -jar gpu-tae.jar ...");
      if (program.verbose) {
        e.printStackTrace(line.getErr());
      }
      line.getErr().flush();
      return 1;
    }
  }

  private static int wrongUsage(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    String message = String.valueOf(exception.getMessage()).lines().findFirst().orElse("wrong usage");
    command.getErr().println("gpu-tae: " + message + "; see '" + command.getCommandSpec().qualifiedName() + " --help'");
    return 2;
  }

  private int failed(Exception exception, CommandLine command) {
    PrintWriter err = command.getErr();
    String message;
    int code = 1;
    if (exception instanceof Failure failure) {
      message = failure.getMessage();
      code = failure.exitCode();
    } else if (exception instanceof IOException file) {
      message = file.getMessage() == null || file instanceof java.nio.file.FileSystemException ? describe(file) : file.getMessage();
    } else if (exception instanceof BackendException || exception instanceof ViewException || exception instanceof DivergedException) {
      message = exception.getMessage();
    } else {
      message = "unexpected " + exception.getClass().getSimpleName() + ": " + exception.getMessage() + (verbose ? "" : " (--verbose shows where)");
    }
    err.println("gpu-tae: " + String.valueOf(message).lines().findFirst().orElse(""));
    if (verbose) {
      exception.printStackTrace(err);
    }
    err.flush();
    return code;
  }

  private static String describe(IOException e) {
    String words = WholeFile.inWords(e);
    return e instanceof java.nio.file.FileSystemException file ? file.getFile() + ": " + words : words;
  }

  /** Version and the Java that runs it. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"gpu-tae " + version(), "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")};
    }
  }

  /** The version in the jar's manifest; "development" for classes that were never packaged. */
  static String version() {
    String version = GpuTae.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
