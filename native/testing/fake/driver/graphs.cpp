// Captures, the calls that they forbid, and the graphs that they give.
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "driver.h"

namespace gputae_fake {

namespace {

thread_local int thread_mode = kGlobal;

// If two nodes use the same memory and one of them writes, they must have an order. Each node stands after the nodes
// that it depends on.
Result check_races(const Nodes& nodes) {
  const auto conflict = [](const Node& a, const Node& b) {
    for (const FakeRange& x : a.work.ranges) {
      for (const FakeRange& y : b.work.ranges) {
        if ((x.written || y.written) && !x.gaps && !y.gaps && x.address < y.address + y.bytes &&
            y.address < x.address + x.bytes)
          return &x;
      }
    }
    return static_cast<const FakeRange*>(nullptr);
  };
  std::vector<std::vector<bool>> before(nodes.size());
  for (size_t i = 0; i < nodes.size(); i++) {
    before[i].resize(nodes.size());
    for (const size_t earlier : nodes[i].after) {
      before[i][earlier] = true;
      for (size_t j = 0; j < earlier; j++) {
        if (before[earlier][j]) before[i][j] = true;
      }
    }
    for (size_t j = 0; j < i; j++) {
      const FakeRange* range = before[i][j] ? nullptr : conflict(nodes[i], nodes[j]);
      if (range == nullptr) continue;
      complain(
          "cuStreamEndCapture: nodes %zu (%s) and %zu (%s) use the same memory, %llu bytes at %#llx, without an order "
          "between them",
          j, nodes[j].work.name.c_str(), i, nodes[i].work.name.c_str(), static_cast<unsigned long long>(range->bytes),
          static_cast<unsigned long long>(range->address));
      return kIllegalState;
    }
  }
  return kSuccess;
}

// Whether all nodes of the capture come before the end of its first stream.
bool joined(const Capture& capture) {
  std::vector<bool> reached(capture.nodes.size());
  for (const size_t node : capture.origin->capture_tail) reached[node] = true;
  for (size_t i = capture.nodes.size(); i-- > 0;) {
    if (!reached[i]) continue;
    for (const size_t earlier : capture.nodes[i].after) reached[earlier] = true;
  }
  return std::all_of(reached.begin(), reached.end(), [](bool node) { return node; });
}

}  // namespace

Result invalidate(Capture& capture, Result result, const char* call, const char* reason) {
  complain("%s: %s; the capture is invalid", call, reason);
  capture.valid = false;
  return result;
}

Result refuse_unsafe(const Context& context, const char* call) {
  for (const auto& capture : context.captures) {
    const bool own = capture->thread == std::this_thread::get_id();
    if (own ? capture->mode != kRelaxed && thread_mode != kRelaxed
            : capture->mode == kGlobal && thread_mode == kGlobal) {
      return invalidate(*capture, kCaptureUnsupported, call,
                        own ? "not during a capture" : "not during another thread's global capture");
    }
  }
  return kSuccess;
}

Result refuse_legacy(const Context& context, const char* call) {
  for (const auto& capture : context.captures) {
    for (const Stream* stream : capture->streams) {
      if (stream->blocking)
        return invalidate(*capture, kCaptureImplicit, call,
                          "the default stream would wait for a blocking stream that captures");
    }
  }
  return kSuccess;
}

API cuStreamBeginCapture_v2(void* handle, int mode) {
  ENTER_CONTEXT();
  STREAM(handle);
  if (mode < kGlobal || mode > kRelaxed) return kInvalidValue;
  if (&stream == &context.legacy) {
    complain("%s: the default stream cannot capture", __func__);
    return kCaptureUnsupported;
  }
  if (stream.capture != nullptr)
    return invalidate(*stream.capture, kIllegalState, __func__, "the stream is capturing already");
  stream.capture = std::make_shared<Capture>(Capture{&stream, mode, std::this_thread::get_id(), {}, {&stream}});
  stream.capture_tail.clear();
  context.captures.push_back(stream.capture);
  return kSuccess;
}

API cuStreamEndCapture(void* handle, void** graph) {
  ENTER_CONTEXT();
  STREAM(handle);
  NOT_NULL(graph);
  *graph = nullptr;
  const std::shared_ptr<Capture> capture = stream.capture;
  if (capture == nullptr) {
    complain("%s: the stream does not capture", __func__);
    return kIllegalState;
  }
  if (capture->origin != &stream)
    return invalidate(*capture, kCaptureUnmatched, __func__, "the capture began in another stream");
  if (capture->mode != kRelaxed && capture->thread != std::this_thread::get_id()) {
    return invalidate(*capture, kCaptureWrongThread, __func__, "another thread began the capture");
  }
  Result result = kSuccess;
  if (!capture->valid) {
    result = kCaptureInvalidated;
  } else if (!joined(*capture)) {
    result = invalidate(*capture, kCaptureUnjoined, __func__, "a forked stream was not joined");
  } else {
    result = check_races(capture->nodes);
  }
  capture->active = false;
  for (Stream* member : capture->streams) {
    member->capture = nullptr;
    member->capture_tail.clear();
  }
  std::erase(context.captures, capture);
  if (result != kSuccess) return result;
  state().most_nodes = std::max(state().most_nodes, capture->nodes.size());
  *graph = add(context.graphs, Graph{std::make_shared<Nodes>(std::move(capture->nodes))});
  return kSuccess;
}

API cuStreamIsCapturing(void* handle, int* status) {
  ENTER_CONTEXT();
  STREAM(handle);
  NOT_NULL(status);
  if (&stream == &context.legacy) TRY(refuse_legacy(context, __func__));
  *status = stream.capture == nullptr ? 0 : stream.capture->valid ? 1 : 2;
  return kSuccess;
}

API cuThreadExchangeStreamCaptureMode(int* mode) {
  ENTER_INITIALIZED();
  NOT_NULL(mode);
  if (*mode < kGlobal || *mode > kRelaxed) return kInvalidValue;
  std::swap(*mode, thread_mode);
  return kSuccess;
}

API cuGraphInstantiateWithFlags(void** exec, void* handle, unsigned long long flags) {
  ENTER_CONTEXT();
  NOT_NULL(exec);
  const std::shared_ptr<Graph> graph = find(context.graphs, handle);
  if (graph == nullptr) return kInvalidHandle;
  constexpr unsigned long long kAutoFree = 1, kNodePriority = 8;
  if ((flags & ~(kAutoFree | kNodePriority)) != 0) return kInvalidValue;
  *exec = add(context.execs, GraphExec{graph->nodes, (flags & kNodePriority) != 0, nullptr});
  return kSuccess;
}

API cuGraphDestroy(void* handle) {
  ENTER_CONTEXT();
  return context.graphs.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

API cuGraphExecDestroy(void* handle) {
  ENTER_CONTEXT();
  return context.execs.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

API cuGraphLaunch(void* handle, void* stream_handle) {
  ENTER_CONTEXT();
  STREAM(stream_handle);
  const std::shared_ptr<GraphExec> exec = find(context.execs, handle);
  if (exec == nullptr) {
    complain("%s: %p is no executable graph", __func__, handle);
    return kInvalidHandle;
  }
  if (exec->last != nullptr && !exec->last->done && stream.capture == nullptr) stream.tail.push_back(exec->last);
  Work work{__func__, [&context, nodes = exec->nodes] { return run_graph(context, *nodes); }, {}, {}};
  std::shared_ptr<Operation> operation;
  TRY(enqueue(context, stream, std::move(work), &operation));
  if (operation != nullptr) exec->last = operation;
  for (const Node& node : *exec->nodes) {
    count_priority(node.work, exec->node_priorities ? node.priority : stream.priority);
  }
  state().graph_launches++;
  return kSuccess;
}

}  // namespace gputae_fake
