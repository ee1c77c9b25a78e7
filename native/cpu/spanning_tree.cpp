// Euclidean minimum spanning tree under the exact rule (kernels/exact_distance.h), which is 0-dimensional persistent
// homology. The algorithm is dense Prim, and each SIMD lane holds a point.
//
// Prim (1957): the tree starts at point 0. Every outside point knows its shortest edge into the tree. Each of n - 1
// rounds takes the least of these edges under the order (squared length, smaller id, larger id), which makes the tree
// unique. Outside points are kept without gaps, coordinates first (d, capacity), so that a round reads only the points
// that are left. This takes n^2 d / 2 multiply-adds in all, O(n d) memory and no distance matrix.
//
// With several parts, each part owns every parts-th point. A round is a job of the team. After the job, the least
// candidate of all parts joins the tree. Ids decide ties, so the number of parts changes nothing.
#include <cstdlib>

#include "../../kernels/exact_distance.h"
#include "pulls.h"
#include "simd.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Number of floats (coordinates and bookkeeping) that a round must read before a second thread saves more than the job
// costs (about half a microsecond).
constexpr int64_t kParallelFloats = 65536;

constexpr float kInfinity = __builtin_inff();

// Squared lengths between the point u and the kWidth points whose coordinates start at `points`. One coordinate and the
// next are `capacity` floats apart. kDimension 0 means any dimension.
template <int kDimension>
inline Lanes squared_lengths(const float* points, int64_t capacity, const float* u, int d) {
  const int dimension = kDimension > 0 ? kDimension : d;
  Lanes s = broadcast(0);
  for (int first = 0; first < dimension; first += kDistanceChunk) {
    const int last = dimension - first < kDistanceChunk ? dimension : first + kDistanceChunk;
    Lanes c = broadcast(0);
    for (int k = first; k < last; k++) {
      const Lanes t = broadcast(u[k]) - load(points + k * capacity);
      c = fused(t, t, c);
    }
    s = s + c;
  }
  return s;
}

// What a part offers at the end of a round: its shortest edge out of the tree, and the position of the outer point.
// Each candidate has a cache line of its own.
struct alignas(64) Candidate {
  float s;
  uint64_t ids;
  uint32_t inside, outside;
  int64_t position;  // -1: this part has no points left
};

// The points of one part that are not in the tree yet.
struct Outside {
  float* points;  // (d, capacity), 64-byte aligned
  // (capacity) squared length of the shortest edge into the tree; NaN in the padding, which no comparison selects
  float* shortest;
  uint32_t* inside;  // (capacity) the end of that edge in the tree
  uint32_t* id;      // (capacity)
  int64_t capacity, count;

  // Replaces the edges of the points that are nearer to u, the newest point of the tree, and finds the least edge.
  template <int kDimension>
  Candidate round(const float* u, uint32_t u_id, int d) {
    Lanes least = broadcast(kInfinity);
    for (int64_t i = 0; i < count; i += kWidth) {
      const Lanes s = squared_lengths<kDimension>(points + i, capacity, u, d);
      const Lanes old = load(shortest + i);
      Mask shorter = less(s, old);
      for (Mask ties = equal(s, old); ties != 0; ties &= ties - 1) {
        // If two edges of one outer point have equal lengths, the edge with the smaller inner id comes first.
        const int lane = __builtin_ctz(ties);
        if (u_id < inside[i + lane]) inside[i + lane] = u_id;
      }
      if (shorter != 0) {
        store_where(shorter, shortest + i, s);
        store_where(shorter, inside + i, u_id);
      }
      // `old` is the second argument, so that its NaN in the padding does not become the minimum of all.
      least = minimum(minimum(s, old), least);
    }
    Candidate best{kInfinity, ~uint64_t{0}, 0, 0, -1};
    best.s = minimum_lane(least);
    const Lanes wanted = broadcast(best.s);
    for (int64_t i = 0; i < count; i += kWidth) {
      for (Mask ties = equal(load(shortest + i), wanted); ties != 0; ties &= ties - 1) {
        const int64_t position = i + __builtin_ctz(ties);
        const uint64_t ids = edge_ids(inside[position], id[position]);
        if (ids < best.ids) {
          best.ids = ids;
          best.inside = inside[position];
          best.outside = id[position];
          best.position = position;
        }
      }
    }
    return best;
  }

