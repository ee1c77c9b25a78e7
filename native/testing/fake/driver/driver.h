// A stand-in for NVIDIA's driver library, for tests. JCuda loads it as libcuda.so.1 on a machine without a GPU. Device
// memory is memory of the host, and kernels are those of the host runner (native/testing/host/build.sh). Streams,
// events and captures follow the rules of cuda.h as strictly as they are written there. A breach of a rule is an error
// with a line on stderr, even if a GPU might let it pass.
//
// Work runs only when something waits for it, and only the work that is waited for runs. So a caller that forgets to
// wait reads old values. GPU_TAE_FAKE_ORDER chooses among the work that could run next (settings.h has all settings).
// Memory has guard zones and is not initialised with zeros. Work fails if it uses memory that was freed before the work
// runs. Two nodes of a graph fail if they use the same memory without an order between them and neither is a kernel
// (what a kernel touches is not known).
//
// This header has what the driver's files share: the objects of a context, and the functions that each file offers to
// the others.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../../host/engine.h"
#include "../fake.h"
#include "results.h"
#include "settings.h"

namespace gputae_fake {

using Address = uint64_t;  // CUdeviceptr

enum CaptureMode : int { kGlobal, kThreadLocal, kRelaxed };

// Something that enqueued work uses. It may be gone when the work runs.
struct Resource {
  std::string what;
  bool alive = true;
};

constexpr size_t kZone = 256;  // also the alignment of an allocation
constexpr unsigned char kZoneMark = 0xA5;

// An allocation: zone, bytes, zone.
struct Memory : Resource {
  unsigned char* begin = nullptr;
  size_t bytes = 0;

