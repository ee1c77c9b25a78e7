package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The command line itself: wrong usage, help, version. */
class UsageIT extends CommandTests {

  /** Each line is wrong usage; words between single spaces. */
  private void assertAllWrong(String... lines) throws IOException {
    for (Jar.Result result : Stream.of(lines).map(program::runLine).toList()) {
      assertEquals("", result.wrongUsage().out(), result.toString());
      assertTrue(result.err().contains("; "), "what to do is missing: " + result);
      assertFalse(result.err().matches("(?s).*(an int |an int;|a long|a double|Exception|java\\.).*"),
          result.toString());
    }
    assertEquals(List.of(), Tiny.content(folder), "left on disk");
  }

  @Test
  void aMissingOrUnknownCommandOrOptionExits2WithOneLine() throws IOException {
    Jar.Result none = new Jar(folder).run().wrongUsage();
    assertTrue(none.err().contains("--help"), none.toString());
    assertAllWrong("nonsense", "--nonsense", "train --nonsense", "train stray", "h0", "h0 a b", "generate",
        "generate run", "encode run", "h0 a --format upside-down",
        "train --model gan", "train --activation sigmoid", "train --activation identity", "train --device tpu",
        "train --preset none", "generate run --out images.txt",
        "generate run --out /",
        "encode run file.npy --split test --out z.npy", "train @options", "h0 @a @b");
  }

  @Test
  void aNumberOutOfRangeOrNoNumberExits2WithOneLine() throws IOException {
    assertAllWrong("train --latent 0", "train --batch -1", "train --batch many", "train --epochs 0",
        "train --epochs 2147483648", "train --lr nan", "train --lr NaN",
        "train --lr 0", "train --degree 0", "train --hidden 0", "train --decoder-hidden 8,0", "train --hidden 64,,64",
        "train --lambda -1",
        "train --lambda NaN", "train --max-edge 0",
        "train --seed 1.5", "train --threads 0", "train --figures-every 0", "generate run --count 0 --out images.npy",
        "train --resume run --epochs 0",
        "train --threads 1000000000", "sweep --grid seed=0 --out s --threads 1025");
  }

  @Test
  void aSamplerThatIsNoneOrHasNoMeaningExits2WithOneLine() throws IOException {
    for (String bad : List.of("gmm:0", "gmm:x", "gmm", "gmm:", "gmm:-1", "gmm:1.5", "gmm:1000000000", "gmm:2147483648",
        "normal", "PRIOR", "kde:2", "")) {
      assertAllWrong("generate run --out images.npy --sampler=" + bad, "evaluate run --sampler=" + bad);
    }
    assertAllWrong("generate run --out images.npy --data set.npy",
        "generate run --out images.npy --sampler prior --data set.npy", "sweep --grid seed=0 --out s --sampler kde",
        "sweep --grid seed=0 --out s --sampler prior", "sweep --grid sampler=kde,prior --out s",
        "evaluate --latents z.npy --data x.npy --sampler kde");
  }

  @Test
  void anEmptyNameExits2WithOneLine() throws IOException {
    assertAllWrong("train --dataset=", "train --out=", "train --resume=", "h0 a --out=", "generate run --out=",
        "evaluate run --out=", "sweep --grid seed=0 --dataset= --out s", "reproduce --datasets=");
  }

  @Test
  void aNameThatBeginsWithAtIsAName() throws IOException {
    Path odd = Files.writeString(folder.resolve("@cloud.csv"), "0\n1\n");
    new Jar(folder).run("h0", "@cloud.csv", "--out", "@deaths").succeeded();
    assertEquals("1\n", Files.readString(folder.resolve("@deaths")));
    assertEquals("0\n1\n", Files.readString(odd));
  }

  @Test
  void anOptionWithoutMeaningForTheModelExits2WithOneLine() throws IOException {
    assertAllWrong("train --model ae --lambda 1", "train --model ae --lambda-deaths 1",
        "train --model vae --lambda-ball 1", "train --model ae --penalty norm",
        "train --model disk --lambda-deaths 1", "train --model disk --degree 2", "train --model vae --max-edge 1");
  }

  @Test
  void anOptionThatWouldChangeAResumedRunExits2WithOneLine() throws IOException {
    assertAllWrong("train --resume run --dataset digits", "train --resume run --model ae",
        "train --resume run --latent 2", "train --resume run --hidden 64", "train --resume run --decoder-hidden 64",
        "train --resume run --activation elu", "train --resume run --batch-norm",
        "train --resume run --preset paper", "train --resume run --batch 128", "train --resume run --lr 1e-3",
        "train --resume run --lambda 1",
        "train --resume run --lambda-ball 1", "train --resume run --lambda-deaths 1", "train --resume run --degree 2",
        "train --resume run --max-edge 1",
        "train --resume run --penalty norm", "train --resume run --seed 1", "train --resume run --init file",
        "train --resume run --out elsewhere");
  }

  @Test
  void helpOfEveryCommandExits0OnStdoutAndShowsDefaults() throws IOException {
    Jar.Result all = new Jar(folder).run("--help").succeeded();
    for (String command : List.of("train", "generate", "encode", "h0", "doctor")) {
      assertTrue(all.out().contains("  " + command), all.toString());
      Jar.Result help = program.run(command, "--help").succeeded();
      assertEquals("", help.err(), help.toString());
      assertTrue(help.out().startsWith("Usage: gpu-tae " + command), help.toString());
      if (!command.equals("doctor")) {
        assertTrue(help.out().contains("(default"), help.toString());
      }
    }
    String train = program.run("train", "--help").out().replaceAll("\\s+", " ");
    for (String setting : List.of("digits", "tae", "2", "64,64", "128", "100", "3e-4", "0.005", "0", "paper", "auto")) {
      assertTrue(train.contains("(default: " + setting + ")"), setting + " is no default in: " + train);
    }
    assertTrue(Files.list(folder).findAny().isEmpty());
  }

  @Test
  void versionExits0AndNamesProgramAndJava() {
    Jar.Result version = new Jar(folder).run("--version").succeeded();
    assertTrue(version.out().matches("(?s)gpu-tae \\d+\\.\\d+\\.\\d+.*\\nJava \\d+.*"), version.toString());
    assertEquals("", version.err());
  }
}
