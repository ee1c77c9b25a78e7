// Batches: rows of images gathered in the order of an epoch.
#include <vector>

#include "operations.h"

namespace operations {

namespace {

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
    // The last batch of an epoch is one row shorter, because `rows` is below `batch`.
    std::vector<int32_t> places(static_cast<size_t>((steps - 1) * batch + rows));
    for (int32_t& place : places) place = static_cast<int32_t>(numbers.below(n));
    Guarded<uint8_t> images(pixels);
    Guarded<float> samples(numbers.floats(n * p, -1e3, 1e3));
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
        kernels->gather_floats(samples.get(), order.get(), step.get(), batch, steps, rows, p, x.get(), team);
        right = true;
        for (int64_t r = 0; r < rows; r++) {
          for (int64_t j = 0; j < p; j++)
            right = right && check::same(x[r * p + j], samples[order[now % steps * batch + r] * p + j]);
        }
        that(right, "%ld rows of %ld floats at step %ld", static_cast<long>(rows), static_cast<long>(p),
             static_cast<long>(now));
      }
    }
  }
}

}  // namespace

void test_batches() {
  check::group("gather divides every byte by 255", gather_divides_every_byte_by_255);
  check::group("gather", gather);
}

}  // namespace operations
