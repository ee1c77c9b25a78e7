// Dense layers, forward and backward.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "operations.h"

namespace operations {

namespace {

constexpr int kActivations[] = {GPUTAE_IDENTITY, GPUTAE_ELU, GPUTAE_RELU, GPUTAE_LEAKY_RELU, GPUTAE_TANH, GPUTAE_GELU};

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double activated(double x, int activation) {
  switch (activation) {
    case GPUTAE_ELU:
      return x > 0 ? x : std::expm1(x);
    case GPUTAE_RELU:
      return x < 0 ? 0 : x;
    case GPUTAE_LEAKY_RELU:
      return x > 0 ? x : 0.01 * x;
    case GPUTAE_TANH:
      return std::tanh(x);
    case GPUTAE_GELU:
      return x * normal_distribution(x);
    default:
      return x;
  }
}

// The derivative from what the activation keeps: x for GELU, its output for the others.
double derivative(double kept, int activation) {
  switch (activation) {
    case GPUTAE_ELU:
      return kept > 0 ? 1 : kept + 1;
    case GPUTAE_RELU:
      return kept > 0 ? 1 : 0;
    case GPUTAE_LEAKY_RELU:
      return kept > 0 ? 1 : 0.01;
    case GPUTAE_TANH:
      return 1 - kept * kept;
    case GPUTAE_GELU:
      return normal_distribution(kept) + kept * std::exp(-kept * kept / 2) / std::sqrt(2 * std::acos(-1.0));
    default:
      return 1;
  }
}

// One layer forward and backward. The tolerance of a sum of k products is k roundings and a few more, whatever the
// order of the sum.
void dense_layer(int64_t rows, int64_t in, int64_t out, int activation, Numbers& numbers) {
  const Floats xs = numbers.floats(rows * in, -1, 1), ws = numbers.floats(out * in, -0.5, 0.5),
               bs = numbers.floats(out, -0.5, 0.5);
  const Floats dys = numbers.floats(rows * out, -1, 1), dws = numbers.floats(out * in, -1, 1),
               dbs = numbers.floats(out, -1, 1);
  const std::string name = std::to_string(rows) + " x " + std::to_string(in) + " -> " + std::to_string(out);
  const auto at = [](const Floats& matrix, int64_t i) { return static_cast<double>(matrix[static_cast<size_t>(i)]); };

  std::vector<double> y(static_cast<size_t>(rows * out)), y_room(y.size());
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t j = 0; j < out; j++) {
      double sum = at(bs, j), size = std::fabs(sum);
      for (int64_t k = 0; k < in; k++) {
        const double product = at(xs, r * in + k) * at(ws, j * in + k);
        sum += product;
        size += std::fabs(product);
      }
      y[static_cast<size_t>(r * out + j)] = activated(sum, activation);
      y_room[static_cast<size_t>(r * out + j)] = kEpsilon * (static_cast<double>(in) + 4) * size;
    }
  }

