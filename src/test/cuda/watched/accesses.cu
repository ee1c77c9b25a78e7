// Kernels that a watched build of the host runner must report (wrong_...) or must not report (right_...). The class
// WatchedKernels reads this file: what "says" is a part of the message in forward order, where (A) and (B) stand for
// the kernel's lines that end in "// A" and "// B".
//
// Launch: two blocks of 64 threads. data holds 256 floats and more holds 256 ints, all of them 0; nobody has written
// what is at `unwritten`.
#include <cstdint>

namespace {
__device__ int thread() { return static_cast<int>(threadIdx.x); }
__device__ int grid_thread() { return static_cast<int>(blockIdx.x) * 64 + thread(); }
}  // namespace

// says: race in static shared memory: thread 32 writes (A) what thread 0 reads (B), and nothing orders the two
extern "C" __global__ void wrong_no_barrier(float* data, int* more, const float*) {
  __shared__ float values[64];
  if (more[0] == 0) values[thread() ^ 32] = 2;
  __syncthreads();
  values[thread()] = 1;                         // A
  data[grid_thread()] = values[thread() ^ 32];  // B
}

extern "C" __global__ void right_barrier(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = 1;
  __syncthreads();
  data[grid_thread()] = values[thread() ^ 32] + static_cast<float>(more[0]);
}

// says: thread 0 reads (B) shared memory that no thread of the block has written: static shared memory
extern "C" __global__ void wrong_unwritten_shared(float* data, int* more, const float*) {
  __shared__ float values[64];
  if (thread() > more[0]) values[thread()] = 1;
  __syncthreads();
  data[grid_thread()] = values[thread()];  // B
}

// says: race in static shared memory: thread 32 reads (B) what thread 0 writes (A)
extern "C" __global__ void wrong_no_second_barrier(float* data, int* more, const float*) {
  __shared__ float values[64];
  float sum = 0;
  for (int round = 0; round < 2 + more[0]; round++) {
    values[thread()] = 1;  // A
    __syncthreads();
    sum += values[thread() ^ 32];  // B
  }
  data[grid_thread()] = sum;
}

extern "C" __global__ void right_second_barrier(float* data, int* more, const float*) {
  __shared__ float values[64];
  float sum = 0;
  for (int round = 0; round < 2 + more[0]; round++) {
    values[thread()] = 1;
    __syncthreads();
    sum += values[thread() ^ 32];
    __syncthreads();
  }
  data[grid_thread()] = sum;
}

extern "C" __global__ void right_syncwarp(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  __syncwarp();
  data[grid_thread()] = values[thread() ^ 1];
}

// A barrier of the warp orders nothing between two warps.
// says: race in static shared memory: thread 32 writes (A) what thread 0 reads (B)
extern "C" __global__ void wrong_syncwarp_for_two_warps(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  __syncthreads();
  values[thread()] = 1;  // A
  __syncwarp();
  data[grid_thread()] = values[thread() ^ 32];  // B
}

// A shuffle orders no memory.
// says: race in static shared memory: thread 0 reads (B) what thread 1 writes (A)
extern "C" __global__ void wrong_shuffle_alone(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = 1;  // A
  more[grid_thread()] = __shfl_xor_sync(0xFFFFFFFFu, thread(), 1);
  data[grid_thread()] = values[thread() ^ 1];  // B
}

// says: race in static shared memory: thread 16 writes (A) what thread 0 reads (B)
extern "C" __global__ void wrong_half_syncwarp(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  __syncwarp();
  values[thread()] = 1;  // A
  __syncwarp(thread() % 32 < 16 ? 0xFFFFu : 0xFFFF0000u);
  data[grid_thread()] = values[thread() ^ 16];  // B
}

extern "C" __global__ void right_half_syncwarp(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  __syncwarp(thread() % 32 < 16 ? 0xFFFFu : 0xFFFF0000u);
  data[grid_thread()] = values[thread() ^ 8];
}

// Lane 2 never waits with lane 0, but it waits with lane 1 after lane 1 has waited with lane 0.
extern "C" __global__ void right_chain_of_syncwarps(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  const int lane = thread() % 32;
  if (lane < 2) __syncwarp(3);
  if (lane == 1 || lane == 2) __syncwarp(6);
  if (lane == 2) data[grid_thread()] = values[thread() - 2];
}

