// Finds the kNearest nearest foreign points (nearest.h) of each of some points. Distances are computed and never
// stored. Up to about 10 dimensions this is faster than reading them.
//
// If there are many points, each warp has one point. Its lanes go through the other points, which the eight warps of a
// block share as tiles in shared memory. If there are few points, each block has one point, and its warps divide the
// other points among themselves.
//
// A tile keeps the coordinates of a point in vectors of kVector floats, padded with zeros to kWidth floats; the exact
// rule allows the zeros. The first vectors of all points come first, then the second vectors, and so on. So a lane
// reads two or four coordinates at a time, and no two lanes use the same bank. Above 32 dimensions the coordinates come
// in chunks of 32, as in the rule, and a lane holds the sums of kAccumulators points over the chunks.
#include "nearest.h"

namespace gputae {

namespace {

constexpr int kSweepWarps = 8;
constexpr int kAccumulators = 4;

// The least number of blocks on a multiprocessor, which determines how many registers a thread may have: 64 with four
// blocks. A thread needs more registers if it holds 32 coordinates of its own point and the sums of several points.
constexpr int kSweepBlocks = 4;
constexpr int kWideSweepBlocks = 2;

// If the grid has at most this many points for each block, a block takes one point after the other.
constexpr int kFewPointsABlock = 4;

template <int kWidth>
struct Tile {
  static constexpr int kVector = kWidth % 4 == 0 ? 4 : 2;
  static constexpr int kVectors = kWidth / kVector;

  float* memory;  // (kVectors, points, kVector)
  int points;

  // The place of coordinate k of point t.
  __device__ int place(int t, int k) const { return (k / kVector * points + t) * kVector + k % kVector; }

  __device__ void clear() const {
    for (int e = static_cast<int>(threadIdx.x); e < points * kWidth; e += static_cast<int>(blockDim.x)) memory[e] = 0;
  }

  // Loads `columns` coordinates of `count` points from (count, stride). If `from` has only `width` coordinates, the
  // others become 0.
  __device__ void load(const float* __restrict__ from, int stride, int count, int width, int columns) const {
    const int threads = static_cast<int>(blockDim.x);
    const int over_t = threads / columns, over_k = threads % columns;
    int t = static_cast<int>(threadIdx.x) / columns, k = static_cast<int>(threadIdx.x) % columns;
    while (t < count) {
      memory[place(t, k)] = k < width ? from[static_cast<int64_t>(t) * stride + k] : 0;
      t += over_t;
      k += over_k;
      if (k >= columns) {
        k -= columns;
        t++;
      }
    }
  }