  // The last point takes the place of the point that joined the tree.
  void remove(int64_t position, int d) {
    const int64_t last = --count;
    for (int k = 0; k < d; k++) points[k * capacity + position] = points[k * capacity + last];
    shortest[position] = shortest[last];
    inside[position] = inside[last];
    id[position] = id[last];
    shortest[last] = __builtin_nanf("");
  }
};

// Puts the points that a part owns, which are outside the tree, into the memory of the part.
Outside take_points(const float* x, int64_t n, int d, int part, int parts, float* memory, int64_t capacity) {
  Outside outside{memory,
                  memory + capacity * d,
                  reinterpret_cast<uint32_t*>(memory + capacity * (d + 1)),
                  reinterpret_cast<uint32_t*>(memory + capacity * (d + 2)),
                  capacity,
                  0};
  for (int64_t i = 0; i < capacity; i++) {
    const int64_t point = 1 + part + i * parts;
    const bool real = point < n;
    for (int k = 0; k < d; k++) outside.points[k * capacity + i] = real ? x[point * d + k] : 0;
    outside.shortest[i] = real ? kInfinity : __builtin_nanf("");
    outside.inside[i] = 0;
    outside.id[i] = static_cast<uint32_t>(point);
    outside.count += real;
  }
  return outside;
}

template <int kDimension>
void grow(Outside* outside, Candidate* candidates, int parts, const float* x, int32_t* edges, float* lengths, int64_t n,
          int d, GputaeTeam* team) {
  uint32_t newest = 0;
  for (int64_t round = 0; round < n - 1; round++) {
    const float* u = x + static_cast<int64_t>(newest) * d;
    int winner = 0;
    if (parts == 1) {
      candidates[0] = outside[0].round<kDimension>(u, newest, d);
    } else {
      in_parts(team, parts, [=](int part) { candidates[part] = outside[part].round<kDimension>(u, newest, d); });
      for (int part = 1; part < parts; part++) {
        const Candidate &a = candidates[part], &b = candidates[winner];
        if (a.s < b.s || (a.s == b.s && a.ids < b.ids)) winner = part;
      }
    }
    const Candidate& best = candidates[winner];
    edges[2 * round] = static_cast<int32_t>(best.ids >> 32);
    edges[2 * round + 1] = static_cast<int32_t>(best.ids);
    lengths[round] = __builtin_sqrtf(best.s);
    newest = best.outside;
    outside[winner].remove(best.position, d);
  }
}

int64_t capacity_of(int64_t points) { return (points + 15) / 16 * 16; }

// 64-byte aligned; null if there is not enough memory.
template <typename T>
T* aligned(int64_t count) {
  return static_cast<T*>(std::aligned_alloc(64, (static_cast<size_t>(count) * sizeof(T) + 63) / 64 * 64));
}

// Points that squared_distances compares with all others together, one in each lane of two registers.
constexpr int kColumns = 2 * kWidth;

// Coordinates of them that it compares at a time: whole chunks of the rule, few enough to stay in the nearest cache.
constexpr int kTileCoordinates = 8 * kDistanceChunk;

// Adds to s (kRows, kColumns) the squared lengths in `width` coordinates, chunk by chunk, between the points at x and
// those of `columns` (width, kColumns). The rows of x have d floats.
template <int kRows>
inline void add_squares(const float* x, int64_t d, int width, const float* columns, float* s) {
  for (int first = 0; first < width; first += kDistanceChunk) {
    const int last = width - first < kDistanceChunk ? width : first + kDistanceChunk;
    Lanes low[kRows], high[kRows];
    for (int r = 0; r < kRows; r++) low[r] = high[r] = broadcast(0);
    for (int k = first; k < last; k++) {
      const Lanes a = load(columns + k * kColumns), b = load(columns + k * kColumns + kWidth);
      for (int r = 0; r < kRows; r++) {
        const Lanes u = broadcast(x[r * d + k]);
        low[r] = fused(u - a, u - a, low[r]);
        high[r] = fused(u - b, u - b, high[r]);
      }
    }
    for (int r = 0; r < kRows; r++) {
      store(s + r * kColumns, load(s + r * kColumns) + low[r]);
      store(s + r * kColumns + kWidth, load(s + r * kColumns + kWidth) + high[r]);
    }
  }
}

