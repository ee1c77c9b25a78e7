// The table of one instruction set's operations.
#include "isa.h"

#define GPUTAE_STRING_(a) #a
#define GPUTAE_STRING(a) GPUTAE_STRING_(a)

namespace isa = gputae::GPUTAE_NAMESPACE;

extern "C" const GputaeKernels GPUTAE_CONCATENATE(gputae_, GPUTAE_ISA) = {
    GPUTAE_STRING(GPUTAE_ISA),
#define OPERATION(result, name, parameters) isa::name,
#include "operations.h"
};
