package gputae.data;

import gputae.files.DataException;
import gputae.files.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Downloads files with known checksums once and keeps them. A file gets its name only when it is complete and correct.
 * The proxies are those of the JVM ({@code -Dhttps.proxyHost} and similar).
 */
final class Download {

  /**
   * A file to download.
   *
   * @param name name on the mirrors and in the cache
   * @param md5  MD5 of its bytes, lower-case hexadecimal
   */
  record Item(String name, String md5) {}

  // The largest file of the known data sets has 26 MB; a mirror that sends more than this limit sends another file.
  private static final long MOST_BYTES = 64L << 20;
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final int SILENT_SECONDS = 30;

  private Download() {}

  /**
   * Makes sure that the directory holds every item. A missing or damaged item is downloaded from the first mirror that
   * has it correctly.
   *
   * @param mirrors addresses that end in "/"
   */
  static void fetch(String dataset, Path directory, List<String> mirrors, List<Item> items, Consumer<String> log)
      throws DataException {
    HttpClient client = null;
    for (Item item : items) {
      Path file = directory.resolve(item.name());
      if (isRight(file, item)) {
        continue;
      }
      if (client == null) {
        try {
          if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
          }
        } catch (IOException e) {
          throw DataException.writing(directory, e);
        }
        client = HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL).build();
      }
      StringBuilder failures = new StringBuilder();
      boolean done = false;
      for (int m = 0; m < mirrors.size() && !done; m++) {
        String address = mirrors.get(m) + item.name();
        log.accept("fetching " + address);
        try {
          HttpClient http = client;
          WholeFile.replace(file, channel -> fetch(http, address, item, channel));
          done = true;
        } catch (IOException e) {
          failures.append(failures.isEmpty() ? "" : "; ").append(address).append(": ").append(WholeFile.inWords(e));
        }
      }
      if (!done) {
        throw new DataException(
            dataset + " could not be fetched (" + failures + "); with --data DIR, files already on disk are used");
      }
    }
  }

  private static boolean isRight(Path file, Item item) throws DataException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try {
      return HexFormat.of().formatHex(md5().digest(Files.readAllBytes(file))).equals(item.md5());
    } catch (IOException e) {
      throw DataException.reading(file, e);
    }
  }

  private static void fetch(HttpClient client, String address, Item item, WritableByteChannel channel)
      throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address)).timeout(Duration.ofSeconds(SILENT_SECONDS)).build();
    MessageDigest digest = md5();
    AtomicLong received = new AtomicLong();
    CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(request, info -> info.statusCode() == 200
        ? HttpResponse.BodySubscribers
            .ofByteArrayConsumer(part -> part.ifPresent(bytes -> take(bytes, digest, received, channel)))
        : HttpResponse.BodySubscribers.replacing(null));
    int status = await(answer, received).statusCode();
    if (status != 200) {
      throw new IOException("HTTP status " + status);
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(item.md5())) {
      throw new IOException("MD5 " + found + " of " + received.get() + " bytes, expected " + item.md5());
    }
  }

  private static void take(byte[] bytes, MessageDigest digest, AtomicLong received, WritableByteChannel channel) {
    try {
      if (received.addAndGet(bytes.length) > MOST_BYTES) {
        throw new IOException("more than " + MOST_BYTES + " bytes");
      }
      digest.update(bytes);
      WholeFile.writeAll(channel, ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits as long as bytes keep coming, since the request's own timeout covers only the headers of the answer. */
  private static HttpResponse<Void> await(CompletableFuture<HttpResponse<Void>> answer, AtomicLong received)
      throws IOException {
    int silent = 0;
    long before = 0;
    while (true) {
      try {
        return answer.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        long now = received.get();
        silent = now == before ? silent + 1 : 0;
        before = now;
        if (silent >= SILENT_SECONDS) {
          answer.cancel(true);
          throw new IOException("nothing came for " + SILENT_SECONDS + " seconds", e);
        }
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() instanceof UncheckedIOException unchecked ? unchecked.getCause() : e.getCause();
        throw new IOException(cause instanceof ConnectException && cause.getMessage() == null ? "no connection"
            : WholeFile.inWords(cause), cause);
      }
    }
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
