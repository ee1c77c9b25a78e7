package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.CudaBackend;
import gputae.backend.cuda.JCudaDriver;

/**
 * A training as a whole on the CUDA backend over JCuda; gputae.backend.cuda.JCudaDriverTest runs it where there is a
 * GPU, or what stands in for one.
 */
class JCudaTrainer extends TrainerContract {
  @Override
  Backend backend() {
    return new CudaBackend(JCudaDriver.open(0));
  }
}
