// The variational autoencoder's sampling and its Kullback-Leibler divergence (Kingma, Welling 2014). Each row of
// statistics (rows, 2 d) holds mu and then logvar.
#include "device.h"

namespace gputae {

// z (rows, d) = mu + exp(logvar / 2) noise. If noise is null, z = mu.
// Launch: any grid, any number of threads.
extern "C" __global__ void reparameterise(const float* __restrict__ statistics, const float* __restrict__ noise,
                                          int32_t rows, int32_t d, float* __restrict__ z) {
  const int64_t count = static_cast<int64_t>(rows) * d;
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const float* row = statistics + i / d * 2 * d;
    const int k = static_cast<int>(i % d);
    z[i] = noise == nullptr ? row[k] : fmaf(expf(0.5f * row[d + k]), noise[i], row[k]);
  }
}

// loss = scale / 2 times the sum of exp(logvar) - 1 - logvar + mu^2, with scale = 1 / (rows x pixels). d_statistics
// (rows, 2 d) is the gradient of this loss and of the operations that follow z; dz (rows, d) is the gradient of these
// operations with respect to z.
// Launch: one block, because the sum needs a single block; any number of threads.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    reparameterise_backward(const float* __restrict__ statistics, const float* __restrict__ noise,
                            const float* __restrict__ dz, int32_t rows, int32_t d, double scale,
                            float* __restrict__ d_statistics, float* __restrict__ loss) {
  const int64_t count = static_cast<int64_t>(rows) * d;
  const float weight = static_cast<float>(scale);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += blockDim.x) {
    const int64_t row = i / d * 2 * d, k = i % d;
    const float mu = statistics[row + k], logvar = statistics[row + d + k], gradient = dz[i];
    const float deviation = expf(0.5f * logvar);
    const float variance_minus_one = expm1f(logvar);
    d_statistics[row + k] = fmaf(weight, mu, gradient);
    d_statistics[row + d + k] = 0.5f * fmaf(weight, variance_minus_one, gradient * noise[i] * deviation);
    sum += static_cast<double>(variance_minus_one) - logvar + static_cast<double>(mu) * mu;
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) *loss = static_cast<float>(0.5 * sum * scale);
}

}  // namespace gputae
