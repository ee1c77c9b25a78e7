// The exact rule of distances. It is the only definition of the squared length of an edge and of the order of edges.
// Every engine obeys it, on the CPU and on the GPU, so all of them return the same spanning tree, bit for bit.
//
//   squared length s of (u, v), points with d float32 coordinates:
//     per coordinate      t = u_k - v_k                rounded to float32
//     chunks of 32, up    c = fma(t, t, c)             from c = 0
//     after each chunk    s = s + c                    from s = 0
//   order of edges        (bits of s, smaller id, larger id), ascending
//   length                sqrt(s), correctly rounded, computed when the tree is known
//
// A SIMD lane or a GPU thread holds a pair of points, never a coordinate, so there are no other sums than those above.
// Padding the coordinates with zeros changes nothing. Compile with -ffp-contract=off (g++) or -fmad=false (nvcc) and
// without fast-math: any contraction other than the fma written here is an error. Both operations are monotone in |t|,
// so a bound that is computed by the same chain of operations prunes exactly and needs no tolerance.
//
// s is never negative and never -0, so the bits of s, as unsigned integers, have the same order as the values of s. A
// coordinate that is not finite makes s NaN or infinite. A NaN never compares below another length, and engines read it
// as infinite.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define GPUTAE_HOST_DEVICE __host__ __device__
#else
#define GPUTAE_HOST_DEVICE
#endif

namespace gputae {
namespace {

// Number of coordinates that are summed before the sum is added to the total. It is part of the rule.
constexpr int kDistanceChunk = 32;

GPUTAE_HOST_DEVICE inline float fused_multiply_add(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

// Squared length of the edge between u and v. The d coordinates of u are u_stride floats apart; v likewise.
GPUTAE_HOST_DEVICE inline float squared_length(const float* u, int64_t u_stride, const float* v, int64_t v_stride,
                                               int d) {
  float s = 0;
  for (int first = 0; first < d; first += kDistanceChunk) {
    const int last = d - first < kDistanceChunk ? d : first + kDistanceChunk;
    float c = 0;
    for (int k = first; k < last; k++) {
      const float t = u[k * u_stride] - v[k * v_stride];
      c = fused_multiply_add(t, t, c);
    }
    s = s + c;
  }
  return s;
}

// The two ids of an edge as one number. The order of these numbers decides between edges of equal length.
GPUTAE_HOST_DEVICE inline uint64_t edge_ids(uint32_t a, uint32_t b) {
  const uint32_t low = a < b ? a : b;
  const uint32_t high = a < b ? b : a;
  return (static_cast<uint64_t>(low) << 32) | high;
}

}  // namespace
}  // namespace gputae
