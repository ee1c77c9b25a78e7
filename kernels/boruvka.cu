// Finds the Euclidean minimum spanning tree, which is 0-dimensional persistent homology. All of Boruvka's rounds (1926)
// run in one block. The exact rule (exact_distance.h) gives a total order of edges, so the tree is unique and no round
// can close a cycle.
//
// Each point keeps a list of its kNearest nearest foreign points (nearest.h), which nearest.cu has found. A round has
// these steps:
//
//   1. Each point offers the first point of its list that is still foreign. Each component takes the least length among
//      the offers of its points.
//   2. If the list of a point is used up, and its last listed length is at most the best length of its component, the
//      point may have a better edge beyond the list. If there are few such points, each is searched here: one warp
//      finds the nearest foreign point alone. If there are more, the kernel leaves, the grid searches (nearest.cu), and
//      the next launch continues.
//   3. Each component takes the least ids among the offers of the least length.
//   4. Each component joins the component at the other end of its edge. If two components chose the same edge, the one
//      with the smaller label wins and stays a root. An edge is stored at the root that loses. Each point but one loses
//      once, so places need no counter and their order is fixed.
//   5. The labels jump to the roots.
//
// Launches follow each other, and the host does not know how many rounds were done. A launch that finds a single
// component returns at once.
//
// Lengths that are not finite count as infinite, so there is a tree even if coordinates are not finite.
#include "boruvka.h"
#include "nearest.h"

namespace gputae {

namespace {

// The arrays of the rounds. Each has n elements, in shared or in device memory.
template <typename Ids>
struct Components {
  typename Ids::Type* ids;     // ids of the component's edge
  uint32_t* length;            // bits of the length of that edge; while labels jump, the second array of labels
  typename Ids::Label* label;  // label of the point's component: the id of one of the component's points, the root
  typename Ids::Label* next;   // for a root: the root that it joins
};

// The offer of a point whose list is used up. It has no edge, only the last listed length.
__device__ inline uint64_t used_up(uint64_t last) { return last | kNoPoint; }
__device__ inline bool is_edge(uint64_t offer) { return key_point(offer) != kNoPoint; }

// Finds the first foreign point of a list. The thread reads Ids::kAtOnce places at once. If it read them one after the
// other, it would wait for memory up to eight times.
template <typename Ids>
__device__ inline uint64_t first_foreign(const uint64_t* lists, int n, int i, const typename Ids::Label* label,
                                         int own) {
  constexpr int kAtOnce = Ids::kAtOnce;
  uint64_t offer = kNoEdge;
#pragma unroll 1
  for (int last = kNearest; last > 0; last -= kAtOnce) {
    uint64_t key[kAtOnce];
#pragma unroll
    for (int t = 0; t < kAtOnce; t += 2) {
      const int64_t place = list_place(n, i, last - kAtOnce + t);
      const ulonglong2 two = *reinterpret_cast<const ulonglong2*>(lists + place);
      key[t] = two.x;
      key[t + 1] = two.y;
    }
    if (last == kNearest) offer = used_up(key[kAtOnce - 1]);
#pragma unroll
    for (int t = kAtOnce - 1; t >= 0; t--) {
      // A list that ends early holds all foreign points that there were. So one of them is still foreign, or the tree
      // is complete.
      if (is_edge(key[t]) && label[key_point(key[t])] != own) offer = key[t];
    }
  }
  return offer;
}

// A warp searches for the nearest foreign point of i and fills the list with it. This point is the first of the list,
// and its length is a bound for all other foreign points.
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
  if (lane_number() < kNearest) lists[list_place(n, i, lane_number())] = key;
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
      const uint64_t offer = first_foreign<Ids>(lists, n, i, components.label, own);
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

    // Pointer jumping goes from one array to the other, so that no thread reads what another thread writes. The lengths
    // are not needed any more, so their memory is one of the arrays.
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

  // The one root that is left has lost no edge, so the places behind it move up.
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

// Rounds of the tree of x (n, d), with n from 2 to 65,536. The components lie in shared memory and take 12 n bytes.
//   begins         1: no points are joined yet, and lists holds the nearest foreign points of all points; 0: the kernel
//                  continues after a launch that left, with new lists of the points in wanting, and does nothing if the
//                  tree is done
//   most_searches  the kernel leaves if it must search more points than this in a round; then wanting (n) names these
//                  points, and progress[1] is their number
//   progress       (2) number of components left, number of points to be searched
//   lists (kNearest / 2, n, 2), saved_label (n), lost_length (n), lost_ids (n): kept from launch to launch
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

// The same with the components in device memory, for any n: ids (n), length (n), label (n), next (n). label is also the
// array that is kept from launch to launch.
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
