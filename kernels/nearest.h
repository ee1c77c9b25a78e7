// The nearest foreign points of a point: those of other components of the growing spanning tree, by the exact rule.
//
// Of two edges of one point i and of equal length the one to the smaller id comes first: (min, max) of (i, j) grows
// with j. So the edges of a point order as (bits of the squared length, j), one 64-bit key.
#pragma once

#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

// Foreign points kept for each point. With 8 of them building a tree takes 1.0 to 1.15 sweeps over all pairs on
// uniform clouds and MNIST, some 3 on far-apart clusters, whose points use up their lists all at once.
constexpr int kNearest = 8;

// No foreign point; above every key of an edge.
constexpr uint64_t kNoEdge = ~uint64_t{0};
constexpr uint32_t kNoLength = ~uint32_t{0};
constexpr uint32_t kNoPoint = ~uint32_t{0};

// The bits of a squared length; one that is not finite orders behind all others, as infinity: of a NaN and a number
// fminf takes the number.
__device__ inline uint32_t length_bits(float s) { return __float_as_uint(fminf(s, __uint_as_float(0x7F800000u))); }

__device__ inline uint64_t edge_key(float s, int j) {
  return (static_cast<uint64_t>(length_bits(s)) << 32) | static_cast<uint32_t>(j);
}
__device__ inline uint32_t key_length(uint64_t key) { return static_cast<uint32_t>(key >> 32); }
__device__ inline uint32_t key_point(uint64_t key) { return static_cast<uint32_t>(key); }

// The least key of this lane and those beside it, groups of kLanes (a power of two); for all of them. The whole warp
// calls it.
template <int kLanes>
__device__ inline uint64_t least_of_lanes(uint64_t key) {
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    const uint64_t other = __shfl_xor_sync(kAllLanes, key, distance);
    key = other < key ? other : key;
  }
  return key;
}

// The least keys that a warp has been offered, one a lane: lane t, up to kNearest - 1, has the t-th. On an H200 the
// alternative, a list a lane and the least of all lists at the end, takes three times the instructions: of n keys in
// random order about 8 + 8 ln(n / 8) get into the one list, but of the 32 offered together nearly always one into
// some lane's own.
struct WarpNearest {
  uint64_t key;   // of this lane
  uint64_t last;  // of lane kNearest - 1, known to all

  __device__ void clear() { key = last = kNoEdge; }

  // All lanes call it together; a lane that has nothing to offer gives kNoEdge.
  __device__ void offer(uint64_t mine) {
    for (unsigned better = __ballot_sync(kAllLanes, mine < last); better != 0;) {
      const uint64_t next = __shfl_sync(kAllLanes, mine, __ffs(static_cast<int>(better)) - 1);
      const uint64_t before = __shfl_up_sync(kAllLanes, key, 1);
      if (next < key) key = lane_number() > 0 && next < before ? before : next;
      last = __shfl_sync(kAllLanes, key, kNearest - 1);
      better &= better - 1;
      better &= __ballot_sync(kAllLanes, mine < last);
    }
  }

  // Several offers of each lane; one look at all of them is enough where none gets in, which is the rule before long.
  template <int kCount>
  __device__ void offer(const uint64_t (&mine)[kCount]) {
    uint64_t least = mine[0];
#pragma unroll
    for (int a = 1; a < kCount; a++) least = mine[a] < least ? mine[a] : least;
    if (!__any_sync(kAllLanes, least < last)) return;
#pragma unroll
    for (int a = 0; a < kCount; a++) offer(mine[a]);
  }
};

}  // namespace
}  // namespace gputae
