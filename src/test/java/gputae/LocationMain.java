package gputae;

import gputae.backend.cpu.NativeLibraries;

/**
 * Loads the native libraries, as every command does that computes, and reports their folder as doctor does. The other
 * checks of doctor, which take most of its time, are left out.
 */
public final class LocationMain {

  private LocationMain() {}

  public static void main(String[] none) {
    System.out.println("native libraries  " + NativeLibraries.location());
  }
}
