// Adam (Kingma, Ba 2015) over the flat parameter buffer, and the end of a step. The step counter and the rates
// (learning rate, beta1, beta2, epsilon) are read from device memory, so one captured launch works for every step.
//
//   m = beta1 m + (1 - beta1) g
//   v = beta2 v + (1 - beta2) g^2
//   theta -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon),  t = *step
//   g = 0, so that the next step can accumulate into it
#include "device.h"

namespace gputae {

// Moments smaller than this are set to 0, as on the CPU, where denormals are slow. Otherwise a weight whose gradient
// has become 0 would keep such moments for ever. Next to epsilon = 1e-8 they are too small to move a weight.
constexpr float kDust = 0x1p-100f;

namespace {

// base^exponent by squaring. The relative error is at most exponent 2^-53. The library's pow would take some
// microseconds, and all threads that need the result would wait for it.
__device__ inline double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

// Launch: any grid, any number of threads.
extern "C" __global__ void adam(const int64_t* __restrict__ step, const double* __restrict__ rates, int64_t count,
                                float* __restrict__ parameters, float* __restrict__ gradient,
                                float* __restrict__ first_moment, float* __restrict__ second_moment) {
  // The first values are loaded while two threads compute the corrections.
  int64_t i = grid_thread();
  float g = 0, m = 0, v = 0, parameter = 0;
  const auto load = [&] {
    g = gradient[i];
    m = first_moment[i];
    v = second_moment[i];
    parameter = parameters[i];
  };
  if (i < count) load();
  __shared__ float step_size, root_scale;
  if (threadIdx.x == 0) step_size = static_cast<float>(rates[0] / (1 - power(rates[1], *step)));
  if (threadIdx.x == blockDim.x - 1) root_scale = static_cast<float>(1 / sqrt(1 - power(rates[2], *step)));
  __syncthreads();
  const float b1 = static_cast<float>(rates[1]), c1 = static_cast<float>(1 - rates[1]);
  const float b2 = static_cast<float>(rates[2]), c2 = static_cast<float>(1 - rates[2]);
  const float epsilon = static_cast<float>(rates[3]);
  while (i < count) {
    m = fmaf(b1, m, c1 * g);
    v = fmaf(b2, v, c2 * g * g);
    m = fabsf(m) < kDust ? 0 : m;
    v = v < kDust ? 0 : v;
    first_moment[i] = m;
    second_moment[i] = v;
    parameters[i] = parameter - step_size * m / fmaf(sqrtf(v), root_scale, epsilon);
    gradient[i] = 0;
    i += grid_threads();
    if (i < count) load();
  }
}

// log[*step mod log_rows] (width) = losses (width); then *step += 1.
// Launch: one block, any number of threads.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    end_step(const float* __restrict__ losses, int32_t log_rows, int32_t width, float* __restrict__ log,
             int64_t* __restrict__ step) {
  const int64_t now = *step;
  __syncthreads();
  float* row = log + now % log_rows * width;
  for (int k = static_cast<int>(threadIdx.x); k < width; k += static_cast<int>(blockDim.x)) row[k] = losses[k];
  if (threadIdx.x == 0) *step = now + 1;
}

}  // namespace gputae
