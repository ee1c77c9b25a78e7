// The Euclidean minimum spanning tree, which is 0-dimensional persistent homology: Boruvka's rounds (1926), all in one
// block, under the exact rule (exact_distance.h), whose order of edges is total, so the tree is unique and no round can
// close a cycle.
//
// A point keeps a list of its kNearest nearest foreign points (nearest.h), found by nearest.cu. A round:
//
//   1. every point offers the first of its list that is still foreign, the components take the least length of their
//      points' offers;
//   2. a point whose list is used up, and whose last listed length is at most its component's best, may have a better
//      edge beyond the list. Few such points are searched here, a warp each, for the nearest foreign point alone; for
//      more of them the kernel leaves, the grid searches (nearest.cu), and the next launch goes on;
//   3. among the offers of the least length the components take the least ids;
//   4. each component joins the one at the other end of its edge. Of two that chose the same edge the smaller label
//      wins and stays a root. An edge is stored at the root that loses: each point but one loses once, so places need
//      no counter and their order is fixed;
//   5. labels jump to the roots.
//
// Launches follow each other without the host knowing how many rounds were done: one that finds a single component
// returns at once.
//
// Lengths that are not finite count as infinite, so coordinates that are not finite end in a tree all the same.
#include "boruvka.h"
#include "nearest.h"

namespace gputae {

namespace {

// What the rounds work on; each (n), in shared or in device memory.
template <typename Ids>
struct Components {
  typename Ids::Type* ids;     // of the component's edge
  uint32_t* length;            // of the component's edge, bits; then the other labels while they jump
  typename Ids::Label* label;  // of the component that the point belongs to: the id of one of its points, the root
  typename Ids::Label* next;   // of a root: the root it joins
};

// What a point offers whose list is used up: no edge, but the last listed length.
__device__ inline uint64_t used_up(uint64_t last) { return last | kNoPoint; }
__device__ inline bool is_edge(uint64_t offer) { return key_point(offer) != kNoPoint; }

// The first of a list that is foreign. Ids::kAtOnce places are read at once: one after the other they would be up to
// eight waits for memory.
template <typename Ids>
__device__ inline uint64_t first_foreign(const uint64_t* list, const typename Ids::Label* label, int own) {
  constexpr int kAtOnce = Ids::kAtOnce;
  uint64_t offer = kNoEdge;
#pragma unroll 1
  for (int last = kNearest; last > 0; last -= kAtOnce) {
    uint64_t key[kAtOnce];
#pragma unroll
    for (int t = 0; t < kAtOnce; t += 2) {
      const ulonglong2 two = reinterpret_cast<const ulonglong2*>(list)[(last - kAtOnce + t) / 2];
      key[t] = two.x;
      key[t + 1] = two.y;
    }
    if (last == kNearest) offer = used_up(key[kAtOnce - 1]);
#pragma unroll
    for (int t = kAtOnce - 1; t >= 0; t--) {
      // A list that ends early holds all foreign points there were, so one of them is still foreign or the tree
      // complete.
      if (is_edge(key[t]) && label[key_point(key[t])] != own) offer = key[t];
    }
  }
  return offer;
}

// A warp searches the nearest foreign point of i, which fills the list: it is the first and a bound for all others.
template <typename Ids>
__device__ inline void search(const float* __restrict__ x, int n, int d, const Components<Ids>& components, int i,
                              uint64_t* lists, uint64_t* offers) {
  const int own = components.label[i];
  uint64_t key = kNoEdge;
#pragma unroll 1
  for (int j = lane_number(); j < n; j += kWarp) {
    if (components.label[j] == own) continue;
    const float s = squared_length(x + static_cast<int64_t>(i) * d, 1, x + static_cast<int64_t>(j) * d, 1, d);
    const uint64_t to = edge_key(s, j);
    key = to < key ? to : key;
  }
  key = least_of_lanes<kWarp>(key);
  if (lane_number() < kNearest) lists[static_cast<int64_t>(i) * kNearest + lane_number()] = key;
  if (lane_number() == 0) {
    offers[i] = key;
    atomicMin(&components.length[own], key_length(key));
  }
}

template <typename Ids>
__device__ inline void rounds(const float* __restrict__ x, int n, int d, bool begins, int most_searches,
                              Components<Ids> components, uint64_t* lists, uint64_t* offers, int32_t* saved_label,
                              int32_t* wanting, int32_t* progress, uint32_t* lost_length, uint64_t* lost_ids,
                              int32_t* edges, float* lengths) {
  __shared__ int32_t searches, roots;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  int count = begins ? n : progress[0];
  if (count == 1) return;
  for (int i = thread; i < n; i += threads) {
    components.label[i] = static_cast<typename Ids::Label>(begins ? i : saved_label[i]);
  }
  while (count > 1) {
    for (int i = thread; i < n; i += threads) {
      components.length[i] = kNoLength;
      components.ids[i] = Ids::kNone;
    }
    if (thread == 0) searches = roots = 0;
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      const int own = components.label[i];
      const uint64_t offer = first_foreign<Ids>(lists + static_cast<int64_t>(i) * kNearest, components.label, own);
      offers[i] = offer;
      if (is_edge(offer)) atomicMin(&components.length[own], key_length(offer));
    }
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      const uint64_t offer = offers[i];
      if (!is_edge(offer) && key_length(offer) <= components.length[components.label[i]]) {
        wanting[atomicAdd(&searches, 1)] = i;
      }
    }
    __syncthreads();

