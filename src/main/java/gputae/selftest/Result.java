package gputae.selftest;

import java.util.List;
import java.util.SortedSet;

/**
 * The result of one operation.
 *
 * @param operation  name of the operation
 * @param sizes      sizes of its cases, for the user
 * @param kernels    names of the kernels that were launched meanwhile; empty if the backend counts none
 * @param compared   count of numbers that were compared with a reference
 * @param unit       unit of worstError and bound
 * @param worstError the error for which error / bound is largest; NaN if a NaN was found where a number was expected
 * @param bound      the bound for that error
 * @param failures   one line for each failed case, up to a few, then the number of further ones; empty if all passed
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
