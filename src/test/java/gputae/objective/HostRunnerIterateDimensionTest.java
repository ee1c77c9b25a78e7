package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;

/** The PH dimension as a term on the CUDA backend over the host runner. */
class HostRunnerIterateDimensionTest extends IterateDimensionContract {
  @Override
  Backend backend() {
    return HostRunners.backend(HostRunner.Order.RANDOM);
  }
}
