// Random samples, which are addressed by counters (kernels/philox.h). Any thread can draw any of them.
#include "../../kernels/philox.h"
#include "isa.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// If there are fewer normals than this, one thread draws them all.
constexpr int64_t kParallelNormals = 512;

struct Normals {
  float x[4];
};

// 1 - u lies in (0, 1], so the logarithm is finite.
inline void box_muller(uint32_t a, uint32_t b, float* out) {
  const float radius = __builtin_sqrtf(-2 * __builtin_logf(1 - uniform(a)));
  const float angle = 6.283185307179586f * uniform(b);
  out[0] = radius * __builtin_cosf(angle);
  out[1] = radius * __builtin_sinf(angle);
}

inline Normals four_normals(uint64_t seed, uint64_t index, uint32_t step, uint32_t stream) {
  const Philox p = philox(seed, index, step, stream);
  Normals n;
  box_muller(p.x[0], p.x[1], n.x);
  box_muller(p.x[2], p.x[3], n.x + 2);
  return n;
}

}  // namespace

void normals(float* out, int64_t count, uint64_t seed, uint32_t stream, const int64_t* step, GputaeTeam* team) {
  const int64_t groups = (count + 3) / 4;
  const uint32_t now = static_cast<uint32_t>(*step);
  const int parts = parts_for(team, count, kParallelNormals);
  in_parts(team, parts, [=](int number) {
    const Share own = share(groups, 1, number, parts);
    for (int64_t g = own.first; g < own.last; g++) {
      const Normals n = four_normals(seed, g, now, stream);
      const int64_t left = count - 4 * g < 4 ? count - 4 * g : 4;
      for (int64_t l = 0; l < left; l++) out[4 * g + l] = n.x[l];
    }
  });
}

// A point is a direction, uniform on the sphere (a normal vector divided by its length), times u^(1/d). Row r uses the
// indices from r * (groups + 1) on.
void uniform_ball(float* out, int64_t rows, int64_t d, uint64_t seed, uint32_t stream, const int64_t* step) {
  const int64_t groups = (d + 3) / 4;
  const uint32_t now = static_cast<uint32_t>(*step);
  for (int64_t r = 0; r < rows; r++) {
    float* row = out + r * d;
    const uint64_t first = static_cast<uint64_t>(r) * (groups + 1);
    double square = 0;
    for (int64_t g = 0; g < groups; g++) {
      const Normals n = four_normals(seed, first + g, now, stream);
      for (int64_t l = 0; l < 4 && 4 * g + l < d; l++) {
        row[4 * g + l] = n.x[l];
        square += static_cast<double>(n.x[l]) * n.x[l];
      }
    }
    const double radius = __builtin_pow(static_cast<double>(uniform(philox(seed, first + groups, now, stream).x[0])),
                                        1.0 / static_cast<double>(d));
    // All normals are 0 with probability 2^-24d. The centre is then the right answer.
    const double scale = square > 0 ? radius / __builtin_sqrt(square) : 0;
    for (int64_t k = 0; k < d; k++) row[k] = static_cast<float>(scale * row[k]);
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
