// What the kernels share: warps, sums in a fixed order, dynamic shared memory.
//
// Every block consists of whole warps of 32 threads, which are numbered along x alone. All 32 threads of a warp call
// every warp intrinsic together. The files are compiled with -fmad=false, so a fused multiply-add happens only where
// the source calls it. Division and square root are correctly rounded (nvcc's default; no fast-math).
#pragma once

#include <cstdint>

namespace gputae {

// Dynamic shared memory, as much as the launch asks for.
extern __shared__ __align__(16) unsigned char shared_memory[];

namespace {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;
constexpr int kMostThreads = 1024;  // of a block, on every device

__device__ inline int lane_number() { return static_cast<int>(threadIdx.x) % kWarp; }
__device__ inline int warp_number() { return static_cast<int>(threadIdx.x) / kWarp; }
__device__ inline int warp_count() { return static_cast<int>(blockDim.x) / kWarp; }

// Returns the sum of the values of the threads of `count` warps from the warp `first` on to the first thread of these
// warps. The order of the sum depends only on the number of warps, so the same values give the same bits; zeros at the
// end do not change them. All threads of the block call this function, at most once between two barriers of the caller.
// They may be in several groups of warps, which get a sum each.
__device__ inline double sum_of_warps(double value, int first, int count) {
  __shared__ double warps[kMostThreads / kWarp];
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
  if (lane_number() == 0) warps[warp_number()] = value;
  __syncthreads();
  double sum = 0;
  if (static_cast<int>(threadIdx.x) == first * kWarp) {
    for (int w = first; w < first + count; w++) sum += warps[w];
  }
  return sum;
}

// Returns the sum of the values of all threads to thread 0, as sum_of_warps.
__device__ inline double block_sum(double value) { return sum_of_warps(value, 0, warp_count()); }

// The number of this thread in the grid, and the number of threads in the grid. Kernels use them in loops over more
// values than there are threads.
__device__ inline int64_t grid_thread() { return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline int64_t grid_threads() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

}  // namespace
}  // namespace gputae