  // The sum of a chunk of the exact rule between u and point t.
  __device__ float sum(const float (&u)[kWidth], int t) const {
    float c = 0;
#pragma unroll
    for (int v = 0; v < kVectors; v++) {
      float other[kVector];
      if constexpr (kVector == 2) {
        const float2 pair = reinterpret_cast<const float2*>(memory)[v * points + t];
        other[0] = pair.x;
        other[1] = pair.y;
      } else {
        const float4 four = reinterpret_cast<const float4*>(memory)[v * points + t];
        other[0] = four.x;
        other[1] = four.y;
        other[2] = four.z;
        other[3] = four.w;
      }
#pragma unroll
      for (int k = 0; k < kVector; k++) {
        const float difference = u[v * kVector + k] - other[k];
        c = fused_multiply_add(difference, difference, c);
      }
    }
    return c;
  }
};

// Coordinates `first` to first + kWidth - 1 of a point with d coordinates; 0 beyond the last one.
template <int kWidth>
__device__ inline void own_coordinates(const float* __restrict__ point, int first, int d, float (&u)[kWidth]) {
#pragma unroll
  for (int k = 0; k < kWidth; k++) u[k] = first + k < d ? point[first + k] : 0;
}

// If components take offers, offers the nearest foreign point of i to its component.
__device__ inline void offer_nearest(int i, int own_component, uint64_t key, uint64_t* offers,
                                     unsigned long long* best) {
  if (best == nullptr) return;
  offers[i] = key;
  atomicMin(&best[own_component], component_key(i, key));
}

// Each warp has one point. kChunks: there are more dimensions than kWidth; then kWidth is a chunk of the exact rule.
template <int kWidth, bool kChunks>
__device__ inline void sweep(const float* __restrict__ x, int n, int d, int tile_points,
                             const int32_t* __restrict__ component, const int32_t* __restrict__ points, int from,
                             int to, uint64_t* __restrict__ lists, uint64_t* offers, unsigned long long* best) {
  const Tile<kWidth> tile{reinterpret_cast<float*>(shared_memory), tile_points};
  int32_t* tile_component = reinterpret_cast<int32_t*>(tile.memory + kWidth * tile_points);  // (tile_points)
  const int lane = lane_number(), warp = warp_number();
  tile.clear();

  for (int64_t base = from + static_cast<int64_t>(blockIdx.x) * kSweepWarps; base < to;
       base += static_cast<int64_t>(gridDim.x) * kSweepWarps) {
    const bool busy = base + warp < to;
    const int i = !busy ? 0 : points == nullptr ? static_cast<int>(base) + warp : points[base + warp];
    const int own_component = component == nullptr ? 0 : component[i];
    const float* own = x + static_cast<int64_t>(i) * d;
    float u[kWidth];
    if (!kChunks) own_coordinates(own, 0, d, u);
    WarpNearest list;
    list.clear();
    for (int first = 0; first < n; first += tile_points) {
      const int here = n - first < tile_points ? n - first : tile_points;
      // The squared lengths to kAccumulators points at a time, so that their sums overlap. With chunks, these are all
      // points that a lane has in a tile.
      float s[kAccumulators] = {};
      const auto foreign = [&](int t) {
        return t < here && (component == nullptr ? first + t != i : tile_component[t] != own_component);
      };
      // Most offers end with one look at the least of the lengths. It counts points that are not foreign as infinitely
      // far. If no point is joined yet, there is only one such point, so it is left to the closer look that follows.
      const auto offer = [&](int t) {
        if (component != nullptr) {
#pragma unroll
          for (int a = 0; a < kAccumulators; a++) {
            if (!foreign(t + a * kWarp)) s[a] = __uint_as_float(kInfiniteLength);
          }
        }
        float least = s[0];
#pragma unroll
        for (int a = 1; a < kAccumulators; a++) least = fminf(least, s[a]);
        if (!__any_sync(kAllLanes, length_bits(least) < list.limit)) return;
        uint32_t lengths[kAccumulators];
#pragma unroll
        for (int a = 0; a < kAccumulators; a++) lengths[a] = length_bits(s[a]);
        const int begin = t - lane, end = begin + kAccumulators * kWarp, own_place = i - first;
        if (component != nullptr || end > here || (begin <= own_place && own_place < end)) {
#pragma unroll
          for (int a = 0; a < kAccumulators; a++) {
            if (!foreign(t + a * kWarp)) lengths[a] = kNoLength;
          }
        }
        list.offer(lengths, first + begin);
      };
      for (int chunk = 0; chunk < d; chunk += kWidth) {
        __syncthreads();  // all threads have read the previous tile
        const int width = d - chunk < kWidth ? d - chunk : kWidth;
        tile.load(x + static_cast<int64_t>(first) * d + chunk, d, here, width, kChunks ? kWidth : width);
        if (chunk == 0 && component != nullptr) {
          for (int t = static_cast<int>(threadIdx.x); t < here; t += static_cast<int>(blockDim.x)) {
            tile_component[t] = component[first + t];
          }
        }
        __syncthreads();
        if (kChunks) {
          own_coordinates(own, chunk, d, u);
#pragma unroll
          for (int a = 0; a < kAccumulators; a++) s[a] = s[a] + tile.sum(u, a * kWarp + lane);
        }
      }
      if (kChunks) offer(lane);
      for (int t = lane; !kChunks && t - lane < here; t += kAccumulators * kWarp) {
#pragma unroll
        for (int a = 0; a < kAccumulators; a++) s[a] = tile.sum(u, t + a * kWarp);
        offer(t);
      }
    }
    if (busy && lane < kNearest) lists[list_place(n, i, lane)] = list.key();
    if (busy && lane == 0) offer_nearest(i, own_component, list.key(), offers, best);
  }
}

// Each block has one point. Its warps divide the other points among themselves. The least keys that they found become
// the list of the point.
__device__ inline void search(const float* __restrict__ x, int n, int d, const int32_t* __restrict__ component,
                              const int32_t* __restrict__ points, int from, int to, uint64_t* __restrict__ lists,
                              uint64_t* offers, unsigned long long* best) {
  __shared__ uint64_t found[kSweepWarps * kNearest];
  const int lane = lane_number(), warp = warp_number();
  for (int p = from + static_cast<int>(blockIdx.x); p < to; p += static_cast<int>(gridDim.x)) {
    const int i = points[p];
    const int own_component = component[i];
    const float* own = x + static_cast<int64_t>(i) * d;
    WarpNearest list;
    list.clear();
    constexpr int kPoints = kAccumulators * kWarp;  // of a warp at a time, so that their reads overlap
    for (int first = warp * kPoints; first < n; first += kSweepWarps * kPoints) {
      bool foreign[kAccumulators];
      const float* other[kAccumulators];
#pragma unroll
      for (int a = 0; a < kAccumulators; a++) {
        const int j = first + a * kWarp + lane;
        const int32_t its_component = component[min(j, n - 1)];
        foreign[a] = j < n && its_component != own_component;
        other[a] = x + static_cast<int64_t>(foreign[a] ? j : i) * d;
      }
      float s[kAccumulators] = {};
      for (int chunk = 0; chunk < d; chunk += kDistanceChunk) {
        const int last = min(d, chunk + kDistanceChunk);
        float c[kAccumulators] = {};
        for (int k = chunk; k < last; k++) {
#pragma unroll
          for (int a = 0; a < kAccumulators; a++) {
            const float difference = own[k] - other[a][k];
            c[a] = fused_multiply_add(difference, difference, c[a]);
          }
        }
#pragma unroll
        for (int a = 0; a < kAccumulators; a++) s[a] = s[a] + c[a];
      }
      uint32_t lengths[kAccumulators];
#pragma unroll
      for (int a = 0; a < kAccumulators; a++) lengths[a] = foreign[a] ? length_bits(s[a]) : kNoLength;
      list.offer(lengths, first);
    }
    if (lane < kNearest) found[warp * kNearest + lane] = list.key();
    __syncthreads();
    // Each thread finds the place of a key among all that were found. Only keys of no edge can be equal.
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < kSweepWarps * kNearest) {
      const uint64_t key = found[thread];
      int place = 0;
      for (int f = 0; f < kSweepWarps * kNearest; f++) place += found[f] < key || (found[f] == key && f < thread);
      if (place < kNearest) lists[list_place(n, i, place)] = key;
      if (place == 0) offer_nearest(i, own_component, key, offers, best);
    }
    __syncthreads();  // before the warps find the keys of the next point
  }
}

template <int kWidth, bool kChunks>
__device__ inline void nearest(const float* __restrict__ x, int n, int d, int tile_points,
                               const int32_t* __restrict__ component, const int32_t* __restrict__ points,
                               const int32_t* __restrict__ count, int from, int to, uint64_t* __restrict__ lists,
                               uint64_t* offers, unsigned long long* best) {
  to = min(to, count == nullptr ? n : *count);
  if (points != nullptr && to - from <= kFewPointsABlock * static_cast<int>(gridDim.x)) {
    search(x, n, d, component, points, from, to, lists, offers, best);
  } else {
    sweep<kWidth, kChunks>(x, n, d, tile_points, component, points, from, to, lists, offers, best);
  }
}

}  // namespace

