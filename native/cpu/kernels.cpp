// The table of one instruction set's operations.
#include "isa.h"

#define GPUTAE_STRING_(a) #a
#define GPUTAE_STRING(a) GPUTAE_STRING_(a)

namespace isa = gputae::GPUTAE_NAMESPACE;

extern "C" const GputaeKernels GPUTAE_CONCATENATE(gputae_, GPUTAE_ISA) = {
    GPUTAE_STRING(GPUTAE_ISA),
    isa::gather,
    isa::dense,
    isa::dense_backward,
    isa::sigmoid,
    isa::sigmoid_cross_entropy,
    isa::ball_penalty,
    isa::squared_distances,
    isa::spanning_tree,
    isa::death_times,
    isa::add,
    isa::reparameterise,
    isa::reparameterise_backward,
    isa::adam,
    isa::normals,
    isa::uniform_ball,
    isa::end_step,
};
