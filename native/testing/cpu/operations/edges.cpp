// Lengths and stress of given edges, the largest value, the longest edges, clouds with classes.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

struct Edges {
  std::vector<int32_t> ends;
  int64_t count() const { return static_cast<int64_t>(ends.size()) / 2; }
};

// Edges between n points, the smaller id first; some may occur twice.
Edges draw(Numbers& numbers, int64_t n, int64_t count) {
  Edges edges;
  for (int64_t e = 0; e < count; e++) {
    const int64_t u = numbers.below(n), v = (u + 1 + numbers.below(n - 1)) % n;
    edges.ends.push_back(static_cast<int32_t>(std::min(u, v)));
    edges.ends.push_back(static_cast<int32_t>(std::max(u, v)));
  }
  return edges;
}

float exact_length(const float* u, const float* v, int64_t d) { return std::sqrt(exact_square(u, v, d)); }

void edge_lengths() {
  Numbers numbers(21);
  for (const int64_t d : {1, 2, 31, 32, 33, 255, 256, 257, 784}) {
    for (const int64_t count : {0, 1, 17, 300}) {
      const int64_t n = 30;
      Guarded<float> x(numbers.floats(n * d, -1, 1));
      Guarded<int32_t> edges(draw(numbers, n, count).ends);
      for (GputaeTeam* team : teams) {
        Guarded<float> lengths(count);
        kernels->edge_lengths(x.get(), edges.get(), lengths.get(), count, d, team);
        bool right = true;
        for (int64_t e = 0; e < count; e++) {
          right = right &&
                  check::same(lengths[e], exact_length(x.get() + edges[2 * e] * d, x.get() + edges[2 * e + 1] * d, d));
        }
        that(right, "%ld edges in %ld dimensions", static_cast<long>(count), static_cast<long>(d));
      }
    }
  }
}

void largest() {
  Numbers numbers(22);
  for (const int64_t count : {0, 1, 7, 16, 17, 1000}) {
    for (const float extreme : {0.0f, 3.0f, kInfinity, kNaN}) {
      Floats values = numbers.floats(count, 0, 2);
      if (count > 0) values[static_cast<size_t>(numbers.below(count))] = extreme;
      Guarded<float> given(values), out(1);
      kernels->largest(given.get(), out.get(), count);
      float wanted = 0;
      for (const float value : values)
        wanted = std::isnan(value) || std::isnan(wanted) ? kNaN : std::max(wanted, value);
      that(check::same(out[0], wanted), "largest is %g, not %g", static_cast<double>(out[0]),
           static_cast<double>(wanted));
    }
  }
}

void keep_longest() {
  Numbers numbers(23);
  for (const int64_t count : {0, 1, 16, 33, 200}) {
    for (const int64_t different : {1, 3, 1000}) {
      const Edges drawn = draw(numbers, 5000, count);
      Floats values;
      for (int64_t e = 0; e < count; e++) values.push_back(static_cast<float>(numbers.below(different)));
      std::vector<int64_t> order(static_cast<size_t>(count));
      std::iota(order.begin(), order.end(), 0);
      const auto ids = [&](int64_t e) {
        return static_cast<int64_t>(drawn.ends[static_cast<size_t>(2 * e)]) * 5000 +
               drawn.ends[static_cast<size_t>(2 * e + 1)];
      };
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        const float first = values[static_cast<size_t>(a)], second = values[static_cast<size_t>(b)];
        return first != second ? first > second : ids(a) > ids(b);
      });
      Guarded<int32_t> edges(drawn.ends);
      Guarded<float> lengths(values);
      for (const int64_t most : {0, 1, 10, 500}) {
        Floats wanted(static_cast<size_t>(count));
        for (size_t i = 0; i < static_cast<size_t>(std::min(most, count)); i++) {
          wanted[static_cast<size_t>(order[i])] = values[static_cast<size_t>(order[i])];
        }
        for (GputaeTeam* team : teams) {
          Guarded<float> out(count);
          kernels->keep_longest(edges.get(), lengths.get(), most, out.get(), count, team);
          same_bits(wanted, out.values(), "the longest edges");
        }
      }
    }
  }
}

