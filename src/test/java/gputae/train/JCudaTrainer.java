package gputae.train;

import gputae.backend.Backend;
import gputae.backend.cuda.CudaBackend;
import gputae.backend.cuda.JCudaDriver;
import gputae.backend.cuda.Products;

/**
 * A whole training on the CUDA backend over JCuda; gputae.backend.cuda.JCudaDriverTest runs it on a GPU or on its
 * stand-in.
 */
class JCudaTrainer extends TrainerContract {
  @Override
  Backend backend() {
    return new CudaBackend(JCudaDriver.open(0, Products.AUTO));
  }
}
