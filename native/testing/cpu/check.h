// What the tests of native/ share: checks counted in groups, buffers that notice accesses beyond their ends, and
// reproducible inputs.
#pragma once

#include <cfloat>
#include <chrono>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace check {

// Whether this build watches memory or threads. Such a build runs many times slower.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

inline int64_t checks = 0, failures = 0, failed_groups = 0;

// Counts one check, and prints the first failures of a group. Only the main thread calls it.
[[gnu::format(printf, 2, 3)]] inline void that(bool holds, const char* format, ...) {
  checks++;
  if (holds || ++failures > 5) return;
  std::va_list arguments;
  va_start(arguments, format);
  std::printf("  ");
  std::vprintf(format, arguments);
  std::printf("\n");
  va_end(arguments);
}

// Runs one group and prints its line, which sanitize.sh counts.
inline void group(const char* name, void (*body)()) {
  checks = failures = 0;
  const auto start = std::chrono::steady_clock::now();
  body();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%s %s (%ld of %ld checks, %.1f s)\n", failures == 0 ? "passed" : "FAILED", name,
              static_cast<long>(checks - failures), static_cast<long>(checks), seconds);
  failed_groups += failures > 0;
  std::fflush(stdout);
}

// Half the distance from 1 to the next float32: the largest relative error of one rounding.
constexpr double kEpsilon = 0x1p-24;

// Whether `value` is the reference within the tolerance. If the reference is NaN, `value` must be NaN. If the reference
// is beyond float32, `value` must be infinite.
inline bool near(float value, double reference, double tolerance) {
  if (std::isnan(reference)) return std::isnan(value);
  if (std::fabs(reference) > FLT_MAX * (1 + kEpsilon)) return std::isinf(value) && (value > 0) == (reference > 0);
  return std::fabs(value - reference) <= tolerance;
}

// Compares bits, not values: -0 differs from 0. Two NaNs are the same, whatever their payload.
inline bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b)); }

// `count` elements between two zones that nobody may touch. AddressSanitizer reports reads and writes in the zones at
// once. Other builds find changed bytes when the buffer is destroyed. The elements start as NaN (integers: -1). This
// reveals an element that is never written, and an element that is increased although it should be assigned.
template <typename T>
class Guarded {
 public:
  // Unless the caller asks for an alignment, the elements have only their own, like one layer's weights among all
  // parameters.
  explicit Guarded(int64_t count, int64_t alignment = sizeof(T))
      : count_(count), bytes_(static_cast<size_t>(count) * sizeof(T)) {
    void* block = nullptr;
    if (posix_memalign(&block, kLine, 2 * kLine + bytes_ + 2 * kLine) != 0) std::abort();
    block_ = static_cast<unsigned char*>(block);
    data_ = reinterpret_cast<T*>(block_ + kLine + static_cast<size_t>(alignment) % kLine);
    std::memset(block_, kMark, front());
    std::memset(data_, 0xFF, bytes_);
    std::memset(behind(), kMark, back());
    ASAN_POISON_MEMORY_REGION(block_, front());
    ASAN_POISON_MEMORY_REGION(behind(), back());
  }
  explicit Guarded(const std::vector<T>& values, int64_t alignment = sizeof(T))
      : Guarded(static_cast<int64_t>(values.size()), alignment) {
    if (!values.empty()) std::memcpy(data_, values.data(), bytes_);
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
    ASAN_UNPOISON_MEMORY_REGION(block_, front());
    ASAN_UNPOISON_MEMORY_REGION(behind(), back());
    that(untouched(block_, front()), "something was written before a buffer of %ld elements",
         static_cast<long>(count_));
    that(untouched(behind(), back()), "something was written behind a buffer of %ld elements",
         static_cast<long>(count_));
    std::free(block_);
  }

  T* get() { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  int64_t size() const { return count_; }
  std::vector<T> values() const { return std::vector<T>(data_, data_ + count_); }

 private:
  static constexpr size_t kLine = 64;
  static constexpr unsigned char kMark = 0xA5;

  size_t front() const { return static_cast<size_t>(reinterpret_cast<unsigned char*>(data_) - block_); }
  size_t back() const { return 4 * kLine - front(); }
  unsigned char* behind() const { return reinterpret_cast<unsigned char*>(data_) + bytes_; }
  static bool untouched(const unsigned char* zone, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
      if (zone[i] != kMark) return false;
    }
    return true;
  }

  int64_t count_;
  size_t bytes_;
  unsigned char* block_;
  T* data_;
};

// Checks that two results have the same bits.
inline void same_bits(const std::vector<float>& a, const std::vector<float>& b, const char* what) {
  for (size_t i = 0; i < a.size(); i++) {
    if (!same(a[i], b[i])) {
      that(false, "%s: element %zu is %.9g, then %.9g", what, i, static_cast<double>(a[i]), static_cast<double>(b[i]));
      return;
    }
  }
  that(a.size() == b.size(), "%s: %zu elements, then %zu", what, a.size(), b.size());
}

// Reproducible inputs: splitmix64 (Steele, Lea, Flood 2014).
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // [0, count)
  int64_t below(int64_t count) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(count)); }
  // [low, high)
  float between(double low, double high) {
    return static_cast<float>(low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53);
  }
  std::vector<float> floats(int64_t count, double low, double high) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = between(low, high);
    return values;
  }

 private:
  uint64_t state_;
};

}  // namespace check
