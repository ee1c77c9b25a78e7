// Kernels with one mistake each, which the host runner must report or show. HostRunnerTest looks for the names of the
// waits and the threads below.
#include <cstdint>

// Reads what another thread writes, without a barrier between. `distance` threads away: below 0 it is right when
// threads run forward.
extern "C" __global__ void missing_barrier(float* out, int distance) {
  __shared__ float values[256];
  values[threadIdx.x] = 1;
  const int other = static_cast<int>(threadIdx.x) + distance;
  out[blockIdx.x * blockDim.x + threadIdx.x] = other < 0 || other >= static_cast<int>(blockDim.x) ? 1 : values[other];
}

// The second round writes before all have read the first: right when a thread runs on as far as it can, if the order
// suits.
extern "C" __global__ void missing_second_barrier(int* out, int distance) {
  __shared__ int values[256];
  const unsigned other = (threadIdx.x + blockDim.x + static_cast<unsigned>(distance)) % blockDim.x;
  int sum = 0;
  for (int round = 0; round < 3; round++) {
    values[threadIdx.x] = round;
    __syncthreads();
    sum += values[other];
  }
  out[threadIdx.x] = sum;
}

// The last block to run wins.
extern "C" __global__ void race_of_blocks(int* out) {
  if (threadIdx.x == 0) out[0] = static_cast<int>(blockIdx.x);
}

extern "C" __global__ void divergent_barrier(int* out) {
  if (threadIdx.x < 40) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void divergent_kinds(int* out) {
  out[threadIdx.x] = 1;
  // On one line, but not the same.
  out[threadIdx.x] = threadIdx.x != 3 ? __syncthreads_and(1) : __syncthreads_or(1);
}

extern "C" __global__ void own_lane_missing(int* out) { out[threadIdx.x] = __shfl_sync(0x0000FFFEu, 1, 1); }

extern "C" __global__ void masks_differ(int* out) {
  const unsigned mask = threadIdx.x == 5 ? 0x0000FFFFu : 0xFFFFFFFFu;
  out[threadIdx.x] = static_cast<int>(__ballot_sync(mask, 1));
}

extern "C" __global__ void lines_differ(int* out) {
  if (threadIdx.x < 16) {
    __syncwarp();
  } else {
    __syncwarp();
  }
  out[threadIdx.x] = 1;
}

// In forward order the lane has exited before the others come, backward they wait when it exits.
extern "C" __global__ void lane_exits(int* out) {
  if (threadIdx.x == 0) return;
  out[threadIdx.x] = __any_sync(0xFFFFFFFFu, 1);
}

extern "C" __global__ void lane_does_not_exist(int* out) { out[threadIdx.x] = __all_sync(0xFFFFFFFFu, 1); }

extern "C" __global__ void wrong_width(int* out) { out[threadIdx.x] = __shfl_down_sync(0xFFFFFFFFu, 1, 1, 12); }

// One lane waits for the block, the others of its warp for the lane.
extern "C" __global__ void deadlock(int* out) {
  if (threadIdx.x == 7) {
    __syncthreads();
  } else {
    __syncwarp();
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}

extern "C" __global__ void unwritten(float* out) {
  __shared__ float values[64];
  extern __shared__ __align__(16) unsigned char shared_memory[];
  out[threadIdx.x] = values[threadIdx.x];
  out[blockDim.x + threadIdx.x] = reinterpret_cast<float*>(shared_memory)[threadIdx.x];
  // Lane 20 does not take part.
  if (threadIdx.x < 16) out[2 * blockDim.x + threadIdx.x] = __shfl_sync(0x0000FFFFu, 1.0f, 20);
  // What one block leaves the next must not find.
  values[threadIdx.x] = 1;
  reinterpret_cast<float*>(shared_memory)[threadIdx.x] = 1;
}

extern "C" __global__ void write_at(unsigned char* out, int64_t position) { out[position] = 0; }

extern "C" __global__ void write_shared_at(int64_t position) {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  static_cast<volatile unsigned char*>(shared_memory)[position] = 0;
}

// Ends before anyone looks whether the write was allowed.
extern "C" __global__ void write_shared_at_and_fail(int64_t position) {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  static_cast<volatile unsigned char*>(shared_memory)[position] = 0;
  __syncwarp(0xFFFFFFFEu);
}

extern "C" __global__ void write_static_at(int64_t position) {
  __shared__ unsigned char bytes[64];
  bytes[position] = 0;
}

extern "C" __global__ void barriers_for_ever(int* out) {
  while (out[0] == 0) __syncthreads();
}

extern "C" __global__ void spins_for_ever(int* out) {
  while (atomicAdd(out, 0) == 0) {
  }
}
