// Reconstruction: probabilities from logits, and the binary cross-entropy of sigmoid(logits) against target, in nats.
// logits and target are (rows, p). The loss of a logit x and a target t is
//   -[t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))] = max(x, 0) - t x + log(1 + exp(-|x|)),
// and its derivative is sigmoid(x) - t. exp(-|x|) is in (0, 1], so nothing overflows.
#include "device.h"

namespace gputae {

// probability (count) = 1 / (1 + exp(-logit)); probability may be logits.
// Launch: any grid, any number of threads.
extern "C" __global__ void sigmoid(const float* logits, float* probability, int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) {
    const float x = logits[i];
    const float e = expf(-fabsf(x));
    const float larger = 1 / (1 + e);
    probability[i] = x > 0 ? larger : e * larger;
  }
}

// row_sums (rows) holds the sum of the losses of each row. gradient is scale times the derivative, and may be logits.
// If gradient is null, only the sums are computed.
// Launch: one block for each row, any number of threads.
extern "C" __global__ void sigmoid_cross_entropy(const float* logits, const float* __restrict__ target, int32_t p,
                                                 float scale, float* gradient, double* __restrict__ row_sums) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * p;
  float sum = 0;
  for (int j = static_cast<int>(threadIdx.x); j < p; j += static_cast<int>(blockDim.x)) {
    const float x = logits[row + j], t = target[row + j];
    const float e = expf(-fabsf(x));
    const float larger = 1 / (1 + e);
    const float probability = x > 0 ? larger : e * larger;
    // A NaN is not above 0, but the product t * x brings it back.
    sum += fmaf(-t, x, x > 0 ? x : 0.0f) + log1pf(e);
    if (gradient != nullptr) gradient[row + j] = (probability - t) * scale;
  }
  const double total = block_sum(sum);
  if (threadIdx.x == 0) row_sums[blockIdx.x] = total;
}

}  // namespace gputae
