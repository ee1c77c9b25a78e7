package gputae.backend.cuda;

import gputae.backend.Backend;
import gputae.backend.BackendContract;

/**
 * The contract on the CUDA backend over JCuda. {@link JCudaDriverTest} runs it on a GPU or on its stand-in.
 */
class JCudaContract extends BackendContract {
  @Override
  protected Backend open() {
    return new CudaBackend(JCudaDriver.open(0, Products.AUTO));
  }
}
