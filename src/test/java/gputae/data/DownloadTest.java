package gputae.data;

import static gputae.data.Refusals.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {

  /** What the server answers to a request for a file. */
  private enum Answer {
    RIGHT, WRONG, SHORT, MISSING, CUT
  }

  @TempDir
  Path directory;

  private HttpServer server;
  private String mirror;
  private final AtomicInteger requests = new AtomicInteger();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private Path origin;
  private Path cache;

  @BeforeEach
  void serve() throws IOException {
    origin = Files.createDirectory(directory.resolve("origin"));
    cache = directory.resolve("cache");
    IdxFiles.four(origin, true);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    mirror = "http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort();
    server.createContext("/", exchange -> {
      requests.incrementAndGet();
      String path = exchange.getRequestURI().getPath();
      byte[] content = Files.readAllBytes(origin.resolve(path.substring(path.lastIndexOf('/') + 1)));
      Answer answer = answers.getOrDefault(path, Answer.RIGHT);
      if (answer == Answer.MISSING) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        byte[] sent = answer == Answer.RIGHT ? content : answer == Answer.WRONG ? new byte[content.length]
            : Arrays.copyOf(content, content.length / 2);
        exchange.sendResponseHeaders(200, answer == Answer.CUT ? content.length : sent.length);
        exchange.getResponseBody().write(sent);
      }
      exchange.close();
    });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Datasets.Published published(String... folders) throws Exception {
    List<Download.Item> items = new ArrayList<>();
    for (Download.Item item : Datasets.MNIST.items()) {
      byte[] content = Files.readAllBytes(origin.resolve(item.name()));
      items.add(
          new Download.Item(item.name(), HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content))));
    }
    return new Datasets.Published("mnist", Digits.CLASSES,
        Arrays.stream(folders).map(folder -> mirror + folder).toList(), items);
  }

  private List<String> cached() throws IOException {
    try (Stream<Path> files = Files.list(cache.resolve("mnist"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void fetchesOnceAndThenNeverAgain() throws Exception {
    List<String> log = new ArrayList<>();
    Dataset data = Datasets.openPublished(published("/a/"), null, cache, log::add);
    assertEquals(12, data.train().count());
    assertEquals(4, requests.get());
    assertEquals(4, log.size());
    assertEquals(4, cached().size());
    Datasets.openPublished(published("/a/"), null, cache, log::add);
    assertEquals(4, requests.get(), "the second time comes from the cache");
    server.stop(0);
    assertEquals(4, Datasets.openPublished(published("/a/"), null, cache, log::add).test().count());
    Path damaged = cache.resolve("mnist").resolve("t10k-labels-idx1-ubyte.gz");
    Files.write(damaged, new byte[3]);
    refused(() -> Datasets.openPublished(published("/a/"), null, cache, log::add), "mnist could not be fetched",
        mirror + "/a/t10k-labels", "--data DIR");
  }

  @Test
  void goesToTheNextMirror() throws Exception {
    answers.put("/a/train-images-idx3-ubyte.gz", Answer.MISSING);
    answers.put("/a/train-labels-idx1-ubyte.gz", Answer.WRONG);
    answers.put("/a/t10k-images-idx3-ubyte.gz", Answer.CUT);
    answers.put("/a/t10k-labels-idx1-ubyte.gz", Answer.SHORT);
    assertEquals(12, Datasets.openPublished(published("/a/", "/b/"), null, cache, line -> {}).train().count());
    assertEquals(8, requests.get());
    assertEquals(4, cached().size());
  }

  @Test
  void refusesWhatIsNotRightAndKeepsNothingOfIt() throws Exception {
    for (Answer answer : new Answer[] {Answer.WRONG, Answer.SHORT, Answer.CUT, Answer.MISSING}) {
      answers.put("/a/t10k-images-idx3-ubyte.gz", answer);
      String expected = switch (answer) {
        case MISSING -> "HTTP status 404";
        case CUT -> "bytes";
        default -> "expected " + published("/a/").items().get(2).md5();
      };
      refused(() -> Datasets.openPublished(published("/a/"), null, cache, line -> {}), "mnist could not be fetched",
          "/a/t10k-images-idx3-ubyte.gz", expected,
          "--data DIR");
      assertEquals(List.of("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"), cached());
    }
  }

  @Test
  void publishedChecksumsAreWellFormed() {
    for (Datasets.Published published : List.of(Datasets.MNIST, Datasets.FASHION_MNIST)) {
      assertEquals(4, published.items().size());
      assertEquals(10, published.classes().size());
      published.items().forEach(item -> assertTrue(item.md5().matches("[0-9a-f]{32}"), item.name()));
      published.mirrors().forEach(address -> assertTrue(address.endsWith("/"), address));
      assertFalse(published.mirrors().isEmpty());
    }
  }
}
