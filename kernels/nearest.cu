// For each of some points, its kNearest nearest foreign points (nearest.h). Distances are computed, never stored: up
// to about 10 dimensions that beats reading them.
//
// Many points: a warp has a point; its lanes go through the other points, which a block's eight warps share as tiles
// in shared memory. Few points: a block has a point, and its warps share the others out.
//
// A tile keeps a point's coordinates in vectors of kVector floats, padded with zeros to kWidth of them: one vector of
// all its points, then the next. So a lane reads four coordinates at a time and no two lanes meet in a bank; the exact
// rule allows the zeros. Above 32 dimensions coordinates come in chunks of the rule's 32, and a lane holds the sums of
// kAccumulators points over the chunks.
#include "nearest.h"

namespace gputae {

namespace {

constexpr int kSweepWarps = 8;
constexpr int kAccumulators = 4;

// Blocks on a multiprocessor at least, which says how many registers a thread may have: 64; with 32 coordinates of its
// own point, and the sums of several points, a thread needs more.
constexpr int kSweepBlocks = 4;
constexpr int kWideSweepBlocks = 2;

// Up to this many points for each block of the grid, a block takes one point after the other.
constexpr int kFewPointsABlock = 4;

template <int kWidth>
struct Tile {
  static constexpr int kVector = kWidth < 4 ? 2 : 4;
  static constexpr int kVectors = kWidth / kVector;

  float* memory;  // (kVectors, points, kVector)
  int points;

  // The place of coordinate k of point t.
  __device__ int place(int t, int k) const { return (k / kVector * points + t) * kVector + k % kVector; }

  __device__ void clear() const {
    for (int e = static_cast<int>(threadIdx.x); e < points * kWidth; e += static_cast<int>(blockDim.x)) memory[e] = 0;
  }

