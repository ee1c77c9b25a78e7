// Squared distances, spanning trees and the gradient of death times.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

struct Cloud {
  std::string name;
  int64_t n, d;
  Floats points;
};

std::vector<Cloud> clouds() {
  Numbers numbers(12);
  std::vector<Cloud> all;
  const auto add = [&](const std::string& name, int64_t n, int64_t d, auto coordinate) {
    Cloud cloud{name + ", " + std::to_string(n) + " x " + std::to_string(d), n, d, {}};
    for (int64_t i = 0; i < n * d; i++) cloud.points.push_back(coordinate(i / d, i % d));
    all.push_back(std::move(cloud));
  };
  const auto anywhere = [&](int64_t, int64_t) { return numbers.between(-1, 1); };
  const auto lattice = [&](int64_t, int64_t) { return static_cast<float>(numbers.below(4)); };
  for (const int64_t d : {1, 2, 3, 4, 31, 32, 33, 64, 65}) {
    for (const int64_t n : {1, 2, 3, 15, 16, 17, 18, 31, 32, 33, 34, 127, 128, 129, 130}) {
      add("uniform", n, d, anywhere);
      add("lattice", n, d, lattice);
    }
  }
  add("all the same point", 65, 2, [](int64_t, int64_t) { return 0.25f; });
  add("collinear", 100, 3, [](int64_t i, int64_t) { return static_cast<float>(i * 37 % 100); });
  add("a square lattice", 144, 2, [](int64_t i, int64_t k) { return static_cast<float>(k == 0 ? i % 12 : i / 12); });
  add("squares that are denormal", 80, 2, [&](int64_t, int64_t) { return numbers.between(-1e-20, 1e-20); });
  add("squares that vanish", 80, 2, [&](int64_t, int64_t) { return numbers.between(-1e-30, 1e-30); });
  add("denormal coordinates", 80, 2, [&](int64_t, int64_t) { return numbers.between(-1e-39, 1e-39); });
  add("squares near the largest number", 80, 2, [&](int64_t, int64_t) { return numbers.between(-1e19, 1e19); });
  add("squares that overflow", 80, 2, [&](int64_t, int64_t) { return numbers.between(-1e25, 1e25); });
  add("NaN and infinity among them", 100, 2, [&](int64_t i, int64_t) {
    return i % 10 == 3 ? kNaN : i % 10 == 7 ? kInfinity : numbers.between(-1, 1);
  });
  add("only NaN", 40, 3, [](int64_t, int64_t) { return kNaN; });
  add("signed zeros", 40, 2, [&](int64_t, int64_t) { return numbers.below(2) == 0 ? 0.0f : -0.0f; });
  // From n (d + 2) = 65,536 on, the work is worth several threads. With few points, some threads have no point.
  for (const int64_t n : {2, 3, 4, 5}) add("parts without points", n, 40000, anywhere);
  add("images", 129, 784, lattice);
  add("many", 513, 128, anywhere);
  add("many ties", 513, 128, [&](int64_t, int64_t k) { return k < 3 ? static_cast<float>(numbers.below(8)) : 0.0f; });
  return all;
}

struct Tree {
  std::vector<int32_t> edges;
  Floats lengths;
};

// Prim's algorithm as in a textbook. Each point outside keeps its best edge so far. Every round compares it with the
// edge to the newest point of the tree. A NaN is read as infinity.
Tree naive_tree(const Cloud& cloud) {
  using Edge = std::tuple<float, int32_t, int32_t>;  // in the order of edges: squared length, smaller id, larger id
  const auto n = static_cast<int32_t>(cloud.n);
  const Edge none{kInfinity, std::numeric_limits<int32_t>::max(), 0};
  std::vector<Edge> best(static_cast<size_t>(n), none);
  std::vector<bool> in_tree(static_cast<size_t>(n));
  Tree tree;
  for (int32_t newest = 0, joined = 1; joined < n; joined++) {
    in_tree[static_cast<size_t>(newest)] = true;
    int32_t next = -1;
    for (int32_t v = 0; v < n; v++) {
      if (in_tree[static_cast<size_t>(v)]) continue;
      float s = exact_square(&cloud.points[static_cast<size_t>(newest * cloud.d)],
                             &cloud.points[static_cast<size_t>(v * cloud.d)], cloud.d);
      if (std::isnan(s)) s = kInfinity;
      Edge& own = best[static_cast<size_t>(v)];
      own = std::min(own, Edge{s, std::min(newest, v), std::max(newest, v)});
      if (next < 0 || own < best[static_cast<size_t>(next)]) next = v;
    }
    const auto& [s, low, high] = best[static_cast<size_t>(next)];
    tree.edges.insert(tree.edges.end(), {low, high});
    tree.lengths.push_back(std::sqrt(s));
    newest = next;
  }
  return tree;
}

Tree spanning_tree(const Floats& points, int64_t n, int64_t d, GputaeTeam* team) {
  Guarded<float> x(points), lengths(n - 1);
  Guarded<int32_t> edges(2 * (n - 1));
  that(kernels->spanning_tree(x.get(), edges.get(), lengths.get(), n, d, team) == 0, "out of memory");
  return {edges.values(), lengths.values()};
}

void spanning_trees() {
  for (const Cloud& cloud : clouds()) {
    const Tree wanted = naive_tree(cloud);
    for (GputaeTeam* team : teams) {
      const Tree tree = spanning_tree(cloud.points, cloud.n, cloud.d, team);
      that(tree.edges == wanted.edges, "edges of %s with %d threads", cloud.name.c_str(), gputae_team_threads(team));
      same_bits(wanted.lengths, tree.lengths, cloud.name.c_str());
    }
  }
}

