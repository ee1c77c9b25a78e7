// The nearest foreign points of a point, by the exact rule. Foreign points are those of other components of the growing
// spanning tree.
//
// If two edges of one point i have equal lengths, the edge to the smaller id comes first, since (min, max) of (i, j)
// grows with j. So the edges of a point have the order of (bits of the squared length, j), which is one 64-bit key.
#pragma once

#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

// Number of foreign points that are kept for each point. With 8 of them, building a tree takes 1.0 to 1.15 sweeps over
// all pairs on uniform clouds and MNIST. It takes about 3 on clusters that are far apart, whose points use up their
// lists all at the same time.
constexpr int kNearest = 8;

// Means that there is no foreign point. It is above every key of an edge.
constexpr uint64_t kNoEdge = ~uint64_t{0};
constexpr uint32_t kNoLength = ~uint32_t{0};
constexpr uint32_t kNoPoint = ~uint32_t{0};

// The bits of a squared length. A length that is not finite comes after all others, as infinity: if one argument of
// fminf is a NaN, fminf returns the other argument.
__device__ inline uint32_t length_bits(float s) { return __float_as_uint(fminf(s, __uint_as_float(0x7F800000u))); }

__device__ inline uint64_t edge_key(float s, int j) {
  return (static_cast<uint64_t>(length_bits(s)) << 32) | static_cast<uint32_t>(j);
}
__device__ inline uint32_t key_length(uint64_t key) { return static_cast<uint32_t>(key >> 32); }
__device__ inline uint32_t key_point(uint64_t key) { return static_cast<uint32_t>(key); }

// Returns the least key of a group of kLanes neighbouring lanes (a power of two) to each lane of the group. The whole
// warp calls it.
template <int kLanes>
__device__ inline uint64_t least_of_lanes(uint64_t key) {
  for (int distance = kLanes / 2; distance > 0; distance /= 2) {
    const uint64_t other = __shfl_xor_sync(kAllLanes, key, distance);
    key = other < key ? other : key;
  }
  return key;
}

// The least keys that a warp has been offered, one in each lane: lane t, up to kNearest - 1, has the t-th. The
// alternative is a list for each lane, and the least of all lists at the end. On an H200 it takes three times the
// instructions. Of n keys in random order, about 8 + 8 ln(n / 8) enter the one list. But with a list for each lane,
// nearly always one of the 32 keys that are offered together enters a list.
struct WarpNearest {
  uint64_t key;   // the key of this lane
  uint64_t last;  // the key of lane kNearest - 1, known to all lanes

  __device__ void clear() { key = last = kNoEdge; }

  // All lanes call this function together. A lane that has nothing to offer passes kNoEdge.
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

  // Several offers of each lane. If none of them enters the list, one look at all of them is enough. This soon becomes
  // the usual case.
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
