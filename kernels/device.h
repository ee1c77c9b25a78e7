// What the kernels share: warps, sums in a fixed order, dynamic shared memory.
//
// Every block has whole warps of 32 threads, numbered along x alone, and every warp intrinsic is called by all 32. The
// files are compiled with -fmad=false: a fused multiply-add is written where it is meant. Division and square root are
// correctly rounded (nvcc's default; no fast-math).
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

// The sum of all threads' values, for thread 0; the same order for the same block size, so the same bits. All threads
// of the block call it, not more than once between two barriers of their own.
__device__ inline double block_sum(double value) {
  __shared__ double warps[kMostThreads / kWarp];
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
  if (lane_number() == 0) warps[warp_number()] = value;
  __syncthreads();
  double sum = 0;
  if (threadIdx.x == 0) {
    for (int w = 0; w < warp_count(); w++) sum += warps[w];
  }
  return sum;
}

// The number of this thread among all of the grid, and how many there are: for loops over more values than threads.
__device__ inline int64_t grid_thread() { return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline int64_t grid_threads() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

}  // namespace
}  // namespace gputae
