package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;

/** Recorded steps on the CUDA backend over the host runner: graphs that are captured once. */
class HostRunnerRecordedStepTest extends RecordedStepContract {
  @Override
  Backend backend() {
    return HostRunners.backend(HostRunner.Order.RANDOM);
  }
}
