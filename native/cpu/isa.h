// The sources are compiled once for each instruction set. GPUTAE_ISA names the set (baseline, avx2, avx512) and its
// namespace, so that the three compilations of one file never share a symbol. For the same reason these files include
// only headers without linkable templates.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gputae.h"

#define GPUTAE_CONCATENATE_(a, b) a##b
#define GPUTAE_CONCATENATE(a, b) GPUTAE_CONCATENATE_(a, b)
#define GPUTAE_NAMESPACE GPUTAE_CONCATENATE(isa_, GPUTAE_ISA)

namespace gputae::GPUTAE_NAMESPACE {

// The share of [0, count) that part `number` of `parts` does, in multiples of `grain`.
struct Share {
  int64_t first, last;
};
static inline Share share(int64_t count, int64_t grain, int number, int parts) {
  const int64_t grains = (count + grain - 1) / grain;
  const int64_t first = grains * number / parts * grain, last = grains * (number + 1) / parts * grain;
  return {first < count ? first : count, last < count ? last : count};
}

// Calls body(part number) for each part on the team.
template <typename Body>
static inline void in_parts(GputaeTeam* team, int parts, Body body) {
  gputae_team_run(
      team, parts, [](void* context, int number) { (*static_cast<Body*>(context))(number); }, &body);
}

// As many parts as the team has threads, or one if `work` is not worth a second thread.
static inline int parts_for(GputaeTeam* team, int64_t work, int64_t least) {
  return work < least ? 1 : gputae_team_threads(team);
}

// a * b + c for results that need not be exact. It is fused if the machine has the fused operation in hardware.
static inline float multiply_add(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

#define OPERATION(result, name, parameters) result name parameters;
#include "operations.h"

}  // namespace gputae::GPUTAE_NAMESPACE