// The last block wins.
// says: race in device memory, 0 bytes behind parameter 0: thread 0 writes (A) what thread 0 of block (0, 0) writes (A)
extern "C" __global__ void wrong_blocks_write(float* data, int* more, const float*) {
  if (thread() == 0) data[more[0]] = static_cast<float>(blockIdx.x);  // A
}

// says: race in device memory, 0 bytes behind parameter 0: thread 0 reads (B) what thread 0 of block (0, 0) writes (A)
extern "C" __global__ void wrong_blocks_read(float* data, int* more, const float*) {
  if (blockIdx.x == 0) {
    data[thread()] = 1;  // A
  } else {
    data[64 + thread()] = data[thread()] + static_cast<float>(more[0]);  // B
  }
}

extern "C" __global__ void right_blocks(float* data, int* more, const float*) {
  data[grid_thread()] = data[128] + static_cast<float>(more[1]);
}

extern "C" __global__ void right_atomics(float* data, int* more, const float*) {
  atomicAdd(&more[0], 1);
  atomicMin(&more[0], 5);
  data[grid_thread()] = 1;
}

// says: race in device memory, 0 bytes behind parameter 1: thread 1 changes atomically (A) what thread 0 reads (B)
extern "C" __global__ void wrong_read_beside_atomic(float* data, int* more, const float*) {
  atomicAdd(&more[blockIdx.x], 1);                             // A
  data[grid_thread()] = static_cast<float>(more[blockIdx.x]);  // B
}

extern "C" __global__ void right_read_after_atomic(float* data, int* more, const float*) {
  atomicAdd(&more[blockIdx.x], 1);
  __syncthreads();
  data[grid_thread()] = static_cast<float>(more[blockIdx.x]);
}

// What stands in the place of atomicMin in a planted mistake.
// says: race in device memory, 0 bytes behind parameter 1: thread 1 reads (A) what thread 0 writes (A)
extern "C" __global__ void wrong_plain_minimum(float* data, int* more, const float*) {
  plain_atomicMin(&more[0], thread());  // A
  data[grid_thread()] = 1;
}

extern "C" __global__ void right_bytes(float* data, int* more, const float*) {
  __shared__ uint8_t bytes[64];
  bytes[thread()] = static_cast<uint8_t>(more[0]);
  __syncthreads();
  data[grid_thread()] = bytes[thread() ^ 33];
}

// says: race in device memory, 0 bytes behind parameter 0: thread 1 writes (A) what thread 0 writes (A)
extern "C" __global__ void wrong_bytes(float* data, int* more, const float*) {
  reinterpret_cast<uint8_t*>(data)[grid_thread() / 2] = static_cast<uint8_t>(more[0]);  // A
}

// says: race in static shared memory: thread 1 reads (B) what thread 0 writes (A)
extern "C" __global__ void wrong_wide(float* data, int* more, const float*) {
  __shared__ float4 values[16];
  if (thread() < 16) values[thread()] = {0, 0, 0, static_cast<float>(more[0])};
  __syncthreads();
  if (thread() < 16) values[thread()] = {1, 2, 3, 4};                // A
  data[grid_thread()] = reinterpret_cast<float*>(values)[thread()];  // B
}

// A thread that has exited does not hold up the barrier, and it is ordered before it.
extern "C" __global__ void right_exit_before_barrier(float* data, int* more, const float*) {
  __shared__ float values[64];
  values[thread()] = static_cast<float>(more[0]);
  if (thread() < 32) return;
  __syncthreads();
  data[grid_thread()] = values[thread() - 32];
}

// All lanes of a warp read one value, which the last of them then changes.
// says: race in static shared memory: thread 31 writes (A) what thread 1 reads (B)
extern "C" __global__ void wrong_write_after_all_read(float* data, int* more, const float*) {
  __shared__ float value[1];
  if (thread() == 0) value[0] = static_cast<float>(more[0]);
  __syncthreads();
  if (thread() < 32) data[grid_thread()] = value[0];  // B
  if (thread() == 31) value[0] = 2;                   // A
}

// says: writes (A) memory outside all allocations: device memory, 1024 bytes behind parameter 0
extern "C" __global__ void wrong_end(float* data, int* more, const float*) {
  if (grid_thread() == 127) data[256 + more[0]] = 1;  // A
}

// says: reads (B) device memory that nobody has written: device memory, 0 bytes behind parameter 2
extern "C" __global__ void wrong_unwritten(float* data, int*, const float* unwritten) {
  if (grid_thread() == 127) data[0] = unwritten[0];  // B
}
