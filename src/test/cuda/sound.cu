// Kernels that are right, each for one thing that the host runner offers. HostRunnerTest knows what they should return.
#include <cstdint>

extern "C" __global__ void nothing() {}

// out[i] = in[i] * factor, one thread an element
extern "C" __global__ void scale(const float* __restrict__ in, float* __restrict__ out, float factor, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) out[i] = in[i] * factor;
}

// Where each thread of a two-dimensional grid is.
extern "C" __global__ void positions(int* out) {
  const unsigned block = blockIdx.y * gridDim.x + blockIdx.x;
  out[block * blockDim.x + threadIdx.x] = static_cast<int>(blockIdx.y * 1000000 + blockIdx.x * 10000 + threadIdx.x);
}

// What arrives of each type of parameter.
extern "C" __global__ void parameters(double* out, int i, unsigned u, int64_t l, uint64_t ul, float f, double d,
                                      const void* p) {
  const double values[] = {
      static_cast<double>(i),  static_cast<double>(u), static_cast<double>(l), static_cast<double>(ul), f, d,
      p == nullptr ? 1.0 : 0.0};
  for (int k = 0; k < 7; k++) out[k] = values[k];
}

namespace gputae {

namespace {
constexpr int kWarps = 2, kWarp = 32;
}

// Bounds that are an expression: no more than 64 threads.
extern "C" __global__ void __launch_bounds__(kWarps* kWarp, (kWarp / 8)) bounded(int* out) { out[threadIdx.x] = 1; }

// out[block] = sum of the block's elements, in a fixed order.
extern "C" __global__ void __launch_bounds__(1024) block_sum(const float* in, float* out) {
  extern __shared__ __align__(16) unsigned char shared_memory[];
  float* sums = reinterpret_cast<float*>(shared_memory);
  sums[threadIdx.x] = in[blockIdx.x * blockDim.x + threadIdx.x];
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  if (threadIdx.x == 0) out[blockIdx.x] = sums[0];
}

}  // namespace gputae

// The same with shuffles, 256 threads a block.
extern "C" __global__ void __launch_bounds__(256, 2) warp_sum(const float* in, float* out) {
  __shared__ float sums[8];
  float sum = in[blockIdx.x * blockDim.x + threadIdx.x];
#pragma unroll
  for (int delta = 16; delta > 0; delta /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, delta);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 8) {
    sum = sums[threadIdx.x];
    for (int delta = 4; delta > 0; delta /= 2) sum += __shfl_xor_sync(0xFFu, sum, delta);
    if (threadIdx.x == 0) out[blockIdx.x] = sum;
  }
}

// out: (4, threads) what each lane reads: from lane `argument`, from below, from above, across
extern "C" __global__ void shuffles(int* out, int argument, int width) {
  const unsigned mask =
      blockDim.x % 32 == 0 || threadIdx.x / 32 < blockDim.x / 32 ? 0xFFFFFFFFu : (1u << blockDim.x % 32) - 1;
  const int own = static_cast<int>(threadIdx.x);
  out[threadIdx.x] = __shfl_sync(mask, own, argument, width);
  out[blockDim.x + threadIdx.x] = __shfl_up_sync(mask, own, static_cast<unsigned>(argument), width);
  out[2 * blockDim.x + threadIdx.x] = __shfl_down_sync(mask, own, static_cast<unsigned>(argument), width);
  out[3 * blockDim.x + threadIdx.x] = __shfl_xor_sync(mask, own, argument, width);
}

// out: (2, 32) wide values from the lane opposite
extern "C" __global__ void wide_shuffles(double* out) {
  out[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFFu, 1.0 / (threadIdx.x + 1), 31);
  out[32 + threadIdx.x] = static_cast<double>(__shfl_xor_sync(0xFFFFFFFFu, 1ull << threadIdx.x, 31));
}

// Two halves of each warp vote on their own. out: (3, threads) ballot, any, all
extern "C" __global__ void warp_votes(unsigned* out, int modulus) {
  const int vote = threadIdx.x % modulus == 0;
  unsigned* ballots = out;
  unsigned* any = out + blockDim.x;
  unsigned* all = out + 2 * blockDim.x;
  if (threadIdx.x % 2 == 0) {
    ballots[threadIdx.x] = __ballot_sync(0x55555555u, vote);
    any[threadIdx.x] = static_cast<unsigned>(__any_sync(0x55555555u, vote));
    all[threadIdx.x] = static_cast<unsigned>(__all_sync(0x55555555u, vote));
  } else {
    ballots[threadIdx.x] = __ballot_sync(0xAAAAAAAAu, vote);
    any[threadIdx.x] = static_cast<unsigned>(__any_sync(0xAAAAAAAAu, vote));
    all[threadIdx.x] = static_cast<unsigned>(__all_sync(0xAAAAAAAAu, vote));
  }
  __syncwarp();
}

// The first `leaving` threads exit; the others vote. out: (3, threads) count, and, or
extern "C" __global__ void block_votes(int* out, int modulus, int leaving) {
  if (static_cast<int>(threadIdx.x) < leaving) return;
  const int vote = threadIdx.x % static_cast<unsigned>(modulus) == 0 ? 5 : 0;
  out[threadIdx.x] = __syncthreads_count(vote);
  out[blockDim.x + threadIdx.x] = __syncthreads_and(vote);
  out[2 * blockDim.x + threadIdx.x] = __syncthreads_or(vote);
}