  ~Memory() { std::free(begin - (begin == nullptr ? 0 : kZone)); }
  Address address() const { return reinterpret_cast<Address>(begin); }
  // The device memory that the allocation takes: whole multiples of its alignment.
  size_t taken() const { return (bytes + kZone - 1) / kZone * kZone; }
  bool overrun() const {
    return std::any_of(begin - kZone, begin, [](unsigned char byte) { return byte != kZoneMark; }) ||
           std::any_of(begin + bytes, begin + bytes + kZone, [](unsigned char byte) { return byte != kZoneMark; });
  }
};

struct Work {
  std::string name;
  std::function<Result()> run;
  std::vector<std::shared_ptr<Resource>> uses;
  std::vector<FakeRange> ranges;  // the memory that it is known to touch
  bool kernel = false;            // a launch of the kernel `name`
};

// Work that was enqueued in a stream, outside captures.
struct Operation {
  Work work;
  std::vector<std::shared_ptr<Operation>> after;
  bool done = false;
  double finished = 0;
  bool wanted = false;  // used while a call waits
  size_t position = 0;
};
using Operations = std::vector<std::shared_ptr<Operation>>;

// Work that was enqueued during a capture.
struct Node {
  Work work;
  std::vector<size_t> after;
  int priority;  // of the stream from which it was captured
};
using Nodes = std::vector<Node>;

struct Stream;

struct Capture {
  Stream* origin;
  int mode;
  std::thread::id thread;
  Nodes nodes;
  std::vector<Stream*> streams;
  bool active = true, valid = true;
};

struct Stream {
  bool blocking = true;  // the stream and the legacy default stream wait for each other
  int priority = 0;
  Operations tail;  // the next operation comes after these
  std::shared_ptr<Capture> capture;
  std::vector<size_t> capture_tail;
};

struct Event {
  unsigned flags = 0;
  bool recorded = false;
  double time = 0;
  Operations operations;             // the operations that the event stands for
  std::shared_ptr<Capture> capture;  // null if the event was recorded outside a capture
  std::vector<size_t> capture_tail;
};

struct Module : Resource {};

struct Function {
  std::shared_ptr<Module> module;
  const gputae_host::Kernel* kernel;
  int max_dynamic_shared = kShared - kStaticShared;
};

struct Graph {
  std::shared_ptr<Nodes> nodes;
};

struct GraphExec {
  std::shared_ptr<Nodes> nodes;
  bool node_priorities;             // otherwise all nodes have the priority of the stream of the launch
  std::shared_ptr<Operation> last;  // the launches of a graph run one after another
};

// Objects, by the addresses that callers use for them.
template <typename T>
using Handles = std::map<void*, std::shared_ptr<T>>;

template <typename T>
void* add(Handles<T>& handles, T value) {
  auto object = std::make_shared<T>(std::move(value));
  void* handle = object.get();
  handles[handle] = std::move(object);
  return handle;
}

template <typename T>
std::shared_ptr<T> find(const Handles<T>& handles, void* handle) {
  const auto found = handles.find(handle);
  return found == handles.end() ? nullptr : found->second;
}

// The primary context of a device.
struct Context {
  int device = 0;
  int references = 0;
  Result error = kSuccess;  // sticky: no call works after an error
  gputae_host::Engine* engine = nullptr;
  std::map<Address, std::shared_ptr<Memory>> memory, pinned;  // by their first address
  size_t used = 0;
  Stream legacy;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Module> modules;
  Handles<Function> functions;
  Handles<Graph> graphs;
  Handles<GraphExec> execs;
  Operations pending;  // in the order in which they were enqueued
  std::vector<std::shared_ptr<Capture>> captures;
  std::set<std::string> launched;  // names of the work that ran since the last check of the zones
};

struct State {
  std::mutex mutex;
  Settings settings;
  std::mt19937_64 random{static_cast<uint64_t>(settings.seed)};
  bool initialized = false;
  const gputae_host::Library* library = nullptr;
  std::vector<Context> contexts;
  std::map<std::string, uint64_t> counts;
  std::map<std::string, long> left;  // objects that were alive when their context was released
  long handles = 0;
  size_t most_nodes = 0;
  uint64_t graph_launches = 0;
};

// Never destroyed, because other threads may call while the process ends.
State& state();

// ---- calls.cpp

// Counts a call of the function. If GPU_TAE_FAKE_FAIL wants the call to fail, returns the result that the function must
// return without doing anything.
Result called(const char* name);
Result initialized();
// Counts a kernel with the priority at which a GPU would run it.
void count_priority(const Work& work, int priority);
// The number of objects of each kind that the context has.
std::map<std::string, long> alive(const Context& context);

// ---- contexts.cpp

constexpr int kGreatestPriority = -5;  // the least one is 0

// Finds the calling thread's context, and returns its error.
Result working_context(const char* call, Context** context);

// ---- memory.cpp

// The allocation that holds all of these bytes; an empty range may lie at its end.
std::shared_ptr<Memory> holder(const std::map<Address, std::shared_ptr<Memory>>& memory, Address address, size_t bytes);
// Notes that `work` uses a range of device memory.
Result use(Context& context, Work& work, const FakeRange& range);
// Checks that nothing was written outside the allocations.
Result check_zones(Context& context);

// ---- modules.cpp

// Opens the host runner's kernels.
Result open_engine(Context& context);

// ---- streams.cpp

// Returns null and prints a line on stderr if there is no such stream.
Stream* find_stream(Context& context, void* handle, const char* call);

// ---- graphs.cpp

// Makes the capture invalid, so that its end is an error. Returns `result`.
Result invalidate(Capture& capture, Result result, const char* call, const char* reason);
// Refuses calls that may wait or allocate, by the rules of cuThreadExchangeStreamCaptureMode.
Result refuse_unsafe(const Context& context, const char* call);
// Refuses calls that use the legacy default stream while a blocking stream captures, since the default stream waits for
// blocking streams.
Result refuse_legacy(const Context& context, const char* call);

// ---- execution.cpp

double seconds();
void forget_done(Operations& operations);
// The operations after which the next operation of a stream comes.
Operations frontier(Context& context, Stream& stream);
// Makes the work the next operation of a stream, or a node of the stream's capture.
Result enqueue(Context& context, Stream& stream, Work work, std::shared_ptr<Operation>* enqueued = nullptr);
// Enqueues the work into the default stream and waits for it.
Result run_now(Context& context, Work work);
// Runs these operations and those that they need, but `most` operations at most. In random order, other operations may
// run before their time.
Result wait_for(Context& context, Operations targets, size_t most = SIZE_MAX);
Result wait_for_all(Context& context);
// For a call that asks whether these operations are done. The device makes progress meanwhile.
Result query(Context& context, Operations operations);
Result run_graph(Context& context, const Nodes& nodes);

}  // namespace gputae_fake

// ---- The beginnings of the functions of cuda.h

#define API extern "C" __attribute__((visibility("default"))) int
#define TRY(expression)                                 \
  do {                                                  \
    if (const int failed = (expression)) return failed; \
  } while (false)
#define ENTER()                        \
  std::lock_guard lock(state().mutex); \
  TRY(called(__func__))
#define ENTER_INITIALIZED() \
  ENTER();                  \
  TRY(initialized())
#define ENTER_CONTEXT()                           \
  ENTER();                                        \
  Context* context_found = nullptr;               \
  TRY(working_context(__func__, &context_found)); \
  [[maybe_unused]] Context& context = *context_found
#define NOT_NULL(pointer) \
  if ((pointer) == nullptr) return kInvalidValue
#define STREAM(handle)                                           \
  Stream* stream_found = find_stream(context, handle, __func__); \
  if (stream_found == nullptr) return kInvalidHandle;            \
  Stream& stream = *stream_found
