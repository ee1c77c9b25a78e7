package gputae.selftest;

import java.util.List;
import java.util.SortedSet;

/**
 * What came of one operation.
 *
 * @param operation  its name
 * @param sizes      the sizes it ran on, for people
 * @param kernels    names of the kernels that were launched meanwhile; empty where the backend counts none
 * @param compared   numbers that were compared with a reference
 * @param unit       of worstError and bound
 * @param worstError the error where error / bound is largest; NaN if a NaN was found where a number should be
 * @param bound      the bound there
 * @param failures   one line for each case that failed, up to a few, then how many more; empty if all passed
 */
public record Result(
    String operation, String sizes, SortedSet<String> kernels, long compared, Unit unit, double worstError,
    double bound, List<String> failures) {

  public boolean passed() {
    return failures.isEmpty();
  }

  Result withKernels(SortedSet<String> launched) {
    return new Result(operation, sizes, launched, compared, unit, worstError, bound, failures);
  }
}
