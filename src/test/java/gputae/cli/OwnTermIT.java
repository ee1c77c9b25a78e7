package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gputae.objective.Decay;
import gputae.objective.Quartic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Terms that a user's jar adds: they appear everywhere where terms appear. */
class OwnTermIT extends TinyTests {

  @TempDir
  static Path services;

  @BeforeAll
  static void nameTheKind() throws IOException {
    Path names = Files.createDirectories(services.resolve("META-INF/services"));
    Files.writeString(names.resolve("gputae.objective.TermKind"),
        Quartic.Kind.class.getName() + "\n" + Decay.Kind.class.getName() + "\n");
  }

  @Override
  Jar jar() {
    Path classes = Path.of(Quartic.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    return new Jar(folder).before(services, classes);
  }

  /** The height in pixels, from the header of the PNG. */
  private int height(String run) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(folder.resolve(run).resolve("figures/losses.png"))).getInt(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void itShowsWhereverATermShows(String device) throws IOException {
    String line = train("--device", device, "--epochs", 3, "--lambda-quartic", 0.25, "--out", "with").succeeded().out();
    train("--device", device, "--epochs", 3, "--out", "without").succeeded();
    assertEquals("epoch,seconds,rec,ball,deaths,kl,quartic,total,test_rec,steps_per_second",
        Files.readAllLines(folder.resolve("with/metrics.csv")).get(0));
    double[] quartic = column("with", "quartic");
    double[] total = column("with", "total");
    for (int i = 0; i < 3; i++) {
      assertTrue(quartic[i] > 0, "epoch " + (i + 1));
      double sum = column("with", "rec")[i] + 0.25 * quartic[i] + 0.005 * column("with", "ball")[i]
          - 0.005 * column("with", "deaths")[i];
      assertEquals(sum, total[i], 1e-12);
    }
    assertTrue(line.lines().anyMatch(l -> l.startsWith("epoch 3/3") && l.contains("  quartic ")), line);
    assertTrue(Files.readString(folder.resolve("with/config.json")).contains("\"lambda_quartic\": 0.25,"));
    String report = Files.readString(folder.resolve("with/report.html"));
    assertTrue(report.contains("<th>quartic</th>") && report.contains("weight of the fourth moment"));
    // There is one more panel with its heading, at 2 pixels a point.
    assertEquals(height("without") + 2 * (34 + 130), height("with"));
    assertTrue(Files.readAllLines(folder.resolve("without/metrics.csv")).get(0).contains(",kl,total,"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void itsRunsResumeToTheSameBytes(String device) throws IOException {
    assertResumesToTheSameBytes(Tiny.train(data, "--model", "vae", "--lambda-quartic", 0.5), 1, 3, device);
    assertArrayEquals(column("whole", "quartic"), column("parts", "quartic"));
    assertTrue(column("whole", "kl")[2] > 0);
  }

  @Test
  void itPullsTheLatentPointsTogether() throws IOException {
    train("--device", "cpu", "--model", "ae", "--epochs", 20, "--out", "ae").succeeded();
    train("--device", "cpu", "--model", "ae", "--epochs", 20, "--lambda-quartic", 10, "--out", "held").succeeded();
    assertTrue(fourthMoment("held") < 0.5 * fourthMoment("ae"), fourthMoment("held") + " " + fourthMoment("ae"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "host-runner"})
  void aTermOfTheParametersMakesThemSmaller(String device) throws IOException {
    assertResumesToTheSameBytes(Tiny.train(data, "--model", "ae", "--lambda-decay", 0.05), 2, 4, device);
    double[] decay = column("whole", "decay");
    assertTrue(decay[0] > 0 && decay[3] < 0.9 * decay[0], Arrays.toString(decay));
    assertEquals(column("whole", "rec")[3] + 0.05 * decay[3], column("whole", "total")[3], 1e-12);
  }

  private double fourthMoment(String run) throws IOException {
    byte[] bytes = Tiny.readNpy(folder.resolve(run).resolve("latents.npy"), "<f4", "(" + Tiny.TEST + ", 2)");
    FloatBuffer z = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    double sum = 0;
    for (int i = 0; i < Tiny.TEST; i++) {
      sum += Math.pow(Math.hypot(z.get(2 * i), z.get(2 * i + 1)), 4);
    }
    return sum / Tiny.TEST;
  }

  @Test
  void itIsAnOptionOfASweepAndOfTheHelp() throws IOException {
    program.run("sweep", "--dataset", data, "--device", "cpu", "--epochs", 1, "--batch", 32, "--threads", 1, "--out",
        "sweep",
        "--grid", "model=ae,tae,lambda-quartic=0,0.5").succeeded();
    List<String> table = Files.readAllLines(folder.resolve("sweep/sweep.csv"));
    assertEquals(5, table.size(), table.toString());
    List<String> header = Arrays.asList(table.get(0).split(","));
    assertTrue(header.contains("lambda-quartic") && header.contains("quartic"), table.get(0));
    for (String row : table.subList(1, 5)) {
      String[] fields = row.split(",", -1);
      assertTrue(Double.parseDouble(fields[header.indexOf("quartic")]) > 0, row);
    }
    String help = jar().run("train", "--help").succeeded().out();
    assertTrue(help.contains("--lambda-quartic=X"), help);
    // Terms of the program's own may stand between these; the line breaks are ObjectiveHelp's.
    String formula = "(?s).*\n  rec \\+ kl \\+ .*lambda_quartic \\* quartic\\s.*\\+ lambda_ball \\* ball\\s"
        + ".*- lambda_deaths \\* deaths\\s.*";
    assertTrue(help.matches(formula), help);
    assertTrue(help.matches("(?s).*\n  quartic +mean over the batch of .z.\\^4\\s.*"), help);
  }

  @Test
  void whatCannotBeIsRefusedInOneLine() throws IOException {
    Jar.Result wrong = train("--lambda-quartic", -1, "--out", "run").wrongUsage();
    assertTrue(wrong.err().contains("--lambda-quartic is -1.0; it is finite and at least 0"), wrong.toString());
    train("--device", "cpu", "--epochs", 1, "--lambda-quartic", 0.1, "--out", "run").succeeded();
    // These commands run without the jar that has the term.
    for (String command : List.of("encode run --out z.npy", "train --resume run --epochs 2")) {
      new Jar(folder).runLine(command)
          .failed("\"lambda_quartic\" is the weight of a term that this gpu-tae does not have");
    }
  }
}
