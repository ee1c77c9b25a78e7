// CUDA's names for g++. build.sh writes one translation unit that includes this file before the unmodified
// kernels/*.cu. The kernels become ordinary functions, which engine.cpp runs with a fiber for each CUDA thread.
//
// Shared memory is thread-local, since a thread of the operating system runs one block at a time. Each wait notes the
// line that it comes from. Left out on purpose: atomicAdd on floats, because sums have a fixed order here;
// __activemask, because its value depends on the schedule; fast-math intrinsics. __CUDACC__ stays undefined.
#pragma once

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine.h"

#if defined(GPUTAE_HOST_WATCHED)
// The watch finds the line of an access by its address in the code. So the functions below become parts of their
// callers.
#define inline inline __attribute__((always_inline))
#endif

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)  // build.sh puts them into the table of kernels
#define __align__(bytes) __attribute__((aligned(bytes)))
// The attribute `used` is needed because the engine writes shared memory without the compiler's knowledge. Otherwise
// the compiler would take a variable that no kernel writes to be 0. The attribute means nothing for the declaration of
// dynamic shared memory. The pragma silences g++'s warning of that.
#define __shared__ thread_local __attribute__((used))
#pragma GCC diagnostic ignored "-Wattributes"

// Dynamic shared memory has one name: extern __shared__ __align__(16) unsigned char shared_memory[];
// The macro turns this into the declaration of a pointer to an array, and each use of the name into the array. The
// pointer is declared in the two namespaces that contain kernels.
#define shared_memory (*gputae_host_shared_memory)
thread_local unsigned char shared_memory[];
namespace gputae {
thread_local unsigned char shared_memory[];
}

namespace gputae_host {
// Not inline and not static: engine.cpp calls it. It does not run as a thread of a block, so it is not watched.
__attribute__((no_sanitize("thread"))) void set_shared_memory(unsigned char* address) {
  ::gputae_host_shared_memory = reinterpret_cast<unsigned char(*)[]>(address);
  gputae::gputae_host_shared_memory = reinterpret_cast<unsigned char(*)[]>(address);
}
}  // namespace gputae_host

#define threadIdx (gputae_host::here()->thread_index)
#define blockIdx (gputae_host::here()->block_index)
#define blockDim (gputae_host::here()->block_size)
#define gridDim (gputae_host::here()->grid_size)

constexpr int warpSize = 32;

struct alignas(4) uchar4 {
  unsigned char x, y, z, w;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(16) ulonglong2 {
  unsigned long long x, y;
};
struct alignas(8) float2 {
  float x, y;
};
struct float3 {
  float x, y, z;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// The caller's line: default arguments are evaluated where the call is written.
#define GPUTAE_HOST_LINE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define GPUTAE_HOST_PLACE \
  gputae_host::Place { file, line }

inline void __syncthreads(GPUTAE_HOST_LINE) {
  gputae_host::wait_for_block(gputae_host::kSyncthreads, 0, GPUTAE_HOST_PLACE);
}
inline int __syncthreads_count(int vote, GPUTAE_HOST_LINE) {
  return gputae_host::wait_for_block(gputae_host::kSyncthreadsCount, vote, GPUTAE_HOST_PLACE);
}
inline int __syncthreads_and(int vote, GPUTAE_HOST_LINE) {
  return gputae_host::wait_for_block(gputae_host::kSyncthreadsAnd, vote, GPUTAE_HOST_PLACE);
}
inline int __syncthreads_or(int vote, GPUTAE_HOST_LINE) {
  return gputae_host::wait_for_block(gputae_host::kSyncthreadsOr, vote, GPUTAE_HOST_PLACE);
}

inline void __syncwarp(unsigned mask = 0xFFFFFFFFu, GPUTAE_HOST_LINE) {
  gputae_host::wait_for_warp(gputae_host::kSyncwarp, mask, 0, 0, 32, GPUTAE_HOST_PLACE);
}
inline unsigned __ballot_sync(unsigned mask, int vote, GPUTAE_HOST_LINE) {
  return static_cast<unsigned>(
      gputae_host::wait_for_warp(gputae_host::kBallot, mask, vote != 0, 0, 32, GPUTAE_HOST_PLACE));
}
inline int __any_sync(unsigned mask, int vote, GPUTAE_HOST_LINE) {
  return static_cast<int>(gputae_host::wait_for_warp(gputae_host::kAny, mask, vote != 0, 0, 32, GPUTAE_HOST_PLACE));
}
inline int __all_sync(unsigned mask, int vote, GPUTAE_HOST_LINE) {
  return static_cast<int>(gputae_host::wait_for_warp(gputae_host::kAll, mask, vote != 0, 0, 32, GPUTAE_HOST_PLACE));
}

namespace gputae_host {
template <typename T>
T shuffle(Operation operation, unsigned mask, T value, int argument, int width, Place place) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 4 or 8 bytes");
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = wait_for_warp(operation, mask, bits, argument, width, place);
  memcpy(&value, &bits, sizeof value);
  return value;
}
}  // namespace gputae_host

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, GPUTAE_HOST_LINE) {
  return gputae_host::shuffle(gputae_host::kShuffle, mask, value, lane, width, GPUTAE_HOST_PLACE);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, GPUTAE_HOST_LINE) {
  return gputae_host::shuffle(gputae_host::kShuffleUp, mask, value, static_cast<int>(delta), width, GPUTAE_HOST_PLACE);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, GPUTAE_HOST_LINE) {
  return gputae_host::shuffle(gputae_host::kShuffleDown, mask, value, static_cast<int>(delta), width,
                              GPUTAE_HOST_PLACE);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32, GPUTAE_HOST_LINE) {
  return gputae_host::shuffle(gputae_host::kShuffleXor, mask, value, lane_mask, width, GPUTAE_HOST_PLACE);
}

