// The Euclidean minimum spanning tree, which is 0-dimensional persistent homology: Boruvka's rounds (1926), all in one block, under the exact rule
// (exact_distance.h), whose order of edges is total, so the tree is unique and no round can close a cycle.
//
// A point keeps its kNearest nearest foreign points (nearest.h) and the place in that list up to which they have become its own component's. A round:
//
//   1. every point offers the head of its list, the components take the least length of their points' offers;
//   2. a point whose list is used up, and whose last listed length is at most its component's best, may have a better edge beyond the list: it is
//      searched again, here by warps, or, where there are many of them, by the grid (nearest.cu) between two launches of this kernel;
//   3. among the offers of the least length the components take the least ids;
//   4. each component joins the one at the other end of its edge. Of two that chose the same edge the smaller label wins and stays a root. An edge
//      is stored at the root that loses: each point but one loses once, so places need no counter and their order is fixed;
//   5. labels jump to the roots.
//
// Launches follow each other without the host knowing how many rounds were done: one that finds a single component returns at once.
//
// Lengths that are not finite count as infinite, so coordinates that are not finite end in a tree all the same.
#include "nearest.h"

namespace gputae {

namespace {

// An edge's ids as one number that orders as (smaller, larger). Two 32-bit minima are cheaper than one of 64 bits, which is a loop in shared memory.
struct ShortIds {  // for up to 65,536 points
  using Type = uint32_t;
  static constexpr Type kNone = ~uint32_t{0};
  __device__ static Type of(int a, int b) { return static_cast<uint32_t>(a < b ? a << 16 | b : b << 16 | a); }
  __device__ static int low(Type ids) { return static_cast<int>(ids >> 16); }
  __device__ static int high(Type ids) { return static_cast<int>(ids & 0xFFFF); }
};
struct LongIds {
  using Type = unsigned long long;
  static constexpr Type kNone = ~0ull;
  __device__ static Type of(int a, int b) { return edge_ids(static_cast<uint32_t>(a), static_cast<uint32_t>(b)); }
  __device__ static int low(Type ids) { return static_cast<int>(ids >> 32); }
  __device__ static int high(Type ids) { return static_cast<int>(ids & 0xFFFFFFFFu); }
};

// What the rounds work on; each (n), in shared or in device memory.
template <typename Ids>
struct Components {
  typename Ids::Type* ids;  // of the component's edge
  uint32_t* length;         // of the component's edge, bits; then the other labels while they jump
  int32_t* label;           // of the component that the point belongs to: the id of one of its points, the root
  int32_t* next;            // of a root: the root it joins
};

// A warp searches the nearest foreign points of i.
template <typename Ids>
__device__ inline void search(const float* __restrict__ x, int n, int d, const Components<Ids>& components, int i, uint64_t* lists, int32_t* heads) {
  const int own = components.label[i];
  NearestList list;
  list.clear();
  for (int j = lane_number(); j < n; j += kWarp) {
    if (components.label[j] != own)
      list.offer(edge_key(squared_length(x + static_cast<int64_t>(i) * d, 1, x + static_cast<int64_t>(j) * d, 1, d), j));
  }
  const uint64_t key = least_of_warp(list);
  if (lane_number() < kNearest) lists[static_cast<int64_t>(i) * kNearest + lane_number()] = key;
  if (lane_number() == 0) {
    heads[i] = 0;
    atomicMin(&components.length[own], key_length(key));
  }
}

template <typename Ids>
__device__ inline void rounds(const float* __restrict__ x, int n, int d, bool begins, bool swept, int most_searches, Components<Ids> components,
                              uint64_t* lists, int32_t* heads, int32_t* saved_label, int32_t* wanting, int32_t* progress, uint32_t* lost_length,
                              uint64_t* lost_ids, int32_t* edges, float* lengths) {
  __shared__ int32_t searches, roots;
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  int count = begins ? n : progress[0];
  if (count == 1) return;
  for (int i = thread; i < n; i += threads) {
    components.label[i] = begins ? i : saved_label[i];
    // A list that is used up, whatever it holds: no component has an offer then, and every point is searched.
    if (begins && !swept) heads[i] = kNearest;
  }
  while (count > 1) {
    for (int i = thread; i < n; i += threads) {
      components.length[i] = kNoLength;
      components.ids[i] = Ids::kNone;
    }
    if (thread == 0) searches = roots = 0;
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      const uint64_t* list = lists + static_cast<int64_t>(i) * kNearest;
      const int own = components.label[i];
      int head = heads[i];
      // A list that ends early holds all foreign points there were, so one of them is still foreign or the tree is complete.
      while (head < kNearest && components.label[key_point(list[head])] == own) head++;
      heads[i] = head;
      if (head < kNearest) atomicMin(&components.length[own], key_length(list[head]));
    }
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      if (heads[i] == kNearest && key_length(lists[static_cast<int64_t>(i) * kNearest + kNearest - 1]) <= components.length[components.label[i]]) {
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
    for (int w = warp_number(); w < searches; w += warp_count()) search(x, n, d, components, wanting[w], lists, heads);
    __syncthreads();

    for (int i = thread; i < n; i += threads) {
      if (heads[i] == kNearest) continue;
      const uint64_t key = lists[static_cast<int64_t>(i) * kNearest + heads[i]];
      const int own = components.label[i];
      if (key_length(key) == components.length[own]) atomicMin(&components.ids[own], Ids::of(i, key_point(key)));
    }
    __syncthreads();

    for (int c = thread; c < n; c += threads) {
      if (components.label[c] != c) continue;
      const typename Ids::Type ids = components.ids[c];
      const int a = components.label[Ids::low(ids)], b = components.label[Ids::high(ids)];
      const int other = a == c ? b : a;
      const bool wins = components.ids[other] == ids && c < other;
      components.next[c] = wins ? c : other;
      if (wins) {
        atomicAdd(&roots, 1);
      } else {
        lost_length[c] = components.length[c];
        lost_ids[c] = edge_ids(static_cast<uint32_t>(Ids::low(ids)), static_cast<uint32_t>(Ids::high(ids)));
      }
    }
    __syncthreads();
    count = roots;

    // Pointer jumping, from one array to the other, so that nobody reads what another writes; the lengths are not needed any more.
    int32_t* from = components.next;
    int32_t* to = reinterpret_cast<int32_t*>(components.length);
    for (bool moved = true; moved;) {
      bool jumps = false;
      for (int c = thread; c < n; c += threads) {
        if (components.label[c] != c) continue;
        const int nearer = from[c], root = from[nearer];
        to[c] = root;
        jumps = jumps || root != nearer;
      }
      moved = __syncthreads_or(jumps);
      int32_t* last = from;
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

// Rounds of the tree of x (n, d), n at least 2, with the components in shared memory, n at most 65,536: 16 n bytes.
//   begins         1: nothing is joined yet and what the other arrays hold is ignored; 0: goes on after a launch that left, unless the tree is done
//   swept          1: lists and heads hold the nearest foreign points; 0: they are to be found here (begins only)
//   most_searches  leaves where more points of a round than this must be searched: wanting (n) names them, progress[1] counts them
//   progress       (2) components left, points to be searched
//   lists (n, kNearest), heads (n), saved_label (n), lost_length (n), lost_ids (n): kept from launch to launch
//   edges (n - 1, 2), lengths (n - 1): written when the tree is done
// Launch: one block of any number of threads.
extern "C" __global__ void __launch_bounds__(kMostThreads)
    boruvka(const float* __restrict__ x, int32_t n, int32_t d, int32_t begins, int32_t swept, int32_t most_searches, uint64_t* lists, int32_t* heads,
            int32_t* saved_label, int32_t* wanting, int32_t* progress, uint32_t* lost_length, uint64_t* lost_ids, int32_t* edges, float* lengths) {
  uint32_t* memory = reinterpret_cast<uint32_t*>(shared_memory);
  const Components<ShortIds> components{memory, memory + n, reinterpret_cast<int32_t*>(memory + 2 * n), reinterpret_cast<int32_t*>(memory + 3 * n)};
  rounds(x, n, d, begins != 0, swept != 0, most_searches, components, lists, heads, saved_label, wanting, progress, lost_length, lost_ids, edges,
         lengths);
}

// The same with the components in device memory, for any n: ids (n), length (n), label (n) which is also what is kept, next (n).
extern "C" __global__ void __launch_bounds__(kMostThreads)
    boruvka_large(const float* __restrict__ x, int32_t n, int32_t d, int32_t begins, int32_t swept, int32_t most_searches, uint64_t* lists,
                  int32_t* heads, int32_t* label, int32_t* wanting, int32_t* progress, uint32_t* lost_length, uint64_t* lost_ids, int32_t* edges,
                  float* lengths, unsigned long long* ids, uint32_t* length, int32_t* next) {
  const Components<LongIds> components{ids, length, label, next};
  rounds(x, n, d, begins != 0, swept != 0, most_searches, components, lists, heads, label, wanting, progress, lost_length, lost_ids, edges, lengths);
}

}  // namespace gputae