  Guarded<float> x(xs), w(ws), b(bs);
  Floats dw_values[kTeams][2];
  for (int t = 0; t < kTeams; t++) {
    Floats y_values, kept;
    for (int again = 0; again < 2; again++) {
      Guarded<float> got(rows * out), before(rows * out);
      // The second time without the values before the activation.
      kernels->dense(x.get(), w.get(), b.get(), activation, again == 0 ? before.get() : nullptr, got.get(), rows, in,
                     out, teams[t]);
      if (again == 1) {
        same_bits(y_values, got.values(), "the same layer twice");
      } else {
        y_values = got.values();
        Guarded<float> linear(rows * out);
        kernels->dense(x.get(), w.get(), b.get(), GPUTAE_IDENTITY, nullptr, linear.get(), rows, in, out, teams[t]);
        same_bits(linear.values(), before.values(), (name + " before the activation").c_str());
        kept = activation == GPUTAE_GELU ? before.values() : y_values;
        all_near(
            got, [&](int64_t i) { return y[static_cast<size_t>(i)]; },
            [&](int64_t i) { return y_room[static_cast<size_t>(i)]; }, name.c_str());
      }
    }

    // The backward pass starts from what the layer gave, so that its roundings are not counted again.
    std::vector<double> dy(dys.size());
    for (size_t i = 0; i < dys.size(); i++) {
      dy[i] = static_cast<double>(dys[i]) * derivative(static_cast<double>(kept[i]), activation);
    }
    for (int with_dx = 0; with_dx < 2; with_dx++) {
      Guarded<float> got_kept(kept), got_dy(dys), dw(dws), db(dbs), dx(with_dx * rows * in);
      that(kernels->dense_backward(x.get(), w.get(), got_kept.get(), activation, got_dy.get(), dw.get(), db.get(),
                                   with_dx ? dx.get() : nullptr, rows, in, out, teams[t]) == 0,
           "status of %s backward", name.c_str());
      all_near(
          got_dy, [&](int64_t i) { return dy[static_cast<size_t>(i)]; },
          [&](int64_t i) { return (activation == GPUTAE_GELU ? 4 : 2) * kEpsilon * std::fabs(at(dys, i)); },
          (name + " dy").c_str());
      dw_values[t][with_dx] = dw.values();

      std::vector<double> sizes(static_cast<size_t>(std::max(out * in, rows * in)));
      const auto room = [&](int64_t terms) {
        return [&, terms](int64_t i) {
          return kEpsilon * (static_cast<double>(terms) + 6) * sizes[static_cast<size_t>(i)];
        };
      };
      all_near(
          dw,
          [&](int64_t i) {
            double sum = at(dws, i), size = std::fabs(sum);
            for (int64_t r = 0; r < rows; r++) {
              const double product = dy[static_cast<size_t>(r * out + i / in)] * at(xs, r * in + i % in);
              sum += product;
              size += std::fabs(at(dys, r * out + i / in) * at(xs, r * in + i % in));
            }
            sizes[static_cast<size_t>(i)] = size;
            return sum;
          },
          room(rows), (name + " dw").c_str());
      all_near(
          db,
          [&](int64_t i) {
            double sum = at(dbs, i), size = std::fabs(sum);
            for (int64_t r = 0; r < rows; r++) {
              sum += dy[static_cast<size_t>(r * out + i)];
              size += std::fabs(at(dys, r * out + i));
            }
            sizes[static_cast<size_t>(i)] = size;
            return sum;
          },
          room(rows), (name + " db").c_str());
      all_near(
          dx,
          [&](int64_t i) {
            double sum = 0, size = 0;
            for (int64_t j = 0; j < out; j++) {
              const double product = dy[static_cast<size_t>(i / in * out + j)] * at(ws, j * in + i % in);
              sum += product;
              size += std::fabs(at(dys, i / in * out + j) * at(ws, j * in + i % in));
            }
            sizes[static_cast<size_t>(i)] = size;
            return sum;
          },
          room(out), (name + " dx").c_str());
    }
    same_bits(dw_values[t][0], dw_values[t][1], "dw with and without dx");
  }
}

void dense() {
  Numbers numbers(4);
  for (const int64_t rows : {1, 2, 3, 5, 6, 7, 12, 13, 15, 16, 17, 31, 32, 33}) {
    for (const int64_t in : {1, 2, 3, 16, 17, 33}) {
      for (const int64_t out : {1, 2, 15, 17}) dense_layer(rows, in, out, kActivations[numbers.below(6)], numbers);
    }
  }
  // The network's own layers. From 32,768 multiply-adds on, a second thread is worth its cost.
  for (const auto& [in, out] : {Shape{784, 64}, Shape{64, 784}, Shape{64, 2}, Shape{2, 64}, Shape{129, 127},
                                Shape{256, 255}, Shape{256, 256}}) {
    for (const int64_t rows : check::kSanitized ? std::vector<int64_t>{31} : std::vector<int64_t>{1, 127, 145}) {
      dense_layer(rows, in, out, rows == 127 ? GPUTAE_GELU : GPUTAE_ELU, numbers);
    }
  }
}

// With so many inputs and outputs oneDNN computes the backward pass. Its order of additions is its own.
constexpr int64_t kWide = 256;