// Every thread of the grid on a few words. ints: (8), wide: (4), bits: (1) of which each thread sets its own, last: (1)
extern "C" __global__ void atomics(int* ints, unsigned long long* wide, unsigned* bits) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  atomicAdd(&ints[i % 4], 1);
  atomicMin(&ints[4], -static_cast<int>(i));
  atomicMax(&ints[5], static_cast<int>(i));
  atomicMin(&wide[0], static_cast<unsigned long long>(i) << 40 | 7);
  atomicMax(&wide[1], static_cast<unsigned long long>(i) << 40 | 7);
  atomicAdd(&wide[2], 1ull << 32);
  atomicOr(&bits[i / 32], 1u << i % 32);
  // An addition by compare-and-swap, and tickets handed on.
  int old = ints[6];
  for (int seen; (seen = atomicCAS(&ints[6], old, old + 2)) != old;) old = seen;
  atomicAdd(reinterpret_cast<unsigned*>(&ints[7]), atomicExch(&bits[(gridDim.x * blockDim.x + 31) / 32], i + 1));
}

// out[i] = in[i] in groups of four, floats and bytes
extern "C" __global__ void vectors(const float4* in, float4* out, const uchar4* bytes, uchar4* reversed) {
  const float4 v = in[threadIdx.x];
  out[threadIdx.x] = make_float4(v.w, v.z, v.y, v.x);
  const uchar4 b = __ldg(bytes + threadIdx.x);
  reversed[threadIdx.x] = make_uchar4(b.w, b.z, b.y, b.x);
}

// out: (20) 1 where a function of CUDA's does what it should
extern "C" __global__ void functions(int* out) {
  int i = 0;
  // 1 + 2^-12 squared needs 25 bits; fused, its last one survives.
  const float a = 1 + 0x1p-12f;
  out[i++] = __fmaf_rn(a, a, -1 - 0x1p-11f) == 0x1p-24f;
  out[i++] = fmaf(a, a, -1 - 0x1p-11f) == 0x1p-24f;
  out[i++] = a * a - (1 + 0x1p-11f) == 0;
  out[i++] = __float_as_uint(-0.0f) == 0x80000000u && __float_as_int(1.0f) == 0x3F800000;
  out[i++] = __uint_as_float(0x7F800000u) == INFINITY && __int_as_float(0x40000000) == 2;
  out[i++] = __popc(0xF0F0u) == 8 && __popcll(0xF0F000000000ull) == 8;
  out[i++] = __ffs(0) == 0 && __ffs(8) == 4;
  out[i++] = __clz(0) == 32 && __clz(1) == 31 && __clzll(0) == 64 && __clzll(1) == 63;
  out[i++] = min(3, -4) == -4 && max(3u, 4u) == 4u && min(int64_t{5}, int64_t{6}) == 5 && max(1ull, 2ull) == 2;
  out[i++] = min(1.5f, NAN) == 1.5f && max(NAN, 1.5f) == 1.5f;
  out[i++] = isfinite(1.0f) && !isfinite(INFINITY) && isnan(NAN);
  out[i++] = fabsf(expf(logf(3.0f)) - 3) < 1e-6f && fabsf(expm1f(log1pf(0.5f)) - 0.5f) < 1e-6f;
  out[i++] = sqrtf(9.0f) == 3 && __fsqrt_rn(9.0f) == 3 && powf(2.0f, 3.0f) == 8 && __fdiv_rn(1.0f, 4.0f) == 0.25f;
  out[i++] = fabsf(rsqrtf(16.0f) - 0.25f) < 1e-6f && sqrt(2.0) * sqrt(2.0) > 1.9999999999;
  float sine, cosine;
  sincosf(0.5f, &sine, &cosine);
  out[i++] = sine == sinf(0.5f) && cosine == cosf(0.5f);
  sincospif(1.5f, &sine, &cosine);
  out[i++] = sine == -1 && fabsf(cosine) < 1e-6f;
  out[i++] =
      fmaxf(1.0f, 2.0f) == 2 && fminf(1.0f, 2.0f) == 1 && pow(2.0, 10.0) == 1024 && exp(0.0) == 1 && log(1.0) == 0;
  out[i++] = __umulhi(0x80000000u, 6u) == 3 && __umul64hi(1ull << 63, 6) == 3;
  out[i++] = warpSize == 32 && dim3(2).y == 1;
  // Compiled as a host's code, for headers that both share.
#ifdef __CUDACC__
  out[i++] = 0;
#else
  out[i++] = 1;
#endif
}

// One thread does very many barriers' worth of work; the limit must not hit it. out[t] = rounds
extern "C" __global__ void many_barriers(int* out, int rounds) {
  int passed = 0;
  for (int i = 0; i < rounds; i++) {
    __syncthreads();
    passed++;
  }
  out[threadIdx.x] = passed;
}

// A large array of its own on each thread's stack, alive across a barrier.
extern "C" __global__ void large_stack(int* out) {
  int own[8192];
  for (int i = 0; i < 8192; i++) own[i] = i ^ static_cast<int>(threadIdx.x);
  __syncthreads();
  int sum = 0;
  for (int i = 0; i < 8192; i++) sum += own[i] ^ static_cast<int>(threadIdx.x);
  out[threadIdx.x] = sum;
}
