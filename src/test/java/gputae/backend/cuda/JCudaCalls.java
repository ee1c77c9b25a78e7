package gputae.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * The contract, and the features that only the production driver has. {@link JCudaDriverTest} runs it on a GPU or on
 * its stand-in.
 */
class JCudaCalls extends DriverContract {

  @Override
  Driver newDriver() {
    return JCudaDriver.open(0, Products.AUTO);
  }

  @Override
  boolean rehearses() {
    return true;
  }

  @Test
  void whatIsWrongWithGraphsIsSaidByName() {
    long x = upload(3);
    long graph = driver().capture(() -> driver().clear(x, 4));
    driver().discard(graph);
    assertEquals("there is no graph " + graph, failure(() -> driver().replay(graph)));
    assertEquals("there is no graph " + graph, failure(() -> driver().discard(graph)));
    assertTrue(failure(() -> driver().capture(() -> driver().fork(1, () -> driver().clear(x, 4))))
        .contains("STREAM_CAPTURE_UNJOINED"));
  }

  @Test
  void otherThanArraysOfNumbersAreRefused() {
    long address = driver().allocate(64);
    assertThrows(IllegalArgumentException.class, () -> driver().upload(new short[2], 0, address, 4));
    assertThrows(IllegalArgumentException.class, () -> driver().download(address, "text", 0, 4));
  }

  @Test
  void sharedMemoryIsAskedForUpToWhatTheDeviceHas() {
    long x = upload(new float[64]);
    long lists = driver().allocate(32 * 8 * 8);
    for (int bytes : new int[] {16 << 10, 60 << 10, 40 << 10, 150 << 10}) {
      driver().launch("nearest_foreign_2", 1, 1, 256, bytes,
          new Arguments().pointer(x).int32(32).int32(2).int32(128).pointer(0).pointer(0).pointer(0).int32(0)
              .int32(32).pointer(lists).pointer(0).pointer(0));
      driver().synchronise();
    }
    assertTrue(failure(() -> driver().launch("nearest_foreign_2", 1, 1, 256, 1 << 20, new Arguments()))
        .contains("a block may have"));
  }

  @Test
  void whatIsWrongIsSaidByName() {
    assertTrue(failure(() -> driver().launch("nothing", 1, 1, 32, 0, new Arguments()))
        .startsWith("cuModuleGetFunction nothing: CUDA_ERROR_NOT_FOUND (500"));
    assertTrue(driver().seconds(() -> driver().clear(driver().allocate(4), 4)) >= 0);
    driver().close();
    driver().close();
    assertEquals("the GPU's driver is closed", failure(() -> driver().allocate(4)));
    assertEquals("the GPU's driver is closed", failure(() -> driver().synchronise()));
  }

  @Test
  void twoAtATimeDoNotMeet() {
    try (JCudaDriver other = JCudaDriver.open(0, Products.AUTO)) {
      long x = upload(1);
      long y = other.allocate(4);
      other.upload(new float[] {5}, 0, y, 4);
      add(upload(1), x, 1);
      float[] five = new float[1];
      other.download(y, five, 0, 4);
      assertEquals(5, five[0]);
      assertEquals(2, download(x, 1)[0]);
    }
    assertEquals(3, download(upload(3), 1)[0]);
  }
}
