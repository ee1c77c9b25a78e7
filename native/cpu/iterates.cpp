// The PH dimension of the weights of the last training steps, as a term of the objective: kernels/iterates.h.
#include "../../kernels/iterates.h"

#include "rows.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Less work than this many coordinates is not worth a second thread.
constexpr int64_t kParallelWork = 32768;

// An outer point of a subset.
struct Waiting {
  float shortest;  // length of the shortest edge into the tree
  int32_t inside;  // the end of that edge in the tree
  int32_t place;
};

// Returns the sum of the lengths of the spanning tree of some places of the ring, given in ascending order. Marks in
// `near` (window) the places that have an edge to the newest point.
double grow_tree(const float* distances, int64_t window, int32_t newest, Waiting* waiting, int size, bool* near) {
  double sum = 0;
  int32_t joined = waiting[0].place;
  for (int left = size - 1, position = 0; left > 0; left--) {
    waiting[position] = waiting[left];
    int best = 0;
    uint64_t best_ids = 0;
    for (int i = 0; i < left; i++) {
      Waiting& outer = waiting[i];
      const float length = distances[joined * window + outer.place];
      if (length < outer.shortest || (length == outer.shortest && joined < outer.inside)) {
        outer.shortest = length;
        outer.inside = joined;
      }
      const uint64_t ids = edge_ids(static_cast<uint32_t>(outer.inside), static_cast<uint32_t>(outer.place));
      if (i == 0 || outer.shortest < waiting[best].shortest ||
          (outer.shortest == waiting[best].shortest && ids < best_ids)) {
        best = i;
        best_ids = ids;
      }
    }
    const Waiting& chosen = waiting[best];
    sum += static_cast<double>(chosen.shortest);
    if (chosen.place == newest && chosen.inside < window) near[chosen.inside] = true;
    if (chosen.inside == newest) near[chosen.place] = true;
    joined = chosen.place;
    position = best;
  }
  return sum;
}

}  // namespace

void keep_iterate(const float* point, const int64_t* step, int64_t size, int64_t window, float* iterates,
                  float* distances, GputaeTeam* team) {
  const int64_t newest = *step % window;
  __builtin_memcpy(iterates + newest * size, point, static_cast<size_t>(size) * sizeof(float));
  const int parts = parts_for(team, window * size, kParallelWork);
  in_parts(team, parts, [=](int part) {
    const Share own = share(window, 1, part, parts);
    for (int64_t place = own.first; place < own.last; place++) {
      const float s = place == newest ? 0 : squared_length_of_rows(point, iterates + place * size, size);
      distances[newest * window + place] = __builtin_sqrtf(s);
      distances[place * window + newest] = __builtin_sqrtf(s);
    }
  });
}

void ph_dimension(const float* distances, const int64_t* step, int64_t seed, int stream, int64_t window,
                  float* coefficients, float* value) {
  for (int64_t place = 0; place < window; place++) coefficients[place] = 0;
  *value = 0;
  if (*step + 1 < window) return;
  const int count = static_cast<int>(window);
  const auto newest = static_cast<int32_t>(*step % window);
  double sums[kSubsets], x[kSubsets], y[kSubsets], derivatives[kSubsets];
  bool near[kSubsets][kMostWindow] = {};
  for (int j = 0; j < kSubsets; j++) {
    uint32_t keys[kMostWindow];
    for (int v = 0; v < count; v++) {
      keys[v] = subset_key(static_cast<uint64_t>(seed), static_cast<uint32_t>(stream), *step, count, j, v);
    }
    Waiting waiting[kMostWindow];
    int size = 0;
    for (int v = 0; v < count; v++) {
      int before = 0;
      for (int u = 0; u < count; u++) before += keys[u] < keys[v] || (keys[u] == keys[v] && u < v);
      // A place that is no point: any edge is better.
      if (before < subset_size(count, j)) waiting[size++] = {__builtin_inff(), count, v};
    }
    sums[j] = grow_tree(distances, window, newest, waiting, size, near[j]);
    x[j] = __builtin_log(subset_size(count, j));
    y[j] = __builtin_log(sums[j]);
  }
  *value = static_cast<float>(fit_dimension(x, y, derivatives));
  for (int64_t place = 0; place < window; place++) {
    const double length = distances[newest * window + place];
    double slope = 0;
    for (int j = 0; j < kSubsets; j++) slope += near[j][place] && sums[j] != 0 ? derivatives[j] / sums[j] : 0;
    coefficients[place] = length == 0 ? 0 : static_cast<float>(slope / length);
  }
}

void pull_newest(const float* iterates, const float* coefficients, const int64_t* step, const float* weight,
                 int64_t size, int64_t window, float* gradient, GputaeTeam* team) {
  const float* newest = iterates + *step % window * size;
  const int parts = parts_for(team, size, kParallelWork);
  in_parts(team, parts, [=](int part) {
    const Share own = share(size, 16, part, parts);
    for (int64_t k = own.first; k < own.last; k++) gradient[k] = 0;
    for (int64_t place = 0; place < window; place++) {
      const float coefficient = coefficients[place];
      if (coefficient == 0) continue;
      const float* other = iterates + place * size;
      for (int64_t k = own.first; k < own.last; k++) gradient[k] += coefficient * (newest[k] - other[k]);
    }
    for (int64_t k = own.first; k < own.last; k++) gradient[k] *= *weight;
  });
}

}  // namespace gputae::GPUTAE_NAMESPACE
