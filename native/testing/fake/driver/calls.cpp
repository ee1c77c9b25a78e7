// The beginning of each call, and the counts of calls and of objects that are alive (GPU_TAE_FAKE_COUNTS).
#include <cstdio>
#include <mutex>

#include "driver.h"

namespace gputae_fake {

State& state() {
  static State& it = *new State;
  return it;
}

Result called(const char* name) {
  State& all = state();
  const uint64_t count = ++all.counts[name];
  const auto found = all.settings.failures.find(name);
  if (found == all.settings.failures.end() || (found->second.at != 0 && found->second.at != count)) return kSuccess;
  return static_cast<Result>(found->second.code);
}

void count_priority(const Work& work, int priority) {
  if (work.kernel) state().counts["kernel " + work.name + " at priority " + std::to_string(priority)]++;
}

Result initialized() { return state().initialized ? kSuccess : kNotInitialized; }

std::map<std::string, long> alive(const Context& context) {
  return {{"allocations", context.memory.size()}, {"pinned", context.pinned.size()},
          {"streams", context.streams.size()},    {"events", context.events.size()},
          {"graphs", context.graphs.size()},      {"execs", context.execs.size()},
          {"modules", context.modules.size()}};
}

__attribute__((destructor)) void write_counts() {
  State& all = state();
  const std::unique_lock lock(all.mutex, std::try_to_lock);
  std::FILE* file = all.settings.counts.empty() ? nullptr : std::fopen(all.settings.counts.c_str(), "w");
  if (file == nullptr) return;
  std::map<std::string, long> sums = all.left;
  for (const auto& [kind, number] : alive(Context())) sums[kind] += number;
  for (const Context& context : all.contexts) {
    for (const auto& [kind, number] : alive(context)) sums[kind] += number;
  }
  sums["handles"] = all.handles;
  for (const auto& [name, count] : all.counts)
    std::fprintf(file, "%s %llu\n", name.c_str(), static_cast<unsigned long long>(count));
  for (const auto& [kind, number] : sums) std::fprintf(file, "alive %s %ld\n", kind.c_str(), number);
  std::fprintf(file, "graph nodes max %zu\ngraph launches %llu\n", all.most_nodes,
               static_cast<unsigned long long>(all.graph_launches));
  std::fclose(file);
}

}  // namespace gputae_fake
