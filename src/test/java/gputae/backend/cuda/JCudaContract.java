package gputae.backend.cuda;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/**
 * The contract on the CUDA backend over JCuda; {@link JCudaDriverTest} runs it where there is a GPU, or what stands in
 * for one.
 */
class JCudaContract extends BackendContract {
  @Override
  protected Backend open() {
    return new CudaBackend(JCudaDriver.open(0));
  }
}
