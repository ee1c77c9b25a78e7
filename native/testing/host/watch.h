// The watch over the memory accesses of kernels. A build with GPUTAE_WATCHED=1 (build.sh) has it; in all other builds
// its calls are empty.
//
// The kernels are compiled with -fsanitize=thread, so that each access calls a function. ThreadSanitizer itself is not
// linked: the functions are those of watch.cpp. A launch ends with an error at
//   a race      Two threads access the same bytes, one of them writes, and nothing orders the two accesses. They are
//               ordered if one thread makes both, if a barrier of the block lies between them, or if a chain of
//               __syncwarp among the lanes of a warp does. Shuffles and votes order no memory, and nothing orders two
//               blocks. Two atomic operations are no race.
//   a read of   shared memory that no thread of the block has written, or device memory that nobody has written
//   an access   outside all allocations and outside the shared memory of the block
// The order in which the threads happen to run does not matter, so one order is enough.
//
// The watch does not see inline assembly and copies by memcpy of more than 16 bytes. It does not know flags: if one
// block waits for another with atomic operations and fences, it reports the data that they exchange.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine.h"

namespace gputae_host {

// Shared memory of a block.
struct Bytes {
  unsigned char* begin;
  size_t count;
};

class Watch;

#if defined(GPUTAE_HOST_WATCHED)

constexpr bool kWatched = true;

Watch* create_watch();
void destroy_watch(Watch* watch);
void launch_begins(Watch* watch, const Launch& launch);
void block_begins(Watch* watch, uint64_t block, Bytes dynamic, Bytes fixed);
// All threads of the block that have not exited are at a barrier.
void block_met(Watch* watch);
// These lanes of a warp are at a __syncwarp.
void warp_met(Watch* watch, unsigned warp, unsigned mask);
// What the last launch accessed in device memory, in ascending order.
const std::vector<Range>& watched_accesses(Watch* watch);

#else

constexpr bool kWatched = false;

inline Watch* create_watch() { return nullptr; }
inline void destroy_watch(Watch*) {}
inline void launch_begins(Watch*, const Launch&) {}
inline void block_begins(Watch*, uint64_t, Bytes, Bytes) {}
inline void block_met(Watch*) {}
inline void warp_met(Watch*, unsigned, unsigned) {}
inline const std::vector<Range>& watched_accesses(Watch*) {
  static const std::vector<Range> none;
  return none;
}

#endif

}  // namespace gputae_host