// Each number that the products of a layer without activation give is exactly one chain: the bias, 0 or the gradient
// before, then the products in ascending order. With AVX2 and AVX-512 each step of the chain is rounded once.
void exact_chains(int64_t rows, int64_t in, int64_t out, Numbers& numbers) {
  const bool fused = kernels != &gputae_baseline;
  const auto step = [=](float u, float v, float sum) { return fused ? std::fma(u, v, sum) : u * v + sum; };
  Guarded<float> x(numbers.floats(rows * in, -1, 1)), w(numbers.floats(out * in, -1, 1)), b(numbers.floats(out, -1, 1));
  const Floats dys = numbers.floats(rows * out, -1, 1), dws = numbers.floats(out * in, -1, 1),
               dbs = numbers.floats(out, -1, 1);
  Floats y_chains, dw_chains = dws, db_chains = dbs, dx_chains(static_cast<size_t>(rows * in));
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t j = 0; j < out; j++) {
      const float dy = dys[static_cast<size_t>(r * out + j)];
      float sum = b[j];
      for (int64_t k = 0; k < in; k++) {
        sum = step(x[r * in + k], w[j * in + k], sum);
        float& dw = dw_chains[static_cast<size_t>(j * in + k)];
        dw = step(dy, x[r * in + k], dw);
        float& dx = dx_chains[static_cast<size_t>(r * in + k)];
        dx = step(dy, w[j * in + k], dx);
      }
      y_chains.push_back(sum);
      db_chains[static_cast<size_t>(j)] += dy;
    }
  }
  const std::string name = std::to_string(rows) + " x " + std::to_string(in) + " -> " + std::to_string(out);
  for (GputaeTeam* team : teams) {
    Guarded<float> y(rows * out);
    kernels->dense(x.get(), w.get(), b.get(), GPUTAE_IDENTITY, nullptr, y.get(), rows, in, out, team);
    same_bits(y_chains, y.values(), name.c_str());
    Guarded<float> dy(dys), dw(dws), db(dbs), dx(rows * in);
    that(kernels->dense_backward(x.get(), w.get(), y.get(), GPUTAE_IDENTITY, dy.get(), dw.get(), db.get(), dx.get(),
                                 rows, in, out, team) == 0,
         "status of %s backward", name.c_str());
    same_bits(dys, dy.values(), (name + " dy").c_str());
    same_bits(db_chains, db.values(), (name + " db").c_str());
    if (in >= kWide && out >= kWide) continue;
    same_bits(dw_chains, dw.values(), (name + " dw").c_str());
    same_bits(dx_chains, dx.values(), (name + " dx").c_str());
  }
}

// All rests of rows, inputs and outputs beside whole blocks, registers and panels.
void dense_chains() {
  Numbers numbers(7);
  const int64_t step = check::kSanitized ? 5 : 1;
  for (int64_t rows = 1; rows <= 17; rows++) {
    for (int64_t out = 1; out <= 70; out += step) exact_chains(rows, 1 + (7 * rows + 11 * out) % 70, out, numbers);
  }
  for (int64_t in = 1; in <= 70; in++) exact_chains(7, in, 33, numbers);
  // Around one and two pieces of the depth, which is that of the inputs forward, of the outputs for dx and of the rows
  // for dw: 256 with AVX-512, 682 with AVX2, 2048 without; 96 for numbers that are read where they are.
  for (const int64_t in : {255, 256, 257, 513, 681, 682, 683, 1365, 2047, 2048, 2049}) {
    for (const int64_t out : {15, 70}) exact_chains(7, in, out, numbers);
  }
  for (const int64_t depth : {95, 96, 97, 191, 192, 193, 257, 683}) {
    for (const int64_t in : {15, 48, 64, 70}) {
      exact_chains(7, in, depth, numbers);
      exact_chains(depth, in, 7, numbers);
    }
  }
  exact_chains(3, kWide, kWide - 1, numbers);
  exact_chains(3, kWide - 1, kWide, numbers);
  // The longest blocks have 4 to 12 rows. Two threads share more than 32,768 multiply-adds.
  for (const int64_t rows : {24, 25, 64, 65}) exact_chains(rows, 40, 49 * 16, numbers);
}

// Equal rows of a batch give equal bits, whatever their places and their neighbours, and whichever thread computes
// them.
void dense_equal_rows() {
  Numbers numbers(5);
  std::vector<int64_t> row_counts = {127, 128, 129, 143, 144, 145, 146, 147, 149, 151, 160, 289};
  if (check::kSanitized) row_counts = {145};
  for (int64_t rows = 1; rows <= 40; rows++) row_counts.push_back(rows);
  for (const auto& [in, out] :
       {Shape{784, 64}, Shape{64, 64}, Shape{64, 2}, Shape{2, 64}, Shape{3, 5}, Shape{64, 784}}) {
    const Floats image = numbers.floats(in, 0, 1);
    Guarded<float> one(image), w(numbers.floats(out * in, -1, 1)), b(numbers.floats(out, -1, 1)), alone(out);
    kernels->dense(one.get(), w.get(), b.get(), GPUTAE_ELU, nullptr, alone.get(), 1, in, out, teams[0]);
    for (const int64_t rows : row_counts) {
      Floats xs;
      for (int64_t r = 0; r < rows; r++) xs.insert(xs.end(), image.begin(), image.end());
      // A row in the middle is another one.
      const int64_t other = rows / 2;
      if (rows > 2) std::fill_n(xs.begin() + other * in, in, kNaN);
      Guarded<float> x(xs);
      for (GputaeTeam* team : teams) {
        Guarded<float> y(rows * out);
        kernels->dense(x.get(), w.get(), b.get(), GPUTAE_ELU, nullptr, y.get(), rows, in, out, team);
        bool equal = true;
        for (int64_t i = 0; i < rows * out; i++) {
          const bool damaged = rows > 2 && i / out == other;
          equal = equal && (damaged ? std::isnan(y[i]) : check::same(y[i], alone[i % out]));
        }
        that(equal, "%ld equal rows, %ld -> %ld, %d threads", static_cast<long>(rows), static_cast<long>(in),
             static_cast<long>(out), gputae_team_threads(team));
      }
    }
  }
}

