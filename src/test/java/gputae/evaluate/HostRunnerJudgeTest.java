package gputae.evaluate;

import gputae.backend.Backend;
import gputae.backend.cuda.HostRunner;
import gputae.backend.cuda.HostRunners;

/** The judge on the CUDA backend over the host runner, including its recordings. */
class HostRunnerJudgeTest extends JudgeContract {
  @Override
  Backend open() {
    return HostRunners.backend(HostRunner.Order.FORWARD);
  }
}
