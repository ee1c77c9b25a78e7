// The exact rule of distances: the one definition of the squared length of an edge and of the order of edges that every
// engine obeys, on the CPU and on the GPU, so that all of them return the same spanning tree bit for bit.
//
//   squared length s of (u, v), points with d float32 coordinates:
//     per coordinate      t = u_k - v_k                rounded to float32
//     chunks of 32, up    c = fma(t, t, c)             from c = 0
//     after each chunk    s = s + c                    from s = 0
//   order of edges        (bits of s, smaller id, larger id), ascending
//   length                sqrt(s), correctly rounded, taken once the tree is known
//
// A SIMD lane or a GPU thread holds a pair, never a coordinate, so the sums above are the only ones; padding
// coordinates with zeros changes nothing. Compile with -ffp-contract=off (g++) or -fmad=false (nvcc) and without
// fast-math: a contraction elsewhere than the fma written here is an error. Both operations are monotone in |t|: a
// bound computed by the same chain prunes strictly, without slack.
//
// s is never negative and never -0, so its bits order as unsigned integers exactly as its value. A coordinate that is
// not finite makes s NaN or infinite; a NaN never compares below another length, which engines read as infinite.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define GPUTAE_HOST_DEVICE __host__ __device__
#else
#define GPUTAE_HOST_DEVICE
#endif

namespace gputae {
namespace {

// Coordinates summed before they join the total; part of the rule.
constexpr int kDistanceChunk = 32;

GPUTAE_HOST_DEVICE inline float fused_multiply_add(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return __builtin_fmaf(a, b, c);
#endif
}

// Squared length of the edge between u and v. u: (d) with u_stride floats between coordinates; v likewise.
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

// The two ids of an edge as one number, in the order that breaks ties between equal lengths.
GPUTAE_HOST_DEVICE inline uint64_t edge_ids(uint32_t a, uint32_t b) {
  const uint32_t low = a < b ? a : b;
  const uint32_t high = a < b ? b : a;
  return (static_cast<uint64_t>(low) << 32) | high;
}

}  // namespace
}  // namespace gputae
