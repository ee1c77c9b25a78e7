// Lengths of given edges, the loss of these lengths, the largest length, the longest edges, and a cloud whose classes
// lie far apart. Formulas and shapes: operations.h.
#include "isa.h"
#include "pulls.h"
#include "rows.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Less work than this many coordinates, or pairs of edges, is not worth a second thread.
constexpr int64_t kParallelWork = 32768;

}  // namespace

void edge_lengths(const float* x, const int32_t* edges, float* lengths, int64_t count, int64_t d, GputaeTeam* team) {
  const int parts = parts_for(team, count * d, kParallelWork);
  in_parts(team, parts, [=](int part) {
    const Share own = share(count, 16, part, parts);
    for (int64_t e = own.first; e < own.last; e++) {
      lengths[e] = __builtin_sqrtf(squared_length_of_rows(x + edges[2 * e] * d, x + edges[2 * e + 1] * d, d));
    }
  });
}

void largest(const float* values, float* out, int64_t count) {
  float most = 0;
  for (int64_t i = 0; i < count; i++) {
    // A NaN replaces every value, and no value replaces a NaN.
    most = values[i] <= most || most != most ? most : values[i];
  }
  *out = most;
}

void keep_longest(const int32_t* edges, const float* lengths, int64_t most, float* out, int64_t count,
                  GputaeTeam* team) {
  const int parts = parts_for(team, count * count, kParallelWork);
  in_parts(team, parts, [=](int part) {
    const Share own = share(count, 16, part, parts);
    for (int64_t e = own.first; e < own.last; e++) {
      const float length = lengths[e];
      int64_t longer = 0, equal = 0;
      for (int64_t other = 0; other < count; other++) {
        longer += lengths[other] > length;
        equal += lengths[other] == length;
      }
      // The ids matter only if some of the equal edges are kept and others are not.
      if (longer < most && longer + equal > most) {
        const uint64_t ids = edge_ids(static_cast<uint32_t>(edges[2 * e]), static_cast<uint32_t>(edges[2 * e + 1]));
        for (int64_t other = 0; other < count; other++) {
          longer += lengths[other] == length && edge_ids(static_cast<uint32_t>(edges[2 * other]),
                                                         static_cast<uint32_t>(edges[2 * other + 1])) > ids;
        }
      }
      out[e] = longer < most ? length : 0;
    }
  });
}

void edge_stress(const float* z, const int32_t* edges, const float* lengths, const float* targets,
                 const float* target_square, const float* scale, const float* weight, float* gradient,
                 float* scale_gradient, float* loss, int64_t count, int64_t n, int64_t d) {
  for (int64_t i = 0; i < n * d; i++) gradient[i] = 0;
  const double latent = *scale, unit = __builtin_sqrt(static_cast<double>(*target_square));
  double squares = 0, slopes = 0;
  for (int64_t e = 0; e < count; e++) {
    const float length = lengths[e];
    const double r = length / latent - (unit == 0 ? 0 : targets[e] / unit);
    squares += r * r;
    slopes += r * length;
    if (length == 0) continue;
    const float slope = static_cast<float>(2.0 * *weight * r / (n * latent * length));
    pull_ends(z, edges[2 * e], edges[2 * e + 1], d, slope, gradient);
  }
  *loss = static_cast<float>(squares / n);
  *scale_gradient += static_cast<float>(-2.0 * *weight * slopes / (n * latent * latent));
}

void labelled_cloud(const float* z, const float* classes, float spacing, float* out, int64_t n, int64_t d, int64_t c) {
  for (int64_t i = 0; i < n; i++) {
    for (int64_t k = 0; k < d; k++) out[i * (d + 1) + k] = z[i * d + k];
    int64_t own = 0;
    while (own < c && classes[i * c + own] == 0) own++;
    out[i * (d + 1) + d] = spacing * static_cast<float>(own < c ? own : c + i);
  }
}

}  // namespace gputae::GPUTAE_NAMESPACE
