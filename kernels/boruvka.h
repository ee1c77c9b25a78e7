// The ids of an edge as one number, and the type of a component's label. The numbers have the order of the pairs
// (smaller id, larger id), so that a component can take their minimum.
#pragma once

#include "device.h"
#include "exact_distance.h"

namespace gputae {
namespace {

// For up to 65,536 points. Two 32-bit minima, one of lengths and one of ids, are cheaper than one 64-bit minimum, which
// is a loop in shared memory.
struct ShortIds {
  using Type = uint32_t;
  using Label = uint16_t;
  static constexpr int kAtOnce = 8;  // places of a list that a thread reads at once; its registers limit this number
  static constexpr Type kNone = ~uint32_t{0};
  __device__ static Type of(int a, int b) { return static_cast<uint32_t>(a < b ? a << 16 | b : b << 16 | a); }
  __device__ static int low(Type ids) { return static_cast<int>(ids >> 16); }
  __device__ static int high(Type ids) { return static_cast<int>(ids & 0xFFFF); }
};

struct LongIds {
  using Type = unsigned long long;
  using Label = int32_t;
  static constexpr int kAtOnce = 4;
  static constexpr Type kNone = ~0ull;
  __device__ static Type of(int a, int b) { return edge_ids(static_cast<uint32_t>(a), static_cast<uint32_t>(b)); }
  __device__ static int low(Type ids) { return static_cast<int>(ids >> 32); }
  __device__ static int high(Type ids) { return static_cast<int>(ids & 0xFFFFFFFFu); }
};

}  // namespace
}  // namespace gputae
