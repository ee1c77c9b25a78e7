// Random samples, which are addressed by counters (philox.h). Any thread can draw any of them. The step is read from
// device memory.
#include "device.h"
#include "philox.h"

namespace gputae {

namespace {

struct Normals {
  float x[4];
};

// Box, Muller 1958. 1 - u lies in (0, 1], so the logarithm is finite.
__device__ inline void box_muller(uint32_t a, uint32_t b, float* out) {
  const float radius = sqrtf(-2 * logf(1 - uniform(a)));
  // The angle as a multiple of pi is exact, and its sine needs no table in memory, unlike the sine of a large angle.
  float sine, cosine;
  sincospif(2 * uniform(b), &sine, &cosine);
  out[0] = radius * cosine;
  out[1] = radius * sine;
}

__device__ inline Normals four_normals(uint64_t seed, uint64_t index, uint32_t step, uint32_t stream) {
  const Philox p = philox(seed, index, step, stream);
  Normals n;
  box_muller(p.x[0], p.x[1], n.x);
  box_muller(p.x[2], p.x[3], n.x + 2);
  return n;
}

}  // namespace

// Writes standard normals to out (count). Each counter (seed, index / 4, *step, stream) gives four of them.
// Launch: any grid, any number of threads.
extern "C" __global__ void normals(int64_t count, uint64_t seed, uint32_t stream, const int64_t* __restrict__ step,
                                   float* __restrict__ out) {
  const uint32_t now = static_cast<uint32_t>(*step);
  for (int64_t group = grid_thread(); 4 * group < count; group += grid_threads()) {
    const Normals n = four_normals(seed, static_cast<uint64_t>(group), now, stream);
    for (int l = 0; l < 4; l++) {
      if (4 * group + l < count) out[4 * group + l] = n.x[l];
    }
  }
}

// Writes points to out (rows, d) that are uniform in the unit ball. A point is a direction, uniform on the sphere (a
// normal vector divided by its length), times u^(1/d). Row r uses the indices from r (groups + 1) on.
// Launch: any grid, any number of threads.
extern "C" __global__ void uniform_ball(int64_t rows, int32_t d, uint64_t seed, uint32_t stream,
                                        const int64_t* __restrict__ step, float* __restrict__ out) {
  const uint32_t now = static_cast<uint32_t>(*step);
  const int groups = (d + 3) / 4;
  for (int64_t r = grid_thread(); r < rows; r += grid_threads()) {
    float* row = out + r * d;
    const uint64_t first = static_cast<uint64_t>(r) * static_cast<uint64_t>(groups + 1);
    double square = 0;
    for (int g = 0; g < groups; g++) {
      const Normals n = four_normals(seed, first + static_cast<uint64_t>(g), now, stream);
      for (int l = 0; l < 4; l++) {
        if (4 * g + l < d) {
          row[4 * g + l] = n.x[l];
          square += static_cast<double>(n.x[l]) * n.x[l];
        }
      }
    }
    const double u = uniform(philox(seed, first + static_cast<uint64_t>(groups), now, stream).x[0]);
    const double radius = pow(u, 1.0 / d);
    // If all normals are 0 (u0 = 0 for each pair, 2^-24 in the plane), there is no direction. The centre is then as
    // good as any other point.
    const double scale = square > 0 ? radius / sqrt(square) : 0;
    for (int k = 0; k < d; k++) row[k] = static_cast<float>(scale * row[k]);
  }
}

}  // namespace gputae
