// The team of team.h. A job is announced in one 64-bit word: its number, how many parts it has, and which part is taken next. A thread takes a part
// by advancing the word; one that still looks at an older job fails to, because the number has changed. The caller does not announce another job
// before all parts of the last are done, so whoever has taken a part may read the job's fields.
#include "team.h"

#include <immintrin.h>

#include <atomic>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

// From libgomp, which oneDNN runs on: threads of its own that a product called from this thread may use.
extern "C" void omp_set_num_threads(int);

namespace {

// Looks at the word before a thread goes to sleep, each about 40 ns (a pause is 20 to 140 cycles): longer than the gap between two jobs of a training
// step, shorter than what another program would miss.
constexpr int kSpins = 1000;

constexpr uint64_t kPartBits = 16;
constexpr uint64_t kPartMask = (uint64_t{1} << kPartBits) - 1;

}  // namespace

struct GputaeTeam {
  // number << 32 | parts << 16 | next part
  alignas(64) std::atomic<uint64_t> word{0};
  alignas(64) std::atomic<uint32_t> done{0};
  // Changes with every job; what sleeping threads wait for.
  alignas(64) std::atomic<uint32_t> announced{0};
  std::atomic<bool> ending{false};
  void (*part)(void*, int) = nullptr;
  void* context = nullptr;
  std::vector<std::thread> workers;

  // Does parts until none is left to take.
  void work() {
    uint64_t seen = word.load(std::memory_order_acquire);
    for (;;) {
      const uint64_t next = seen & kPartMask, parts = seen >> kPartBits & kPartMask;
      if (next >= parts) return;
      if (!word.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      part(context, static_cast<int>(next));
      if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == parts) done.notify_one();
      seen = word.load(std::memory_order_acquire);
    }
  }

  bool has_parts() const {
    const uint64_t seen = word.load(std::memory_order_acquire);
    return (seen & kPartMask) < (seen >> kPartBits & kPartMask);
  }

  void serve() {
    // oneDNN's products inside a part run on this thread alone.
    omp_set_num_threads(1);
    for (;;) {
      const uint32_t before = announced.load(std::memory_order_acquire);
      for (int spin = 0; spin < kSpins && !has_parts() && !ending.load(std::memory_order_relaxed); spin++) _mm_pause();
      if (!has_parts() && !ending.load(std::memory_order_acquire)) announced.wait(before, std::memory_order_acquire);
      if (ending.load(std::memory_order_acquire)) return;
      work();
    }
  }
};

GputaeTeam* gputae_team_create(int threads) {
  auto* team = new (std::nothrow) GputaeTeam;
  if (team == nullptr) return nullptr;
  try {
    for (int i = 1; i < threads; i++) team->workers.emplace_back([team] { team->serve(); });
  } catch (const std::exception&) {
    gputae_team_destroy(team);
    return nullptr;
  }
  return team;
}

void gputae_team_destroy(GputaeTeam* team) {
  team->ending.store(true);
  team->announced.fetch_add(1);
  team->announced.notify_all();
  for (std::thread& worker : team->workers) worker.join();
  delete team;
}

int gputae_team_threads(const GputaeTeam* team) { return static_cast<int>(team->workers.size()) + 1; }

void gputae_team_run(GputaeTeam* team, int parts, void (*part)(void*, int), void* context) {
  omp_set_num_threads(1);
  if (parts == 1 || team->workers.empty()) {
    for (int i = 0; i < parts; i++) part(context, i);
    return;
  }
  team->part = part;
  team->context = context;
  team->done.store(0, std::memory_order_relaxed);
  const uint64_t number = (team->word.load(std::memory_order_relaxed) >> 32) + 1;
  team->word.store(number << 32 | static_cast<uint64_t>(parts) << kPartBits, std::memory_order_release);
  team->announced.fetch_add(1, std::memory_order_release);
  team->announced.notify_all();
  team->work();
  for (int spin = 0; spin < kSpins && team->done.load(std::memory_order_acquire) != static_cast<uint32_t>(parts); spin++) _mm_pause();
  for (uint32_t now; (now = team->done.load(std::memory_order_acquire)) != static_cast<uint32_t>(parts);)
    team->done.wait(now, std::memory_order_acquire);
}
