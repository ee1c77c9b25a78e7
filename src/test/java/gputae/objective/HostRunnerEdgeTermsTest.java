package gputae.objective;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;

/** Terms of edges on the CUDA backend over the host runner. */
class HostRunnerEdgeTermsTest extends EdgeTermsContract {
  @Override
  Backend backend() {
    return HostRunners.backend(HostRunner.Order.RANDOM);
  }
}