void edge_stress() {
  Numbers numbers(24);
  for (const int64_t n : {1, 2, 33}) {
    for (const int64_t d : {1, 2, 17}) {
      const int64_t count = n == 1 ? 0 : 2 * n;
      Guarded<float> z(numbers.floats(n * d, -1, 1));
      if (n > 2) {
        for (int64_t k = 0; k < d; k++) z[d + k] = z[k];  // edges of length 0
      }
      Edges drawn = n == 1 ? Edges() : draw(numbers, n, count);
      if (n > 2) drawn.ends[0] = 0, drawn.ends[1] = 1;
      Floats values;
      for (int64_t e = 0; e < count; e++) {
        values.push_back(exact_length(z.get() + drawn.ends[static_cast<size_t>(2 * e)] * d,
                                      z.get() + drawn.ends[static_cast<size_t>(2 * e + 1)] * d, d));
      }
      Guarded<int32_t> edges(drawn.ends);
      Guarded<float> lengths(values), targets(numbers.floats(count, 0, 2));
      const float target_square = 2.25f, scale = 1.3f, weight = -0.6f;
      Guarded<float> gradient(n * d), loss(1);
      float scale_gradient = 0.5f;
      kernels->edge_stress(z.get(), edges.get(), lengths.get(), targets.get(), &target_square, &scale, &weight,
                           gradient.get(), &scale_gradient, loss.get(), count, n, d);
      double sum = 0, of_scale = 0.5, of_scale_size = 0.5;
      std::vector<double> wanted(static_cast<size_t>(n * d)), size(wanted.size()), terms(wanted.size());
      for (int64_t e = 0; e < count; e++) {
        const double length = static_cast<double>(lengths[e]), s = static_cast<double>(scale);
        const double r = length / s - static_cast<double>(targets[e]) / 1.5;
        sum += r * r / static_cast<double>(n);
        const double slope = 2 * static_cast<double>(weight) * r / static_cast<double>(n);
        of_scale -= slope * length / (s * s);
        of_scale_size += std::fabs(slope * length / (s * s));
        if (length == 0) continue;
        for (int64_t k = 0; k < d; k++) {
          const auto u = static_cast<size_t>(edges[2 * e] * d + k), v = static_cast<size_t>(edges[2 * e + 1] * d + k);
          const double pull =
              slope / (s * length) *
              (static_cast<double>(z[static_cast<int64_t>(u)]) - static_cast<double>(z[static_cast<int64_t>(v)]));
          wanted[u] += pull;
          wanted[v] -= pull;
          for (const size_t end : {u, v}) size[end] += std::fabs(pull), terms[end] += 1;
        }
      }
      that(near(loss[0], sum, 2 * kEpsilon * sum), "stress %g, not %g", static_cast<double>(loss[0]), sum);
      that(near(scale_gradient, of_scale, 2 * kEpsilon * of_scale_size), "gradient of the scale %g, not %g",
           static_cast<double>(scale_gradient), of_scale);
      all_near(
          gradient, [&](int64_t i) { return wanted[static_cast<size_t>(i)]; },
          [&](int64_t i) { return kEpsilon * (terms[static_cast<size_t>(i)] + 3) * size[static_cast<size_t>(i)]; },
          "gradient of the stress");
    }
  }
}

void labelled_cloud() {
  Numbers numbers(25);
  for (const int64_t n : {1, 2, 33}) {
    for (const int64_t d : {1, 2, 33}) {
      const int64_t c = 3;
      Guarded<float> z(numbers.floats(n * d, -1, 1)), classes(n * c), out(n * (d + 1));
      std::vector<int64_t> own;
      for (int64_t i = 0; i < n; i++) {
        own.push_back(numbers.below(c + 1));
        for (int64_t k = 0; k < c; k++) classes[i * c + k] = own.back() == k ? 1 : 0;
      }
      kernels->labelled_cloud(z.get(), classes.get(), 16, out.get(), n, d, c);
      bool right = true;
      for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d; k++) right = right && check::same(out[i * (d + 1) + k], z[i * d + k]);
        const int64_t number = own[static_cast<size_t>(i)] < c ? own[static_cast<size_t>(i)] : c + i;
        right = right && check::same(out[i * (d + 1) + d], 16 * static_cast<float>(number));
      }
      that(right, "a cloud of %ld points", static_cast<long>(n));
    }
  }
}

}  // namespace

void test_edges() {
  check::group("edge lengths", edge_lengths);
  check::group("largest value", largest);
  check::group("longest edges", keep_longest);
  check::group("edge stress", edge_stress);
  check::group("labelled cloud", labelled_cloud);
}

}  // namespace operations
