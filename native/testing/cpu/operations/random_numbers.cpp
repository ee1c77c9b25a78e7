// Random numbers: Philox, normals, points of a ball.
#include <cmath>
#include <vector>

#include "../../../../kernels/philox.h"
#include "operations.h"

namespace operations {

namespace {

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

// A normal and the radius of its pair. The error of the normal grows with the radius: the angle is at most 2 pi and is
// rounded twice.
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

}  // namespace

void test_random_numbers() {
  check::group("Philox's known answers", philox_known_answers);
  check::group("normals", normals);
  check::group("uniform ball", uniform_ball);
}

}  // namespace operations
