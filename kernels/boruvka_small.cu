// The spanning tree of up to 128 points, for example of a batch. It uses Boruvka's rounds under the exact rule
// (exact_distance.h), as boruvka.cu does, but in one block and one launch. There are no lists. Eight threads share a
// point and keep its squared lengths to all other points in registers, sixteen in each thread. So a round takes sixteen
// comparisons in each thread and a minimum over eight lanes.
#include "boruvka.h"
#include "nearest.h"

namespace gputae {

namespace {

constexpr int kSmallCloud = 128;
constexpr int kParts = 8;  // threads that share a point
constexpr int kEach = kSmallCloud / kParts;

// Bits of the squared lengths from point i to the points part, part + kParts, ...; kNoLength if there is no such point.
__device__ inline void lengths_from(const float* __restrict__ x, int n, int d, int i, int part,
                                    uint32_t (&bits)[kEach]) {
  const float* own = x + static_cast<int64_t>(i) * d;
  float s[kEach] = {};
  for (int first = 0; first < d; first += kDistanceChunk) {
    const int last = d - first < kDistanceChunk ? d : first + kDistanceChunk;
    float c[kEach] = {};
    for (int k = first; k < last; k++) {
      const float u = own[k];
#pragma unroll
      for (int q = 0; q < kEach; q++) {
        const int j = part + q * kParts;
        const float difference = u - x[static_cast<int64_t>(j < n ? j : 0) * d + k];
        c[q] = fused_multiply_add(difference, difference, c[q]);
      }
    }
#pragma unroll
    for (int q = 0; q < kEach; q++) s[q] = s[q] + c[q];
  }
#pragma unroll
  for (int q = 0; q < kEach; q++) bits[q] = part + q * kParts < n ? length_bits(s[q]) : kNoLength;
}

}  // namespace

// Computes edges (n - 1, 2) and lengths (n - 1) of the tree of x (n, d), with n from 2 to 128.
// Launch: one block, 8 threads for each point, whole warps.
extern "C" __global__ void __launch_bounds__(kSmallCloud* kParts)
    boruvka_small(const float* __restrict__ x, int32_t n, int32_t d, int32_t* __restrict__ edges,
                  float* __restrict__ lengths) {
  // length, ids and next belong to the component whose label is the index: the least length among its edges, the ids of
  // its edge, and the component that it joins. lost_length and lost_ids are the edge of the component that lost this
  // label.
  __shared__ uint32_t length[kSmallCloud], ids[kSmallCloud], lost_length[kSmallCloud], lost_ids[kSmallCloud];
  __shared__ int32_t label[kSmallCloud], next[kSmallCloud];
  const int thread = static_cast<int>(threadIdx.x);
  const int part = thread % kParts;
  const bool has_point = thread / kParts < n;
  // The last warp may have threads without a point. They do the work of the last point again, and their results are not
  // used.
  const int i = has_point ? thread / kParts : n - 1;
  uint32_t bits[kEach];
  lengths_from(x, n, d, i, part, bits);
  if (thread < n) {
    label[thread] = thread;
    length[thread] = kNoLength;
    ids[thread] = ShortIds::kNone;
  }
  __syncthreads();

  for (int count = n; count > 1;) {
    const int own = label[i];
    uint32_t least = kNoLength;
    int to = 0;
#pragma unroll
    for (int q = 0; q < kEach; q++) {
      const int j = part + q * kParts;
      // If two lengths are equal, the first one stays, since it belongs to the smaller id.
      if (bits[q] < least && label[j] != own) {
        least = bits[q];
        to = j;
      }
    }
    uint64_t key = least == kNoLength ? kNoEdge : static_cast<uint64_t>(least) << 32 | static_cast<uint32_t>(to);
    key = least_of_lanes<kParts>(key);
    const bool offers = part == 0 && has_point;
    if (offers) atomicMin(&length[own], key_length(key));
    __syncthreads();
    if (offers && key_length(key) == length[own]) {
      atomicMin(&ids[own], ShortIds::of(i, static_cast<int>(key_point(key))));
    }
    __syncthreads();

    // A component joins the component at the other end of its edge. If two components have the same edge, the smaller
    // label stays.
    bool stays = false;
    if (thread < n && label[thread] == thread) {
      const uint32_t edge = ids[thread];
      const int a = label[ShortIds::low(edge)], b = label[ShortIds::high(edge)];
      const int other = a == thread ? b : a;
      stays = ids[other] == edge && thread < other;
      next[thread] = stays ? thread : other;
      if (!stays) {
        lost_length[thread] = length[thread];
        lost_ids[thread] = edge;
      }
    }
    count = __syncthreads_count(stays);
    if (thread < n) {
      int root = next[label[thread]];
      while (next[root] != root) root = next[root];
      label[thread] = root;
      length[thread] = kNoLength;
      ids[thread] = ShortIds::kNone;
    }
    __syncthreads();
  }

  // The one root that is left has lost no edge, so the places behind it move up.
  const int root = label[0];
  if (thread < n && thread != root) {
    const int place = thread - (thread > root);
    edges[2 * place] = ShortIds::low(lost_ids[thread]);
    edges[2 * place + 1] = ShortIds::high(lost_ids[thread]);
    lengths[place] = __fsqrt_rn(__uint_as_float(lost_length[thread]));
  }
}

}  // namespace gputae
