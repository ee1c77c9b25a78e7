// Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011): a counter-based
// generator. 128 bits of counter and 64 bits of key give 128 random bits. So every number of a run has an address, and
// it can be drawn in any order and anywhere.
//
//   key      the run's seed
//   counter  (index low, index high, step, stream)
//   uniform  u = (x >> 8) * 2^-24, in [0, 1), exact in float32
//   normals  Box-Muller: r = sqrt(-2 log(1 - u0)), (r cos 2 pi u1, r sin 2 pi u1)
#pragma once

#include <cstdint>

#ifndef GPUTAE_HOST_DEVICE
#ifdef __CUDACC__
#define GPUTAE_HOST_DEVICE __host__ __device__
#else
#define GPUTAE_HOST_DEVICE
#endif
#endif

namespace gputae {
namespace {

struct Philox {
  uint32_t x[4];
};

GPUTAE_HOST_DEVICE inline Philox philox(uint64_t seed, uint64_t index, uint32_t step, uint32_t stream) {
  uint32_t c0 = static_cast<uint32_t>(index), c1 = static_cast<uint32_t>(index >> 32), c2 = step, c3 = stream;
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = static_cast<uint64_t>(0xD2511F53u) * c0;
    const uint64_t p1 = static_cast<uint64_t>(0xCD9E8D57u) * c2;
    const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

GPUTAE_HOST_DEVICE inline float uniform(uint32_t x) { return static_cast<float>(x >> 8) * 0x1p-24f; }

}  // namespace
}  // namespace gputae
