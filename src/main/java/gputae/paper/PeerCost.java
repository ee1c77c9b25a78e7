package gputae.paper;

import com.google.gson.JsonParser;
import gputae.data.Images;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Measures the time of a step of the same training in PyTorch with GUDHI. It uses the script
 * bench/peers/torch_gudhi.py, which is in the jar.
 */
final class PeerCost implements AutoCloseable {

  /** The script's network takes images with this number of pixels. */
  private static final int PIXELS = 784;

  private static final long MOST_SECONDS = 300;

  private final String python;
  private final int threads;
  private final Path folder;

  /** Cleans up if a signal ends the program. */
  private final Thread cleaner = new Thread(this::clean, "end-python");

  /** The process of the script while it runs. */
  private static volatile Process running;

  private PeerCost(String python, int threads, Path folder) {
    this.python = python;
    this.threads = threads;
    this.folder = folder;
  }

  /**
   * The reason why the cost cannot be measured here, or null if it can.
   *
   * @param python a command or a path
   * @param pixels number of pixels of an image
   */
  static String missing(String python, int pixels) throws IOException {
    if (pixels != PIXELS) {
      return "the script for PyTorch takes images of " + PIXELS + " pixels, not of " + pixels;
    }
    try {
      return run(List.of(python, "-c", "import torch, gudhi"), MOST_SECONDS) == null ? python + " lacks torch or gudhi"
          : null;
    } catch (IOException e) {
      return "there is no " + python;
    }
  }

  /** Opens the measurement for images for which {@link #missing} returns null. */
  static PeerCost open(String python, int threads, Images train, Images test) throws IOException {
    PeerCost cost = new PeerCost(python, threads, Files.createTempDirectory("gpu-tae-peers"));
    Runtime.getRuntime().addShutdownHook(cost.cleaner);
    try {
      cost.write("train-images-idx3-ubyte.gz", train);
      cost.write("t10k-images-idx3-ubyte.gz", test);
      try (InputStream script = PeerCost.class.getResourceAsStream("/gputae/peers/torch_gudhi.py")) {
        Files.copy(script, cost.folder.resolve("torch_gudhi.py"));
      }
      return cost;
    } catch (IOException e) {
      cost.close();
      throw e;
    }
  }

  private void write(String name, Images images) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.write(ByteBuffer.allocate(16).putInt(0x803).putInt(images.count()).putInt(images.height())
          .putInt(images.width()).array());
      out.write(images.pixels());
    }
  }

  /** Seconds per step, or NaN if the script ended without printing a number. */
  double secondsAStep(boolean term, int latent, int batch, int steps) throws IOException {
    List<String> command = new ArrayList<>(List.of(python, folder.resolve("torch_gudhi.py").toString(), "--data",
        folder.toString(), "--model", term ? "reg" : "ae",
        "--latent", Integer.toString(latent), "--batch", Integer.toString(batch), "--steps", Integer.toString(steps),
        "--epochs", "1000000"));
    command.addAll(List.of("--threads", Integer.toString(threads)));
    String out = run(command, MOST_SECONDS);
    try {
      return out == null ? Double.NaN : JsonParser.parseString(out.lines().reduce("", (first, last) -> last))
          .getAsJsonObject().get("s_per_step").getAsDouble();
    } catch (RuntimeException e) {
      // Another script may print anything.
      return Double.NaN;
    }
  }

  /** The output of the command, or null if it fails or takes too long. */
  private static String run(List<String> command, long seconds) throws IOException {
    Path out = Files.createTempFile("gpu-tae", ".txt");
    try {
      Process process = new ProcessBuilder(command).redirectOutput(out.toFile())
          .redirectError(ProcessBuilder.Redirect.DISCARD).start();
      running = process;
      try {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
          return null;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      } finally {
        process.destroyForcibly();
        running = null;
      }
      return process.exitValue() == 0 ? Files.readString(out, StandardCharsets.UTF_8) : null;
    } finally {
      Files.deleteIfExists(out);
    }
  }

  private void clean() {
    Process process = running;
    if (process != null) {
      process.destroyForcibly();
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // The file is left for a program that cleans the folder of temporary files.
    }
  }

  @Override
  public void close() {
    clean();
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      // The hook is already running.
    }
  }
}
