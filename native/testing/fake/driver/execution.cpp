// The order in which enqueued work runs. Work runs only when something waits for it.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "driver.h"

namespace gputae_fake {

namespace {

constexpr size_t kMostPending = 1024;  // then an enqueuing call waits, because a GPU's queue is finite too

// Runs jobs 0 to count - 1 until one fails. Each job runs after the jobs that it depends on. Among the jobs that are
// ready, the order setting chooses the first, the last or a random one.
template <typename After, typename Run>
Result run_in_order(size_t count, After after, Run run) {
  std::vector<size_t> missing(count);
  std::vector<std::vector<size_t>> followers(count);
  std::set<size_t> ready;
  for (size_t i = 0; i < count; i++) {
    const std::vector<size_t> earlier = after(i);
    missing[i] = earlier.size();
    for (const size_t other : earlier) followers[other].push_back(i);
    if (earlier.empty()) ready.insert(i);
  }
  State& all = state();
  while (!ready.empty()) {
    auto next = ready.begin();
    if (all.settings.order == gputae_host::kBackward) next = std::prev(ready.end());
    if (all.settings.order == gputae_host::kRandom)
      std::advance(next, static_cast<ptrdiff_t>(all.random() % ready.size()));
    const size_t job = *next;
    ready.erase(next);
    if (const Result failed = run(job)) return failed;
    for (const size_t follower : followers[job]) {
      if (--missing[follower] == 0) ready.insert(follower);
    }
  }
  return kSuccess;
}

Result run(Context& context, const Work& work) {
  for (const auto& resource : work.uses) {
    if (resource->alive) continue;
    complain("%s uses what was freed before it ran: %s", work.name.c_str(), resource->what.c_str());
    return kIllegalAddress;
  }
  context.launched.insert(work.name);
  return work.run();
}

}  // namespace

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void forget_done(Operations& operations) {
  operations.erase(
      std::remove_if(operations.begin(), operations.end(), [](const auto& operation) { return operation->done; }),
      operations.end());
}

Operations frontier(Context& context, Stream& stream) {
  Operations found = stream.tail;
  if (&stream == &context.legacy) {
    for (const auto& [handle, other] : context.streams) {
      if (other->blocking) found.insert(found.end(), other->tail.begin(), other->tail.end());
    }
  } else if (stream.blocking) {
    found.insert(found.end(), context.legacy.tail.begin(), context.legacy.tail.end());
  }
  forget_done(found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Result enqueue(Context& context, Stream& stream, Work work, std::shared_ptr<Operation>* enqueued) {
  if (stream.capture != nullptr) {
    if (!stream.capture->valid) return kCaptureInvalidated;
    stream.capture->nodes.push_back({std::move(work), std::move(stream.capture_tail), stream.priority});
    stream.capture_tail = {stream.capture->nodes.size() - 1};
    return kSuccess;
  }
  if (&stream == &context.legacy) {
    if (const Result refused = refuse_legacy(context, work.name.c_str())) return refused;
  }
  while (context.pending.size() >= kMostPending) {
    if (const Result failed = wait_for(context, {context.pending.front()})) return failed;
  }
  count_priority(work, stream.priority);
  auto operation = std::make_shared<Operation>();
  operation->work = std::move(work);
  operation->after = frontier(context, stream);
  stream.tail = {operation};
  context.pending.push_back(operation);
  if (enqueued != nullptr) *enqueued = std::move(operation);
  return kSuccess;
}

Result run_now(Context& context, Work work) {
  if (const Result refused = refuse_unsafe(context, work.name.c_str())) return refused;
  std::shared_ptr<Operation> operation;
  if (const Result failed = enqueue(context, context.legacy, std::move(work), &operation)) return failed;
  return wait_for(context, {operation});
}

Result wait_for(Context& context, Operations targets, size_t most) {
  State& all = state();
  if (context.error != kSuccess) return context.error;
  if (all.settings.order == gputae_host::kRandom) {
    std::copy_if(context.pending.begin(), context.pending.end(), std::back_inserter(targets),
                 [&](const auto&) { return all.random() % 2 == 0; });
  }
  for (const auto& operation : context.pending) operation->wanted = false;
  while (!targets.empty()) {
    const std::shared_ptr<Operation> operation = std::move(targets.back());
    targets.pop_back();
    if (operation->done || operation->wanted) continue;
    operation->wanted = true;
    targets.insert(targets.end(), operation->after.begin(), operation->after.end());
  }
  Operations wanted;
  for (const auto& operation : context.pending) {
    if (!operation->wanted) continue;
    operation->position = wanted.size();
    wanted.push_back(operation);
  }
  constexpr Result kEnough = kNotReady;
  const Result result = run_in_order(
      wanted.size(),
      [&](size_t i) {
        std::vector<size_t> earlier;
        for (const auto& operation : wanted[i]->after) {
          if (!operation->done) earlier.push_back(operation->position);
        }
        return earlier;
      },
      [&](size_t i) {
        if (most-- == 0) return kEnough;
        if (const Result failed = run(context, wanted[i]->work)) return failed;
        wanted[i]->done = true;
        wanted[i]->finished = seconds();
        wanted[i]->after.clear();
        wanted[i]->work = {};
        return kSuccess;
      });
  if (result != kSuccess && result != kEnough) {
    context.error = result;
    for (const auto& operation : context.pending) {
      operation->done = true;
      operation->after.clear();
    }
  }
  forget_done(context.pending);
  return context.error;
}

Result wait_for_all(Context& context) { return wait_for(context, context.pending); }

Result query(Context& context, Operations operations) {
  forget_done(operations);
  if (operations.empty()) return kSuccess;
  const Result failed = wait_for(context, operations, 1);
  return failed != kSuccess ? failed : kNotReady;
}

Result run_graph(Context& context, const Nodes& nodes) {
  return run_in_order(
      nodes.size(), [&](size_t i) { return nodes[i].after; }, [&](size_t i) { return run(context, nodes[i].work); });
}

}  // namespace gputae_fake