namespace gputae_host {
// Atomic operations are counted, so that a loop that waits for another thread's atomic operation ends in an error.
inline void step() {
  if (++here()->steps > kMostSteps) too_many_steps();
}
}  // namespace gputae_host

// The types are exactly CUDA's. A pointer to unsigned long, which uint64_t is, is an error here as in CUDA.
#define GPUTAE_HOST_ATOMIC(name, type, expression)                                                              \
  inline type name(type* address, type value) {                                                                 \
    gputae_host::step();                                                                                        \
    type old = __atomic_load_n(address, __ATOMIC_RELAXED);                                                      \
    while (!__atomic_compare_exchange_n(address, &old, (expression), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) \
      ;                                                                                                         \
    return old;                                                                                                 \
  }                                                                                                             \
  GPUTAE_HOST_PLAIN(name, type, expression)
// The same in plain steps: a mistake that tests plant.
#define GPUTAE_HOST_PLAIN(name, type, expression)       \
  inline type plain_##name(type* address, type value) { \
    const type old = *address;                          \
    *address = (expression);                            \
    return old;                                         \
  }
#define GPUTAE_HOST_ATOMICS(type)                                                                      \
  GPUTAE_HOST_ATOMIC(atomicMin, type, value < old ? value : old)                                       \
  GPUTAE_HOST_ATOMIC(atomicMax, type, value > old ? value : old)                                       \
  GPUTAE_HOST_ATOMIC(atomicAnd, type, old& value)                                                      \
  GPUTAE_HOST_ATOMIC(atomicOr, type, old | value)                                                      \
  GPUTAE_HOST_ATOMIC(atomicXor, type, old ^ value)                                                     \
  inline type atomicAdd(type* address, type value) {                                                   \
    gputae_host::step();                                                                               \
    return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);                                       \
  }                                                                                                    \
  GPUTAE_HOST_PLAIN(atomicAdd, type, old + value)                                                      \
  inline type atomicExch(type* address, type value) {                                                  \
    gputae_host::step();                                                                               \
    return __atomic_exchange_n(address, value, __ATOMIC_RELAXED);                                      \
  }                                                                                                    \
  inline type atomicCAS(type* address, type expected, type value) {                                    \
    gputae_host::step();                                                                               \
    __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
    return expected;                                                                                   \
  }
GPUTAE_HOST_ATOMICS(int)
GPUTAE_HOST_ATOMICS(unsigned)
GPUTAE_HOST_ATOMICS(unsigned long long)

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

template <typename T>
T __ldg(const T* address) {
  return *address;
}

namespace gputae_host {
template <typename To, typename From>
To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}
}  // namespace gputae_host

inline unsigned __float_as_uint(float x) { return gputae_host::bits<unsigned>(x); }
inline int __float_as_int(float x) { return gputae_host::bits<int>(x); }
inline float __uint_as_float(unsigned x) { return gputae_host::bits<float>(x); }
inline float __int_as_float(int x) { return gputae_host::bits<float>(x); }
inline long long __double_as_longlong(double x) { return gputae_host::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return gputae_host::bits<double>(x); }

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}

