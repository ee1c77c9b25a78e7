// Compares every operation of native/cpu/gputae.h, on one instruction set and with teams of 1, 2 and 3 threads, with
// plain references in double precision.
//   operations_test baseline|avx2|avx512
#include <immintrin.h>
#include <oneapi/dnnl/dnnl.h>

#include <atomic>
#include <string>
#include <thread>

#include "operations.h"

namespace operations {

const GputaeKernels* kernels;
GputaeTeam* teams[kTeams];

namespace {

// After all other tests, denormal numbers must still work in the caller and in every thread of every team. The parts of
// a job wait for one another, so each thread has one part.
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

}  // namespace operations

using namespace operations;

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
  // Limits oneDNN too, as native/cpu/jni.cpp does.
  dnnl_set_max_cpu_isa(set == "avx512" ? dnnl_cpu_isa_default : set == "avx2" ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41);
  for (int t = 0; t < kTeams; t++) teams[t] = gputae_team_create(t + 1);

  test_random_numbers();
  test_batches();
  test_dense_layers();
  test_batch_norms();
  test_exponentials();
  test_losses();
  test_spanning_trees();
  test_edges();
  test_iterates();
  test_parameters();
  check::group("denormal numbers live in every thread", denormals_live);

  for (GputaeTeam* team : teams) gputae_team_destroy(team);
  return check::failed_groups == 0 ? 0 : 1;
}
