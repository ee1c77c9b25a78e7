// What the tests of the operations share: the kernels that are tested, the teams that run them, inputs, comparisons.
//
// The sizes follow the paths of the code: a single value; one register of 4, 8 or 16 lanes, one value less, and one
// more; the 16 partial sums; an image of 784 pixels; and just below and above the work that is worth several threads.
// Tolerances count roundings: kEpsilon times the sizes of the terms.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../../../cpu/gputae.h"
#include "../check.h"

namespace operations {

using check::Guarded;
using check::kEpsilon;
using check::near;
using check::Numbers;
using check::same_bits;
using check::that;
using Floats = std::vector<float>;

extern const GputaeKernels* kernels;  // of the instruction set that is tested

constexpr int kTeams = 3;
extern GputaeTeam* teams[kTeams];  // of 1, 2, 3 threads

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kDenormal = 1e-40f;

inline const Floats kSpecial = {0.0f,   -0.0f,   0x1p-149f, -0x1p-149f, kDenormal, -kDenormal, FLT_MIN, 1e-30f,
                                0.5f,   1.0f,    -1.0f,     17.0f,      -86.9f,    -87.1f,     88.1f,   -88.1f,
                                104.0f, -104.0f, 1e30f,     FLT_MAX,    -FLT_MAX,  kInfinity,  kNaN};

// One value, registers and lanes, images. From 16,384 values on, a second thread is worth its cost.
inline const std::vector<int64_t> kCounts = {1,  2,  3,  4,  5,   7,   8,   9,   15,    16,    17,    31,    32,
                                             33, 63, 64, 65, 127, 128, 129, 784, 16383, 16384, 16385, 16401, 50000};

struct Shape {
  int64_t rows, columns;
};
inline const std::vector<Shape> kShapes = {{1, 1},     {1, 2},     {2, 1},     {2, 15},    {15, 16},  {16, 17},
                                           {17, 31},   {31, 32},   {32, 33},   {33, 15},   {1, 127},  {3, 128},
                                           {127, 129}, {128, 128}, {129, 128}, {128, 784}, {2, 8193}, {16385, 1}};

inline Floats with_specials(Numbers& numbers, int64_t count, double low, double high) {
  Floats values = numbers.floats(count, low, high);
  for (int64_t i = 0; i < count; i++) {
    if (numbers.below(8) == 0)
      values[static_cast<size_t>(i)] =
          kSpecial[static_cast<size_t>(numbers.below(static_cast<int64_t>(kSpecial.size())))];
  }
  return values;
}

// The rule of kernels/exact_distance.h, written a second time from its description.
inline float exact_square(const float* u, const float* v, int64_t d) {
  float s = 0;
  for (int64_t first = 0; first < d; first += 32) {
    float c = 0;
    for (int64_t k = first; k < std::min(d, first + 32); k++) {
      const float t = u[k] - v[k];
      c = std::fma(t, t, c);
    }
    s = s + c;
  }
  return s;
}

// Checks all of `values` against a reference(i) and a tolerance(i).
template <typename Reference, typename Tolerance>
void all_near(Guarded<float>& values, Reference reference, Tolerance tolerance, const char* what) {
  for (int64_t i = 0; i < values.size(); i++) {
    const double wanted = reference(i), room = tolerance(i);
    if (!near(values[i], wanted, room)) {
      that(false, "%s: element %ld of %ld is %.9g, not %.9g within %.2g", what, static_cast<long>(i),
           static_cast<long>(values.size()), static_cast<double>(values[i]), wanted, room);
      return;
    }
  }
  that(true, "%s", what);
}

// The tests, one file for each.
void test_random_numbers();
void test_batches();
void test_dense_layers();
void test_batch_norms();
void test_exponentials();
void test_losses();
void test_spanning_trees();
void test_edges();
void test_iterates();
void test_parameters();

}  // namespace operations
