// The spanning tree of up to 128 points in one launch of one block (small_tree.h). Every length is in a register.
#include "small_tree.h"

namespace gputae {

namespace {

constexpr int kSmallCloud = 128;
constexpr int kSmallParts = 8;  // threads that share a point

}  // namespace

// Computes edges (n - 1, 2) and lengths (n - 1) of the tree of x (n, d), with n from 2 to 128.
// Launch: one block, 8 threads for each point, whole warps.
extern "C" __global__ void __launch_bounds__(kSmallCloud* kSmallParts)
    boruvka_small(const float* __restrict__ x, int32_t n, int32_t d, int32_t* __restrict__ edges,
                  float* __restrict__ lengths) {
  __shared__ SmallTree<kSmallCloud> tree;
  grow_tree<kSmallCloud, kSmallParts, kSmallCloud / kSmallParts>(x, n, d, tree, nullptr);
  const int e = static_cast<int>(threadIdx.x);
  if (e < n - 1) {
    const int lost = tree.lost_label(e);
    edges[2 * e] = tree.low(lost);
    edges[2 * e + 1] = tree.high(lost);
    lengths[e] = tree.edge_length(lost);
  }
}

}  // namespace gputae