// s (n - begin, kColumns) = the squared lengths between the points from `begin` on and the kColumns points from `begin`
// on. `columns` has room for kTileCoordinates * kColumns floats.
void squares_of_block(const float* x, int64_t n, int d, int64_t begin, float* columns, float* s) {
  for (int64_t e = 0; e < (n - begin) * kColumns; e++) s[e] = 0;
  for (int first = 0; first < d; first += kTileCoordinates) {
    const int width = d - first < kTileCoordinates ? d - first : kTileCoordinates;
    for (int j = 0; j < kColumns; j++) {
      for (int k = 0; k < width; k++) columns[k * kColumns + j] = begin + j < n ? x[(begin + j) * d + first + k] : 0;
    }
    constexpr int kRows = 4;
    int64_t i = begin;
    for (; i + kRows <= n; i += kRows) {
      add_squares<kRows>(x + i * d + first, d, width, columns, s + (i - begin) * kColumns);
    }
    for (; i < n; i++) add_squares<1>(x + i * d + first, d, width, columns, s + (i - begin) * kColumns);
  }
}

}  // namespace

int spanning_tree(const float* x, int32_t* edges, float* lengths, int64_t n, int64_t dimension, GputaeTeam* team) {
  const int d = static_cast<int>(dimension);
  if (n < 2) return 0;
  const int parts = parts_for(team, n * (d + 2), kParallelFloats);
  const int64_t capacity = capacity_of((n + parts - 1) / parts);
  const int64_t floats = capacity * (d + 3);
  auto* memory = aligned<float>(floats * parts);
  auto* outside = aligned<Outside>(parts);
  auto* candidates = aligned<Candidate>(parts);
  const bool enough = memory != nullptr && outside != nullptr && candidates != nullptr;
  if (enough) {
    in_parts(team, parts,
             [=](int part) { outside[part] = take_points(x, n, d, part, parts, memory + part * floats, capacity); });
    switch (d) {
      case 1:
        grow<1>(outside, candidates, parts, x, edges, lengths, n, d, team);
        break;
      case 2:
        grow<2>(outside, candidates, parts, x, edges, lengths, n, d, team);
        break;
      case 3:
        grow<3>(outside, candidates, parts, x, edges, lengths, n, d, team);
        break;
      default:
        grow<0>(outside, candidates, parts, x, edges, lengths, n, d, team);
    }
  }
  std::free(memory);
  std::free(outside);
  std::free(candidates);
  return enough ? 0 : 1;
}

int squared_distances(const float* x, float* out, int64_t n, int64_t dimension, GputaeTeam* team) {
  const int d = static_cast<int>(dimension);
  const int64_t blocks = (n + kColumns - 1) / kColumns;
  const int parts = parts_for(team, n * n * d, kParallelFloats);
  const int64_t floats = (kTileCoordinates + n) * kColumns;
  auto* memory = aligned<float>(floats * parts);
  if (memory == nullptr) return 1;
  in_parts(team, parts, [=](int part) {
    float* columns = memory + part * floats;
    float* s = columns + kTileCoordinates * kColumns;
    // Later blocks have fewer rows, so the parts take turns. With few blocks, some parts have none.
    for (int64_t block = part; block < blocks; block += parts) {
      const int64_t begin = block * kColumns;
      squares_of_block(x, n, d, begin, columns, s);
      for (int64_t i = begin; i < n; i++) {
        for (int64_t j = begin; j < begin + kColumns && j < n; j++) {
          out[i * n + j] = s[(i - begin) * kColumns + j - begin];
          out[j * n + i] = s[(i - begin) * kColumns + j - begin];
        }
      }
    }
  });
  std::free(memory);
  return 0;
}

void death_times(const float* z, const int32_t* edges, const float* lengths, float degree, float max_edge,
                 const float* weight, float* gradient, float* loss, int64_t n, int64_t d) {
  for (int64_t i = 0; i < n * d; i++) gradient[i] = 0;
  double sum = 0;
  for (int64_t e = 0; e < n - 1; e++) {
    const float length = lengths[e];
    // The condition is written so that a NaN counts.
    if (length > max_edge || length == 0) continue;
    const double power = degree == 1 ? 1 : __builtin_pow(length, degree - 1.0);
    sum += power * length;
    const float slope = static_cast<float>(*weight * degree * power / length);
    pull_ends(z, edges[2 * e], edges[2 * e + 1], d, slope, gradient);
  }
  *loss = static_cast<float>(sum);
}

}  // namespace gputae::GPUTAE_NAMESPACE
