// The CPU backend's operations as a flat C interface. Every operation exists once per instruction set (baseline x86-64,
// AVX2, AVX-512), compiled from the same sources with other flags; the tables at the end are these sets.
//
// Matrices are dense, row-major, float32 unless said otherwise; (r, c) after a name is its shape. Sums run in a fixed
// order: for one instruction set and one number of threads the same input gives the same bits. Parameters' gradients
// accumulate, activations' gradients are assigned.
#pragma once

#include <cstdint>

#include "team.h"

// Their definitions are in kernels/activation.h.
enum GputaeActivation {
  GPUTAE_IDENTITY = 0,
  GPUTAE_ELU = 1,
  GPUTAE_RELU = 2,
  GPUTAE_LEAKY_RELU = 3,
  GPUTAE_TANH = 4,
  GPUTAE_GELU = 5
};
enum GputaePenalty { GPUTAE_NORM = 0, GPUTAE_SQUARED_NORM = 1 };

struct GputaeKernels {
  const char* name;
#define OPERATION(result, name, parameters) result(*name) parameters;
#include "operations.h"
};

// The sets of operations, the plainest one first.
extern "C" const GputaeKernels gputae_baseline;
extern "C" const GputaeKernels gputae_avx2;
extern "C" const GputaeKernels gputae_avx512;
