package gputae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import gputae.model.SafeTensors;
import gputae.run.Failure;
import gputae.run.RunDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each file of a run is damaged in every way that has a name. One line says which file it is, where the damage is, and
 * what to do.
 */
class DamagedRunIT {

  @TempDir
  private static Path folder;

  private static Path data;
  private static Path run;
  private static Jar.Together program;

  @BeforeAll
  static void train() throws IOException {
    data = Tiny.write(folder);
    // The run belongs to a sweep, whose runs are like those of train.
    program = new Jar(folder).together();
    program.run(sweep()).succeeded();
    run = folder.resolve("sweep/runs/tiny-tae-d2");
  }

  @AfterAll
  static void end() {
    program.close();
  }

  private static Object[] sweep() {
    return new Object[] {"sweep", "--dataset", data, "--grid", "latent=2", "--batch", 32, "--epochs", 1, "--max-edge",
      5, "--threads", 2, "--jobs", 1, "--quiet", "--out", "sweep"};
  }

  private static final int SWEEP = 5;

  /** The commands that read a run, in the order of their work; the last one is only for the run of the sweep. */
  private static Jar.Result read(int reader, Path run) {
    return switch (reader) {
      case 0 -> program.run("generate", run, "--out", "x.npy");
      case 1 -> program.run("encode", run, "--out", "x.npy");
      case 2 -> program.run("evaluate", run);
      case 3 -> program.run("train", "--resume", run, "--threads", 2, "--quiet");
      case 4 -> program.run("view", run);
      default -> program.run(sweep());
    };
  }

  /** Expects exit 1 and one readable line that has all these texts. */
  private static void assertSaid(Jar.Result result, Object... texts) {
    result.failed(Arrays.stream(texts).map(String::valueOf).toArray(String[]::new));
    assertForPeople(result.err(), result.toString());
  }

  private static void assertForPeople(String line, String about) {
    assertFalse(line.contains("Exception") || line.contains("java.") || line.contains("gson") || line.contains("Json")
        || line.contains("Input length") || line.contains("Is a directory") || line.contains(": null"), about);
    assertTrue(line.contains("; "), "what to do is missing: " + about);
  }

  private static final List<String> VALUES = List.of("null", "true", "1.5", "-1", "0", "-8", "2147483648", "4294967297",
      "9223372036854775808", "1e400", "NaN", "01", "\"\"", "\"two\"", "\"\\u0000\"", "[]", "{}", "[1, \"a\"]", "[-1]");

  private static final String GONE = "gone";
  private static final String TWICE = "twice";

  /** For each key, those of the values that it may have. */
  private static final Map<String, List<String>> LEGAL = new HashMap<>();

  static {
    List<String> positive = List.of("1.5", "2147483648", "4294967297", "9223372036854775808");
    List<String> text = List.of("\"two\"");
    for (String key : List.of("format", "height", "width", "model", "latent", "batch", "epochs", "penalty",
        "data_fingerprint")) {
      LEGAL.put(key, List.of());
    }
    LEGAL.put("seed", List.of("-1", "0", "-8", "2147483648", "4294967297"));
    LEGAL.put("test_seed", LEGAL.get("seed"));
    LEGAL.put("test_share", List.of(GONE));
    LEGAL.put("hidden", List.of("[]"));
    LEGAL.put("decoder_hidden", List.of("[]", GONE));
    LEGAL.put("activation", List.of(GONE));
    LEGAL.put("encoder_output", List.of(GONE));
    LEGAL.put("output", List.of(GONE));
    LEGAL.put("batch_norm", List.of("true", GONE));
    LEGAL.put("classes", List.of("[]"));
    LEGAL.put("dataset", text);
    LEGAL.put("conditions", List.of("\"two\"", "\"\"", "\"\\u0000\""));
    LEGAL.put("lr", positive);
    LEGAL.put("degree", positive);
    for (String key : List.of("lambda_ball", "lambda_deaths")) {
      LEGAL.put(key, with(positive, "0"));
    }
    LEGAL.put("max_edge", with(positive, GONE));
    LEGAL.put("data", with(text, GONE));
    LEGAL.put("init_sha256", List.of(GONE));
  }

  private static List<String> with(List<String> values, String more) {
    List<String> all = new ArrayList<>(values);
    all.add(more);
    return all;
  }