// With one input and weight 1 the product is exact, so the output is the activation alone.
void dense_specials() {
  for (const float special : kSpecial) {
    Guarded<float> x(Floats{special}), w(Floats{1}), b(Floats{0}), linear(1), y(1);
    kernels->dense(x.get(), w.get(), b.get(), GPUTAE_IDENTITY, nullptr, linear.get(), 1, 1, 1, teams[0]);
    that(near(linear[0], static_cast<double>(special), 0), "identity(%g) is %g", static_cast<double>(special),
         static_cast<double>(linear[0]));
    for (const int activation : kActivations) {
      kernels->dense(x.get(), w.get(), b.get(), activation, nullptr, y.get(), 1, 1, 1, teams[0]);
      const auto given = static_cast<double>(special);
      // PyTorch's GELU of minus infinity is a NaN too: minus infinity times 0.
      const double wanted =
          activation == GPUTAE_GELU && given < 0 && std::isinf(given) ? std::nan("") : activated(given, activation);
      that(near(y[0], wanted, 4 * kEpsilon * std::fabs(wanted) + 0x1p-149), "activation %d of %g is %g", activation,
           given, static_cast<double>(y[0]));
    }
  }
  // A NaN or an infinity stays in its row and column. The backward pass of the wider layer is oneDNN's.
  const int64_t rows = 33;
  Numbers numbers(6);
  for (const auto& [in, out] : {Shape{17, 15}, Shape{kWide + 1, kWide + 1}}) {
    for (const float special : {kNaN, std::numeric_limits<float>::infinity()}) {
      const Floats xs = numbers.floats(rows * in, -1, 1), dys = numbers.floats(rows * out, -1, 1);
      Guarded<float> x(xs), w(numbers.floats(out * in, -1, 1)), b(numbers.floats(out, -1, 1));
      x[7 * in + 3] = special;
      for (GputaeTeam* team : teams) {
        Guarded<float> y(rows * out), dy(dys), dw(Floats(static_cast<size_t>(out * in))),
            db(Floats(static_cast<size_t>(out))), dx(rows * in);
        kernels->dense(x.get(), w.get(), b.get(), GPUTAE_IDENTITY, nullptr, y.get(), rows, in, out, team);
        dy[8 * out + 2] = special;
        kernels->dense_backward(x.get(), w.get(), y.get(), GPUTAE_IDENTITY, dy.get(), dw.get(), db.get(), dx.get(),
                                rows, in, out, team);
        for (int64_t i = 0; i < rows * out; i++)
          that(std::isfinite(y[i]) == (i / out != 7), "%g in row %ld of y", static_cast<double>(special),
               static_cast<long>(i / out));
        for (int64_t i = 0; i < rows * in; i++)
          that(std::isfinite(dx[i]) == (i / in != 8), "%g in row %ld of dx", static_cast<double>(special),
               static_cast<long>(i / in));
        for (int64_t i = 0; i < out * in; i++)
          that(std::isfinite(dw[i]) == (i % in != 3 && i / in != 2), "%g in dw[%ld]", static_cast<double>(special),
               static_cast<long>(i));
        for (int64_t i = 0; i < out; i++)
          that(std::isfinite(db[i]) == (i != 2), "%g in db[%ld]", static_cast<double>(special), static_cast<long>(i));
      }
    }
  }
}

}  // namespace

void test_dense_layers() {
  check::group("dense layers", dense);
  check::group("special values in dense layers", dense_specials);
  check::group("chains of dense layers", dense_chains);
  check::group("equal rows of dense layers", dense_equal_rows);
}

}  // namespace operations
