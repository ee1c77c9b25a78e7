// Finds the Euclidean minimum spanning tree, which is 0-dimensional persistent homology. All of Boruvka's rounds (1926)
// run in one block; those of many points are in boruvka_grid.cu. The exact rule (exact_distance.h) gives a total order
// of edges, so the tree is unique and no round can close a cycle.
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

// The arrays of the rounds in shared memory. Each has n elements.
struct Components {
  uint32_t* ids;     // ids of the component's edge
  uint32_t* length;  // bits of the length of that edge; while labels jump, the second array of labels
  uint16_t* label;   // label of the point's component: the id of one of the component's points, the root
  uint16_t* next;    // for a root: the root that it joins
};

// A warp searches for the nearest foreign point of i and fills the list with it. This point is the first of the list,
// and its length is a bound for all other foreign points.
__device__ inline void search(const float* __restrict__ x, int n, int d, const Components& components, int i,
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

__device__ inline void rounds(const float* __restrict__ x, int n, int d, bool begins, int most_searches,
                              Components components, uint64_t* lists, uint64_t* offers, int32_t* saved_label,
                              int32_t* wanting, int32_t* progress, uint32_t* lost_length, uint64_t* lost_ids,
                              int32_t* edges, float* lengths) {
  __shared__ int32_t searches, roots;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  int count = begins ? n : progress[0];
  if (count == 1) return;
  for (int i = thread; i < n; i += threads) {
    components.label[i] = static_cast<uint16_t>(begins ? i : saved_label[i]);
  }
  while (count > 1) {
    for (int i = thread; i < n; i += threads) {
      components.length[i] = kNoLength;
      components.ids[i] = ShortIds::kNone;
    }
    if (thread == 0) searches = roots = 0;
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      const int own = components.label[i];
      uint64_t key[kNearest];
      read_list(lists, n, i, key);
      const uint64_t offer = first_foreign(key, own, [&](int t) { return components.label[key_point(key[t])]; });
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
        atomicMin(&components.ids[own], ShortIds::of(i, static_cast<int>(key_point(offer))));
      }
    }
    __syncthreads();

    for (int c = thread; c < n; c += threads) {
      if (components.label[c] != c) continue;
      const uint32_t ids = components.ids[c];
      const int a = components.label[ShortIds::low(ids)], b = components.label[ShortIds::high(ids)];
      const int other = a == c ? b : a;
      const bool wins = components.ids[other] == ids && c < other;
      components.next[c] = static_cast<uint16_t>(wins ? c : other);
      if (wins) {
        atomicAdd(&roots, 1);
      } else {
        lost_length[c] = components.length[c];
        lost_ids[c] = edge_ids(static_cast<uint32_t>(ShortIds::low(ids)), static_cast<uint32_t>(ShortIds::high(ids)));
      }
    }
    __syncthreads();
    count = roots;

    // Pointer jumping goes from one array to the other, so that no thread reads what another thread writes. The lengths
    // are not needed any more, so their memory is one of the arrays.
    uint16_t* from = components.next;
    uint16_t* to = reinterpret_cast<uint16_t*>(components.length);
    for (bool moved = true; moved;) {
      bool jumps = false;
      for (int c = thread; c < n; c += threads) {
        if (components.label[c] != c) continue;
        const int nearer = from[c], root = from[nearer];
        to[c] = static_cast<uint16_t>(root);
        jumps = jumps || root != nearer;
      }
      moved = __syncthreads_or(jumps);
      uint16_t* last = from;
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
  const Components components{memory, memory + n, labels, labels + n};
  rounds(x, n, d, begins != 0, most_searches, components, lists, offers, saved_label, wanting, progress, lost_length,
         lost_ids, edges, lengths);
}

}  // namespace gputae