  @Test
  void aValueThatASettingCannotHaveIsNamedWithItsKey() throws IOException {
    Path config = run.resolve("config.json");
    String good = Files.readString(config);
    JsonObject whole = JsonParser.parseString(good).getAsJsonObject();
    whole.addProperty("data", folder.toString());
    whole.addProperty("init_sha256", "0".repeat(64));
    whole.addProperty("activation", "elu");
    whole.addProperty("encoder_output", "mu,logvar");
    whole.addProperty("batch_norm", false);
    whole.add("decoder_hidden", whole.get("hidden"));
    List<String> keys = new ArrayList<>(whole.keySet());
    // The version that wrote the run is only for people.
    keys.remove("gpu_tae");
    assertEquals(LEGAL.keySet(), new HashSet<>(keys), "the keys of config.json");
    int refused = 0;
    try {
      for (String key : keys) {
        for (String value : with(with(VALUES, GONE), TWICE)) {
          JsonObject others = whole.deepCopy();
          others.remove(key);
          String rest = new Gson().toJson(others).substring(1);
          String pair = "\"" + key + "\": " + (value.equals(TWICE) ? 1 : value) + ", ";
          Files.writeString(config, "{" + pair.repeat(value.equals(GONE) ? 0 : value.equals(TWICE) ? 2 : 1) + rest);
          if (LEGAL.get(key).contains(value)) {
            Jar.Result result = read(0, run);
            assertTrue(result.exit() == 0 || result.exit() == 1 && result.errLines().size() == 1, result.toString());
            assertFalse(result.err().contains("Exception") || result.err().contains("unexpected"), result.toString());
          } else {
            refused++;
            Failure failure = assertThrows(Failure.class, () -> new RunDirectory(run).read(), key + ": " + value);
            String line = failure.getMessage();
            assertForPeople(line, line);
            assertTrue(line.startsWith(config + " ") || line.startsWith(config + ": "), line);
            assertTrue(line.contains(key) && line.lines().count() == 1, line);
            // Every command refuses it so; each key is tried with a few commands.
            if (value.equals("null") || value.equals("NaN") || value.equals("-8")) {
              assertSaid(read(refused % (SWEEP + 1), run), config.getFileName(), key);
            }
          }
        }
      }
    } finally {
      Files.writeString(config, good);
    }
    assertTrue(refused > 250, refused + " values were refused");
    assertEquals(0, read(0, run).exit());
  }

  @Test
  void settingsThatAreNoTextAreRefused() throws Exception {
    Path copy = copy("text");
    Path config = copy.resolve("config.json");
    Files.write(config, new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'});
    for (int reader = 0; reader < 5; reader++) {
      assertSaid(read(reader, copy), "config.json", "byte 2", "UTF-8");
    }
    Files.writeString(config, "");
    assertSaid(read(0, copy), "config.json", "too early");
    Files.writeString(config, "[1]");
    assertSaid(read(0, copy), "config.json", "[1]");
    Files.writeString(config, Files.readString(run.resolve("config.json")).replace("\"lr\"", "lr"));
    assertSaid(read(0, copy), "config.json", "line ", "column ");
    Files.delete(config);
    for (int kind = 0; kind < 2; kind++) {
      if (kind == 0) {
        Files.createDirectory(config);
      } else {
        pipe(config);
      }
      for (int reader = 0; reader < 5; reader++) {
        assertSaid(read(reader, copy), "config.json");
      }
      Files.delete(config);
    }
  }

  @Test
  void aDataSetThatHasMovedIsNamedAsTheSettingsHaveIt() throws IOException {
    Path copy = copy("moved");
    Path config = copy.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace(data.toString(), "/nowhere/tiny.npy"));
    for (int reader = 1; reader < 5; reader++) {
      assertSaid(read(reader, copy), "/nowhere/tiny.npy", "config.json", "\"dataset\"", "--data");
    }
  }

  @Test
  void sizesThatTheWeightsDoNotHaveAreRefusedBeforeMemoryIsTaken() throws IOException {
    Path copy = copy("sizes");
    Path config = copy.resolve("config.json");
    String good = Files.readString(config);
    String latent = "\"latent\": ";
    for (String[] change : new String[][] {{latent + 2, latent + 8_000_000}, {latent + 2, latent + 1_000_000_000},
      {latent + 2, latent + 3}, {"    64,", "    64, 64,"}, {"    64,", "    1073741824,"}, {"\"tae\"", "\"vae\""}}) {
      assertTrue(good.contains(change[0]), good);
      Files.writeString(config, good.replace(change[0], change[1]));
      assertSaid(read(0, copy), "model.safetensors", "config.json");
      assertSaid(read(3, copy), "checkpoint.safetensors", "config.json");
    }
    Files.writeString(config, good.replace("\"height\": 8", "\"height\": 4").replace("\"width\": 8", "\"width\": 16"));
    assertSaid(read(3, copy), "config.json", "\"height\"", "8 x 8");
    assertSaid(read(2, copy), "config.json", "\"height\"", "8 x 8");
  }

