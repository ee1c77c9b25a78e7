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

// The place of key t of the list of point i in lists (kNearest / 2, n, 2). A thread reads two keys of a list at once,
// and the threads of a warp, which have neighbouring points, read memory without gaps.
__device__ inline int64_t list_place(int n, int i, int t) { return (static_cast<int64_t>(t / 2) * n + i) * 2 + t % 2; }

// Means that there is no foreign point. It is above every key of an edge.
constexpr uint64_t kNoEdge = ~uint64_t{0};
constexpr uint32_t kNoLength = ~uint32_t{0};
constexpr uint32_t kInfiniteLength = 0x7F800000u;
constexpr uint32_t kNoPoint = ~uint32_t{0};

// The bits of a squared length. A length that is not finite comes after all others, as infinity: if one argument of
// fminf is a NaN, fminf returns the other argument.
__device__ inline uint32_t length_bits(float s) { return __float_as_uint(fminf(s, __uint_as_float(kInfiniteLength))); }

__device__ inline uint64_t edge_key(float s, int j) {
  return (static_cast<uint64_t>(length_bits(s)) << 32) | static_cast<uint32_t>(j);
}
__device__ inline uint32_t key_length(uint64_t key) { return static_cast<uint32_t>(key >> 32); }
__device__ inline uint32_t key_point(uint64_t key) { return static_cast<uint32_t>(key); }

// The offer of a point is the first point of its list that is still foreign. If the list is used up, the offer has no
// edge, only the last listed length.
__device__ inline uint64_t used_up(uint64_t last) { return last | kNoPoint; }
__device__ inline bool is_edge(uint64_t offer) { return key_point(offer) != kNoPoint; }

// Reads the list of point i at once. If a thread read one place after the other, it would wait for memory up to eight
// times.
__device__ inline void read_list(const uint64_t* lists, int n, int i, uint64_t (&key)[kNearest]) {
#pragma unroll
  for (int t = 0; t < kNearest; t += 2) {
    const ulonglong2 two = *reinterpret_cast<const ulonglong2*>(lists + list_place(n, i, t));
    key[t] = two.x;
    key[t + 1] = two.y;
  }
}

// The offer of a point of the component `own` with this list. component_of(t) is the component of the point in place t.
template <typename ComponentOf>
__device__ inline uint64_t first_foreign(const uint64_t (&key)[kNearest], int own, const ComponentOf& component_of) {
  uint64_t offer = used_up(key[kNearest - 1]);
#pragma unroll
  for (int t = kNearest - 1; t >= 0; t--) {
    // A list that ends early holds all foreign points that there were. So one of them is still foreign, or the tree is
    // complete.
    if (is_edge(key[t]) && component_of(t) != own) offer = key[t];
  }
  return offer;
}

// The least of these keys among the offers of a component's points belongs to the component's edge, by its length and
// its smaller id. Edges of the same key differ only in the larger id (boruvka_grid.cu).
__device__ inline unsigned long long component_key(int i, uint64_t offer) {
  return static_cast<uint64_t>(key_length(offer)) << 32 | min(static_cast<uint32_t>(i), key_point(offer));
}

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

// The edges with the least keys that a warp has been offered, one in each lane: lane t, up to kNearest - 1, has the
// t-th. The alternative is a list for each lane, and the least of all lists at the end. On an H200 it takes three times
// the instructions. Of n keys in random order, about 8 + 8 ln(n / 8) enter the one list. But with a list for each lane,
// nearly always one of the 32 keys that are offered together enters a list.
//
// The edges are offered in the order of their points. So an edge that is as long as one of the list has the larger key,
// and comparisons of lengths are enough.
struct WarpNearest {
  uint32_t length, point;  // the key of this lane
  uint32_t limit;          // only a shorter edge enters the list; all lanes have the same limit

  __device__ void clear() { length = point = limit = kNoLength; }

  __device__ uint64_t key() const { return static_cast<uint64_t>(length) << 32 | point; }

  // All lanes call this function together. Lane t offers edges to the points first + t, first + t + kWarp and so on, of
  // the given bits of lengths; kNoLength is no edge.
  template <int kCount>
  __device__ void offer(const uint32_t (&lengths)[kCount], int first) {
    if (limit == kNoLength) limit = limit_of(lengths);
#pragma unroll
    for (int a = 0; a < kCount; a++) insert(lengths[a], first + a * kWarp);
  }

 private:
  // A limit of a list that is not full. Of each of kNearest groups of lanes, the shortest edge that it offers is not
  // longer than the longest of these edges. So kNearest edges at least are not longer, and no longer one enters the
  // list. Without this limit all edges of the first offer would enter it, one after the other.
  template <int kCount>
  __device__ static uint32_t limit_of(const uint32_t (&lengths)[kCount]) {
    constexpr int kGroup = kWarp / kNearest;
    uint32_t bound = lengths[0];
#pragma unroll
    for (int a = 1; a < kCount; a++) bound = min(bound, lengths[a]);
    for (int distance = kGroup / 2; distance > 0; distance /= 2) {
      bound = min(bound, __shfl_xor_sync(kAllLanes, bound, distance));
    }
    for (int distance = kWarp / 2; distance >= kGroup; distance /= 2) {
      bound = max(bound, __shfl_xor_sync(kAllLanes, bound, distance));
    }
    return bound == kNoLength ? kNoLength : bound + 1;
  }

  __device__ void insert(uint32_t mine, int first) {
    unsigned better = __ballot_sync(kAllLanes, mine < limit);
    if (better == 0) return;
    // The limit stays until all these edges are in the list. The lanes after the first kNearest take those that a new
    // limit would refuse.
    for (; better != 0; better &= better - 1) {
      const int lane = __ffs(static_cast<int>(better)) - 1;
      const uint32_t next = __shfl_sync(kAllLanes, mine, lane);
      const uint32_t length_before = __shfl_up_sync(kAllLanes, length, 1);
      const uint32_t point_before = __shfl_up_sync(kAllLanes, point, 1);
      if (next < length) {
        const bool moves_up = lane_number() > 0 && next < length_before;
        length = moves_up ? length_before : next;
        point = moves_up ? point_before : static_cast<uint32_t>(first + lane);
      }
    }
    limit = min(limit, __shfl_sync(kAllLanes, length, kNearest - 1));
  }
};

}  // namespace
}  // namespace gputae
