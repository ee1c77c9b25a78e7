// The ring of the last iterates, its PH dimension and the pull of the newest one.
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "../../../../kernels/philox.h"
#include "operations.h"

namespace operations {

namespace {

constexpr int64_t kSeed = 0x123456789abcdef;
constexpr int kStream = 5;

void keep_iterate() {
  Numbers numbers(31);
  for (const int64_t size : {1, 31, 33, 257, 4097}) {
    for (const int64_t window : {20, 50}) {
      for (GputaeTeam* team : teams) {
        Guarded<float> iterates(numbers.floats(window * size, -1, 1)), point(numbers.floats(size, -1, 1)),
            distances(numbers.floats(window * window, -1, 1));
        const int64_t step = (int64_t{1} << 33) + 7, newest = step % window;
        Floats wanted = distances.values();
        for (int64_t i = 0; i < window; i++) {
          const float length = i == newest ? 0 : std::sqrt(exact_square(point.get(), iterates.get() + i * size, size));
          wanted[static_cast<size_t>(newest * window + i)] = length;
          wanted[static_cast<size_t>(i * window + newest)] = length;
        }
        Floats kept = iterates.values();
        std::copy_n(point.get(), size, kept.begin() + newest * size);
        kernels->keep_iterate(point.get(), &step, size, window, iterates.get(), distances.get(), team);
        that(iterates.values() == kept, "a ring of %ld in %ld dimensions", static_cast<long>(window),
             static_cast<long>(size));
        that(distances.values() == wanted, "distances of a ring of %ld in %ld dimensions", static_cast<long>(window),
             static_cast<long>(size));
      }
    }
  }
}

// The sum of the edges of the minimum spanning tree of some places by Kruskal's algorithm, and the neighbours of one.
std::pair<double, std::vector<int64_t>> kruskal(const Floats& distances, int64_t window,
                                                const std::vector<int64_t>& places, int64_t newest) {
  struct Edge {
    float length;
    int64_t low, high;
  };
  std::vector<Edge> edges;
  for (const int64_t a : places) {
    for (const int64_t b : places) {
      if (a < b) edges.push_back({distances[static_cast<size_t>(a * window + b)], a, b});
    }
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return std::tie(a.length, a.low, a.high) < std::tie(b.length, b.low, b.high);
  });
  std::vector<int64_t> part(static_cast<size_t>(window));
  for (size_t i = 0; i < part.size(); i++) part[i] = static_cast<int64_t>(i);
  std::pair<double, std::vector<int64_t>> tree{0, {}};
  for (const Edge& edge : edges) {
    const int64_t a = part[static_cast<size_t>(edge.low)], b = part[static_cast<size_t>(edge.high)];
    if (a == b) continue;
    for (int64_t& p : part) {
      if (p == b) p = a;
    }
    tree.first += static_cast<double>(edge.length);
    if (edge.low == newest) tree.second.push_back(edge.high);
    if (edge.high == newest) tree.second.push_back(edge.low);
  }
  return tree;
}

void ph_dimension() {
  Numbers numbers(32);
  for (const int64_t window : {20, 100, 120}) {
    for (const bool ties : {false, true}) {
      for (const int64_t step : {window - 2, window - 1, 3 * window + 8}) {
        Floats points = numbers.floats(window * 2, 0, 4);
        if (ties) {
          for (float& x : points) x = std::floor(x);
        }
        Floats lengths;
        for (int64_t i = 0; i < window; i++) {
          for (int64_t j = 0; j < window; j++) {
            lengths.push_back(
                std::sqrt(exact_square(&points[static_cast<size_t>(2 * i)], &points[static_cast<size_t>(2 * j)], 2)));
          }
        }
        Guarded<float> distances(lengths), coefficients(numbers.floats(window, -1, 1)), value(1);
        kernels->ph_dimension(distances.get(), &step, kSeed, kStream, window, coefficients.get(), value.get());
        const int64_t newest = step % window;
        std::array<double, 9> x, sums;
        std::array<std::vector<int64_t>, 9> neighbours;
        double middle_x = 0, middle_y = 0, xx = 0, xy = 0;
        for (int64_t j = 0; j < 9; j++) {
          std::vector<std::pair<uint32_t, int64_t>> keys;
          for (int64_t p = 0; p < window; p++) {
            keys.emplace_back(
                gputae::philox(kSeed, static_cast<uint64_t>(j * window + p), static_cast<uint32_t>(step), kStream).x[0],
                p);
          }
          std::sort(keys.begin(), keys.end());
          std::vector<int64_t> places;
          for (int64_t i = 0; i < window / 10 * (j + 1); i++) places.push_back(keys[static_cast<size_t>(i)].second);
          std::tie(sums[static_cast<size_t>(j)], neighbours[static_cast<size_t>(j)]) =
              kruskal(lengths, window, places, newest);
          x[static_cast<size_t>(j)] = std::log(static_cast<double>(places.size()));
          middle_x += x[static_cast<size_t>(j)] / 9;
          middle_y += std::log(sums[static_cast<size_t>(j)]) / 9;
        }
        for (size_t j = 0; j < 9; j++) {
          xx += (x[j] - middle_x) * (x[j] - middle_x);
          xy += (x[j] - middle_x) * (std::log(sums[j]) - middle_y);
        }
        const bool full = step + 1 >= window;
        const double wanted = full ? 1 / (1 - xy / xx) : 0;
        that(near(value[0], wanted, 2 * kEpsilon * std::abs(wanted)), "the dimension is %g, not %g",
             static_cast<double>(value[0]), wanted);
        for (int64_t p = 0; p < window; p++) {
          double slope = 0, size = 0;
          const double length = static_cast<double>(lengths[static_cast<size_t>(newest * window + p)]);
          for (size_t j = 0; full && length > 0 && j < 9; j++) {
            const double part = wanted * wanted * (x[j] - middle_x) / (xx * sums[j] * length);
            for (const int64_t other : neighbours[j]) {
              slope += other == p ? part : 0;
              size += other == p ? std::abs(part) : 0;
            }
          }
          that(near(coefficients[p], slope, 2 * kEpsilon * size), "coefficient %ld is %g, not %g", static_cast<long>(p),
               static_cast<double>(coefficients[p]), slope);
        }
      }
    }
  }
  // Points that all coincide, and distances that are not numbers.
  const int64_t step = 40, window = 20;
  Guarded<float> none(window * window), coefficients(numbers.floats(window, -1, 1)), value(1);
  value[0] = 7;
  for (const float length : {0.0f, kNaN, kInfinity}) {
    for (int64_t e = 0; e < window * window; e++) none[e] = length;
    kernels->ph_dimension(none.get(), &step, kSeed, kStream, window, coefficients.get(), value.get());
    that(length == 0 ? value[0] == 0 : !std::isfinite(value[0]), "the dimension for lengths of %g is %g",
         static_cast<double>(length), static_cast<double>(value[0]));
    for (int64_t p = 0; length == 0 && p < window; p++) that(coefficients[p] == 0, "a coefficient for lengths of 0");
  }
}

void pull_newest() {
  Numbers numbers(33);
  for (const int64_t size : {1, 15, 17, 257, 5000}) {
    const int64_t window = 20, step = 47, newest = step % window;
    Floats points = numbers.floats(window * size, -1, 1), pulls = numbers.floats(window, -1, 1);
    for (int64_t p = 1; p < window; p += 3) {
      pulls[static_cast<size_t>(p)] = 0;
      // What is not pulled at is not read.
      if (p != newest) std::fill_n(points.begin() + p * size, size, kNaN);
    }
    Guarded<float> iterates(points), coefficients(pulls);
    for (GputaeTeam* team : teams) {
      const float weight = -0.75f;
      Guarded<float> gradient(numbers.floats(size, -1, 1));
      kernels->pull_newest(iterates.get(), coefficients.get(), &step, &weight, size, window, gradient.get(), team);
      for (int64_t k = 0; k < size; k++) {
        double sum = 0, sizes = 0;
        for (int64_t p = 0; p < window; p++) {
          if (coefficients[p] == 0) continue;
          const double pull =
              -0.75 * static_cast<double>(coefficients[p]) *
              (static_cast<double>(iterates[newest * size + k]) - static_cast<double>(iterates[p * size + k]));
          sum += pull;
          sizes += std::abs(pull);
        }
        that(near(gradient[k], sum, window * kEpsilon * sizes), "gradient %ld of %ld", static_cast<long>(k),
             static_cast<long>(size));
      }
    }
  }
}

}  // namespace

void test_iterates() {
  check::group("ring of iterates", keep_iterate);
  check::group("PH dimension", ph_dimension);
  check::group("pull of an iterate", pull_newest);
}

}  // namespace operations
