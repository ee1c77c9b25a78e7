// The team of team.h. Each job has a number, which announces the job. Each part has a word of its own with the number
// of the last job in which the part was taken. A thread takes a part by advancing this word. It takes its own part
// first, because the rows and columns that it finished in the last job are still in its cache. Only then does it look
// for parts whose threads have not come. A thread that still looks at an older job finds that every word is advanced
// already. The caller does not announce another job before all parts of the last job are done, so a thread that has
// taken a part may read the job's fields.
#include "team.h"

#include <immintrin.h>

#include <atomic>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

// This function comes from libgomp, which oneDNN uses. It sets how many of libgomp's threads a product that is called
// from this thread may use.
extern "C" void omp_set_num_threads(int);

namespace {

// Cycles of the time stamp counter for which a thread watches for a change before it goes to sleep: 50 to 100
// microseconds. This is longer than the work of a training step on one thread between two jobs (with 10 microseconds a
// step took 1.5 times as long), and short enough that other programs do not miss the time.
constexpr uint64_t kWatchCycles = 200'000;

}  // namespace

struct alignas(64) PartWord {
  std::atomic<uint32_t> taken{0};
};

struct GputaeTeam {
  explicit GputaeTeam(int threads) : words(static_cast<size_t>(threads)) {}

  // The number of the job. It changes with every job, and sleeping threads wait for this change.
  alignas(64) std::atomic<uint32_t> job{0};
  alignas(64) std::atomic<uint32_t> done{0};
  std::atomic<bool> ending{false};
  std::atomic<int> parts{0};
  void (*part)(void*, int) = nullptr;
  void* context = nullptr;
  std::vector<PartWord> words;
  std::vector<std::thread> workers;

  bool take(uint32_t number, int which) {
    uint32_t last = words[static_cast<size_t>(which)].taken.load(std::memory_order_relaxed);
    // Numbers wrap around. A later number is at most half the range ahead.
    return static_cast<int32_t>(number - last) > 0 &&
           words[static_cast<size_t>(which)].taken.compare_exchange_strong(last, number, std::memory_order_acq_rel);
  }

  // Does the parts of job `number` that thread `own` can take.
  void work(uint32_t number, int own) {
    const int count = parts.load(std::memory_order_relaxed);
    for (int i = 0; i < count; i++) {
      const int which = (own + i) % count;
      if (!take(number, which)) continue;
      part(context, which);
      if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(count)) done.notify_one();
    }
  }

  // Waits for `condition` for a while without giving up the processor. Returns whether the condition became true.
  template <typename Condition>
  static bool watch(Condition condition) {
    const uint64_t start = __rdtsc();
    while (!condition()) {
      if (__rdtsc() - start > kWatchCycles) return false;
      _mm_pause();
    }
    return true;
  }

  void serve(int own) {
    // oneDNN's products inside a part run on this thread alone.
    omp_set_num_threads(1);
    uint32_t last = 0;
    for (;;) {
      if (!watch([=, this] { return job.load(std::memory_order_acquire) != last; }))
        job.wait(last, std::memory_order_acquire);
      last = job.load(std::memory_order_acquire);
      if (ending.load(std::memory_order_acquire)) return;
      work(last, own);
    }
  }
};

GputaeTeam* gputae_team_create(int threads) {
  auto* team = new (std::nothrow) GputaeTeam(threads);
  if (team == nullptr) return nullptr;
  try {
    for (int i = 1; i < threads; i++) team->workers.emplace_back([team, i] { team->serve(i); });
  } catch (const std::exception&) {
    gputae_team_destroy(team);
    return nullptr;
  }
  return team;
}

void gputae_team_destroy(GputaeTeam* team) {
  team->ending.store(true);
  team->job.fetch_add(1);
  team->job.notify_all();
  for (std::thread& worker : team->workers) worker.join();
  delete team;
}

int gputae_team_threads(const GputaeTeam* team) { return static_cast<int>(team->workers.size()) + 1; }

void gputae_team_run(GputaeTeam* team, int parts, void (*part)(void*, int), void* context) {
  omp_set_num_threads(1);
  if (parts != static_cast<int>(team->words.size()) || parts == 1) {
    for (int i = 0; i < parts; i++) part(context, i);
    return;
  }
  team->part = part;
  team->context = context;
  team->done.store(0, std::memory_order_relaxed);
  team->parts.store(parts, std::memory_order_relaxed);
  const uint32_t number = team->job.fetch_add(1, std::memory_order_release) + 1;
  team->job.notify_all();
  team->work(number, 0);
  const auto all = static_cast<uint32_t>(parts);
  if (GputaeTeam::watch([=] { return team->done.load(std::memory_order_acquire) == all; })) return;
  for (uint32_t now; (now = team->done.load(std::memory_order_acquire)) != all;)
    team->done.wait(now, std::memory_order_acquire);
}
