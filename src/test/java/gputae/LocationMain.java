package gputae;

import gputae.backend.cpu.NativeLibraries;

/**
 * Loads the native libraries, as every command does that computes, and says where they lie, as doctor does; only what
 * doctor looks at beside them is left out, which takes most of its time.
 */
public final class LocationMain {

  private LocationMain() {}

  public static void main(String[] none) {
    System.out.println("native libraries  " + NativeLibraries.location());
  }
}
