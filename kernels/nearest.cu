// The sweep over all pairs: for each of some points, its kNearest nearest foreign points (nearest.h). A warp has a point; its lanes go through the
// other points, which a block's eight warps share as tiles in shared memory; each lane keeps a list of its own, and the warp's least keys make the
// point's. Distances are computed, never stored: up to about 10 dimensions that beats reading them.
//
// Tiles are coordinate-major, with one float of padding, in chunks of the exact rule's 32 coordinates. Up to 32 dimensions a tile may have any size;
// above, a lane holds the sums of kAccumulators points over the chunks, so a tile has 32 kAccumulators of them.
#include "nearest.h"

namespace gputae {

namespace {

constexpr int kSweepWarps = 8;
// Blocks on a multiprocessor at least: allows a thread 64 registers. Left alone, ptxas takes 48 and spills the list.
constexpr int kSweepBlocks = 4;
constexpr int kAccumulators = 4;

// kDimension 0 means any dimension.
template <int kDimension>
__device__ inline void sweep(const float* __restrict__ x, int n, int dimension, int tile_points, const int32_t* __restrict__ component,
                             const int32_t* __restrict__ points, const int32_t* __restrict__ count, uint64_t* __restrict__ lists,
                             int32_t* __restrict__ heads) {
  const int d = kDimension > 0 ? kDimension : dimension;
  const int widest = d < kDistanceChunk ? d : kDistanceChunk;
  const int stride = tile_points + 1;
  float* tile = reinterpret_cast<float*>(shared_memory);                             // (widest, stride)
  float* own = tile + widest * stride;                                               // (kSweepWarps, widest)
  int32_t* tile_component = reinterpret_cast<int32_t*>(own + kSweepWarps * widest);  // (tile_points)
  const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
  const int lane = lane_number(), warp = warp_number();
  const int total = count == nullptr ? n : *count;

  for (int64_t base = static_cast<int64_t>(blockIdx.x) * kSweepWarps; base < total; base += static_cast<int64_t>(gridDim.x) * kSweepWarps) {
    const bool busy = base + warp < total;
    const int i = !busy ? 0 : points == nullptr ? static_cast<int>(base) + warp : points[base + warp];
    const int own_component = component == nullptr ? i : component[i];
    NearestList list;
    list.clear();
    for (int first = 0; first < n; first += tile_points) {
      const int here = n - first < tile_points ? n - first : tile_points;
      float s[kAccumulators] = {};
      for (int chunk = 0; chunk < d; chunk += kDistanceChunk) {
        const int width = kDimension > 0 ? kDimension : d - chunk < kDistanceChunk ? d - chunk : kDistanceChunk;
        __syncthreads();  // the last tile has been read
        for (int e = thread; e < here * width; e += threads) {
          const int t = e / width, k = e - t * width;
          tile[k * stride + t] = x[static_cast<int64_t>(first + t) * d + chunk + k];
        }
        for (int k = lane; k < width; k += kWarp) own[warp * widest + k] = x[static_cast<int64_t>(i) * d + chunk + k];
        if (chunk == 0) {
          for (int t = thread; t < here; t += threads) tile_component[t] = component == nullptr ? first + t : component[first + t];
        }
        __syncthreads();
        const float* u = own + warp * widest;
        if (d <= kDistanceChunk) {
          for (int t = lane; t < here; t += kWarp) {
            float c = 0;
#pragma unroll
            for (int k = 0; k < width; k++) {
              const float difference = u[k] - tile[k * stride + t];
              c = fused_multiply_add(difference, difference, c);
            }
            if (tile_component[t] != own_component) list.offer(edge_key(c, first + t));
          }
        } else {
#pragma unroll
          for (int a = 0; a < kAccumulators; a++) {
            const int t = a * kWarp + lane;
            float c = 0;
            if (t < here) {
              for (int k = 0; k < width; k++) {
                const float difference = u[k] - tile[k * stride + t];
                c = fused_multiply_add(difference, difference, c);
              }
            }
            s[a] = s[a] + c;
          }
        }
      }
      if (d > kDistanceChunk) {
#pragma unroll
        for (int a = 0; a < kAccumulators; a++) {
          const int t = a * kWarp + lane;
          if (t < here && tile_component[t] != own_component) list.offer(edge_key(s[a], first + t));
        }
      }
    }
    const uint64_t key = least_of_warp(list);
    if (busy && lane < kNearest) lists[static_cast<int64_t>(i) * kNearest + lane] = key;
    if (busy && lane == 0) heads[i] = 0;
  }
}

}  // namespace

// lists (n, kNearest) and heads (n) of the points (*count), or of all n where points and count are null, among the points x (n, d). component (n)
// says who is foreign; where it is null every other point is. Launch: any grid, 256 threads; shared memory for tile_points (see the top): 4 (min(d,
// 32) (tile_points + 1 + 8) + tile_points) bytes.
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks)
    nearest_foreign(const float* __restrict__ x, int32_t n, int32_t d, int32_t tile_points, const int32_t* __restrict__ component,
                    const int32_t* __restrict__ points, const int32_t* __restrict__ count, uint64_t* __restrict__ lists,
                    int32_t* __restrict__ heads) {
  sweep<0>(x, n, d, tile_points, component, points, count, lists, heads);
}

// The same for d = 2, the plane that one can look at.
extern "C" __global__ void __launch_bounds__(kSweepWarps* kWarp, kSweepBlocks)
    nearest_foreign_plane(const float* __restrict__ x, int32_t n, int32_t tile_points, const int32_t* __restrict__ component,
                          const int32_t* __restrict__ points, const int32_t* __restrict__ count, uint64_t* __restrict__ lists,
                          int32_t* __restrict__ heads) {
  sweep<2>(x, n, 2, tile_points, component, points, count, lists, heads);
}

}  // namespace gputae
