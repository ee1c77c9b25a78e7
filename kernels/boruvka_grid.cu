// The rounds of the spanning tree of many points, over the whole grid. They are the rounds of boruvka.cu and join the
// same components in the same order, but each step is a launch of its own, so that all multiprocessors read the lists
// and each launch has bounded work. The end of a launch is the only barrier of the grid. A round is:
//
//   boruvka_offers   Each point finds the root of its component. It offers the first point of its list that is still
//                    foreign, and the component takes the least key.
//   boruvka_wanting  lists the points whose lists are used up and that may have a better edge.
//   nearest.cu       searches these points again and offers what it finds. In the first round no list is used up, so
//                    neither this launch nor the one before is needed.
//   boruvka_hook     Each component joins the component at the other end of its edge. The edge is stored at the root
//                    that loses.
//
// boruvka_edges writes the tree at the end. The host does not know how many rounds are needed. A launch that finds the
// tree complete returns at once.
//
// The key of a component's edge is its length and its smaller id, 64 bits for any number of points. That is enough to
// know what the component joins. If the smaller id is a point p of the component itself, the edge is what p offers. If
// it is a point p of another component, the component joins that one. Only the larger id may still be open, if points
// of the component are equally far from p. The next boruvka_offers takes the least of these points, from the offers of
// this round.
//
// next (n) holds for each root of the round before, what follows it: ~r is the root r of the joined components, and
// c >= 0 is a component on the way to the root, whose own entry continues the way. A chain of components that join each
// other may be as long as the number of components, for example if the points lie on a line at equal distances.
// boruvka_hook goes most_steps along the chain, and a point in boruvka_offers goes from entry to entry. With most_steps
// >= sqrt(n) both take at most most_steps steps, since a chain has at most n components.
//
// progress holds two numbers for each round, the round 0 included: the components that are left after the round, and
// the points that are searched in the round. A tree is complete after the round that leaves one component. The rounds
// after it leave the 0 that the first launch writes. The second number of round 0 is the root of the complete tree.
#include "nearest.h"