    if (searches > most_searches) {
      for (int i = thread; i < n; i += threads) saved_label[i] = components.label[i];
      if (thread == 0) {
        progress[0] = count;
        progress[1] = searches;
      }
      return;
    }
    if (searches > 0) {
      for (int w = warp_number(); w < searches; w += warp_count()) {
        search(x, n, d, components, wanting[w], lists, offers);
      }
      __syncthreads();
    }

    for (int i = thread; i < n; i += threads) {
      const uint64_t offer = offers[i];
      const int own = components.label[i];
      if (is_edge(offer) && key_length(offer) == components.length[own]) {
        atomicMin(&components.ids[own], Ids::of(i, static_cast<int>(key_point(offer))));
      }
    }
    __syncthreads();

    for (int c = thread; c < n; c += threads) {
      if (components.label[c] != c) continue;
      const typename Ids::Type ids = components.ids[c];
      const int a = components.label[Ids::low(ids)], b = components.label[Ids::high(ids)];
      const int other = a == c ? b : a;
      const bool wins = components.ids[other] == ids && c < other;
      components.next[c] = static_cast<typename Ids::Label>(wins ? c : other);
      if (wins) {
        atomicAdd(&roots, 1);
      } else {
        lost_length[c] = components.length[c];
        lost_ids[c] = edge_ids(static_cast<uint32_t>(Ids::low(ids)), static_cast<uint32_t>(Ids::high(ids)));
      }
    }
    __syncthreads();
    count = roots;

    // Pointer jumping, from one array to the other, so that nobody reads what another writes; the lengths are not
    // needed any more.
    typename Ids::Label* from = components.next;
    typename Ids::Label* to = reinterpret_cast<typename Ids::Label*>(components.length);
    for (bool moved = true; moved;) {
      bool jumps = false;
      for (int c = thread; c < n; c += threads) {
        if (components.label[c] != c) continue;
        const int nearer = from[c], root = from[nearer];
        to[c] = static_cast<typename Ids::Label>(root);
        jumps = jumps || root != nearer;
      }
      moved = __syncthreads_or(jumps);
      typename Ids::Label* last = from;
      from = to;
      to = last;
    }
    for (int i = thread; i < n; i += threads) components.label[i] = from[components.label[i]];
    __syncthreads();
  }

  // The one root left has lost no edge; the places behind it move up.
  const int root = components.label[0];
  for (int c = thread; c < n; c += threads) {
    if (c == root) continue;
    const int place = c - (c > root);
    edges[2 * static_cast<int64_t>(place)] = static_cast<int32_t>(lost_ids[c] >> 32);
    edges[2 * static_cast<int64_t>(place) + 1] = static_cast<int32_t>(lost_ids[c] & 0xFFFFFFFFu);
    lengths[place] = __fsqrt_rn(__uint_as_float(lost_length[c]));
  }
  if (thread == 0) {
    progress[0] = 1;
    progress[1] = 0;
  }
}

}  // namespace

// Rounds of the tree of x (n, d), n at least 2, with the components in shared memory, n at most 65,536: 12 n bytes.
//   begins         1: nothing is joined yet, and lists holds the nearest foreign points of all points; 0: goes on after
//                  a launch that left, unless the tree is done, with new lists of the points that were wanted
//   most_searches  leaves where more points of a round than this must be searched: wanting (n) names them, progress[1]
//                  counts them
//   progress       (2) components left, points to be searched
//   lists (n, kNearest), saved_label (n), lost_length (n), lost_ids (n): kept from launch to launch
//   offers (n)     work space of a launch
//   edges (n - 1, 2), lengths (n - 1): written when the tree is done
// Launch: one block of any number of threads.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    boruvka(const float* __restrict__ x, int32_t n, int32_t d, int32_t begins, int32_t most_searches, uint64_t* lists,
            uint64_t* offers, int32_t* saved_label, int32_t* wanting, int32_t* progress, uint32_t* lost_length,
            uint64_t* lost_ids, int32_t* edges, float* lengths) {
  uint32_t* memory = reinterpret_cast<uint32_t*>(shared_memory);
  uint16_t* labels = reinterpret_cast<uint16_t*>(memory + 2 * n);
  const Components<ShortIds> components{memory, memory + n, labels, labels + n};
  rounds(x, n, d, begins != 0, most_searches, components, lists, offers, saved_label, wanting, progress, lost_length,
         lost_ids, edges, lengths);
}

// The same with the components in device memory, for any n: ids (n), length (n), label (n) which is also what is kept,
// next (n).
extern "C" __global__ void __launch_bounds__(kMostThreads)
    boruvka_large(const float* __restrict__ x, int32_t n, int32_t d, int32_t begins, int32_t most_searches,
                  uint64_t* lists, uint64_t* offers, int32_t* label, int32_t* wanting, int32_t* progress,
                  uint32_t* lost_length, uint64_t* lost_ids, int32_t* edges, float* lengths, unsigned long long* ids,
                  uint32_t* length, int32_t* next) {
  const Components<LongIds> components{ids, length, label, next};
  rounds(x, n, d, begins != 0, most_searches, components, lists, offers, label, wanting, progress, lost_length,
         lost_ids, edges, lengths);
}

}  // namespace gputae
