package gputae.cli;

import gputae.backend.BackendException;
import gputae.console.Console;
import gputae.files.WholeFile;
import gputae.objective.WeightSchedule;
import gputae.run.Failure;
import gputae.run.Version;
import gputae.train.DivergedException;
import gputae.view.ViewException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;

/**
 * The command line. The exit code is 0 on success, 2 on wrong usage, 1 on failure; an error always prints one line that
 * says why.
 */
@Command(
    name = "gpu-tae",
    description = "Autoencoders whose latent space is regularised by 0-dimensional persistent homology.",
    subcommands = {TrainCommand.class, GenerateCommand.class, EncodeCommand.class, EvaluateCommand.class,
      SweepCommand.class, ReproduceCommand.class, H0Command.class, ViewCommand.class, DoctorCommand.class},
    versionProvider = GpuTae.VersionLines.class,
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "'gpu-tae COMMAND --help' describes a command. 'gpu-tae train' starts at once, on built-in digits."})
public final class GpuTae implements Runnable {

  @Spec
  private CommandSpec spec;

  @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Print the stack trace of a failure.")
  private boolean verbose;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Runs a command and returns the exit code. */
  public static int run(String... arguments) {
    // No window is opened here, and figures must be drawn even if there is no display.
    System.setProperty("java.awt.headless", "true");
    GpuTae program = new GpuTae();
    CommandLine line = new CommandLine(program);
    configure(line);
    line.setParameterExceptionHandler(GpuTae::wrongUsage);
    line.setExecutionExceptionHandler((exception, command, parsed) -> program.failed(exception, command));
    line.getSubcommands().forEach((name, command) -> {
      command.setUsageHelpAutoWidth(true);
      // Every command would start more slowly if it made the options of all commands.
      if (List.of(arguments).contains(name)) {
        TrainOptions.addTermOptions(command.getCommandSpec());
        if (name.equals("train")) {
          ObjectiveHelp.addTo(command.getCommandSpec());
        }
      }
    });
    try {
      int code = line.execute(arguments);
      IOException lost = Console.outputFailure();
      if (code == 0 && lost != null) {
        System.err.println("gpu-tae: " + standardOutput(lost));
        return 1;
      }
      return code;
    } catch (OutOfMemoryError e) {
      System.err.println("gpu-tae: out of memory (" + e.getMessage()
          + "); give Java more with: java -Xmx8g -jar gpu-tae.jar ...");
      if (program.verbose) {
        e.printStackTrace(System.err);
      }
      return 1;
    }
  }

  /** Sets how every command line of this program is parsed. */
  static CommandLine configure(CommandLine line) {
    line.setCaseInsensitiveEnumValuesAllowed(true);
    // A file name may begin with @; it is no file of options.
    line.setExpandAtFiles(false);
    // For text that is not a number, Java's own message names one of Java's types.
    line.registerConverter(Integer.class, GpuTae::integer).registerConverter(int.class, GpuTae::integer);
    line.registerConverter(Long.class, GpuTae::longInteger).registerConverter(long.class, GpuTae::longInteger);
    line.registerConverter(Double.class, GpuTae::number).registerConverter(double.class, GpuTae::number);
    line.registerConverter(WeightSchedule.class, GpuTae::weight);
    TrainOptions.addTermOptions(line.getCommandSpec());
    return line.registerConverter(Path.class, GpuTae::path);
  }

  /** A weight or a schedule; a {@link TypeConversionException} if the text is neither. */
  static WeightSchedule weight(String text) {
    if (!text.contains(":")) {
      return WeightSchedule.constant(number(text));
    }
    try {
      return WeightSchedule.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static Integer integer(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "'" + text + "' is not an integer between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
    }
  }

  private static Long longInteger(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "'" + text + "' is not an integer between " + Long.MIN_VALUE + " and " + Long.MAX_VALUE);
    }
  }

  private static Double number(String text) {
    try {
      return Double.valueOf(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'" + text + "' is not a number such as 0.5 or 3e-4");
    }
  }

  /** An empty name would be the working folder. It usually comes from a script variable that is not set. */
  private static Path path(String name) {
    if (name.isEmpty()) {
      throw new TypeConversionException("it is empty; give a name");
    }
    return Path.of(name);
  }

  private static int wrongUsage(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    String message = String.valueOf(exception.getMessage()).lines().findFirst().orElse("wrong usage");
    System.err.println("gpu-tae: " + message + seeHelp(command));
    return 2;
  }

  private static String seeHelp(CommandLine command) {
    return "; see '" + command.getCommandSpec().qualifiedName() + " --help'";
  }

  private int failed(Exception exception, CommandLine command) {
    String message;
    int code = 1;
    IOException lost = Console.outputFailure();
    if (lost != null) {
      message = standardOutput(lost);
    } else if (exception instanceof Failure failure) {
      code = failure.exitCode();
      // Most messages already say what to do instead.
      message = failure.getMessage() + (code == 2 && !failure.getMessage().contains("; ") ? seeHelp(command) : "");
    } else if (exception instanceof IOException file) {
      message = file.getMessage() == null || file instanceof java.nio.file.FileSystemException ? describe(file)
          : file.getMessage();
    } else if (exception instanceof BackendException || exception instanceof ViewException
        || exception instanceof DivergedException) {
      message = exception.getMessage();
    } else {
      message = "unexpected " + exception.getClass().getSimpleName() + ": " + exception.getMessage()
          + (verbose ? "" : " (--verbose shows where)");
    }
    System.err.println("gpu-tae: " + String.valueOf(message).lines().findFirst().orElse(""));
    if (verbose) {
      exception.printStackTrace(System.err);
    }
    return code;
  }

  private static String standardOutput(IOException lost) {
    return "standard output cannot be written: " + WholeFile.inWords(lost);
  }

  private static String describe(IOException e) {
    String words = WholeFile.inWords(e);
    return e instanceof java.nio.file.FileSystemException file ? file.getFile() + ": " + words : words;
  }

  /** Version and the Java that runs it. */
  static final class VersionLines implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"gpu-tae " + Version.get(),
        "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch")};
    }
  }
}
