// The spanning tree of up to 256 points, for example of a batch, in one block. It uses Boruvka's rounds under the exact
// rule (exact_distance.h), as boruvka.cu does, but there are no lists. Some neighbouring threads share a point and keep
// its squared lengths to all other points, each thread those to every kParts-th point. So a round takes a comparison
// for each length and a minimum over these threads.
//
// 256 points have 65,536 lengths, and a block has 65,536 registers. So a thread keeps only the first kHeld of its
// lengths in registers. The other ones are in dynamic shared memory, where each thread has places of its own.
#pragma once

#include "boruvka.h"
#include "nearest.h"

namespace gputae {
namespace {

// What the threads of a block share while they grow a tree of up to kPoints points.
template <int kPoints>
struct SmallTree {
  // length, ids and next belong to the component whose label is the index: the least length among its edges, the ids of
  // its edge, and the component that it joins. lost_length and lost_ids are the edge of the component that lost this
  // label.
  uint32_t length[kPoints], ids[kPoints], lost_length[kPoints], lost_ids[kPoints];
  int32_t label[kPoints], next[kPoints];

  // The label that was lost for edge e. The one root that is left has lost no edge, so the places behind it move up.
  __device__ int lost_label(int e) const { return e + (e >= label[0]); }
  // Of the edge at a lost label: its ends, the smaller id first, and its length.
  __device__ int low(int lost) const { return ShortIds::low(lost_ids[lost]); }
  __device__ int high(int lost) const { return ShortIds::high(lost_ids[lost]); }
  __device__ float edge_length(int lost) const { return __fsqrt_rn(__uint_as_float(lost_length[lost])); }
};

// Bits of the squared lengths from point i to the points first, first + kStride, ...; kNoLength if there is no such
// point.
template <int kStride, int kCount>
__device__ inline void lengths_from(const float* __restrict__ x, int n, int d, int i, int first, uint32_t* bits) {
  const float* own = x + static_cast<int64_t>(i) * d;
  float s[kCount] = {};
  for (int begin = 0; begin < d; begin += kDistanceChunk) {
    const int end = d - begin < kDistanceChunk ? d : begin + kDistanceChunk;
    float c[kCount] = {};
    for (int k = begin; k < end; k++) {
      const float u = own[k];
#pragma unroll
      for (int q = 0; q < kCount; q++) {
        const int j = first + q * kStride;
        const float difference = u - x[static_cast<int64_t>(j < n ? j : 0) * d + k];
        c[q] = fused_multiply_add(difference, difference, c[q]);
      }
    }
#pragma unroll
    for (int q = 0; q < kCount; q++) s[q] = s[q] + c[q];
  }
#pragma unroll
  for (int q = 0; q < kCount; q++) bits[q] = first + q * kStride < n ? length_bits(s[q]) : kNoLength;
}

// Grows the tree of x (n, d), n from 1 to kPoints. On return the other threads of the block see it.
//   rest  for n above kHeld * kParts: shared memory for ceil((n - kHeld * kParts) / kParts) numbers of each thread of
//         the block
// Launch: one block, at least kParts threads for each point, whole warps.
template <int kPoints, int kParts, int kHeld>
__device__ inline void grow_tree(const float* __restrict__ x, int n, int d, SmallTree<kPoints>& tree, uint32_t* rest) {
  // Lengths that a thread computes together. Its registers limit this number, as they hold the lengths before, too.
  constexpr int kAtOnce = kHeld > 16 ? 4 : 8;
  constexpr int kFirst = kHeld * kParts;
  static_assert(kHeld % kAtOnce == 0);
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int part = thread % kParts;
  const bool has_point = thread / kParts < n;
  // The last warps may have threads without a point. They do the work of the last point again, and their results are
  // not used.
  const int i = has_point ? thread / kParts : n - 1;
  if constexpr (kFirst < kPoints) {
#pragma unroll 1
    for (int first = kFirst + part, place = thread; first < n; first += kAtOnce * kParts, place += kAtOnce * threads) {
      uint32_t some[kAtOnce];
      lengths_from<kParts, kAtOnce>(x, n, d, i, first, some);
#pragma unroll
      for (int a = 0; a < kAtOnce; a++) {
        if (first + a * kParts < n) rest[place + a * threads] = some[a];
      }
    }
  }
  uint32_t held[kHeld];
#pragma unroll
  for (int q = 0; q < kHeld; q += kAtOnce) {
    lengths_from<kParts, kAtOnce>(x, n, d, i, part + q * kParts, held + q);
  }
  if (thread < n) {
    tree.label[thread] = thread;
    tree.length[thread] = kNoLength;
    tree.ids[thread] = ShortIds::kNone;
  }
  __syncthreads();

  for (int count = n; count > 1;) {
    const int own = tree.label[i];
    uint32_t least = kNoLength;
    int to = 0;
    // If two lengths are equal, the first one stays, since it belongs to the smaller id.
#pragma unroll
    for (int q = 0; q < kHeld; q++) {
      const int j = part + q * kParts;
      if (held[q] < least && tree.label[j] != own) {
        least = held[q];
        to = j;
      }
    }
    if constexpr (kFirst < kPoints) {
      for (int j = kFirst + part, place = thread; j < n; j += kParts, place += threads) {
        if (rest[place] < least && tree.label[j] != own) {
          least = rest[place];
          to = j;
        }
      }
    }
    uint64_t key = least == kNoLength ? kNoEdge : static_cast<uint64_t>(least) << 32 | static_cast<uint32_t>(to);
    key = least_of_lanes<kParts>(key);
    const bool offers = part == 0 && has_point;
    if (offers) atomicMin(&tree.length[own], key_length(key));
    __syncthreads();
    if (offers && key_length(key) == tree.length[own]) {
      atomicMin(&tree.ids[own], ShortIds::of(i, static_cast<int>(key_point(key))));
    }
    __syncthreads();

    // A component joins the component at the other end of its edge. If two components have the same edge, the smaller
    // label stays.
    bool stays = false;
    if (thread < n && tree.label[thread] == thread) {
      const uint32_t edge = tree.ids[thread];
      const int a = tree.label[ShortIds::low(edge)], b = tree.label[ShortIds::high(edge)];
      const int other = a == thread ? b : a;
      stays = tree.ids[other] == edge && thread < other;
      tree.next[thread] = stays ? thread : other;
      if (!stays) {
        tree.lost_length[thread] = tree.length[thread];
        tree.lost_ids[thread] = edge;
      }
    }
    count = __syncthreads_count(stays);
    if (thread < n) {
      int root = tree.next[tree.label[thread]];
      while (tree.next[root] != root) root = tree.next[root];
      tree.label[thread] = root;
      tree.length[thread] = kNoLength;
      tree.ids[thread] = ShortIds::kNone;
    }
    __syncthreads();
  }
}

}  // namespace
}  // namespace gputae