// These clouds are so large that the work is split even in 1, 2 and 3 dimensions. They are compared with the tree of
// one thread, which the clouds above have checked.
void spanning_trees_of_many_points() {
  Numbers numbers(13);
  for (const auto& [n, d] : {Shape{21846, 1}, Shape{16384, 2}, Shape{13108, 3}}) {
    Floats points = numbers.floats(n * d, -1, 1);
    for (float& coordinate : points) coordinate = std::round(coordinate * 1024) / 1024;  // ties and duplicates
    const Tree wanted = spanning_tree(points, n, d, teams[0]);
    for (int t = 1; t < kTeams; t++) {
      const Tree tree = spanning_tree(points, n, d, teams[t]);
      that(tree.edges == wanted.edges, "edges of %ld x %ld with %d threads", static_cast<long>(n), static_cast<long>(d),
           t + 1);
      same_bits(wanted.lengths, tree.lengths, "lengths");
    }
  }
}

void squared_distances() {
  for (const Cloud& cloud : clouds()) {
    if (cloud.n > 200) continue;
    for (GputaeTeam* team : teams) {
      Guarded<float> x(cloud.points), out(cloud.n * cloud.n);
      that(kernels->squared_distances(x.get(), out.get(), cloud.n, cloud.d, team) == 0, "out of memory");
      bool right = true;
      for (int64_t i = 0; i < cloud.n; i++) {
        for (int64_t j = 0; j < cloud.n; j++) {
          right = right && check::same(out[i * cloud.n + j],
                                       exact_square(&cloud.points[static_cast<size_t>(i * cloud.d)],
                                                    &cloud.points[static_cast<size_t>(j * cloud.d)], cloud.d));
        }
      }
      that(right, "%s with %d threads", cloud.name.c_str(), gputae_team_threads(team));
    }
  }
}

void death_times() {
  Numbers numbers(14);
  for (const int64_t d : {1, 2, 3, 17}) {
    for (const int64_t n : {1, 2, 3, 33, 128}) {
      Guarded<float> z(numbers.floats(n * d, -1, 1));
      // The first third of the points are copies of the first point, which gives edges of length 0.
      for (int64_t i = 0; i < n / 3 * d; i++) z[i] = z[i % d];
      const Tree tree = spanning_tree(z.values(), n, d, teams[0]);
      Guarded<int32_t> edges(tree.edges);
      Guarded<float> lengths(tree.lengths);
      Floats ascending = tree.lengths;
      std::sort(ascending.begin(), ascending.end());
      const float median = ascending.empty() ? 0 : ascending[ascending.size() / 2];  // this edge still counts
      for (const float degree : {0.5f, 1.0f, 1.5f, 2.0f, 3.0f}) {
        for (const float longest : {kInfinity, median}) {
          const float weight = -0.3f;
          Guarded<float> gradient(n * d), loss(1);
          kernels->death_times(z.get(), edges.get(), lengths.get(), degree, longest, &weight, gradient.get(),
                               loss.get(), n, d);
          double sum = 0;
          std::vector<double> wanted(static_cast<size_t>(n * d)), size(wanted.size()), terms(wanted.size());
          for (int64_t e = 0; e < n - 1; e++) {
            const auto length = static_cast<double>(lengths[e]);
            if (length > static_cast<double>(longest) || length == 0) continue;
            sum += std::pow(length, static_cast<double>(degree));
            const double slope = static_cast<double>(weight) * static_cast<double>(degree) *
                                 std::pow(length, static_cast<double>(degree) - 2);
            for (int64_t k = 0; k < d; k++) {
              const auto u = static_cast<size_t>(edges[2 * e] * d + k),
                         v = static_cast<size_t>(edges[2 * e + 1] * d + k);
              const double pull = slope * (static_cast<double>(z[static_cast<int64_t>(u)]) -
                                           static_cast<double>(z[static_cast<int64_t>(v)]));
              wanted[u] += pull;
              wanted[v] -= pull;
              for (const size_t end : {u, v}) size[end] += std::fabs(pull), terms[end] += 1;
            }
          }
          that(near(loss[0], sum, 2 * kEpsilon * sum), "sum of death times %g, not %g", static_cast<double>(loss[0]),
               sum);
          all_near(
              gradient, [&](int64_t i) { return wanted[static_cast<size_t>(i)]; },
              [&](int64_t i) { return kEpsilon * (terms[static_cast<size_t>(i)] + 3) * size[static_cast<size_t>(i)]; },
              "gradient of the death times");
        }
      }
    }
  }
  // A NaN among the points appears in the loss, because its edge is infinite, and in its own gradient. The tree does
  // not hide it.
  Guarded<float> z(Floats{0, 1, kNaN, 3}), gradient(4), loss(1);
  const Tree tree = spanning_tree(z.values(), 4, 1, teams[0]);
  Guarded<int32_t> edges(tree.edges);
  Guarded<float> lengths(tree.lengths);
  const float weight = 1;
  kernels->death_times(z.get(), edges.get(), lengths.get(), 1, kInfinity, &weight, gradient.get(), loss.get(), 4, 1);
  that(!std::isfinite(loss[0]) && std::isnan(gradient[2]), "loss %g, gradient %g", static_cast<double>(loss[0]),
       static_cast<double>(gradient[2]));
  that(gradient[1] == 0 && gradient[3] == 1, "gradients beside it: %g, %g", static_cast<double>(gradient[1]),
       static_cast<double>(gradient[3]));
}

}  // namespace

void test_spanning_trees() {
  check::group("squared distances", squared_distances);
  check::group("spanning trees", spanning_trees);
  check::group("death times", death_times);
  // Under a sanitizer this group takes minutes, and smaller clouds reach the same code.
  if (!check::kSanitized) check::group("spanning trees of many points", spanning_trees_of_many_points);
}

}  // namespace operations
