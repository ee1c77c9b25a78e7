// Operations that touch every number once: gather, sigmoid, binary cross-entropy, ball penalty, reparameterisation,
// Adam. Formulas and shapes: operations.h.
#include "exponential.h"
#include "simd.h"

namespace gputae::GPUTAE_NAMESPACE {

namespace {

// Number of partial sums, one for each column modulo 16, so that the order of a sum does not depend on the width of a
// register.
constexpr int kLanes = 16;

// If there are fewer values than this, one thread does them all, because waking another thread costs about a
// microsecond.
constexpr int64_t kParallelValues = 16384;

// Moments smaller than this are set to 0. Otherwise a weight whose gradient has become 0 (that of a pixel that is
// nearly always black) would keep denormal moments for ever, since 0.9 times the smallest denormals rounds to the same
// numbers. Denormals cost a processor a hundred cycles each. Next to epsilon = 1e-8 such moments are too small to move
// a weight.
constexpr float kDust = 0x1p-100f;

double lane_sum(const float* lanes) {
  double sum = 0;
  for (int l = 0; l < kLanes; l++) sum += lanes[l];
  return sum;
}

// A loss of one output and its derivative with respect to the output.
struct Loss {
  float loss, derivative;
};

// -[t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))] = max(x, 0) - t x + log(1 + exp(-|x|)), and sigmoid(x) - t.
inline Loss cross_entropy(float x, float t) {
  const float positive = x > 0 ? x : 0;  // for a NaN, the product t * x brings it back
  const float e = exponential_below_zero(-__builtin_fabsf(x));
  // Division is the slowest operation here. One division gives 1 / (1 + e) and e / (2 + e), and log(1 + e)
  // follows from the latter.
  const float one_plus = 1 + e, two_plus = 2 + e;
  const float reciprocal = 1 / (one_plus * two_plus);
  const float larger = two_plus * reciprocal;
  const float probability = x > 0 ? larger : e * larger;
  return {multiply_add(-t, x, positive) + twice_inverse_tanh(e * one_plus * reciprocal), probability - t};
}

// (x - t)^2 and its derivative.
inline Loss square(float x, float t) {
  const float difference = x - t;
  return {difference * difference, 2 * difference};
}

// The mean of a loss over outputs (rows, p) against target; gradient (rows, p) may be null, and may be the outputs.
template <Loss (*of)(float, float)>
void mean_loss(const float* outputs, const float* target, float* gradient, float* loss, double* row_sums, int64_t rows,
               int64_t p, GputaeTeam* team) {
  const float scale = static_cast<float>(1.0 / (static_cast<double>(rows) * static_cast<double>(p)));
  const int parts = parts_for(team, rows * p, kParallelValues);
  in_parts(team, parts, [=](int number) {
    const Share own = share(rows, 1, number, parts);
    for (int64_t r = own.first; r < own.last; r++) {
      const float* x = outputs + r * p;
      const float* t = target + r * p;
      float sums[kLanes] = {};
      int64_t j = 0;
      if (gradient != nullptr) {
        float* g = gradient + r * p;
        for (; j + kLanes <= p; j += kLanes) {
          for (int l = 0; l < kLanes; l++) {
            const Loss c = of(x[j + l], t[j + l]);
            sums[l] += c.loss;
            g[j + l] = c.derivative * scale;
          }
        }
        for (int l = 0; j < p; j++, l++) {
          const Loss c = of(x[j], t[j]);
          sums[l] += c.loss;
          g[j] = c.derivative * scale;
        }
      } else {
        for (; j + kLanes <= p; j += kLanes) {
          for (int l = 0; l < kLanes; l++) sums[l] += of(x[j + l], t[j + l]).loss;
        }
        for (int l = 0; j < p; j++, l++) sums[l] += of(x[j], t[j]).loss;
      }
      row_sums[r] = lane_sum(sums);
    }
  });
  double sum = 0;
  for (int64_t r = 0; r < rows; r++) sum += row_sums[r];
  *loss = static_cast<float>(sum / (static_cast<double>(rows) * static_cast<double>(p)));
}

// byte / 255, correctly rounded: the product with the rounded reciprocal, corrected by its remaining error.
// BackendContract checks all 256 bytes.
inline float grey(uint8_t byte) {
  const float u = byte;
#ifdef __FMA__
  const float reciprocal = 1 / 255.0f;
  const float q = u * reciprocal;
  return __builtin_fmaf(__builtin_fmaf(-255.0f, q, u), reciprocal, q);
#else
  return u / 255.0f;
#endif
}

inline float value(uint8_t byte) { return grey(byte); }
inline float value(float number) { return number; }

// x (rows, p) = the values of the samples (n, p) whose numbers stand in `order` (rows).
template <typename T>
void gather_rows(const T* samples, const int32_t* order, int64_t rows, int64_t p, float* x, GputaeTeam* team) {
  const int parts = parts_for(team, rows * p, kParallelValues);
  in_parts(team, parts, [=](int number) {
    const Share own = share(rows, 1, number, parts);
    for (int64_t r = own.first; r < own.last; r++) {
      const T* sample = samples + static_cast<int64_t>(order[r]) * p;
      // The next sample may lie anywhere in memory, so it is fetched early.
      if (r + 1 < own.last) {
        const T* next = samples + static_cast<int64_t>(order[r + 1]) * p;
        for (int64_t j = 0; j < p; j += 64 / static_cast<int64_t>(sizeof(T))) __builtin_prefetch(next + j);
      }
      float* row = x + r * p;
      for (int64_t j = 0; j < p; j++) row[j] = value(sample[j]);
    }
  });
}

}  // namespace

void gather(const uint8_t* images, const int32_t* order, const int64_t* step, int64_t batch, int64_t steps_per_epoch,
            int64_t rows, int64_t p, float* x, GputaeTeam* team) {
  gather_rows(images, order + *step % steps_per_epoch * batch, rows, p, x, team);
}

void gather_floats(const float* samples, const int32_t* order, const int64_t* step, int64_t batch,
                   int64_t steps_per_epoch, int64_t rows, int64_t p, float* x, GputaeTeam* team) {
  gather_rows(samples, order + *step % steps_per_epoch * batch, rows, p, x, team);
}

void sigmoid(const float* logits, float* probability, int64_t count, GputaeTeam* team) {
  const int parts = parts_for(team, count, kParallelValues);
  in_parts(team, parts, [=](int number) {
    const Share own = share(count, kLanes, number, parts);
    for (int64_t i = own.first; i < own.last; i++) {
      const float x = logits[i];
      const float e = exponential(-__builtin_fabsf(x));
      const float larger = 1 / (1 + e);
      probability[i] = x > 0 ? larger : e * larger;
    }
  });
}

void sigmoid_cross_entropy(const float* logits, const float* target, float* gradient, float* loss, double* row_sums,
                           int64_t rows, int64_t p, GputaeTeam* team) {
  mean_loss<cross_entropy>(logits, target, gradient, loss, row_sums, rows, p, team);
}

void squared_error(const float* outputs, const float* target, float* gradient, float* loss, double* row_sums,
                   int64_t rows, int64_t p, GputaeTeam* team) {
  mean_loss<square>(outputs, target, gradient, loss, row_sums, rows, p, team);
}

void ball_penalty(const float* z, int penalty, const float* weight, float* gradient, float* loss, int64_t rows,
                  int64_t d) {
  double sum = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float* row = z + r * d;
    double square = 0;
    for (int64_t k = 0; k < d; k++) square += static_cast<double>(row[k]) * row[k];
    const double norm = __builtin_sqrt(square);
    const double excess = (penalty == GPUTAE_NORM ? norm : square) - 1;
    // This comparison is false for a NaN, so a NaN is added to the sum and does not count as a point inside the ball.
    const bool inside = excess <= 0;
    if (!inside) sum += excess;
    const double slope = inside ? 0 : penalty == GPUTAE_NORM ? *weight / norm : 2.0 * *weight;
    for (int64_t k = 0; k < d; k++) gradient[r * d + k] = static_cast<float>(slope * row[k]);
  }
  *loss = static_cast<float>(sum);
}

