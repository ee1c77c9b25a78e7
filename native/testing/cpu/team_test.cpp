// Tests the team of native/cpu/team.h under load: every part of every job runs exactly once, the caller sees what a
// part wrote, and no thread touches anything after the job.
//
// The test includes the source instead of linking it, so that it can start one team's job numbers shortly before they
// wrap around. A training run of two days reaches this point.
#include "../../cpu/team.cpp"

#include <memory>

#include "check.h"

namespace {

using check::Numbers;
using check::that;

void rest(int64_t microseconds) { std::this_thread::sleep_for(std::chrono::microseconds(microseconds)); }

// A job like those that the operations make. Its fields lie in memory that is freed after the job. Parts write without
// atomics, each to its own place.
struct Job {
  explicit Job(int parts) : times(static_cast<size_t>(parts)), microseconds(static_cast<size_t>(parts)) {}
  std::vector<int> times;             // how often each part ran
  std::vector<int64_t> microseconds;  // how long each part takes

  static void part(void* context, int number) {
    Job& job = *static_cast<Job*>(context);
    const auto which = static_cast<size_t>(number);
    if (job.microseconds[which] > 0) rest(job.microseconds[which]);
    job.times[which]++;
  }

  void run(GputaeTeam* team) {
    gputae_team_run(team, static_cast<int>(times.size()), part, this);
    for (size_t i = 0; i < times.size(); i++)
      that(times[i] == 1, "part %zu of %zu ran %d times", i, times.size(), times[i]);
  }
};

// Thousands of tiny jobs. The team does a job with as many parts as threads. The caller alone does a job with fewer or
// more parts.
void tiny_jobs() {
  for (int threads : {1, 2, 3, 4, 7, 16}) {
    GputaeTeam* team = gputae_team_create(threads);
    that(team != nullptr && gputae_team_threads(team) == threads, "a team of %d", threads);
    for (int i = 0; i < 3000; i++) {
      const int parts = i % 4 == 3 ? i % (threads + 4) : threads;
      std::make_unique<Job>(parts)->run(team);
    }
    gputae_team_destroy(team);
  }
}

// Teams that end before their threads have started, after one job, or after a few jobs.
void short_lives() {
  for (int i = 0; i < 600; i++) {
    const int threads = 1 + i % 5;
    GputaeTeam* team = gputae_team_create(threads);
    that(team != nullptr, "team %d", i);
    for (int j = 0; j < i % 3; j++) std::make_unique<Job>(threads)->run(team);
    gputae_team_destroy(team);
  }
}

// Parts of very different lengths. The part of the caller is the longest, or the shortest, or neither.
void uneven_parts() {
  Numbers numbers(1);
  for (int threads : {2, 3, 5}) {
    GputaeTeam* team = gputae_team_create(threads);
    for (int i = 0; i < 150; i++) {
      auto job = std::make_unique<Job>(threads);
      for (int64_t& time : job->microseconds) time = numbers.below(3) == 0 ? numbers.below(1000) : 0;
      job->run(team);
    }
    gputae_team_destroy(team);
  }
}

// Pauses of about the time after which threads go to sleep. So jobs come just before the threads sleep, while they fall
// asleep, and after that.
void pauses() {
  Numbers numbers(2);
  GputaeTeam* team = gputae_team_create(3);
  for (int i = 0; i < 1500; i++) {
    std::make_unique<Job>(3)->run(team);
    if (i % 2 == 0) rest(numbers.below(200));
  }
  gputae_team_destroy(team);
}

// Far more threads than processors. The threads that happen to run do most parts.
void crowd() {
  GputaeTeam* team = gputae_team_create(64);
  for (int i = 0; i < 300; i++) std::make_unique<Job>(64)->run(team);
  gputae_team_destroy(team);
}

// Teams of several callers do not affect each other.
void several_teams() {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; caller++) {
    callers.emplace_back([&wrong] {
      GputaeTeam* team = gputae_team_create(2);
      for (int i = 0; i < 1000; i++) {
        auto job = std::make_unique<Job>(2);
        gputae_team_run(team, 2, Job::part, job.get());
        wrong += job->times[0] != 1 || job->times[1] != 1;
      }
      gputae_team_destroy(team);
    });
  }
  for (std::thread& caller : callers) caller.join();
  that(wrong == 0, "%d jobs with a part that did not run once", wrong.load());
}

// The number of a job has 32 bits.
void numbers_wrap_around() {
  for (int threads : {2, 3}) {
    GputaeTeam* team = gputae_team_create(threads);
    const uint32_t late = ~uint32_t{0} - 500;
    for (PartWord& word : team->words) word.taken.store(late);
    team->job.store(late);
    team->job.notify_all();
    for (int i = 0; i < 1000; i++) std::make_unique<Job>(threads)->run(team);
    that(team->job.load() == late + 1000u, "the number after 1,000 jobs");
    gputae_team_destroy(team);
  }
}

}  // namespace

int main() {
  check::group("team: tiny jobs", tiny_jobs);
  check::group("team: short lives", short_lives);
  check::group("team: uneven parts", uneven_parts);
  check::group("team: pauses", pauses);
  check::group("team: more threads than processors", crowd);
  check::group("team: several teams", several_teams);
  check::group("team: job numbers wrap around", numbers_wrap_around);
  return check::failed_groups == 0 ? 0 : 1;
}
