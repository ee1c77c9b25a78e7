// Every operation of native/cpu/gputae.h on one instruction set, with teams of 1, 2 and 3 threads, against plain
// references in double precision.
//   operations_test baseline|avx2|avx512
//
// Sizes follow the code paths: a single value; one register of 4, 8 or 16 lanes, one less, one more; the 16 partial
// sums; an image of 784; and what is just below and above the work that is worth several threads. Tolerances count
// roundings: kEpsilon times the sizes of what is added.
#include <immintrin.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <string>
#include <thread>
#include <tuple>

#include "../../../kernels/philox.h"
#include "../../cpu/gputae.h"
#include "check.h"

namespace {

using check::Guarded;
using check::kEpsilon;
using check::near;
using check::Numbers;
using check::same_bits;
using check::that;
using Floats = std::vector<float>;

const GputaeKernels* kernels;

constexpr int kTeams = 3;
GputaeTeam* teams[kTeams];  // of 1, 2, 3 threads

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kDenormal = 1e-40f;

const Floats kSpecial = {0.0f,   -0.0f,   0x1p-149f, -0x1p-149f, kDenormal, -kDenormal, FLT_MIN, 1e-30f,
                         0.5f,   1.0f,    -1.0f,     17.0f,      -86.9f,    -87.1f,     88.1f,   -88.1f,
                         104.0f, -104.0f, 1e30f,     FLT_MAX,    -FLT_MAX,  kInfinity,  kNaN};

// One value, registers and lanes, images; 16,384 values are worth a second thread.
const std::vector<int64_t> kCounts = {1,  2,  3,  4,  5,   7,   8,   9,   15,    16,    17,    31,    32,
                                      33, 63, 64, 65, 127, 128, 129, 784, 16383, 16384, 16385, 16401, 50000};

struct Shape {
  int64_t rows, columns;
};
const std::vector<Shape> kShapes = {{1, 1},     {1, 2},     {2, 1},     {2, 15},    {15, 16},  {16, 17},
                                    {17, 31},   {31, 32},   {32, 33},   {33, 15},   {1, 127},  {3, 128},
                                    {127, 129}, {128, 128}, {129, 128}, {128, 784}, {2, 8193}, {16385, 1}};

Floats with_specials(Numbers& numbers, int64_t count, double low, double high) {
  Floats values = numbers.floats(count, low, high);
  for (int64_t i = 0; i < count; i++) {
    if (numbers.below(8) == 0)
      values[static_cast<size_t>(i)] =
          kSpecial[static_cast<size_t>(numbers.below(static_cast<int64_t>(kSpecial.size())))];
  }
  return values;
}

// The distance between float32 numbers at x.
double unit_in_the_last_place(double x) { return std::ldexp(1.0, std::max(std::ilogb(x), -126) - 23); }

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

// ---------------------------------------------------------------------------------------------------------------------
// Random numbers

// The known answers of Random123 (kat_vectors, "philox4x32 10"): counter, key, result.
void philox_known_answers() {
  const auto answer = [](uint64_t key, uint64_t index, uint32_t step, uint32_t stream, uint32_t a, uint32_t b,
                         uint32_t c, uint32_t d) {
    const gputae::Philox p = gputae::philox(key, index, step, stream);
    that(p.x[0] == a && p.x[1] == b && p.x[2] == c && p.x[3] == d, "%08x %08x %08x %08x", p.x[0], p.x[1], p.x[2],
         p.x[3]);
  };
  answer(0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
  answer(~uint64_t{0}, ~uint64_t{0}, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
  answer(0x299f31d0a4093822u, 0x85a308d3243f6a88u, 0x13198a2e, 0x03707344, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1);
  that(gputae::uniform(0) == 0 && gputae::uniform(255) == 0 && gputae::uniform(256) == 0x1p-24f &&
           gputae::uniform(~0u) == 1 - 0x1p-24f,
       "uniforms");
}

// A normal and the radius of its pair, which its error grows with: the angle is at most 2 pi and rounded twice.
struct Normal {
  double x, radius;
};
constexpr double kNormalRoundings = 2 * 3.15 * 2 + 4;

Normal reference_normal(uint64_t seed, uint64_t index, uint32_t step, uint32_t stream, int which) {
  const gputae::Philox p = gputae::philox(seed, index, step, stream);
  const double u = gputae::uniform(p.x[which / 2 * 2]),
               angle = 2 * M_PI * static_cast<double>(gputae::uniform(p.x[which / 2 * 2 + 1]));
  const double radius = std::sqrt(-2 * std::log1p(-u));
  return {radius * (which % 2 == 0 ? std::cos(angle) : std::sin(angle)), radius};
}

void normals() {
  const uint64_t seed = 0x123456789abcdef0u;
  const uint32_t stream = 5;
  for (const int64_t count :
       {1, 2, 3, 4, 5, 31, 255, 511, 512, 513, 514, 784, 5001}) {  // 512 are worth a second thread
    for (int64_t now : {int64_t{0}, int64_t{7}}) {
      Guarded<int64_t> step(std::vector<int64_t>{now});
      Floats first;
      for (GputaeTeam* team : teams) {
        Guarded<float> out(count);
        kernels->normals(out.get(), count, seed, stream, step.get(), team);
        if (team == teams[0]) {
          first = out.values();
          const auto reference = [=](int64_t i) {
            return reference_normal(seed, static_cast<uint64_t>(i / 4), static_cast<uint32_t>(now), stream,
                                    static_cast<int>(i % 4));
          };
          all_near(
              out, [=](int64_t i) { return reference(i).x; },
              [=](int64_t i) { return kNormalRoundings * kEpsilon * reference(i).radius; }, "normals");
        }
        same_bits(first, out.values(), "normals on another team");
      }
    }
  }
}

// Direction: d normals divided by their length; radius: u^(1/d).
void uniform_ball() {
  const uint64_t seed = 42;
  for (const int64_t d : {1, 2, 3, 4, 5, 8, 9, 31}) {
    for (const int64_t rows : {1, 2, 33, 1000}) {
      Guarded<int64_t> step(std::vector<int64_t>{11});
      Guarded<float> out(rows * d);
      kernels->uniform_ball(out.get(), rows, d, seed, 3, step.get());
      const auto groups = static_cast<uint64_t>((d + 3) / 4);
      bool right = true, inside = true;
      for (int64_t r = 0; r < rows; r++) {
        const uint64_t index = static_cast<uint64_t>(r) * (groups + 1);
        std::vector<Normal> direction;
        double square = 0, drawn = 0, norm = 0;
        for (int64_t k = 0; k < d; k++) {
          direction.push_back(
              reference_normal(seed, index + static_cast<uint64_t>(k / 4), 11, 3, static_cast<int>(k % 4)));
          square += direction.back().x * direction.back().x;
          drawn += direction.back().radius;
        }
        const double radius =
            std::pow(static_cast<double>(gputae::uniform(gputae::philox(seed, index + groups, 11, 3).x[0])),
                     1.0 / static_cast<double>(d));
        const double length = std::sqrt(square);
        for (int64_t k = 0; k < d; k++) {
          const double wanted = radius * direction[static_cast<size_t>(k)].x / length,
                       tolerance = kEpsilon * (2 + 2 * kNormalRoundings * drawn / length);
          right = right && near(out[r * d + k], wanted, tolerance);
          norm += static_cast<double>(out[r * d + k]) * static_cast<double>(out[r * d + k]);
        }
        inside = inside && norm <= 1;
      }
      that(right, "%ld points of the %ld-dimensional ball", static_cast<long>(rows), static_cast<long>(d));
      that(inside, "%ld points of the %ld-dimensional ball lie in it", static_cast<long>(rows), static_cast<long>(d));
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Batches

void gather_divides_every_byte_by_255() {
  std::vector<uint8_t> bytes(256);
  for (size_t i = 0; i < 256; i++) bytes[i] = static_cast<uint8_t>(i);
  Guarded<uint8_t> images(bytes);
  Guarded<int32_t> order(std::vector<int32_t>{0});
  Guarded<int64_t> step(std::vector<int64_t>{0});
  Guarded<float> x(256);
  kernels->gather(images.get(), order.get(), step.get(), 1, 1, 1, 256, x.get(), teams[0]);
  for (int i = 0; i < 256; i++)
    that(check::same(x[i], static_cast<float>(i) / 255.0f), "%d / 255 is %.9g", i, static_cast<double>(x[i]));
}

void gather() {
  Numbers numbers(3);
  for (const auto& [rows, p] : kShapes) {
    const int64_t n = 2 * rows + 3, batch = rows + 1, steps = 3;
    std::vector<uint8_t> pixels(static_cast<size_t>(n * p));
    for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(numbers.bits());
    // The last batch of an epoch is one row short, as `rows` is below `batch`.
    std::vector<int32_t> places(static_cast<size_t>((steps - 1) * batch + rows));
    for (int32_t& place : places) place = static_cast<int32_t>(numbers.below(n));
    Guarded<uint8_t> images(pixels);
    Guarded<int32_t> order(places);
    for (const int64_t now : {0, 2, 3, 7}) {
      Guarded<int64_t> step(std::vector<int64_t>{now});
      for (GputaeTeam* team : teams) {
        Guarded<float> x(rows * p);
        kernels->gather(images.get(), order.get(), step.get(), batch, steps, rows, p, x.get(), team);
        bool right = true;
        for (int64_t r = 0; r < rows; r++) {
          for (int64_t j = 0; j < p; j++)
            right =
                right && x[r * p + j] == static_cast<float>(images[order[now % steps * batch + r] * p + j]) / 255.0f;
        }
        that(right, "%ld rows of %ld pixels at step %ld", static_cast<long>(rows), static_cast<long>(p),
             static_cast<long>(now));
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Dense layers

double elu(double x) { return x > 0 ? x : std::expm1(x); }

// One layer forward and backward. inner sums of k products: k roundings, twice over for the order in which oneDNN adds.
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
      y[static_cast<size_t>(r * out + j)] = activation == GPUTAE_ELU ? elu(sum) : sum;
      y_room[static_cast<size_t>(r * out + j)] = kEpsilon * (static_cast<double>(in) + 4) * size;
    }
  }

  Guarded<float> x(xs), w(ws), b(bs);
  Floats dw_values[kTeams][2];
  for (int t = 0; t < kTeams; t++) {
    Floats y_values;
    for (int again = 0; again < 2; again++) {
      Guarded<float> got(rows * out);
      that(kernels->dense(x.get(), w.get(), b.get(), activation, got.get(), rows, in, out, teams[t]) == 0,
           "status of %s", name.c_str());
      if (again == 1) {
        same_bits(y_values, got.values(), "the same layer twice");
      } else {
        y_values = got.values();
        all_near(
            got, [&](int64_t i) { return y[static_cast<size_t>(i)]; },
            [&](int64_t i) { return y_room[static_cast<size_t>(i)]; }, name.c_str());
      }
    }

    // Backward from the y that the layer gave, so that its roundings are not counted again.
    std::vector<double> dy(dys.size());
    for (size_t i = 0; i < dys.size(); i++) {
      const auto output = static_cast<double>(y_values[i]);
      dy[i] = static_cast<double>(dys[i]) * (activation == GPUTAE_ELU && !(output > 0) ? output + 1 : 1);
    }
    for (int with_dx = 0; with_dx < 2; with_dx++) {
      Guarded<float> got_y(y_values), got_dy(dys), dw(dws), db(dbs), dx(with_dx * rows * in);
      that(kernels->dense_backward(x.get(), w.get(), got_y.get(), activation, got_dy.get(), dw.get(), db.get(),
                                   with_dx ? dx.get() : nullptr, rows, in, out, teams[t]) == 0,
           "status of %s backward", name.c_str());
      all_near(
          got_dy, [&](int64_t i) { return dy[static_cast<size_t>(i)]; },
          [&](int64_t i) { return 2 * kEpsilon * std::fabs(at(dys, i)); }, (name + " dy").c_str());
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
      for (const int64_t out : {1, 2, 15, 17})
        dense_layer(rows, in, out, numbers.below(2) == 0 ? GPUTAE_ELU : GPUTAE_IDENTITY, numbers);
    }
  }
  // The network's own layers; 32,768 multiply-adds are worth a second thread.
  for (const auto& [in, out] : {Shape{784, 64}, Shape{64, 784}, Shape{64, 2}, Shape{2, 64}, Shape{129, 127}}) {
    for (const int64_t rows : check::kSanitized ? std::vector<int64_t>{31} : std::vector<int64_t>{1, 127, 145}) {
      dense_layer(rows, in, out, GPUTAE_ELU, numbers);
    }
  }
}

// Equal rows of a batch give equal bits, wherever they stand and whoever computes them.
void dense_equal_rows() {
  Numbers numbers(5);
  std::vector<int64_t> row_counts = {127, 128, 129, 143, 144, 145, 146, 147, 149, 151, 160, 289};
  for (int64_t rows = 1; rows <= 40; rows++) row_counts.push_back(rows);
  for (const auto& [in, out] :
       {Shape{784, 64}, Shape{64, 64}, Shape{64, 2}, Shape{2, 64}, Shape{3, 5}, Shape{64, 784}}) {
    const Floats image = numbers.floats(in, 0, 1);
    Guarded<float> w(numbers.floats(out * in, -1, 1)), b(numbers.floats(out, -1, 1));
    for (const int64_t rows : row_counts) {
      Floats xs;
      for (int64_t r = 0; r < rows; r++) xs.insert(xs.end(), image.begin(), image.end());
      Guarded<float> x(xs);
      for (GputaeTeam* team : teams) {
        Guarded<float> y(rows * out);
        kernels->dense(x.get(), w.get(), b.get(), GPUTAE_ELU, y.get(), rows, in, out, team);
        bool equal = true;
        for (int64_t i = out; i < rows * out; i++) equal = equal && check::same(y[i], y[i % out]);
        that(equal, "%ld equal rows, %ld -> %ld, %d threads", static_cast<long>(rows), static_cast<long>(in),
             static_cast<long>(out), gputae_team_threads(team));
      }
    }
  }
}

// One input, weight 1: the product is exact, so what comes out is the activation.
void dense_specials() {
  for (const float special : kSpecial) {
    Guarded<float> x(Floats{special}), w(Floats{1}), b(Floats{0}), linear(1), y(1);
    kernels->dense(x.get(), w.get(), b.get(), GPUTAE_IDENTITY, linear.get(), 1, 1, 1, teams[0]);
    that(near(linear[0], static_cast<double>(special), 0), "identity(%g) is %g", static_cast<double>(special),
         static_cast<double>(linear[0]));
    kernels->dense(x.get(), w.get(), b.get(), GPUTAE_ELU, y.get(), 1, 1, 1, teams[0]);
    const double wanted = elu(static_cast<double>(special));
    that(near(y[0], wanted, 4 * kEpsilon * std::fabs(wanted)), "ELU(%g) is %g", static_cast<double>(special),
         static_cast<double>(y[0]));
  }
  // A NaN stays in its row, forward and backward (of dx).
  const int64_t rows = 33, in = 17, out = 15;
  Numbers numbers(6);
  Guarded<float> x(numbers.floats(rows * in, -1, 1)), w(numbers.floats(out * in, -1, 1)), b(numbers.floats(out, -1, 1));
  x[7 * in + 3] = kNaN;
  for (GputaeTeam* team : teams) {
    Guarded<float> y(rows * out), dy(numbers.floats(rows * out, -1, 1)), dw(numbers.floats(out * in, -1, 1)),
        db(numbers.floats(out, -1, 1)), dx(rows * in);
    kernels->dense(x.get(), w.get(), b.get(), GPUTAE_ELU, y.get(), rows, in, out, team);
    kernels->dense_backward(x.get(), w.get(), y.get(), GPUTAE_ELU, dy.get(), dw.get(), db.get(), dx.get(), rows, in,
                            out, team);
    for (int64_t i = 0; i < rows * out; i++)
      that(std::isnan(y[i]) == (i / out == 7), "NaN in row %ld of y", static_cast<long>(i / out));
    for (int64_t i = 0; i < rows * in; i++)
      that(std::isnan(dx[i]) == (i / in == 7), "NaN in row %ld of dx", static_cast<long>(i / in));
    for (int64_t i = 0; i < out; i++) that(std::isnan(db[i]), "db[%ld] hides a NaN", static_cast<long>(i));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The exponential and its relatives (native/cpu/exponential.h), seen through operations that add no error: worst error
// over a sweep, in units in the last place.

template <typename Value, typename Reference>
void worst_error(const char* name, double low, double high, double most, Value value, Reference reference) {
  double worst = 0, where = 0;
  const int64_t count = 400'000;
  Numbers numbers(7);
  Floats inputs = numbers.floats(count, low, high);
  for (size_t i = 0; i < inputs.size(); i += 2) inputs[i] *= std::ldexp(1.0f, -static_cast<int>(numbers.below(30)));
  const Floats outputs = value(inputs);
  for (size_t i = 0; i < inputs.size(); i++) {
    const double wanted = reference(static_cast<double>(inputs[i]));
    const double error = std::fabs(static_cast<double>(outputs[i]) - wanted) / unit_in_the_last_place(wanted);
    if (!(error <= worst)) worst = error, where = static_cast<double>(inputs[i]);
  }
  std::printf("  %s: at most %.2f units in the last place, at %.9g\n", name, worst, where);
  that(worst <= most, "%s: more than %.1f", name, most);
}

void exponentials() {
  worst_error(
      "exp", -86.5, 88, 1.2,
      [](const Floats& x) {
        // z = 0 + exp(logvar / 2) * 1
        Floats statistics;
        for (const float value : x) statistics.insert(statistics.end(), {0, 2 * value});
        const Floats ones(x.size(), 1);
        Floats z(x.size());
        kernels->reparameterise(statistics.data(), ones.data(), z.data(), static_cast<int64_t>(x.size()), 1);
        return z;
      },
      [](double x) { return std::exp(x); });
  worst_error(
      "exp - 1 below 0", -86.5, 0, 1,
      [](const Floats& x) {
        Floats y(x.size());
        const float one = 1, none = 0;
        kernels->dense(x.data(), &one, &none, GPUTAE_ELU, y.data(), static_cast<int64_t>(x.size()), 1, 1, teams[0]);
        return y;
      },
      [](double x) { return std::expm1(x); });
  worst_error(
      "sigmoid", -86.5, 88, 3,
      [](const Floats& x) {
        Floats y(x.size());
        kernels->sigmoid(x.data(), y.data(), static_cast<int64_t>(x.size()), teams[0]);
        return y;
      },
      [](double x) { return 1 / (1 + std::exp(-x)); });
  worst_error(
      "log(1 + exp(x)) below 0", -86.5, 0, 4.5,
      [](const Floats& x) {
        // Cross-entropy of one logit against 0.
        Floats losses(x.size());
        const float target = 0;
        double row_sum;
        for (size_t i = 0; i < x.size(); i++)
          kernels->sigmoid_cross_entropy(&x[i], &target, nullptr, &losses[i], &row_sum, 1, 1, teams[0]);
        return losses;
      },
      [](double x) { return std::log1p(std::exp(x)); });
}

// ---------------------------------------------------------------------------------------------------------------------
// Losses

void sigmoid() {
  Numbers numbers(8);
  for (const int64_t count : kCounts) {
    Guarded<float> logits(with_specials(numbers, count, -20, 20));
    Floats first;
    for (GputaeTeam* team : teams) {
      Guarded<float> probability(count);
      kernels->sigmoid(logits.get(), probability.get(), count, team);
      if (team == teams[0]) first = probability.values();
      same_bits(first, probability.values(), "sigmoid on another team");
      // exp(-87), about 1.7e-38, stands for all that is smaller.
      const auto reference = [&](int64_t i) { return 1 / (1 + std::exp(-static_cast<double>(logits[i]))); };
      all_near(
          probability, reference, [&](int64_t i) { return 6 * kEpsilon * reference(i) + 2e-38; }, "sigmoid");
    }
  }
}

double cross_entropy(double x, double t) { return std::max(x, 0.0) - t * x + std::log1p(std::exp(-std::fabs(x))); }

void sigmoid_cross_entropy() {
  Numbers numbers(9);
  for (const auto& [rows, p] : kShapes) {
    const int64_t count = rows * p;
    Guarded<float> logits(numbers.floats(count, -20, 20)), target(numbers.floats(count, 0, 1));
    for (int64_t i = 0; i < count; i += 3) target[i] = i % 2 == 0 ? 0 : 1;
    double sum = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
      const double x = static_cast<double>(logits[i]), t = static_cast<double>(target[i]);
      sum += cross_entropy(x, t);
      size += std::max(x, 0.0) + std::fabs(t * x) + 1;
    }
    const auto values = static_cast<double>(count);
    Floats first;
    for (GputaeTeam* team : teams) {
      const std::string name = "cross-entropy of " + std::to_string(rows) + " x " + std::to_string(p);
      Guarded<float> gradient(count), loss(1), loss_alone(1), in_place(logits.values());
      Guarded<double> row_sums(rows);
      kernels->sigmoid_cross_entropy(logits.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), rows, p,
                                     team);
      if (team == teams[0]) first = gradient.values();
      same_bits(first, gradient.values(), "its gradient on another team");
      that(near(loss[0], sum / values, kEpsilon * (static_cast<double>(p) / 16 + 8) * size / values),
           "%s is %g, not %g", name.c_str(), static_cast<double>(loss[0]), sum / values);
      all_near(
          gradient,
          [&](int64_t i) {
            return (1 / (1 + std::exp(-static_cast<double>(logits[i]))) - static_cast<double>(target[i])) / values;
          },
          [&](int64_t) { return 6 * kEpsilon / values; }, name.c_str());
      kernels->sigmoid_cross_entropy(logits.get(), target.get(), nullptr, loss_alone.get(), row_sums.get(), rows, p,
                                     team);
      that(check::same(loss[0], loss_alone[0]), "%s without gradient", name.c_str());
      kernels->sigmoid_cross_entropy(in_place.get(), target.get(), in_place.get(), loss_alone.get(), row_sums.get(),
                                     rows, p, team);
      that(check::same(loss[0], loss_alone[0]), "%s with the gradient in place of the logits", name.c_str());
      same_bits(first, in_place.values(), "its gradient in place of the logits");
    }
  }
  // One value each; exp(-87) stands for all that is smaller.
  for (const float special : kSpecial) {
    for (const float t : {0.0f, 0.5f, 1.0f}) {
      Guarded<float> logit(Floats{special}), target(Floats{t}), gradient(1), loss(1);
      Guarded<double> row_sums(1);
      kernels->sigmoid_cross_entropy(logit.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), 1, 1,
                                     teams[0]);
      const double x = static_cast<double>(special), wanted = cross_entropy(x, static_cast<double>(t));
      that(near(loss[0], wanted, 4 * kEpsilon * std::fabs(wanted) + 2e-38), "loss of logit %g, target %g is %g", x,
           static_cast<double>(t), static_cast<double>(loss[0]));
      that(near(gradient[0], 1 / (1 + std::exp(-x)) - static_cast<double>(t), 4 * kEpsilon),
           "gradient of logit %g, target %g is %g", x, static_cast<double>(t), static_cast<double>(gradient[0]));
    }
  }
  // A NaN shows in the loss and stays in its place of the gradient, in a register and in the tail.
  for (const int64_t place : {0, 16, 32}) {
    Guarded<float> logits(numbers.floats(33, -1, 1)), target(numbers.floats(33, 0, 1)), gradient(33), loss(1);
    Guarded<double> row_sums(1);
    logits[place] = kNaN;
    kernels->sigmoid_cross_entropy(logits.get(), target.get(), gradient.get(), loss.get(), row_sums.get(), 1, 33,
                                   teams[0]);
    that(std::isnan(loss[0]), "a loss without its NaN");
    for (int64_t i = 0; i < 33; i++) that(std::isnan(gradient[i]) == (i == place), "NaN at %ld", static_cast<long>(i));
  }
}

void ball_penalty() {
  Numbers numbers(10);
  const float weight = 0.37f;
  for (const int penalty : {GPUTAE_NORM, GPUTAE_SQUARED_NORM}) {
    for (const int64_t d : {1, 2, 3, 8, 15, 16, 17, 33}) {
      for (const int64_t rows : {1, 2, 33, 500}) {
        Guarded<float> z(numbers.floats(rows * d, -1, 1)), gradient(rows * d), loss(1);
        if (rows > 2) {
          for (int64_t k = 0; k < d; k++)
            z[k] = 0, z[d + k] = k == 0 ? 1 : 0, z[2 * d + k] = k == 0 ? 1e30f : kDenormal;
        }
        kernels->ball_penalty(z.get(), penalty, weight, gradient.get(), loss.get(), rows, d);
        double sum = 0;
        std::vector<double> slopes(static_cast<size_t>(rows));
        for (int64_t r = 0; r < rows; r++) {
          double square = 0;
          for (int64_t k = 0; k < d; k++)
            square += static_cast<double>(z[r * d + k]) * static_cast<double>(z[r * d + k]);
          const double excess = (penalty == GPUTAE_NORM ? std::sqrt(square) : square) - 1;
          sum += std::max(excess, 0.0);
          if (excess > 0)
            slopes[static_cast<size_t>(r)] =
                static_cast<double>(weight) * (penalty == GPUTAE_NORM ? 1 / std::sqrt(square) : 2);
        }
        that(near(loss[0], sum, 2 * kEpsilon * sum), "ball penalty %g, not %g", static_cast<double>(loss[0]), sum);
        const auto reference = [&](int64_t i) {
          return slopes[static_cast<size_t>(i / d)] * static_cast<double>(z[i]);
        };
        all_near(
            gradient, reference, [&](int64_t i) { return 2 * kEpsilon * std::fabs(reference(i)) + 0x1p-149; },
            "gradient of the ball penalty");
      }
    }
    // A point that is not a number, or infinitely far, shows in the loss; the gradients of the others do not know.
    for (const float bad : {kNaN, kInfinity, -kInfinity}) {
      Guarded<float> z(Floats{0.1f, 0.2f, bad, 0, 3, 4}), gradient(6), loss(1);
      kernels->ball_penalty(z.get(), penalty, 1, gradient.get(), loss.get(), 3, 2);
      that(std::isnan(bad) ? std::isnan(loss[0]) : loss[0] == kInfinity, "the penalty of %g is %g",
           static_cast<double>(bad), static_cast<double>(loss[0]));
      that(!std::isfinite(gradient[2]), "the gradient of %g is %g", static_cast<double>(bad),
           static_cast<double>(gradient[2]));
      that(gradient[0] == 0 && gradient[1] == 0 && near(gradient[4], penalty == GPUTAE_NORM ? 0.6 : 6, 6 * kEpsilon),
           "the gradient beside %g", static_cast<double>(bad));
    }
  }
}

void reparameterise() {
  Numbers numbers(11);
  for (const int64_t d : {1, 2, 3, 8, 15, 16, 17, 33}) {
    for (const int64_t rows : {1, 2, 33, 500}) {
      const int64_t pixels = 784;
      Guarded<float> statistics(numbers.floats(rows * 2 * d, -4, 4)), noise(numbers.floats(rows * d, -3, 3)),
          dz(numbers.floats(rows * d, -1, 1));
      Guarded<float> z(rows * d), mean(rows * d), d_statistics(rows * 2 * d), loss(1);
      const auto mu = [&](int64_t i) { return static_cast<double>(statistics[i / d * 2 * d + i % d]); };
      const auto logvar = [&](int64_t i) { return static_cast<double>(statistics[i / d * 2 * d + d + i % d]); };
      const auto deviating = [&](int64_t i) { return std::exp(logvar(i) / 2) * static_cast<double>(noise[i]); };
      kernels->reparameterise(statistics.get(), noise.get(), z.get(), rows, d);
      all_near(
          z, [&](int64_t i) { return mu(i) + deviating(i); },
          [&](int64_t i) { return kEpsilon * (std::fabs(mu(i)) + 6 * std::fabs(deviating(i))); }, "mu + sigma noise");
      kernels->reparameterise(statistics.get(), nullptr, mean.get(), rows, d);
      all_near(
          mean, mu, [](int64_t) { return 0; }, "mu");

      kernels->reparameterise_backward(statistics.get(), noise.get(), dz.get(), pixels, d_statistics.get(), loss.get(),
                                       rows, d);
      const double scale = 1 / static_cast<double>(rows * pixels);
      double sum = 0, size = 0;
      for (int64_t i = 0; i < rows * d; i++) {
        sum += 0.5 * scale * (std::expm1(logvar(i)) - logvar(i) + mu(i) * mu(i));
        size += 0.5 * scale * (std::exp(logvar(i)) + 1 + std::fabs(logvar(i)) + mu(i) * mu(i));
      }
      that(near(loss[0], sum, 6 * kEpsilon * size), "divergence %g, not %g", static_cast<double>(loss[0]), sum);
      const auto of_row = [&](int64_t i) { return i / (2 * d) * d + i % d; };
      all_near(
          d_statistics,
          [&](int64_t j) {
            const int64_t i = of_row(j);
            const auto g = static_cast<double>(dz[i]);
            return j % (2 * d) < d ? g + scale * mu(i) : 0.5 * (g * deviating(i) + scale * std::expm1(logvar(i)));
          },
          [&](int64_t j) {
            const int64_t i = of_row(j);
            return kEpsilon * (1 + std::fabs(mu(i)) + 8 * std::fabs(deviating(i)) + 8 * std::exp(logvar(i)) * scale);
          },
          "gradient of mu and logvar");
    }
  }
  // What is not finite stays where it is. exp saturates near 1.7e38 and 1.6e-38 instead of at infinity and 0.
  Guarded<float> statistics(Floats{1, kNaN, 3, 0, 0, kNaN}), noise(Floats{1, 1, 1}), z(3);
  kernels->reparameterise(statistics.get(), noise.get(), z.get(), 1, 3);
  that(z[0] == 2 && std::isnan(z[1]) && std::isnan(z[2]), "NaN in mu and logvar");
  Guarded<float> extremes(Floats{0, kInfinity, 0, -kInfinity, 0, 1000, 0, -1000}), ones(Floats{1, 1, 1, 1}),
      saturated(4);
  kernels->reparameterise(extremes.get(), ones.get(), saturated.get(), 4, 1);
  for (int64_t r = 0; r < 4; r++)
    that(r % 2 == 0 ? saturated[r] > 1.6e38f : saturated[r] >= 0 && saturated[r] < 1.7e-38f, "saturation in row %ld",
         static_cast<long>(r));
}

// ---------------------------------------------------------------------------------------------------------------------
// Spanning trees. The rule of kernels/exact_distance.h, written once more from its words.

float exact_square(const float* u, const float* v, int64_t d) {
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
  // n (d + 2) from 65,536 on is worth several threads; with few points some of them have none.
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

// Prim's algorithm as in a textbook: every round looks at every pair of a point inside and, kept per point outside, its
// best edge so far. A NaN is read as infinity.
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

// Clouds so large that 1, 2 and 3 dimensions are split: against the tree of one thread, which the clouds above have
// checked.
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
      // The first third of the points are copies of the first: edges of length 0.
      for (int64_t i = 0; i < n / 3 * d; i++) z[i] = z[i % d];
      const Tree tree = spanning_tree(z.values(), n, d, teams[0]);
      Guarded<int32_t> edges(tree.edges);
      Guarded<float> lengths(tree.lengths);
      Floats ascending = tree.lengths;
      std::sort(ascending.begin(), ascending.end());
      const float median = ascending.empty() ? 0 : ascending[ascending.size() / 2];  // itself not longer than the bound
      for (const float degree : {1.0f, 1.5f, 2.0f, 3.0f}) {
        for (const float longest : {kInfinity, median}) {
          const float weight = -0.3f;
          Guarded<float> gradient(n * d), loss(1);
          kernels->death_times(z.get(), edges.get(), lengths.get(), degree, longest, weight, gradient.get(), loss.get(),
                               n, d);
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
  // A NaN among the points shows in the loss (its edge is infinite) and in its own gradient; the tree does not hide it.
  Guarded<float> z(Floats{0, 1, kNaN, 3}), gradient(4), loss(1);
  const Tree tree = spanning_tree(z.values(), 4, 1, teams[0]);
  Guarded<int32_t> edges(tree.edges);
  Guarded<float> lengths(tree.lengths);
  kernels->death_times(z.get(), edges.get(), lengths.get(), 1, kInfinity, 1, gradient.get(), loss.get(), 4, 1);
  that(!std::isfinite(loss[0]) && std::isnan(gradient[2]), "loss %g, gradient %g", static_cast<double>(loss[0]),
       static_cast<double>(gradient[2]));
  that(gradient[1] == 0 && gradient[3] == 1, "gradients beside it: %g, %g", static_cast<double>(gradient[1]),
       static_cast<double>(gradient[3]));
}

// ---------------------------------------------------------------------------------------------------------------------
// Parameters

void add() {
  Numbers numbers(15);
  for (const int64_t count : kCounts) {
    Guarded<float> term(with_specials(numbers, count, -1, 1)), sum(with_specials(numbers, count, -1, 1));
    Floats wanted;
    for (int64_t i = 0; i < count; i++) wanted.push_back(sum[i] + term[i]);
    kernels->add(term.get(), sum.get(), count);
    same_bits(wanted, sum.values(), "a sum");
  }
}

// Adam's state lies on cache lines: its registers are loaded aligned.
struct AdamState {
  explicit AdamState(int64_t count) : parameters(count, 64), gradient(count, 64), first(count, 64), second(count, 64) {}
  Guarded<float> parameters, gradient, first, second;
};

constexpr double kRate = 3e-4, kBeta1 = 0.9, kBeta2 = 0.999, kAdamEpsilon = 1e-8;
constexpr double kDust = 0x1p-100;

void step_adam(AdamState& state, int64_t step, GputaeTeam* team) {
  Guarded<int64_t> now(std::vector<int64_t>{step + 1});
  kernels->adam(state.parameters.get(), state.gradient.get(), state.first.get(), state.second.get(), now.get(), kRate,
                kBeta1, kBeta2, kAdamEpsilon, state.parameters.size(), team);
}

void adam() {
  Numbers numbers(16);
  for (const int64_t count : kCounts) {
    for (const int64_t step : {0, 1, 1000}) {
      AdamState one(count);
      for (int64_t i = 0; i < count; i++) {
        one.parameters[i] = numbers.between(-1, 1);
        // Gradients of all sizes, some 0; moments from nothing to what many steps leave.
        one.gradient[i] =
            numbers.below(4) == 0 ? 0 : std::ldexp(numbers.between(-1, 1), static_cast<int>(numbers.below(60)) - 50);
        one.first[i] = step == 0 ? 0 : std::ldexp(numbers.between(-1, 1), static_cast<int>(numbers.below(40)) - 30);
        one.second[i] = step == 0 ? 0 : std::ldexp(numbers.between(0, 1), static_cast<int>(numbers.below(60)) - 50);
      }
      const Floats p = one.parameters.values(), g = one.gradient.values(), m = one.first.values(),
                   v = one.second.values();
      const auto at = [](const Floats& values, int64_t i) {
        return static_cast<double>(values[static_cast<size_t>(i)]);
      };
      step_adam(one, step, teams[0]);

      const double t = static_cast<double>(step + 1);
      const double rate = kRate / (1 - std::pow(kBeta1, t)), root_scale = 1 / std::sqrt(1 - std::pow(kBeta2, t));
      const auto first = [&](int64_t i) { return kBeta1 * at(m, i) + (1 - kBeta1) * at(g, i); };
      const auto first_size = [&](int64_t i) {
        return kBeta1 * std::fabs(at(m, i)) + (1 - kBeta1) * std::fabs(at(g, i));
      };
      const auto second = [&](int64_t i) { return kBeta2 * at(v, i) + (1 - kBeta2) * at(g, i) * at(g, i); };
      // Moments below 2^-100 become 0, which a difference of the first moment may reach.
      all_near(
          one.first, first, [&](int64_t i) { return 4 * kEpsilon * first_size(i) + kDust; }, "first moment");
      all_near(
          one.second, second, [&](int64_t i) { return 6 * kEpsilon * second(i) + kDust; }, "second moment");
      const auto denominator = [&](int64_t i) {
        return std::sqrt(second(i) < kDust ? 0 : second(i)) * root_scale + kAdamEpsilon;
      };
      all_near(
          one.parameters, [&](int64_t i) { return at(p, i) - rate * first(i) / denominator(i); },
          [&](int64_t i) {
            return kEpsilon * (std::fabs(at(p, i)) + rate * first_size(i) / denominator(i) * 16 + rate);
          },
          "parameters");
      for (int64_t i = 0; i < count; i++)
        that(one.gradient[i] == 0, "the gradient is left %g", static_cast<double>(one.gradient[i]));

      for (int team = 1; team < kTeams; team++) {
        AdamState other(count);
        for (int64_t i = 0; i < count; i++) {
          other.parameters[i] = p[static_cast<size_t>(i)], other.gradient[i] = g[static_cast<size_t>(i)];
          other.first[i] = m[static_cast<size_t>(i)], other.second[i] = v[static_cast<size_t>(i)];
        }
        step_adam(other, step, teams[team]);
        same_bits(one.parameters.values(), other.parameters.values(), "parameters on another team");
        same_bits(one.first.values(), other.first.values(), "first moment on another team");
        same_bits(one.second.values(), other.second.values(), "second moment on another team");
      }
    }
  }
}

// One gradient among zeros, in a register and in the tail: nobody else's parameter moves.
void adam_specials() {
  for (const int64_t place : {5, 32}) {
    for (const float special : kSpecial) {
      AdamState state(33);
      for (int64_t i = 0; i < 33; i++)
        state.parameters[i] = 1, state.gradient[i] = 0, state.first[i] = 0, state.second[i] = 0;
      state.gradient[place] = special;
      step_adam(state, 0, teams[0]);
      for (int64_t i = 0; i < 33; i++)
        that(i == place || state.parameters[i] == 1, "a gradient %g elsewhere", static_cast<double>(special));
      const double size = std::fabs(static_cast<double>(special));
      if (!std::isfinite(special)) {
        that(!std::isfinite(state.parameters[place]), "a gradient %g is hidden", static_cast<double>(special));
      } else if (size < 1e18) {
        // The first step is the rate, but for gradients near epsilon.
        const double change = kRate * static_cast<double>(special) / (size + kAdamEpsilon);
        that(near(state.parameters[place], 1 - change, 2 * kEpsilon), "a gradient %g moves its parameter to %.9g",
             static_cast<double>(special), static_cast<double>(state.parameters[place]));
      } else {
        // The square overflows; no step is longer than the first one.
        that(std::fabs(state.parameters[place] - 1) <= 4e-4f, "a gradient %g moves its parameter to %.9g",
             static_cast<double>(special), static_cast<double>(state.parameters[place]));
      }
    }
  }
  // Without gradients moments fade and then are 0, never denormal.
  AdamState state(33);
  for (int64_t i = 0; i < 33; i++)
    state.parameters[i] = 1, state.gradient[i] = 0, state.first[i] = 1e-29f, state.second[i] = 1e-29f;
  step_adam(state, 1, teams[0]);
  that(state.first[0] > 0 && state.second[0] > 0 && state.first[32] > 0, "moments that fade");
  for (int64_t i = 0; i < 33; i++) state.first[i] = i % 2 == 0 ? 1e-31f : -1e-31f, state.second[i] = 7e-31f;
  step_adam(state, 2, teams[0]);
  for (int64_t i = 0; i < 33; i++) that(state.first[i] == 0 && state.second[i] == 0, "moments that have faded");
}

void end_step() {
  for (const int64_t width : {1, 4, 7}) {
    const int64_t rows = 3;
    Guarded<float> log(rows * width);
    Guarded<int64_t> step(std::vector<int64_t>{4});
    Numbers numbers(17);
    for (int64_t now = 4; now < 9; now++) {
      Guarded<float> losses(numbers.floats(width, 0, 1));
      Floats wanted = log.values();
      for (int64_t k = 0; k < width; k++) wanted[static_cast<size_t>(now % rows * width + k)] = losses[k];
      kernels->end_step(losses.get(), log.get(), rows, width, step.get());
      same_bits(wanted, log.values(), "the log");
      that(step[0] == now + 1, "the step is %ld", static_cast<long>(step[0]));
    }
  }
}

// After all that, denormal numbers live in the caller and in every thread of every team. The parts of a job wait for
// one another, so each thread has one.
void denormals_live() {
  struct Meeting {
    int threads;
    std::atomic<int> arrived{0}, flushing{0};
  };
  for (GputaeTeam* team : teams) {
    Meeting meeting{gputae_team_threads(team)};
    gputae_team_run(
        team, meeting.threads,
        [](void* context, int) {
          auto& m = *static_cast<Meeting*>(context);
          // The control register's bits for flush-to-zero and denormals-are-zero.
          if ((_mm_getcsr() & 0x8040u) != 0) m.flushing++;
          m.arrived++;
          while (m.arrived < m.threads) std::this_thread::yield();
        },
        &meeting);
    that(meeting.arrived == meeting.threads && meeting.flushing == 0, "%d of %d threads flush to zero",
         meeting.flushing.load(), meeting.threads);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string set = count == 2 ? arguments[1] : "";
  kernels = set == "baseline" ? &gputae_baseline
            : set == "avx2"   ? &gputae_avx2
            : set == "avx512" ? &gputae_avx512
                              : nullptr;
  if (kernels == nullptr) {
    std::fprintf(stderr, "usage: operations_test baseline|avx2|avx512\n");
    return 2;
  }
  const bool has_avx2 = __builtin_cpu_supports("x86-64-v3"), has_avx512 = __builtin_cpu_supports("x86-64-v4");
  if ((set == "avx2" && !has_avx2) || (set == "avx512" && !has_avx512)) {
    std::printf("skipped: this processor lacks %s\n", set.c_str());
    return 0;
  }
  that(set == kernels->name, "the name of %s is %s", set.c_str(), kernels->name);
  // oneDNN too, as native/cpu/jni.cpp does it.
  dnnl_set_max_cpu_isa(set == "avx512" ? dnnl_cpu_isa_default : set == "avx2" ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41);
  for (int t = 0; t < kTeams; t++) teams[t] = gputae_team_create(t + 1);

  check::group("Philox's known answers", philox_known_answers);
  check::group("normals", normals);
  check::group("uniform ball", uniform_ball);
  check::group("gather divides every byte by 255", gather_divides_every_byte_by_255);
  check::group("gather", gather);
  check::group("dense layers", dense);
  check::group("special values in dense layers", dense_specials);
  check::group("exponentials", exponentials);
  check::group("sigmoid", sigmoid);
  check::group("sigmoid and cross-entropy", sigmoid_cross_entropy);
  check::group("ball penalty", ball_penalty);
  check::group("reparameterisation", reparameterise);
  check::group("squared distances", squared_distances);
  check::group("spanning trees", spanning_trees);
  check::group("death times", death_times);
  check::group("add", add);
  check::group("Adam", adam);
  check::group("special values in Adam", adam_specials);
  check::group("end of a step", end_step);
  if (!check::kSanitized) {
    // oneDNN's own roundings, and minutes under a sanitizer for code that smaller clouds reach too.
    check::group("equal rows of dense layers", dense_equal_rows);
    check::group("spanning trees of many points", spanning_trees_of_many_points);
  }
  check::group("denormal numbers live in every thread", denormals_live);

  for (GputaeTeam* team : teams) gputae_team_destroy(team);
  return check::failed_groups == 0 ? 0 : 1;
}