void add(const float* term, float* sum, int64_t count) {
  for (int64_t i = 0; i < count; i++) sum[i] += term[i];
}

void reparameterise(const float* statistics, const float* noise, float* z, int64_t rows, int64_t d) {
  for (int64_t r = 0; r < rows; r++) {
    const float* mu = statistics + r * 2 * d;
    const float* logvar = mu + d;
    for (int64_t k = 0; k < d; k++) {
      z[r * d + k] = noise == nullptr ? mu[k] : multiply_add(exponential(0.5f * logvar[k]), noise[r * d + k], mu[k]);
    }
  }
}

void reparameterise_backward(const float* statistics, const float* noise, const float* dz, int64_t pixels,
                             float* d_statistics, float* loss, int64_t rows, int64_t d) {
  const double scale = 1.0 / (static_cast<double>(rows) * static_cast<double>(pixels));
  const float weight = static_cast<float>(scale);
  double sum = 0;
  for (int64_t r = 0; r < rows; r++) {
    const float* mu = statistics + r * 2 * d;
    const float* logvar = mu + d;
    float* d_mu = d_statistics + r * 2 * d;
    float* d_logvar = d_mu + d;
    for (int64_t k = 0; k < d; k++) {
      const float deviation = exponential(0.5f * logvar[k]);
      const float variance_minus_one = exponential_minus_one(logvar[k]);
      const float gradient = dz[r * d + k];
      d_mu[k] = multiply_add(weight, mu[k], gradient);
      d_logvar[k] = 0.5f * multiply_add(weight, variance_minus_one, gradient * noise[r * d + k] * deviation);
      sum += static_cast<double>(variance_minus_one) - logvar[k] + static_cast<double>(mu[k]) * mu[k];
    }
  }
  *loss = static_cast<float>(0.5 * sum * scale);
}