  // `columns` coordinates of `count` points from (count, stride), which has `width` of them; zeros beyond.
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

// Coordinates `first` to first + kWidth - 1 of a point of d, zeros beyond the last.
template <int kWidth>
__device__ inline void own_coordinates(const float* __restrict__ point, int first, int d, float (&u)[kWidth]) {
#pragma unroll
  for (int k = 0; k < kWidth; k++) u[k] = first + k < d ? point[first + k] : 0;
}

// A warp a point. kChunks: more dimensions than kWidth, which is a chunk of the exact rule then.
template <int kWidth, bool kChunks>
__device__ inline void sweep(const float* __restrict__ x, int n, int d, int tile_points,
                             const int32_t* __restrict__ component, const int32_t* __restrict__ points, int total,
                             uint64_t* __restrict__ lists) {
  const Tile<kWidth> tile{reinterpret_cast<float*>(shared_memory), tile_points};
  int32_t* tile_component = reinterpret_cast<int32_t*>(tile.memory + kWidth * tile_points);  // (tile_points)
  const int lane = lane_number(), warp = warp_number();
  tile.clear();

  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kSweepWarps; base < total;
       base += static_cast<int64_t>(gridDim.x) * kSweepWarps) {
    const bool busy = base + warp < total;
    const int i = !busy ? 0 : points == nullptr ? static_cast<int>(base) + warp : points[base + warp];
    const int own_component = component == nullptr ? i : component[i];
    const float* own = x + static_cast<int64_t>(i) * d;
    float u[kWidth];
    if (!kChunks) own_coordinates(own, 0, d, u);
    WarpNearest list;
    list.clear();
    for (int first = 0; first < n; first += tile_points) {
      const int here = n - first < tile_points ? n - first : tile_points;
      // Of kAccumulators points at a time, so that their sums overlap; with chunks they are all that a tile has.
      float s[kAccumulators] = {};
      const auto offer = [&](int t) {
        uint64_t keys[kAccumulators];
#pragma unroll
        for (int a = 0; a < kAccumulators; a++, t += kWarp) {
          const bool foreign = t < here && tile_component[t] != own_component;
          keys[a] = foreign ? edge_key(s[a], first + t) : kNoEdge;
        }
        list.offer(keys);
      };
      for (int chunk = 0; chunk < d; chunk += kWidth) {
        __syncthreads();  // the last tile has been read
        const int width = d - chunk < kWidth ? d - chunk : kWidth;
        tile.load(x + static_cast<int64_t>(first) * d + chunk, d, here, width, kChunks ? kWidth : width);
        if (chunk == 0) {
          for (int t = static_cast<int>(threadIdx.x); t < here; t += static_cast<int>(blockDim.x)) {
            tile_component[t] = component == nullptr ? first + t : component[first + t];
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
    if (busy && lane < kNearest) lists[static_cast<int64_t>(i) * kNearest + lane] = list.key;
  }
}

// A block a point: its warps share the other points out, and the least of what they found is the point's.
__device__ inline void search(const float* __restrict__ x, int n, int d, const int32_t* __restrict__ component,
                              const int32_t* __restrict__ points, int total, uint64_t* __restrict__ lists) {
  __shared__ uint64_t found[kSweepWarps * kNearest];
  const int lane = lane_number(), warp = warp_number();
  for (int p = static_cast<int>(blockIdx.x); p < total; p += static_cast<int>(gridDim.x)) {
    const int i = points[p];
    const int own_component = component[i];
    const float* own = x + static_cast<int64_t>(i) * d;
    WarpNearest list;
    list.clear();
    for (int first = warp * kWarp; first < n; first += kSweepWarps * kWarp) {
      const int j = first + lane;
      const bool foreign = j < n && component[j] != own_component;
      list.offer(foreign ? edge_key(squared_length(own, 1, x + static_cast<int64_t>(j) * d, 1, d), j) : kNoEdge);
    }
    if (lane < kNearest) found[warp * kNearest + lane] = list.key;
    __syncthreads();
    if (warp == 0) {
      list.clear();
      for (int f = lane; f < kSweepWarps * kNearest; f += kWarp) list.offer(found[f]);
      if (lane < kNearest) lists[static_cast<int64_t>(i) * kNearest + lane] = list.key;
    }
    __syncthreads();  // before the next point's are found
  }
}

template <int kWidth, bool kChunks>
__device__ inline void nearest(const float* __restrict__ x, int n, int d, int tile_points,
                               const int32_t* __restrict__ component, const int32_t* __restrict__ points,
                               const int32_t* __restrict__ count, uint64_t* __restrict__ lists) {
  const int total = count == nullptr ? n : *count;
  if (points != nullptr && total <= kFewPointsABlock * static_cast<int>(gridDim.x)) {
    search(x, n, d, component, points, total, lists);
  } else {
    sweep<kWidth, kChunks>(x, n, d, tile_points, component, points, total, lists);
  }
}

}  // namespace

// lists (n, kNearest) of the points (*count), or of all n where points, count and component are null, among the points
// x (n, d). component (n) says who is foreign; where it is null every other point is. The kernel's number is the
// largest d it serves, at most; the last one serves any. Launch: any grid, 256 threads; tile_points a multiple of 128,
// for nearest_foreign itself 128; shared memory: 4 tile_points (number + 1) bytes, 32 for the number of the last.
#define NEAREST_ARGUMENTS                                                                                        \
  const float *__restrict__ x, int32_t n, int32_t d, int32_t tile_points, const int32_t *__restrict__ component, \
      const int32_t *__restrict__ points, const int32_t *__restrict__ count, uint64_t *__restrict__ lists

extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_2(NEAREST_ARGUMENTS) {
  nearest<2, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_4(NEAREST_ARGUMENTS) {
  nearest<4, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_8(NEAREST_ARGUMENTS) {
  nearest<8, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_12(NEAREST_ARGUMENTS) {
  nearest<12, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks) nearest_foreign_16(NEAREST_ARGUMENTS) {
  nearest<16, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kWideSweepBlocks)
    nearest_foreign_32(NEAREST_ARGUMENTS) {
  nearest<32, false>(x, n, d, tile_points, component, points, count, lists);
}
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kWideSweepBlocks) nearest_foreign(NEAREST_ARGUMENTS) {
  nearest<32, true>(x, n, d, tile_points, component, points, count, lists);
}
#undef NEAREST_ARGUMENTS

}  // namespace gputae
