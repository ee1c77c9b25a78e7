// The list of the operations of one instruction set. From it gputae.h makes the type of a table, isa.h the
// declarations, kernels.cpp the table and jni.cpp the bridge to Java. Each of them defines OPERATION(result, name,
// (parameters)) and includes this file. Native.java declares each operation too, under its name in camel case, with
// the context and then the parameters in the same order, but without the team. A declaration that differs is an error
// when the library is loaded.
#ifndef OPERATION
#error "define OPERATION(result, name, parameters) before operations.h is included"
#endif

// x (rows, p) = images[order[(step % steps_per_epoch) * batch + row]] / 255; images uint8 (n, p), order int32.
OPERATION(void, gather,
          (const uint8_t* images, const int32_t* order, const int64_t* step, int64_t batch, int64_t steps_per_epoch,
           int64_t rows, int64_t p, float* x, GputaeTeam* team))

// x (rows, p) = samples[order[(step % steps_per_epoch) * batch + row]]; samples (n, p), order int32.
OPERATION(void, gather_floats,
          (const float* samples, const int32_t* order, const int64_t* step, int64_t batch, int64_t steps_per_epoch,
           int64_t rows, int64_t p, float* x, GputaeTeam* team))

// y (rows, out) = activation(x (rows, in) w (out, in)^T + b (out)). Unless `before` (rows, out) is null, it gets the
// values before the activation. Equal rows of x give equal bits, whatever their places, the number of rows and the
// number of threads.
OPERATION(void, dense,
          (const float* x, const float* w, const float* b, int activation, float* before, float* y, int64_t rows,
           int64_t in, int64_t out, GputaeTeam* team))

// dy (rows, out) becomes the gradient before the activation; dw (out, in) += dy^T x; db (out) += column sums of dy; dx
// (rows, in) = dy w if dx is not null. kept (rows, out) holds the values before the activation if it is GELU, otherwise
// y. The bits of dw and dx depend on the number of threads only if oneDNN computes them (dense.cpp says when). Returns
// 0, or oneDNN's status.
OPERATION(int, dense_backward,
          (const float* x, const float* w, const float* kept, int activation, float* dy, float* dw, float* db,
           float* dx, int64_t rows, int64_t in, int64_t out, GputaeTeam* team))

// Batch normalisation of x (rows, c), at least 2 rows, with the activation after it: y = activation((x - m) r scale +
// shift), where m and s are the mean and the biased variance of a column and r = 1 / sqrt(s + 1e-5). batch (2, c) gets
// m and r. running_mean and running_variance go a tenth of the way to m and to the unbiased variance. count (2): low +
// 2^24 high += 1. Unless `before` (rows, c) is null, it gets the values before the activation.
OPERATION(void, batch_norm,
          (const float* x, const float* scale, const float* shift, int activation, float* running_mean,
           float* running_variance, float* count, float* batch, float* before, float* y, int64_t rows, int64_t c,
           GputaeTeam* team))

// The backward pass: with the gradient g before the activation and n = (x - m) r, dshift (c) += column sums of g,
// dscale (c) += column sums of g n, and dy (rows, c) becomes the gradient of x. kept is as in dense_backward.
OPERATION(void, batch_norm_backward,
          (const float* x, const float* scale, const float* batch, const float* kept, int activation, float* dscale,
           float* dshift, float* dy, int64_t rows, int64_t c, GputaeTeam* team))

// y (rows, c) = activation((y - running_mean) scale / sqrt(running_variance + 1e-5) + shift).
OPERATION(void, batch_norm_running,
          (const float* scale, const float* shift, const float* running_mean, const float* running_variance,
           int activation, float* y, int64_t rows, int64_t c, GputaeTeam* team))

// probability = 1 / (1 + exp(-logit)), count values.
OPERATION(void, sigmoid, (const float* logits, float* probability, int64_t count, GputaeTeam* team))

// Binary cross-entropy of sigmoid(logits) against target, mean over rows x p. gradient (rows, p) is the gradient with
// respect to the logits; it may be null, and it may be the logits. row_sums (rows) is work space of doubles.
OPERATION(void, sigmoid_cross_entropy,
          (const float* logits, const float* target, float* gradient, float* loss, double* row_sums, int64_t rows,
           int64_t p, GputaeTeam* team))

// Mean of (output - target)^2 over rows x p. gradient (rows, p) is the gradient with respect to the outputs; it may be
// null, and it may be the outputs. row_sums (rows) is work space of doubles.
OPERATION(void, squared_error,
          (const float* outputs, const float* target, float* gradient, float* loss, double* row_sums, int64_t rows,
           int64_t p, GputaeTeam* team))

// loss = sum over rows of max(|z| - 1, 0) or max(|z|^2 - 1, 0); gradient (rows, d) = *weight * its derivative.
OPERATION(void, ball_penalty,
          (const float* z, int penalty, const float* weight, float* gradient, float* loss, int64_t rows, int64_t d))

// The squared maximum mean discrepancy between the points z (n, d) and samples of the prior (n, d):
//   loss = sum over i != j of (k(|z_i - z_j|^2) + k(|p_i - p_j|^2)) / (n (n - 1)) - 2 sum over i, j of k(|z_i - p_j|^2)
//          / n^2
// with the kernel function k of kernels/mmd.h, where `square` is the scale of squared distances. gradient (n, d) =
// *weight * its derivative with respect to z. Both are 0 if n < 2. work: n (d + 1) doubles of work space.
OPERATION(void, maximum_mean_discrepancy,
          (const float* z, const float* prior, float square, const float* weight, float* gradient, float* loss,
           double* work, int64_t n, int64_t d, GputaeTeam* team))

