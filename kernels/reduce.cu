// Sums in a fixed order: the same terms on the same device give the same bits.
#include "device.h"

namespace gputae {

// *out = the sum of terms (count) / divisor.
// Launch: one block, any number of threads.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    sum_over(const double* __restrict__ terms, int32_t count, double divisor, float* __restrict__ out) {
  double sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) sum += terms[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) *out = static_cast<float>(sum / divisor);
}

// sum (count) += term (count).
// Launch: any grid, any number of threads.
extern "C" __global__ void add(const float* __restrict__ term, float* __restrict__ sum, int64_t count) {
  for (int64_t i = grid_thread(); i < count; i += grid_threads()) sum[i] += term[i];
}

}  // namespace gputae