void adam(float* parameters, float* gradient, float* first_moment, float* second_moment, const int64_t* step,
          const double* rates, int64_t count, GputaeTeam* team) {
  const double rate = rates[0], beta1 = rates[1], beta2 = rates[2], epsilon = rates[3];
  const double t = static_cast<double>(*step);
  // theta -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
  const float step_size = static_cast<float>(rate / (1 - __builtin_pow(beta1, t)));
  const float root_scale = static_cast<float>(1 / __builtin_sqrt(1 - __builtin_pow(beta2, t)));
  const float b1 = static_cast<float>(beta1), c1 = static_cast<float>(1 - beta1);
  const float b2 = static_cast<float>(beta2), c2 = static_cast<float>(1 - beta2);
  const float eps = static_cast<float>(epsilon);
  const int parts = parts_for(team, count, kParallelValues);
  in_parts(team, parts, [=](int number) {
    const Share own = share(count, kLanes, number, parts);
    int64_t i = own.first;
    for (; i + kWidth <= own.last; i += kWidth) {
      const Lanes g = load(gradient + i);
      const Lanes m = zero_below(multiply_add(broadcast(b1), load(first_moment + i), broadcast(c1) * g), kDust);
      const Lanes v = zero_below(multiply_add(broadcast(b2), load(second_moment + i), broadcast(c2) * g * g), kDust);
      store(first_moment + i, m);
      store(second_moment + i, v);
      const Lanes change =
          quotient(broadcast(step_size) * m, multiply_add(root(v), broadcast(root_scale), broadcast(eps)));
      store(parameters + i, load(parameters + i) - change);
      store(gradient + i, broadcast(0));
    }
    for (; i < own.last; i++) {
      const float g = gradient[i];
      float m = multiply_add(b1, first_moment[i], c1 * g);
      float v = multiply_add(b2, second_moment[i], c2 * g * g);
      m = __builtin_fabsf(m) < kDust ? 0 : m;
      v = v < kDust ? 0 : v;
      first_moment[i] = m;
      second_moment[i] = v;
      parameters[i] -= step_size * m / multiply_add(__builtin_sqrtf(v), root_scale, eps);
      gradient[i] = 0;
    }
  });
}

void end_step(const float* losses, float* log, int64_t log_rows, int64_t width, int64_t* step) {
  float* row = log + *step % log_rows * width;
  for (int64_t k = 0; k < width; k++) row[k] = losses[k];
  *step += 1;
}

}  // namespace gputae::GPUTAE_NAMESPACE