// Writes the lists (kNearest / 2, n, 2) of the points (*count), or of all n points if points, count and component are
// null. The launch does the part of these points from the place `from` to the place to - 1; `to` may be too large. The
// listed points are among the points x (n, d). component (n) says which points are foreign; if it is null, every other
// point is foreign. The number in a kernel's name is the largest d that the kernel supports; the last kernel supports
// any d. If best is not null, the nearest foreign point of each of these points becomes its offer in offers (n), and
// best (n) takes its key for the component (boruvka_grid.cu).
// Launch: any grid, 256 threads. tile_points is a multiple of 128; for nearest_foreign itself it is 128. Shared memory:
// 4 tile_points (number + 1) bytes; for the last kernel the number is 32.
#define NEAREST_ARGUMENTS                                                                                        \
  const float *__restrict__ x, int32_t n, int32_t d, int32_t tile_points, const int32_t *__restrict__ component, \
      const int32_t *__restrict__ points, const int32_t *__restrict__ count, int32_t from, int32_t to,           \
      uint64_t *__restrict__ lists, uint64_t *offers, unsigned long long *best

extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_2(NEAREST_ARGUMENTS) {
  nearest<2, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_4(NEAREST_ARGUMENTS) {
  nearest<4, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_6(NEAREST_ARGUMENTS) {
  nearest<6, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_8(NEAREST_ARGUMENTS) {
  nearest<8, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_10(NEAREST_ARGUMENTS) {
  nearest<10, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_12(NEAREST_ARGUMENTS) {
  nearest<12, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_16(NEAREST_ARGUMENTS) {
  nearest<16, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kWideSweepBlocks)
    nearest_foreign_32(NEAREST_ARGUMENTS) {
  nearest<32, false>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kWideSweepBlocks) nearest_foreign(NEAREST_ARGUMENTS) {
  nearest<32, true>(x, n, d, tile_points, component, points, count, from, to, lists, offers, best);
}
#undef NEAREST_ARGUMENTS

}  // namespace gputae