  @Test
  void weightsThatAreNotFiniteAreRefusedWithTheirTensor() throws IOException {
    Path copy = copy("nan");
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Path model = copy.resolve("model.safetensors");
      SafeTensors weights = SafeTensors.read(run.resolve("model.safetensors"));
      weights.tensors().get("decoder.2.bias").floats()[7] = bad;
      Files.write(model, weights.toBytes());
      for (int reader = 0; reader < 3; reader++) {
        assertSaid(read(reader, copy), model, "decoder.2.bias", "element 7", bad);
      }
      assertSaid(initialised(model), model, "decoder.2.bias", bad);
      assertSaid(program.run("sweep", "--dataset", data, "--grid", "latent=2", "--out", "other", "--quiet", "--jobs", 1,
          "--init", model), model, "decoder.2.bias", bad);
    }
    Path checkpoint = copy.resolve("checkpoint.safetensors");
    for (String tensor : List.of("parameters.encoder.0.weight", "first_moment.encoder.0.weight",
        "second_moment.decoder.4.bias")) {
      SafeTensors state = SafeTensors.read(run.resolve("checkpoint.safetensors"));
      state.tensors().get(tensor).floats()[0] = Float.NaN;
      Files.write(checkpoint, state.toBytes());
      assertSaid(read(3, copy), checkpoint, tensor, "NaN");
      assertSaid(read(4, copy), checkpoint, tensor, "NaN");
    }
    assertFalse(Files.exists(folder.resolve("new")));
  }

  @Test
  void weightsOfOtherTypesAreRefused() throws IOException {
    SafeTensors weights = SafeTensors.read(run.resolve("model.safetensors"));
    for (SafeTensors.Type type : List.of(SafeTensors.Type.F64, SafeTensors.Type.F16, SafeTensors.Type.BF16)) {
      Object values = type == SafeTensors.Type.F64 ? (Object) new double[64] : new byte[128];
      weights.put("encoder.0.bias", new SafeTensors.Tensor(type, List.of(64), values));
      Path file = Files.write(folder.resolve("half.safetensors"), weights.toBytes());
      assertSaid(initialised(file), file, "encoder.0.bias", type, "F32");
    }
  }

  @Test
  void initialWeightsThatAreNoFileEndAtOnce() throws Exception {
    long start = System.nanoTime();
    Path pipe = pipe(folder.resolve("pipe"));
    Path empty = Files.createFile(folder.resolve("empty.safetensors"));
    Path claims = Files.write(folder.resolve("claims.safetensors"),
        ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(8L << 30).put((byte) '{').array());
    // Files of 8 GiB that take no room on the disk: one with a header that is too large, one with a correct header.
    Path large = folder.resolve("large.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(8L << 30);
      file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong((8L << 30) - 8).array());
    }
    String header = "{\"w\":{\"dtype\":\"F64\",\"shape\":[" + (1 << 30) + "],\"data_offsets\":[0," + (8L << 30) + "]}}";
    Path huge = folder.resolve("huge.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength((8L << 30) + 8 + header.length());
      file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length()).array());
      file.writeBytes(header);
    }
    String noFile = "pipe or a device";
    for (Object[] one : new Object[][] {{"/dev/zero", noFile}, {"/dev/null", noFile}, {pipe, noFile},
      {folder, "is a directory"}, {empty, "0 bytes"}, {claims, 8L << 30}, {large, (8L << 30) - 8}, {huge, 8L << 30},
      {folder.resolve("nowhere"), "no such file"}}) {
      assertSaid(initialised(one[0]), "--init", one[0], one[1]);
    }
    Files.delete(large);
    Files.delete(huge);
    assertFalse(Files.exists(folder.resolve("new")));
    assertTrue(System.nanoTime() - start < 60e9, "it took " + (System.nanoTime() - start) * 1e-9 + " s");
  }

  @Test
  void aModelOrCheckpointThatIsNoFileIsRefused() throws Exception {
    Path copy = copy("nofile");
    for (String name : List.of("model.safetensors", "checkpoint.safetensors")) {
      Path file = copy.resolve(name);
      int[] readers = name.startsWith("model") ? new int[] {0, 1, 2} : new int[] {3, 4};
      byte[] whole = Files.readAllBytes(run.resolve(name));
      List<Damage> all = new ArrayList<>(List.of(path -> Files.createDirectory(path), path -> pipe(path),
          path -> Files.createFile(path), path -> Files.write(path, new byte[100]),
          path -> Files.write(path, Arrays.copyOf(whole, 5000)),
          path -> Files.write(path, Arrays.copyOf(whole, whole.length + 1)),
          path -> Files.createSymbolicLink(path, Path.of("/dev/zero"))));
      if (!Jar.isRoot()) {
        all.add(path -> Files.setPosixFilePermissions(Files.write(path, whole), Set.of()));
      }
      for (Damage damage : all) {
        Files.delete(file);
        damage.to(file);
        for (int reader : readers) {
          assertSaid(read(reader, copy), file);
        }
      }
      Files.delete(file);
      Files.copy(run.resolve(name), file);
    }
    SafeTensors other = SafeTensors.read(run.resolve("checkpoint.safetensors"));
    other.metadata().clear();
    Files.write(copy.resolve("checkpoint.safetensors"), other.toBytes());
    assertSaid(read(3, copy), "checkpoint.safetensors", "not a checkpoint");
    for (String tensor : List.of("step", "seconds", "sums", "history")) {
      SafeTensors less = SafeTensors.read(run.resolve("checkpoint.safetensors"));
      less.tensors().remove(tensor);
      Files.write(copy.resolve("checkpoint.safetensors"), less.toBytes());
      assertSaid(read(3, copy), "checkpoint.safetensors", tensor);
      assertSaid(read(4, copy), "checkpoint.safetensors", tensor);
    }
    SafeTensors later = SafeTensors.read(run.resolve("checkpoint.safetensors"));
    later.tensors().get("step").longs()[0] = Long.MAX_VALUE;
    Files.write(copy.resolve("checkpoint.safetensors"), later.toBytes());
    assertSaid(read(3, copy), "checkpoint.safetensors", Long.MAX_VALUE);
  }

  /** Puts a damaged file at a path where nothing is. */
  private interface Damage {
    void to(Path file) throws Exception;
  }

  @Test
  void metricsThatAreDamagedAreMadeAgain() throws Exception {
    Path metrics = run.resolve("metrics.csv");
    List<String> good = Tiny.metricsWithoutTimes(run);
    byte[] bytes = Files.readAllBytes(metrics);
    Object[] resume = {"train", "--resume", run, "--threads", 2, "--quiet"};
    List<Damage> all = List.of(path -> Files.createFile(path),
        path -> Files.write(path, new byte[] {(byte) 0xff, '\n'}), path -> Files.writeString(path, "epoch\n1\n"),
        path -> Files.write(path, Arrays.copyOf(bytes, bytes.length - 3)), path -> assertFalse(Files.exists(path)));
    for (int i = 0; i < all.size(); i++) {
      Files.delete(metrics);
      all.get(i).to(metrics);
      program.run(i % 2 == 0 ? sweep() : resume).succeeded();
      assertEquals(good, Tiny.metricsWithoutTimes(run));
    }
    List<String> content = Tiny.content(run);
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    Files.delete(metrics);
    Files.createDirectory(metrics);
    assertSaid(read(3, run), metrics, "directory");
    assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
    assertEquals(content, Tiny.content(run), "nothing is lost");
    Files.delete(metrics);
    Files.write(metrics, bytes);
  }

  @Test
  void anEvaluationThatIsDamagedIsNamed() throws IOException {
    Path json = run.resolve("evaluation.json");
    List<Object> words = new ArrayList<>(List.of(sweep()));
    words.add("--evaluate");
    for (byte[] bad : new byte[][] {{}, {(byte) 0xff}, "{\"measures\": {\"outside\": NaN}}".getBytes(),
      "[]".getBytes()}) {
      Files.write(json, bad);
      assertSaid(program.run(words.toArray()), "evaluation.json");
    }
    Files.delete(json);
  }

  private static Jar.Result initialised(Object file) {
    return program.run(Tiny.train(data, "--epochs", 1, "--out", "new", "--init", file));
  }

  private static Path copy(String name) throws IOException {
    Path copy = folder.resolve("copy-" + name);
    Tiny.copy(run, copy);
    return copy;
  }

  private static Path pipe(Path file) throws IOException, InterruptedException {
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    return file;
  }
}
