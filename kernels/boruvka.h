// The ids of an edge between two of up to 65,536 points as one number. The numbers have the order of the pairs (smaller
// id, larger id), so that a component can take their minimum.
#pragma once

#include "device.h"

namespace gputae {
namespace {

// Two 32-bit minima, one of lengths and one of ids, are cheaper than one 64-bit minimum, which is a loop in shared
// memory.
struct ShortIds {
  using Type = uint32_t;
  static constexpr Type kNone = ~uint32_t{0};
  __device__ static Type of(int a, int b) { return static_cast<uint32_t>(a < b ? a << 16 | b : b << 16 | a); }
  __device__ static int low(Type ids) { return static_cast<int>(ids >> 16); }
  __device__ static int high(Type ids) { return static_cast<int>(ids & 0xFFFF); }
};

}  // namespace
}  // namespace gputae