// The same overloads as in CUDA: for two values of one type, and for int with unsigned, which becomes unsigned.
#define GPUTAE_HOST_MIN_MAX(type, a_type, b_type)                                                     \
  inline type min(a_type a, b_type b) {                                                               \
    return static_cast<type>(a) < static_cast<type>(b) ? static_cast<type>(a) : static_cast<type>(b); \
  }                                                                                                   \
  inline type max(a_type a, b_type b) {                                                               \
    return static_cast<type>(a) > static_cast<type>(b) ? static_cast<type>(a) : static_cast<type>(b); \
  }
GPUTAE_HOST_MIN_MAX(int, int, int)
GPUTAE_HOST_MIN_MAX(unsigned, unsigned, unsigned)
GPUTAE_HOST_MIN_MAX(unsigned, int, unsigned)
GPUTAE_HOST_MIN_MAX(unsigned, unsigned, int)
GPUTAE_HOST_MIN_MAX(long, long, long)
GPUTAE_HOST_MIN_MAX(unsigned long, unsigned long, unsigned long)
GPUTAE_HOST_MIN_MAX(long long, long long, long long)
GPUTAE_HOST_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
// A number wins over NaN.
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

// Functions that glibc does not have. <math.h> has the other functions already, for float and double.
inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
// fmod is exact, so that only the product with pi is rounded.
inline double sinpi(double x) { return sin(M_PI * fmod(x, 2)); }
inline double cospi(double x) { return cos(M_PI * fmod(x, 2)); }
inline float sinpif(float x) { return static_cast<float>(sinpi(x)); }
inline float cospif(float x) { return static_cast<float>(cospi(x)); }
inline void sincospif(float x, float* sine, float* cosine) {
  *sine = sinpif(x);
  *cosine = cospif(x);
}

namespace gputae_host {

// The letter of a parameter's type.
template <typename T>
constexpr char letter() {
  if constexpr (__is_same(T, float)) {
    return 'f';
  } else if constexpr (__is_same(T, double)) {
    return 'd';
  } else if constexpr (__is_same(T, int) || __is_same(T, unsigned)) {
    return 'i';
  } else {
    static_assert(__is_same(T, long) || __is_same(T, unsigned long) || __is_same(T, long long) ||
                      __is_same(T, unsigned long long),
                  "a kernel takes pointers, integers of 32 or 64 bits, float or double");
    return 'l';
  }
}

template <typename T>
struct Parameter {
  static constexpr char kLetter = letter<T>();
};
template <typename T>
struct Parameter<T*> {
  static constexpr char kLetter = 'p';
};
// __restrict__ and const do not change what is passed.
template <typename T>
struct Parameter<T* __restrict__> : Parameter<T*> {};

template <typename T>
T argument(Slot slot) {
  T value;
  memcpy(&value, &slot, sizeof value);
  return value;
}

// The numbers from 0 up, made with what each compiler has for it. <utility> would bring names that CUDA has too.
template <size_t... kIndices>
struct Indices {};
#ifdef __clang__
template <typename T, T... kIndices>
struct Numbers {
  using Type = Indices<kIndices...>;
};
template <size_t kCount>
using FirstIndices = typename __make_integer_seq<Numbers, size_t, kCount>::Type;
#else
template <size_t kCount>
using FirstIndices = Indices<__integer_pack(kCount)...>;
#endif

template <auto kFunction, typename = decltype(kFunction)>
struct Signature;
template <auto kFunction, typename... T>
struct Signature<kFunction, void (*)(T...)> {
  static constexpr char kTypes[] = {Parameter<T>::kLetter..., '\0'};
  static void run(const Slot* arguments) { call(arguments, FirstIndices<sizeof...(T)>()); }

 private:
  template <size_t... kIndices>
  static void call([[maybe_unused]] const Slot* arguments, Indices<kIndices...>) {
    kFunction(argument<T>(arguments[kIndices])...);
  }
};

// The most threads that __launch_bounds__ allow, or CUDA's own limit if there are no bounds. The numbers after the
// first one concern only registers.
constexpr int launch_bounds(int most_threads = 1024, int = 0, int = 0) { return most_threads; }

template <auto kFunction>
constexpr Kernel kernel(const char* name, int most_threads) {
  return {name, Signature<kFunction>::kTypes, most_threads, Signature<kFunction>::run};
}

}  // namespace gputae_host