namespace gputae {

namespace {

constexpr int kGridThreads = 128;
constexpr int kProgress =
    64;  // numbers in progress: 31 rounds are enough, since a round at least halves the components

__device__ inline int components_after(const int32_t* progress, int round) { return progress[2 * round]; }

// The root that an entry of next leads to.
__device__ inline int root_of(const int32_t* next, int entry) {
  while (entry >= 0) entry = next[entry];
  return ~entry;
}

// Adds up how many threads of the warp have `yes` and returns the place of each such thread in the total.
__device__ inline int count(bool yes, int32_t* total) {
  const unsigned lanes = __ballot_sync(kAllLanes, yes);
  int first = 0;
  if (lanes != 0 && lane_number() == 0) first = atomicAdd(total, __popc(lanes));
  return __shfl_sync(kAllLanes, first, 0) + __popc(lanes & ((1u << lane_number()) - 1));
}

}  // namespace

// Finds label (n), the root of each point's component, and the offers (n) and keys best (n) of a round, counted from 1.
// In round 1 each point is a component, and nothing is read but lists.
//   before (n)     the labels of the round before
//   best_before    (n) the keys of the round before
//   offers         before the launch: those of the round before
//   best           before the launch: all ones, as boruvka_hook leaves them
//   lost_high      (n) gets the larger ids of the edges of the round before
// Launch: any grid, up to 128 threads.
extern "C" __global__ void __launch_bounds__(kGridThreads)
    boruvka_offers(int32_t n, int32_t round, const uint64_t* __restrict__ lists, const int32_t* __restrict__ before,
                   const int32_t* __restrict__ next, const unsigned long long* __restrict__ best_before, int32_t* label,
                   uint64_t* offers, unsigned long long* best, uint32_t* lost_high, int32_t* progress) {
  if (round == 1) {
    for (int64_t place = grid_thread(); place < kProgress; place += grid_threads()) {
      progress[place] = place == 0 ? n : 0;
    }
  }
  const int count = round == 1 ? n : components_after(progress, round - 1);
  if (count == 0) return;
  for (int64_t place = grid_thread(); place < n; place += grid_threads()) {
    const int i = static_cast<int>(place);
    int own = i;
    if (round > 1) {
      const int joined = before[i];
      const uint64_t last = offers[i];
      if (is_edge(last) && component_key(i, last) == best_before[joined]) {
        atomicMin(&lost_high[joined], max(static_cast<uint32_t>(i), key_point(last)));
      }
      own = root_of(next, next[joined]);
    }
    if (count == 1) {
      if (i == 0) progress[1] = own;
      continue;
    }
    uint64_t key[kNearest];
    read_list(lists, n, i, key);
    int component[kNearest];
#pragma unroll
    for (int t = 0; t < kNearest; t++) {
      const int point = is_edge(key[t]) ? static_cast<int>(key_point(key[t])) : i;
      component[t] = round == 1 ? ~point : next[before[point]];
    }
    // All reads above wait for memory at the same time, and nearly always they have found the roots. If not, all steps
    // below wait at the same time.
    for (bool moves = true; moves;) {
      moves = false;
#pragma unroll
      for (int t = 0; t < kNearest; t++) {
        if (component[t] < 0) continue;
        component[t] = next[component[t]];
        moves = true;
      }
    }
    const uint64_t offer = first_foreign(key, own, [&](int t) { return ~component[t]; });
    label[i] = own;
    offers[i] = offer;
    if (round == 1) {
      best[i] = component_key(i, offer);
    } else if (is_edge(offer)) {
      atomicMin(&best[own], component_key(i, offer));
    }
  }
}

// Lists in wanting (n) the points that must be searched, and counts them in progress. The list of such a point is used
// up, and its last listed length is at most the best length of its component.
// Launch: any grid, up to 128 threads.
extern "C" __global__ void __launch_bounds__(kGridThreads)
    boruvka_wanting(int32_t n, int32_t round, const uint64_t* __restrict__ offers, const int32_t* __restrict__ label,
                    const unsigned long long* __restrict__ best, int32_t* wanting, int32_t* progress) {
  if (components_after(progress, round - 1) <= 1) return;
  for (int64_t first = grid_thread() - lane_number(); first < n; first += grid_threads()) {
    const int64_t i = first + lane_number();
    bool wants = false;
    if (i < n) {
      const uint64_t offer = offers[i];
      wants = !is_edge(offer) && key_length(offer) <= key_length(best[label[i]]);
    }
    const int place = count(wants, &progress[2 * round + 1]);
    if (wants) wanting[place] = static_cast<int32_t>(i);
  }
}

// Lets each component join another one, and clears best_after (n), the keys of the next round.
//   lost_length (n), lost_low (n), lost_high (n): the edge of each root that loses; lost_high becomes
//                  all ones for every root, and the next boruvka_offers completes it
// Launch: any grid, up to 128 threads.
extern "C" __global__ void __launch_bounds__(kGridThreads)
    boruvka_hook(int32_t n, int32_t round, int32_t most_steps, const int32_t* __restrict__ label,
                 const uint64_t* __restrict__ offers, const unsigned long long* __restrict__ best, int32_t* next,
                 unsigned long long* best_after, uint32_t* lost_length, uint32_t* lost_low, uint32_t* lost_high,
                 int32_t* progress) {
  if (components_after(progress, round - 1) <= 1) return;
  for (int64_t first = grid_thread() - lane_number(); first < n; first += grid_threads()) {
    const int64_t place = first + lane_number();
    const int c = static_cast<int>(place);
    bool stays = false;
    if (place < n) {
      best_after[c] = kNoEdge;
      if (label[c] == c) {
        lost_high[c] = kNoPoint;
        // Follows the chain of components from c.
        int at = c;
        bool ends = false;
        uint64_t key = best[c];
        for (int step = 0; step < most_steps && !ends; step++) {
          const uint32_t low = key_point(key);
          const int owner = label[low];
          int other = owner;
          if (owner == at) other = label[key_point(offers[low])];
          // Two components have the same edge if they have the same key and the point `low` offers an edge to the
          // component that it does not belong to. Then the smaller label stays.
          const uint64_t other_key = best[other];
          ends = other_key == key && at < other && (owner == at || label[key_point(offers[low])] == at);
          if (step == 0) {
            stays = ends;
            if (!ends) {
              lost_length[c] = key_length(key);
              lost_low[c] = low;
            }
          }
          if (!ends) {
            at = other;
            key = other_key;
          }
        }
        next[c] = ends ? ~at : at;
      }
    }
    count(stays, &progress[2 * round]);
  }
}

// Writes edges (n - 1, 2) and lengths (n - 1) of the complete tree. An edge lies at the place of the root that lost
// with it. The one root that is left has lost no edge, so the places behind it move up.
// Launch: any grid, up to 128 threads.
extern "C" __global__ void __launch_bounds__(kGridThreads)
    boruvka_edges(int32_t n, const uint32_t* __restrict__ lost_length, const uint32_t* __restrict__ lost_low,
                  const uint32_t* __restrict__ lost_high, const int32_t* __restrict__ progress,
                  int32_t* __restrict__ edges, float* __restrict__ lengths) {
  const int root = progress[1];
  for (int64_t c = grid_thread(); c < n; c += grid_threads()) {
    if (c == root) continue;
    const int64_t place = c - (c > root);
    edges[2 * place] = static_cast<int32_t>(lost_low[c]);
    edges[2 * place + 1] = static_cast<int32_t>(lost_high[c]);
    lengths[place] = __fsqrt_rn(__uint_as_float(lost_length[c]));
  }
}

}  // namespace gputae