// out (n, n): squared lengths under the exact rule (kernels/exact_distance.h).
OPERATION(int, squared_distances, (const float* x, float* out, int64_t n, int64_t d, GputaeTeam* team))

// The spanning tree under the exact rule: edges int32 (n - 1, 2), smaller id first, lengths (n - 1), in the order in
// which the tree grew from point 0. Returns 0, or 1 if there was not enough memory.
OPERATION(int, spanning_tree, (const float* x, int32_t* edges, float* lengths, int64_t n, int64_t d, GputaeTeam* team))

// loss = sum of length^degree, degree above 0, over edges not longer than max_edge; gradient (n, d) = *weight * its
// derivative, 0 for edges of length 0.
OPERATION(void, death_times,
          (const float* z, const int32_t* edges, const float* lengths, float degree, float max_edge,
           const float* weight, float* gradient, float* loss, int64_t n, int64_t d))

// lengths (count) = the lengths of edges int32 (count, 2) between the points x (n, d) under the exact rule.
OPERATION(void, edge_lengths,
          (const float* x, const int32_t* edges, float* lengths, int64_t count, int64_t d, GputaeTeam* team))

// *out = the largest of values (count), none of which is negative; NaN if one of them is NaN; 0 if there are none.
OPERATION(void, largest, (const float* values, float* out, int64_t count))

// out (count) = the lengths of the `most` longest edges int32 (count, 2) at their places, and 0 elsewhere. Between
// equal lengths, the edge with the larger ids (smaller id, then larger id) counts as longer.
OPERATION(void, keep_longest,
          (const int32_t* edges, const float* lengths, int64_t most, float* out, int64_t count, GputaeTeam* team))

// loss = sum of r^2 / n over edges int32 (count, 2) between the points z (n, d), where r = length / *scale - target /
// sqrt(*target_square), and 0 stands for the second quotient if *target_square is 0; lengths (count), targets (count).
// gradient (n, d) = *weight * its derivative with respect to z, 0 for edges of length 0; *scale_gradient += *weight *
// its derivative with respect to *scale.
OPERATION(void, edge_stress,
          (const float* z, const int32_t* edges, const float* lengths, const float* targets, const float* target_square,
           const float* scale, const float* weight, float* gradient, float* scale_gradient, float* loss, int64_t count,
           int64_t n, int64_t d))

// out (n, d + 1) = the points z (n, d) with one more coordinate: spacing times the number of the point's class, which
// is the first column of classes (n, c) that is not 0. A point without a class has a class of its own.
OPERATION(void, labelled_cloud,
          (const float* z, const float* classes, float spacing, float* out, int64_t n, int64_t d, int64_t c))

// iterates (window, size)[*step % window] = point (size); row and column *step % window of distances (window, window) =
// the lengths under the exact rule between it and all points of the ring.
OPERATION(void, keep_iterate,
          (const float* point, const int64_t* step, int64_t size, int64_t window, float* iterates, float* distances,
           GputaeTeam* team))

// *value = the PH dimension of the ring with these distances (window, window), see kernels/iterates.h; coefficients
// (window) = the derivative of the value with respect to a place's distance from the newest point, divided by that
// distance; 0 where no tree has this edge, or where the distance is 0. All of them are 0 before the ring is full.
OPERATION(void, ph_dimension,
          (const float* distances, const int64_t* step, int64_t seed, int stream, int64_t window, float* coefficients,
           float* value))

// gradient (size) = *weight * sum over the places v of the ring of coefficients[v] (newest - iterates[v]).
OPERATION(void, pull_newest,
          (const float* iterates, const float* coefficients, const int64_t* step, const float* weight, int64_t size,
           int64_t window, float* gradient, GputaeTeam* team))

// sum (count) += term (count)
OPERATION(void, add, (const float* term, float* sum, int64_t count))

// z (rows, d) = mu + exp(logvar / 2) * noise. Each row of statistics (rows, 2 d) holds mu and then logvar. If noise is
// null, it counts as 0.
OPERATION(void, reparameterise, (const float* statistics, const float* noise, float* z, int64_t rows, int64_t d))

// loss = -1/2 sum(1 + logvar - mu^2 - exp(logvar)) / (rows x pixels); d_statistics (rows, 2 d) is computed from dz
// (rows, d) and the loss.
OPERATION(void, reparameterise_backward,
          (const float* statistics, const float* noise, const float* dz, int64_t pixels, float* d_statistics,
           float* loss, int64_t rows, int64_t d))

// Adam (Kingma, Ba 2015) over count parameters at step *step, from 1 on. rates holds the learning rate, beta1, beta2
// and epsilon. Moments below 2^-100 become 0, and the gradient is set to 0. The four arrays of float lie on 64-byte
// boundaries. The arrays of all other operations need only the alignment of their elements.
OPERATION(void, adam,
          (float* parameters, float* gradient, float* first_moment, float* second_moment, const int64_t* step,
           const double* rates, int64_t count, GputaeTeam* team))

// Standard normals (count), addressed by (seed, index / 4, *step, stream).
OPERATION(void, normals,
          (float* out, int64_t count, uint64_t seed, uint32_t stream, const int64_t* step, GputaeTeam* team))

// Points uniform in the unit ball (rows, d).
OPERATION(void, uniform_ball,
          (float* out, int64_t rows, int64_t d, uint64_t seed, uint32_t stream, const int64_t* step))

// log[*step % log_rows] (width) = losses (width); *step += 1.
OPERATION(void, end_step, (const float* losses, float* log, int64_t log_rows, int64_t width, int64_t* step))

#undef OPERATION
