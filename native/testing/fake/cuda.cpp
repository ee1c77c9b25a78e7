// A stand-in for NVIDIA's driver library, for tests: what JCuda loads as libcuda.so.1 on a machine without a GPU.
// Device memory is the host's, kernels are the host runner's (native/testing/host/build.sh), and streams, events and
// captures follow the rules of cuda.h as strictly as they are written there; a breach is an error with a line on
// stderr, even where a GPU might let it pass.
//
// Nothing runs before something waits for it, and then only what it waits for: whoever forgets to wait reads old
// values. Among what could run next, GPU_TAE_FAKE_ORDER chooses. Memory has guard zones and is not initialised with
// zeros; work that uses memory freed meanwhile fails, as do two nodes of a graph that use the same memory without an
// order between them, if neither is a kernel (what a kernel touches is not known).
//
// Environment:
//   GPU_TAE_FAKE_KERNELS libgputae_host_kernels.so (build.sh has put in a default) GPU_TAE_FAKE_THREADS of the
//   operating system that run kernels (1) GPU_TAE_FAKE_ORDER forward (default), backward or random: operations, nodes
//   of graphs, threads of kernels GPU_TAE_FAKE_SEED of random order (0) GPU_TAE_FAKE_DRIVER CUDA version of the driver
//   (13000) GPU_TAE_FAKE_CAPABILITY of the devices (9.0) GPU_TAE_FAKE_FATBIN refuse: as a driver older than the toolkit
//   does GPU_TAE_FAKE_DEVICES how many (1) GPU_TAE_FAKE_MULTIPROCESSORS of each (16) GPU_TAE_FAKE_SHARED_OPTIN bytes of
//   shared memory that a block may ask for, static and dynamic together (232448) GPU_TAE_FAKE_MEMORY bytes of each
//   device (4 GiB) GPU_TAE_FAKE_FAIL call=code[@n], ...: the n-th (first; *: each) call of this function, cuBLAS's too,
//   does nothing but return the code GPU_TAE_FAKE_COUNTS file that gets, when the process ends, the number of calls of
//   each function and what is still alive
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../host/engine.h"
#include "fake.h"

namespace {

// CUDA's numbers.
enum Result : int {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kInvalidContext = 201,
  kNoBinary = 209,
  kInvalidPtx = 218,
  kUnsupportedPtx = 222,
  kInvalidHandle = 400,
  kIllegalState = 401,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kContextDestroyed = 709,
  kLaunchFailed = 719,
  kNotSupported = 801,
  kCaptureUnsupported = 900,
  kCaptureInvalidated = 901,
  kCaptureMerge = 902,
  kCaptureUnmatched = 903,
  kCaptureUnjoined = 904,
  kCaptureIsolation = 905,
  kCaptureImplicit = 906,
  kCapturedEvent = 907,
  kCaptureWrongThread = 908,
  kUnknown = 999,
};

struct Meaning {
  int result;
  const char *name, *text;
};
constexpr Meaning kMeanings[] = {
    {kSuccess, "CUDA_SUCCESS", "no error"},
    {kInvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {kOutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {kNotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {4, "CUDA_ERROR_DEINITIALIZED", "driver shutting down"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {kNoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {kInvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {kInvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {kInvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {kNoBinary, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"},
    {kInvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"},
    {kUnsupportedPtx, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION",
     "the provided PTX was compiled with an unsupported toolchain."},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {kInvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {kIllegalState, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {kNotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {kNotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {kIllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {kContextDestroyed, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {kLaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {800, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    {kNotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "forward compatibility was attempted on non supported HW"},
    {kCaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {kCaptureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {kCaptureMerge, "CUDA_ERROR_STREAM_CAPTURE_MERGE",
     "operation would result in a merge of separate capture sequences"},
    {kCaptureUnmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {kCaptureUnjoined, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {kCaptureIsolation, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {kCaptureImplicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {kCapturedEvent, "CUDA_ERROR_CAPTURED_EVENT",
     "operation not permitted on an event last recorded in a capturing stream"},
    {kCaptureWrongThread, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD",
     "attempt to terminate a thread-local capture sequence from another thread"},
    {kUnknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

enum CaptureMode : int { kGlobal, kThreadLocal, kRelaxed };
enum FunctionAttribute : int { kMaxDynamicShared = 8, kSharedCarveout = 9 };
constexpr unsigned kNonBlocking = 1, kDisableTiming = 2;
constexpr int kGreatestPriority = -5;
constexpr int kMostThreads = 1024, kMostGridY = 65535;
constexpr int kShared = 48 << 10;       // what a block gets unasked, static and dynamic together
constexpr int kStaticShared = 1 << 10;  // each kernel is taken to have as much
constexpr size_t kMostPending = 1024;   // then an enqueuing call waits, as a GPU's queue is finite too

using Address = uint64_t;  // CUdeviceptr

[[gnu::format(printf, 1, 2)]] void complain(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char line[1024];
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "fake CUDA: %s\n", line);
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// ---- Environment

struct Failure {
  int code;
  uint64_t at;  // 0: each call
};

struct Settings {
  std::string kernels = GPU_TAE_FAKE_KERNELS_DEFAULT;
  long threads = 1, seed = 0, driver = 13000, devices = 1, multiprocessors = 16, shared_optin = 232448,
       memory = 4L << 30;
  int major = 9, minor = 0;
  gputae_host::Order order = gputae_host::kForward;
  bool refuse_fatbin = false;
  std::map<std::string, Failure> failures;
  std::string counts;
  bool wrong = false;

  Settings() {
    if (const char* text = std::getenv("GPU_TAE_FAKE_KERNELS")) kernels = text;
    if (const char* text = std::getenv("GPU_TAE_FAKE_COUNTS")) counts = text;
    number("GPU_TAE_FAKE_THREADS", 1, threads);
    number("GPU_TAE_FAKE_SEED", LONG_MIN, seed);
    number("GPU_TAE_FAKE_DRIVER", 0, driver);
    number("GPU_TAE_FAKE_DEVICES", 0, devices);
    number("GPU_TAE_FAKE_MULTIPROCESSORS", 1, multiprocessors);
    number("GPU_TAE_FAKE_SHARED_OPTIN", kShared, shared_optin);
    number("GPU_TAE_FAKE_MEMORY", 0, memory);
    read("GPU_TAE_FAKE_CAPABILITY", [this](const std::string& text) {
      int used = 0;
      return std::sscanf(text.c_str(), "%d.%d%n", &major, &minor, &used) == 2 &&
             static_cast<size_t>(used) == text.size();
    });
    read("GPU_TAE_FAKE_FATBIN",
         [this](const std::string& text) { return text.empty() || (refuse_fatbin = text == "refuse"); });
    read("GPU_TAE_FAKE_ORDER", [this](const std::string& text) {
      order = text == "backward" ? gputae_host::kBackward
              : text == "random" ? gputae_host::kRandom
                                 : gputae_host::kForward;
      return order != gputae_host::kForward || text == "forward";
    });
    read("GPU_TAE_FAKE_FAIL", [this](const std::string& text) {
      for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find(',', begin), text.size());
        char name[64], at[24] = "1";
        int code = 0;
        if (std::sscanf(text.substr(begin, end - begin).c_str(), " %63[^=]=%d@%23s", name, &code, at) < 2) return false;
        failures[name] = {code, at[0] == '*' ? 0 : std::strtoull(at, nullptr, 10)};
        begin = end + 1;
      }
      return true;
    });
  }

 private:
  template <typename Read>
  void read(const char* name, Read read) {
    const char* text = std::getenv(name);
    if (text == nullptr || read(std::string(text))) return;
    complain("%s=%s is not understood", name, text);
    wrong = true;
  }
  void number(const char* name, long least, long& value) {
    read(name, [&](const std::string& text) {
      char* end = nullptr;
      value = std::strtol(text.c_str(), &end, 10);
      return !text.empty() && *end == '\0' && value >= least;
    });
  }
};

// ---- What there is

// Something that enqueued work uses and that may be gone when it runs.
struct Resource {
  std::string what;
  bool alive = true;
};

constexpr size_t kZone = 256;  // the alignment of an allocation, too
constexpr unsigned char kZoneMark = 0xA5;
constexpr unsigned char kUnwritten = 0xFF;  // NaN, -1

// Zone, bytes, zone.
struct Memory : Resource {
  unsigned char* begin = nullptr;
  size_t bytes = 0;

  ~Memory() { std::free(begin - (begin == nullptr ? 0 : kZone)); }
  Address address() const { return reinterpret_cast<Address>(begin); }
  // What it takes of the device's memory: whole pieces of its alignment.
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
  std::vector<FakeRange> ranges;  // what is known of the memory it touches
};

// Enqueued in a stream, outside captures.
struct Operation {
  Work work;
  std::vector<std::shared_ptr<Operation>> after;
  bool done = false;
  double finished = 0;
  bool wanted = false;  // while waiting
  size_t position = 0;
};
using Operations = std::vector<std::shared_ptr<Operation>>;

// Enqueued during a capture.
struct Node {
  Work work;
  std::vector<size_t> after;
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
  bool blocking = true;  // waits for the legacy default stream, which waits for it
  Operations tail;       // what the next operation comes after
  std::shared_ptr<Capture> capture;
  std::vector<size_t> capture_tail;
};

struct Event {
  unsigned flags = 0;
  bool recorded = false;
  double time = 0;
  Operations operations;             // what it stands for
  std::shared_ptr<Capture> capture;  // null, if recorded outside
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
  std::shared_ptr<Operation> last;  // one launch comes after another
};

// Objects by the address that callers know them by.
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
  Result error = kSuccess;  // sticky: nothing works after it
  gputae_host::Engine* engine = nullptr;
  std::map<Address, std::shared_ptr<Memory>> memory, pinned;  // by where they begin
  size_t used = 0;
  Stream legacy;
  Handles<Stream> streams;
  Handles<Event> events;
  Handles<Module> modules;
  Handles<Function> functions;
  Handles<Graph> graphs;
  Handles<GraphExec> execs;
  Operations pending;  // as enqueued
  std::vector<std::shared_ptr<Capture>> captures;
  std::set<std::string> launched;  // since the zones were checked
};

struct State {
  std::mutex mutex;
  Settings settings;
  std::mt19937_64 random{static_cast<uint64_t>(settings.seed)};
  bool initialized = false;
  const gputae_host::Library* library = nullptr;
  std::vector<Context> contexts;
  std::map<std::string, uint64_t> counts;
  std::map<std::string, long> left;  // alive when their context went
  long handles = 0;
  size_t most_nodes = 0;
  uint64_t graph_launches = 0;
};

// Never destroyed: other threads may call while the process ends.
State& state() {
  static State& it = *new State;
  return it;
}

thread_local Context* current = nullptr;
thread_local int thread_mode = kGlobal;

// ---- Calls

Result called(const char* name) {
  State& all = state();
  const uint64_t count = ++all.counts[name];
  const auto found = all.settings.failures.find(name);
  if (found == all.settings.failures.end() || (found->second.at != 0 && found->second.at != count)) return kSuccess;
  return static_cast<Result>(found->second.code);
}

Result initialized() { return state().initialized ? kSuccess : kNotInitialized; }

Result working_context(const char* call, Context** context) {
  if (!state().initialized) return kNotInitialized;
  if (current == nullptr) {
    complain("%s: this thread has no current context", call);
    return kInvalidContext;
  }
  if (current->references == 0) return kContextDestroyed;
  *context = current;
  return current->error;
}

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

// ---- Captures: what they forbid

// Ends in an error when the capture ends.
Result invalidate(Capture& capture, Result result, const char* call, const char* reason) {
  complain("%s: %s; the capture is invalid", call, reason);
  capture.valid = false;
  return result;
}

// Calls that may wait or allocate: cuThreadExchangeStreamCaptureMode's rules.
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

// The legacy default stream waits for blocking streams.
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

// ---- Execution

// Runs jobs 0 to count - 1, each after those it depends on, until one fails. Among those that are ready the first, the
// last or any one, as the order says.
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

void forget_done(Operations& operations) {
  operations.erase(
      std::remove_if(operations.begin(), operations.end(), [](const auto& operation) { return operation->done; }),
      operations.end());
}

// Runs what these operations need, and themselves; `most` of all that at most. In random order others may run before
// their time.
Result wait_for(Context& context, Operations targets, size_t most = SIZE_MAX) {
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

// A call that asks whether these are done; the device gets on meanwhile.
Result query(Context& context, Operations operations) {
  forget_done(operations);
  if (operations.empty()) return kSuccess;
  const Result failed = wait_for(context, operations, 1);
  return failed != kSuccess ? failed : kNotReady;
}

// Nothing may have been written beside an allocation.
Result check_zones(Context& context) {
  for (const auto* kind : {&context.memory, &context.pinned}) {
    for (const auto& [address, memory] : *kind) {
      if (!memory->overrun()) continue;
      std::string work;
      for (const std::string& name : context.launched) work += (work.empty() ? "" : ", ") + name;
      complain("something was written beside %s; run since the last check: %s", memory->what.c_str(), work.c_str());
      context.error = kIllegalAddress;
    }
  }
  context.launched.clear();
  return context.error;
}

Stream* find_stream(Context& context, void* handle, const char* call) {
  if (handle == nullptr || handle == reinterpret_cast<void*>(1)) return &context.legacy;
  Stream* stream = find(context.streams, handle).get();
  if (stream == nullptr) complain("%s: %p is no stream (a thread's default stream is not supported)", call, handle);
  return stream;
}

// What the next operation of a stream comes after.
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

Result enqueue(Context& context, Stream& stream, Work work, std::shared_ptr<Operation>* enqueued = nullptr) {
  if (stream.capture != nullptr) {
    if (!stream.capture->valid) return kCaptureInvalidated;
    stream.capture->nodes.push_back({std::move(work), std::move(stream.capture_tail)});
    stream.capture_tail = {stream.capture->nodes.size() - 1};
    return kSuccess;
  }
  if (&stream == &context.legacy) {
    if (const Result refused = refuse_legacy(context, work.name.c_str())) return refused;
  }
  while (context.pending.size() >= kMostPending) {
    if (const Result failed = wait_for(context, {context.pending.front()})) return failed;
  }
  auto operation = std::make_shared<Operation>();
  operation->work = std::move(work);
  operation->after = frontier(context, stream);
  stream.tail = {operation};
  context.pending.push_back(operation);
  if (enqueued != nullptr) *enqueued = std::move(operation);
  return kSuccess;
}

// Enqueues into the default stream and waits for that.
Result run_now(Context& context, Work work) {
  if (const Result refused = refuse_unsafe(context, work.name.c_str())) return refused;
  std::shared_ptr<Operation> operation;
  if (const Result failed = enqueue(context, context.legacy, std::move(work), &operation)) return failed;
  return wait_for(context, {operation});
}

// ---- Memory

// The allocation that holds all of these bytes; an empty range may lie at its end.
std::shared_ptr<Memory> holder(const std::map<Address, std::shared_ptr<Memory>>& memory, Address address,
                               size_t bytes) {
  auto found = memory.upper_bound(address);
  if (found == memory.begin()) return nullptr;
  --found;
  const size_t offset = address - found->first;
  return offset <= found->second->bytes && bytes <= found->second->bytes - offset ? found->second : nullptr;
}

// Notes that `work` uses a range of device memory.
Result use(Context& context, Work& work, const FakeRange& range) {
  if (range.bytes == 0) return kSuccess;
  auto memory = holder(context.memory, range.address, range.bytes);
  if (memory == nullptr) {
    complain("%s: %llu bytes at %#llx do not lie in one allocation", work.name.c_str(),
             static_cast<unsigned long long>(range.bytes), static_cast<unsigned long long>(range.address));
    return kInvalidValue;
  }
  work.uses.push_back(std::move(memory));
  work.ranges.push_back(range);
  return kSuccess;
}

// Null where there is not enough. What the device has is the caller's to check.
std::shared_ptr<Memory> allocate(size_t bytes, const char* kind) {
  auto memory = std::make_shared<Memory>();
  void* block = nullptr;
  if (posix_memalign(&block, kZone, kZone + bytes + kZone) != 0) return nullptr;
  memory->begin = static_cast<unsigned char*>(block) + kZone;
  memory->bytes = bytes;
  std::memset(memory->begin - kZone, kZoneMark, kZone);
  std::memset(memory->begin, kUnwritten, bytes);
  std::memset(memory->begin + bytes, kZoneMark, kZone);
  char what[96];
  std::snprintf(what, sizeof what, "%zu bytes of %s memory at %p", bytes, kind, static_cast<void*>(memory->begin));
  memory->what = what;
  return memory;
}

Result release(Context& context, std::map<Address, std::shared_ptr<Memory>>& memory, Address address,
               const char* call) {
  if (const Result refused = refuse_unsafe(context, call)) return refused;
  const auto found = memory.find(address);
  if (found == memory.end()) {
    complain("%s: nothing is allocated at %#llx", call, static_cast<unsigned long long>(address));
    return kInvalidValue;
  }
  if (const Result failed = wait_for_all(context)) return failed;
  if (const Result failed = check_zones(context)) return failed;
  if (&memory == &context.memory) context.used -= found->second->taken();
  found->second->alive = false;
  memory.erase(found);
  return kSuccess;
}

// The other side of a transfer. A work that holds its own copy of it needs nothing more.
Result check_host(Context& context, const char* call, const void* host, size_t bytes) {
  if (host != nullptr && holder(context.memory, reinterpret_cast<Address>(host), bytes) == nullptr) return kSuccess;
  complain("%s: %p is no host memory", call, host);
  return kInvalidValue;
}

void* pointer(Address address) { return reinterpret_cast<void*>(address); }

// ---- Modules

// The newest PTX, times ten, that a driver of this CUDA version reads.
int newest_ptx(long driver) {
  const int major = static_cast<int>(driver / 1000), minor = static_cast<int>(driver % 1000 / 10);
  switch (major) {
    case 9:
      return 60 + minor;
    case 10:
      return 63 + minor;
    case 11:
      return 70 + minor;
    case 12:
      return 80 + (minor <= 5 ? minor : minor - 1);
    default:
      return major < 9 ? 0 : 10 * (major - 4) + minor;
  }
}

// Whether a driver would take this image; why not goes into `log`.
Result check_image(const char* image, std::string& log) {
  const Settings& settings = state().settings;
  constexpr unsigned char kFatBinary[] = {0x50, 0xED, 0x55, 0xBA};
  if (std::memcmp(image, kFatBinary, sizeof kFatBinary) == 0) {
    if (settings.refuse_fatbin) return kUnsupportedPtx;
    // Machine code for sm_80 and sm_90, which runs on later ones of the same major.
    return settings.major == 8 || settings.major == 9 ? kSuccess : kNoBinary;
  }
  const char* begin = image + std::strspn(image, " \t\r\n");
  if (std::strncmp(begin, "//", 2) != 0 && std::strncmp(begin, "/*", 2) != 0 && std::strncmp(begin, ".version", 8) != 0)
    return kInvalidImage;
  int major = 0, minor = 0, target = 0;
  char variant = ' ';
  const char* version = std::strstr(begin, ".version ");
  const char* architecture = std::strstr(begin, ".target ");
  if (version == nullptr || std::sscanf(version, ".version %d.%d", &major, &minor) != 2 || architecture == nullptr ||
      std::sscanf(architecture, ".target sm_%d%c", &target, &variant) < 1) {
    log = "ptxas fatal   : Missing .version or .target directive";
    return kInvalidPtx;
  }
  const int newest = newest_ptx(settings.driver);
  if (10 * major + minor > newest) {
    log = "ptxas application ptx input; fatal   : Unsupported .version " + std::to_string(major) + "." +
          std::to_string(minor) + "; current version is '" + std::to_string(newest / 10) + "." +
          std::to_string(newest % 10) + "'";
    return kUnsupportedPtx;
  }
  const int own = 10 * settings.major + settings.minor;
  if (target > own || (variant == 'a' && target != own)) {
    log = "ptxas fatal   : SM version specified by .target is higher than default SM version assumed";
    return kInvalidPtx;
  }
  return kSuccess;
}

Result load_module(Context& context, const char* call, void** module, const char* image, std::string& log) {
  if (module == nullptr || image == nullptr) return kInvalidValue;
  if (const Result refused = refuse_unsafe(context, call)) return refused;
  if (const Result refused = check_image(image, log)) return refused;
  Module loaded;
  loaded.what = "an unloaded module";
  *module = add(context.modules, std::move(loaded));
  return kSuccess;
}

// Opens the host runner's kernels.
Result open_engine(Context& context) {
  State& all = state();
  const char* file = all.settings.kernels.c_str();
  if (all.library == nullptr) {
    void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      complain("cannot load the kernels (GPU_TAE_FAKE_KERNELS): %s", dlerror());
      return kUnknown;
    }
    const auto* found = static_cast<const gputae_host::Library*>(dlsym(library, gputae_host::kLibrary));
    if (found == nullptr || found->version != gputae_host::kVersion) {
      complain("%s was built by another version of native/testing/host/build.sh", file);
      return kUnknown;
    }
    all.library = found;
  }
  const Settings& settings = all.settings;
  context.engine =
      all.library->create(settings.order, static_cast<uint64_t>(settings.seed), static_cast<int>(settings.threads),
                          static_cast<unsigned>(settings.shared_optin));
  return context.engine == nullptr ? kOutOfMemory : kSuccess;
}

// ---- Graphs

// Two nodes that use the same memory, one of them writing, must have an order. Nodes stand after those they depend on.
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

Result run_graph(Context& context, const Nodes& nodes) {
  return run_in_order(
      nodes.size(), [&](size_t i) { return nodes[i].after; }, [&](size_t i) { return run(context, nodes[i].work); });
}

void merge(std::vector<size_t>& tail, const std::vector<size_t>& other) {
  tail.insert(tail.end(), other.begin(), other.end());
  std::sort(tail.begin(), tail.end());
  tail.erase(std::unique(tail.begin(), tail.end()), tail.end());
}

// ---- Counts

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

}  // namespace

// ---- General

API cuInit(unsigned flags) {
  ENTER();
  State& all = state();
  if (flags != 0 || all.settings.wrong) return kInvalidValue;
  if (all.settings.devices == 0) return kNoDevice;
  if (!all.initialized) {
    all.contexts.resize(static_cast<size_t>(all.settings.devices));
    for (size_t i = 0; i < all.contexts.size(); i++) all.contexts[i].device = static_cast<int>(i);
  }
  all.initialized = true;
  return kSuccess;
}

API cuDriverGetVersion(int* version) {
  ENTER();
  NOT_NULL(version);
  *version = static_cast<int>(state().settings.driver);
  return kSuccess;
}

API cuGetErrorName(int error, const char** name) {
  ENTER();
  NOT_NULL(name);
  const auto found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                  [error](const Meaning& meaning) { return meaning.result == error; });
  *name = found == std::end(kMeanings) ? nullptr : found->name;
  return *name == nullptr ? kInvalidValue : kSuccess;
}

API cuGetErrorString(int error, const char** text) {
  ENTER();
  NOT_NULL(text);
  const auto found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                  [error](const Meaning& meaning) { return meaning.result == error; });
  *text = found == std::end(kMeanings) ? nullptr : found->text;
  return *text == nullptr ? kInvalidValue : kSuccess;
}

// ---- Devices and contexts

#define DEVICE(device) \
  if ((device) < 0 || static_cast<size_t>(device) >= state().contexts.size()) return kInvalidDevice

API cuDeviceGetCount(int* count) {
  ENTER_INITIALIZED();
  NOT_NULL(count);
  *count = static_cast<int>(state().contexts.size());
  return kSuccess;
}

API cuDeviceGet(int* device, int ordinal) {
  ENTER_INITIALIZED();
  NOT_NULL(device);
  DEVICE(ordinal);
  *device = ordinal;
  return kSuccess;
}

API cuDeviceGetName(char* name, int length, int device) {
  ENTER_INITIALIZED();
  DEVICE(device);
  if (name == nullptr || length < 1) return kInvalidValue;
  std::snprintf(name, static_cast<size_t>(length), "Fake GPU");
  return kSuccess;
}

API cuDeviceGetUuid(char* uuid, int device) {
  ENTER_INITIALIZED();
  NOT_NULL(uuid);
  DEVICE(device);
  std::memcpy(uuid, "gpu-tae fake  \0", 16);
  uuid[15] = static_cast<char>(device);
  return kSuccess;
}

API cuDeviceGetAttribute(int* value, int attribute, int device) {
  ENTER_INITIALIZED();
  NOT_NULL(value);
  DEVICE(device);
  const Settings& settings = state().settings;
  const std::map<int, long> values = {
      // clang-format off
      {1, kMostThreads}, {2, kMostThreads}, {3, kMostThreads}, {4, 64},  // MAX_THREADS_PER_BLOCK, MAX_BLOCK_DIM_X, Y, Z
      {5, INT_MAX}, {6, kMostGridY}, {7, kMostGridY},  // MAX_GRID_DIM_X, Y, Z
      {8, kShared}, {97, settings.shared_optin},  // MAX_SHARED_MEMORY_PER_BLOCK, ..._OPTIN
      {81, settings.shared_optin + kStaticShared},  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
      {111, kStaticShared},  // RESERVED_SHARED_MEMORY_PER_BLOCK
      {9, 64 << 10},  // TOTAL_CONSTANT_MEMORY
      {12, 64 << 10}, {82, 64 << 10},  // MAX_REGISTERS_PER_BLOCK, ..._PER_MULTIPROCESSOR
      {10, 32}, {16, settings.multiprocessors},  // WARP_SIZE, MULTIPROCESSOR_COUNT
      {39, 2048}, {106, 32},  // MAX_THREADS_PER_MULTIPROCESSOR, MAX_BLOCKS_PER_MULTIPROCESSOR
      {13, 1'000'000}, {38, 4 << 20},  // CLOCK_RATE, L2_CACHE_SIZE
      {40, 2}, {32, 0},  // ASYNC_ENGINE_COUNT, ECC_ENABLED
      {17, 0}, {18, 0}, {19, 1}, {20, 0},  // KERNEL_EXEC_TIMEOUT, INTEGRATED, CAN_MAP_HOST_MEMORY, COMPUTE_MODE
      {31, 1}, {41, 1},  // CONCURRENT_KERNELS, UNIFIED_ADDRESSING
      {78, 1}, {95, 0},  // STREAM_PRIORITIES_SUPPORTED, COOPERATIVE_LAUNCH
      {33, device}, {34, 0}, {50, 0},  // PCI_BUS_ID, PCI_DEVICE_ID, PCI_DOMAIN_ID
      {75, settings.major}, {76, settings.minor},  // COMPUTE_CAPABILITY_MAJOR, MINOR
      // clang-format on
  };
  const auto found = values.find(attribute);
  if (found == values.end()) return kInvalidValue;
  *value = static_cast<int>(found->second);
  return kSuccess;
}

API cuDevicePrimaryCtxRetain(Context** context, int device) {
  ENTER_INITIALIZED();
  NOT_NULL(context);
  DEVICE(device);
  Context& own = state().contexts[static_cast<size_t>(device)];
  if (own.references == 0) TRY(open_engine(own));
  own.references++;
  *context = &own;
  return kSuccess;
}

API cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER_INITIALIZED();
  DEVICE(device);
  Context& context = state().contexts[static_cast<size_t>(device)];
  if (context.references == 0) {
    complain("%s: it is not retained", __func__);
    return kInvalidContext;
  }
  if (--context.references > 0) return kSuccess;
  wait_for_all(context);
  const Result result = check_zones(context);
  for (const auto& [kind, number] : alive(context)) state().left[kind] += number;
  for (const auto& [address, memory] : context.memory) memory->alive = false;
  state().library->destroy(context.engine);
  context = {};
  context.device = device;
  return result;
}

API cuCtxSetCurrent(Context* context) {
  ENTER_INITIALIZED();
  const auto& contexts = state().contexts;
  const bool known = context == nullptr || std::any_of(contexts.begin(), contexts.end(),
                                                       [context](const Context& own) { return &own == context; });
  if (!known || (context != nullptr && context->references == 0)) return kInvalidContext;
  current = context;
  return kSuccess;
}

API cuCtxGetCurrent(Context** context) {
  ENTER_INITIALIZED();
  NOT_NULL(context);
  *context = current;
  return kSuccess;
}

API cuCtxSynchronize() {
  ENTER_CONTEXT();
  for (const auto& capture : context.captures)
    return invalidate(*capture, kCaptureUnsupported, __func__, "a stream of the context is capturing");
  TRY(wait_for_all(context));
  return check_zones(context);
}

API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  ENTER_CONTEXT();
  if (least != nullptr) *least = 0;
  if (greatest != nullptr) *greatest = kGreatestPriority;
  return kSuccess;
}

// ---- Memory

API cuMemGetInfo_v2(size_t* free, size_t* total) {
  ENTER_CONTEXT();
  if (total != nullptr) *total = static_cast<size_t>(state().settings.memory);
  if (free != nullptr) *free = (static_cast<size_t>(state().settings.memory) - context.used) / kZone * kZone;
  return kSuccess;
}

API cuMemAlloc_v2(Address* address, size_t bytes) {
  ENTER_CONTEXT();
  NOT_NULL(address);
  if (bytes == 0) return kInvalidValue;
  TRY(refuse_unsafe(context, __func__));
  const size_t left = (static_cast<size_t>(state().settings.memory) - context.used) / kZone * kZone;
  auto memory = bytes > left ? nullptr : allocate(bytes, "device");
  if (memory == nullptr) return kOutOfMemory;
  context.used += memory->taken();
  *address = memory->address();
  context.memory[*address] = std::move(memory);
  return kSuccess;
}

API cuMemFree_v2(Address address) {
  ENTER_CONTEXT();
  return release(context, context.memory, address, __func__);
}

API cuMemAllocHost_v2(void** address, size_t bytes) {
  ENTER_CONTEXT();
  NOT_NULL(address);
  if (bytes == 0) return kInvalidValue;
  TRY(refuse_unsafe(context, __func__));
  auto memory = allocate(bytes, "pinned");
  if (memory == nullptr) return kOutOfMemory;
  *address = memory->begin;
  context.pinned[memory->address()] = std::move(memory);
  return kSuccess;
}

API cuMemFreeHost(void* address) {
  ENTER_CONTEXT();
  return release(context, context.pinned, reinterpret_cast<Address>(address), __func__);
}

API cuMemcpyHtoD_v2(Address to, const void* from, size_t bytes) {
  ENTER_CONTEXT();
  Work work{__func__, [=] { return std::memcpy(pointer(to), from, bytes), kSuccess; }, {}, {}};
  if (bytes == 0) return kSuccess;
  TRY(check_host(context, __func__, from, bytes));
  TRY(use(context, work, {to, bytes, true, false}));
  return run_now(context, std::move(work));
}

API cuMemcpyDtoH_v2(void* to, Address from, size_t bytes) {
  ENTER_CONTEXT();
  Work work{__func__, [=] { return std::memcpy(to, pointer(from), bytes), kSuccess; }, {}, {}};
  if (bytes == 0) return kSuccess;
  TRY(check_host(context, __func__, to, bytes));
  TRY(use(context, work, {from, bytes, false, false}));
  return run_now(context, std::move(work));
}

#define STREAM(handle)                                           \
  Stream* stream_found = find_stream(context, handle, __func__); \
  if (stream_found == nullptr) return kInvalidHandle;            \
  Stream& stream = *stream_found

API cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  if (bytes == 0) return kSuccess;
  TRY(check_host(context, __func__, from, bytes));
  Work work{__func__, nullptr, {}, {}};
  TRY(use(context, work, {to, bytes, true, false}));
  if (auto pinned = holder(context.pinned, reinterpret_cast<Address>(from), bytes)) {
    work.uses.push_back(std::move(pinned));
    work.ranges.push_back({reinterpret_cast<Address>(from), bytes, false, false});
    work.run = [=] { return std::memcpy(pointer(to), from, bytes), kSuccess; };
  } else {
    if (stream.capture != nullptr)
      return invalidate(*stream.capture, kCaptureUnsupported, __func__, "the host memory is not pinned");
    const char* begin = static_cast<const char*>(from);
    work.run = [to, staged = std::vector<char>(begin, begin + bytes)] {
      return std::memcpy(pointer(to), staged.data(), staged.size()), kSuccess;
    };
  }
  return enqueue(context, stream, std::move(work));
}

API cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  if (bytes == 0) return kSuccess;
  TRY(check_host(context, __func__, to, bytes));
  Work work{__func__, [=] { return std::memcpy(to, pointer(from), bytes), kSuccess; }, {}, {}};
  TRY(use(context, work, {from, bytes, false, false}));
  if (auto pinned = holder(context.pinned, reinterpret_cast<Address>(to), bytes)) {
    work.uses.push_back(std::move(pinned));
    work.ranges.push_back({reinterpret_cast<Address>(to), bytes, true, false});
    return enqueue(context, stream, std::move(work));
  }
  if (stream.capture != nullptr)
    return invalidate(*stream.capture, kCaptureUnsupported, __func__, "the host memory is not pinned");
  std::shared_ptr<Operation> operation;
  TRY(enqueue(context, stream, std::move(work), &operation));
  return wait_for(context, {operation});
}

API cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  if (bytes == 0) return kSuccess;
  Work work{__func__, [=] { return std::memcpy(pointer(to), pointer(from), bytes), kSuccess; }, {}, {}};
  TRY(use(context, work, {from, bytes, false, false}));
  TRY(use(context, work, {to, bytes, true, false}));
  if (from < to + bytes && to < from + bytes) {
    complain("%s: the ranges overlap", __func__);
    return kInvalidValue;
  }
  return enqueue(context, stream, std::move(work));
}

API cuMemsetD8Async(Address address, unsigned char value, size_t bytes, void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  if (bytes == 0) return kSuccess;
  Work work{__func__, [=] { return std::memset(pointer(address), value, bytes), kSuccess; }, {}, {}};
  TRY(use(context, work, {address, bytes, true, false}));
  return enqueue(context, stream, std::move(work));
}

// ---- Modules and kernels

API cuModuleLoadData(void** module, const void* image) {
  ENTER_CONTEXT();
  std::string log;
  return load_module(context, __func__, module, static_cast<const char*>(image), log);
}

API cuModuleLoadFatBinary(void** module, const void* image) {
  ENTER_CONTEXT();
  std::string log;
  return load_module(context, __func__, module, static_cast<const char*>(image), log);
}

API cuModuleLoadDataEx(void** module, const void* image, unsigned count, const int* options, void** values) {
  ENTER_CONTEXT();
  std::string log;
  const Result result = load_module(context, __func__, module, static_cast<const char*>(image), log);
  constexpr int kErrorLog = 5, kErrorLogSize = 6;
  char* buffer = nullptr;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == kErrorLog) buffer = static_cast<char*>(values[i]);
  }
  for (unsigned i = 0; i < count; i++) {
    if (options[i] != kErrorLogSize || buffer == nullptr) continue;
    const size_t size = static_cast<unsigned>(reinterpret_cast<uintptr_t>(values[i]));
    if (size > 0) std::snprintf(buffer, size, "%s", log.c_str());
    values[i] = reinterpret_cast<void*>(std::min(log.size() + 1, size));
  }
  return result;
}

API cuModuleUnload(void* handle) {
  ENTER_CONTEXT();
  TRY(refuse_unsafe(context, __func__));
  const std::shared_ptr<Module> module = find(context.modules, handle);
  if (module == nullptr) return kInvalidHandle;
  TRY(wait_for_all(context));
  module->alive = false;
  std::erase_if(context.functions, [&](const auto& entry) { return entry.second->module == module; });
  context.modules.erase(handle);
  return kSuccess;
}

API cuModuleGetFunction(void** function, void* handle, const char* name) {
  ENTER_CONTEXT();
  if (function == nullptr || name == nullptr) return kInvalidValue;
  const std::shared_ptr<Module> module = find(context.modules, handle);
  if (module == nullptr) return kInvalidHandle;
  for (const auto& [known, entry] : context.functions) {
    if (entry->module == module && std::strcmp(entry->kernel->name, name) == 0) {
      *function = known;
      return kSuccess;
    }
  }
  const gputae_host::Library& library = *state().library;
  for (int i = 0; i < library.count; i++) {
    if (std::strcmp(library.kernels[i].name, name) != 0) continue;
    *function = add(context.functions, Function{module, &library.kernels[i]});
    return kSuccess;
  }
  return kNotFound;
}

API cuFuncGetAttribute(int* value, int attribute, void* handle) {
  ENTER_CONTEXT();
  NOT_NULL(value);
  const std::shared_ptr<Function> function = find(context.functions, handle);
  if (function == nullptr) return kInvalidHandle;
  const Settings& settings = state().settings;
  const int capability = 10 * settings.major + settings.minor;
  // MAX_THREADS_PER_BLOCK, SHARED_SIZE_BYTES, CONST_SIZE_BYTES, LOCAL_SIZE_BYTES, NUM_REGS, PTX_VERSION,
  // BINARY_VERSION, CACHE_MODE_CA, then as named.
  const int values[] = {function->kernel->most_threads,
                        kStaticShared,
                        0,
                        0,
                        32,
                        capability,
                        capability,
                        0,
                        function->max_dynamic_shared,
                        -1};
  if (attribute < 0 || static_cast<size_t>(attribute) >= std::size(values)) return kInvalidValue;
  *value = values[attribute];
  return kSuccess;
}

API cuFuncSetAttribute(void* handle, int attribute, int value) {
  ENTER_CONTEXT();
  const std::shared_ptr<Function> function = find(context.functions, handle);
  if (function == nullptr) return kInvalidHandle;
  if (attribute == kSharedCarveout) return value >= -1 && value <= 100 ? kSuccess : kInvalidValue;
  if (attribute != kMaxDynamicShared || value < 0 || value > state().settings.shared_optin - kStaticShared)
    return kInvalidValue;
  function->max_dynamic_shared = value;
  return kSuccess;
}

API cuLaunchKernel(void* function_handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared_memory, void* handle, void** parameters,
                   void** extra) {
  ENTER_CONTEXT();
  STREAM(handle);
  const std::shared_ptr<Function> function = find(context.functions, function_handle);
  if (function == nullptr) {
    complain("%s: %p is no function of a loaded module", __func__, function_handle);
    return kInvalidHandle;
  }
  const gputae_host::Kernel* kernel = function->kernel;
  const char* name = kernel->name;
  if (grid_x < 1 || grid_x > INT_MAX || grid_y < 1 || grid_y > kMostGridY || block_x < 1 || block_x > kMostThreads ||
      static_cast<int>(block_x) > kernel->most_threads) {
    complain("kernel '%s': a grid of (%u, %u) blocks of %u threads; its __launch_bounds__ allow %d", name, grid_x,
             grid_y, block_x, kernel->most_threads);
    return kInvalidValue;
  }
  if (grid_z != 1 || block_y != 1 || block_z != 1 || extra != nullptr) {
    complain("kernel '%s': the fake has no grids and blocks of three dimensions, blocks of two, and extra arguments",
             name);
    return grid_z < 1 || block_y < 1 || block_z < 1 ? kInvalidValue : kNotSupported;
  }
  if (shared_memory > static_cast<unsigned>(function->max_dynamic_shared)) {
    complain("kernel '%s': %u bytes of dynamic shared memory; it may have %d, more after cuFuncSetAttribute", name,
             shared_memory, function->max_dynamic_shared);
    return kInvalidValue;
  }
  const size_t count = std::strlen(kernel->types);
  if (count > 0 && parameters == nullptr) return kInvalidValue;
  Work work{name, nullptr, {function->module}, {}};
  std::vector<gputae_host::Slot> slots(count);
  for (size_t i = 0; i < count; i++) {
    NOT_NULL(parameters[i]);
    std::memcpy(&slots[i], parameters[i], kernel->types[i] == 'i' || kernel->types[i] == 'f' ? 4 : 8);
    if (kernel->types[i] != 'p' || slots[i] == 0) continue;
    auto memory = holder(context.memory, slots[i], 0);
    if (memory == nullptr) memory = holder(context.pinned, slots[i], 0);
    if (memory == nullptr) {
      complain("kernel '%s': argument %zu, %#llx, points into no allocation", name, i,
               static_cast<unsigned long long>(slots[i]));
      return context.error = kIllegalAddress;
    }
    work.uses.push_back(std::move(memory));
  }
  work.run = [&context, kernel, grid_x, grid_y, block_x, shared_memory, slots = std::move(slots)] {
    const char* failure =
        state().library->launch(context.engine, {kernel, grid_x, grid_y, block_x, shared_memory, slots.data()});
    if (failure == nullptr) return kSuccess;
    complain("%s", failure);
    return kLaunchFailed;
  };
  return enqueue(context, stream, std::move(work));
}

// ---- Streams and events

API cuStreamCreateWithPriority(void** handle, unsigned flags, int priority) {
  ENTER_CONTEXT();
  NOT_NULL(handle);
  if (flags > kNonBlocking) return kInvalidValue;
  (void)priority;  // clamped to what there is
  Stream stream;
  stream.blocking = flags != kNonBlocking;
  *handle = add(context.streams, std::move(stream));
  return kSuccess;
}

API cuStreamCreate(void** handle, unsigned flags) {
  ENTER_CONTEXT();
  NOT_NULL(handle);
  if (flags > kNonBlocking) return kInvalidValue;
  Stream stream;
  stream.blocking = flags != kNonBlocking;
  *handle = add(context.streams, std::move(stream));
  return kSuccess;
}

API cuStreamDestroy_v2(void* handle) {
  ENTER_CONTEXT();
  const std::shared_ptr<Stream> stream = find(context.streams, handle);
  if (stream == nullptr) return kInvalidHandle;
  if (stream->capture != nullptr)
    return invalidate(*stream->capture, kCaptureUnsupported, __func__, "the stream is capturing");
  // What a blocking stream has left still comes before the default stream's next operation.
  if (stream->blocking) context.legacy.tail.insert(context.legacy.tail.end(), stream->tail.begin(), stream->tail.end());
  context.streams.erase(handle);
  return kSuccess;
}

// Nobody may ask what has become of a capturing stream's work, and waiting is forbidden to the thread that captures.
#define NOT_CAPTURING(stream)                                                                       \
  if ((stream).capture != nullptr)                                                                  \
    return invalidate(*(stream).capture, kCaptureUnsupported, __func__, "the stream is capturing"); \
  if (&(stream) == &context.legacy) TRY(refuse_legacy(context, __func__));                          \
  TRY(refuse_unsafe(context, __func__))

API cuStreamSynchronize(void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  NOT_CAPTURING(stream);
  TRY(wait_for(context, frontier(context, stream)));
  return check_zones(context);
}

API cuStreamQuery(void* handle) {
  ENTER_CONTEXT();
  STREAM(handle);
  NOT_CAPTURING(stream);
  return query(context, frontier(context, stream));
}

API cuStreamWaitEvent(void* handle, void* event_handle, unsigned flags) {
  ENTER_CONTEXT();
  STREAM(handle);
  const std::shared_ptr<Event> event = find(context.events, event_handle);
  if (event == nullptr) return kInvalidHandle;
  if (flags != 0) return kInvalidValue;
  const std::shared_ptr<Capture> capture = event->capture;
  if (capture != nullptr && !capture->active) {
    if (stream.capture != nullptr) stream.capture->valid = false;
    complain("%s: the event was recorded in a capture that has ended", __func__);
    return kCapturedEvent;
  }
  if (stream.capture == nullptr && capture == nullptr) {
    stream.tail.insert(stream.tail.end(), event->operations.begin(), event->operations.end());
    forget_done(stream.tail);
    return kSuccess;
  }
  if (stream.capture != nullptr && !stream.capture->valid) return kCaptureInvalidated;
  if (capture == nullptr)
    return invalidate(*stream.capture, kCaptureIsolation, __func__, "the event was not recorded in the capture");
  if (!capture->valid) return kCaptureInvalidated;
  if (&stream == &context.legacy)
    return invalidate(*capture, kCaptureImplicit, __func__, "the default stream cannot capture");
  if (stream.capture == nullptr) {
    stream.capture = capture;
    stream.capture_tail.clear();
    capture->streams.push_back(&stream);
  } else if (stream.capture != capture) {
    stream.capture->valid = false;
    return invalidate(*capture, kCaptureMerge, __func__, "the event was recorded in another capture");
  }
  merge(stream.capture_tail, event->capture_tail);
  return kSuccess;
}

API cuEventCreate(void** handle, unsigned flags) {
  ENTER_CONTEXT();
  NOT_NULL(handle);
  if (flags > 3) return kInvalidValue;  // those for other processes are not supported
  Event event;
  event.flags = flags;
  *handle = add(context.events, std::move(event));
  return kSuccess;
}

API cuEventDestroy_v2(void* handle) {
  ENTER_CONTEXT();
  return context.events.erase(handle) == 1 ? kSuccess : kInvalidHandle;
}

API cuEventRecord(void* handle, void* stream_handle) {
  ENTER_CONTEXT();
  STREAM(stream_handle);
  const std::shared_ptr<Event> event = find(context.events, handle);
  if (event == nullptr) return kInvalidHandle;
  if (stream.capture != nullptr && !stream.capture->valid) return kCaptureInvalidated;
  if (&stream == &context.legacy) TRY(refuse_legacy(context, __func__));
  event->recorded = true;
  event->time = seconds();
  event->capture = stream.capture;
  event->capture_tail = stream.capture == nullptr ? std::vector<size_t>() : stream.capture_tail;
  event->operations = stream.capture == nullptr ? frontier(context, stream) : Operations();
  return kSuccess;
}

// An event that a capture recorded stands for nodes, which do not run.
#define EVENT(event, handle)                                                                             \
  const std::shared_ptr<Event> event = find(context.events, handle);                                     \
  if (event == nullptr) return kInvalidHandle;                                                           \
  if (event->capture != nullptr)                                                                         \
    return invalidate(*event->capture, kCapturedEvent, __func__, "the event was recorded in a capture"); \
  TRY(refuse_unsafe(context, __func__))

API cuEventQuery(void* handle) {
  ENTER_CONTEXT();
  EVENT(event, handle);
  return query(context, event->operations);
}

API cuEventSynchronize(void* handle) {
  ENTER_CONTEXT();
  EVENT(event, handle);
  TRY(wait_for(context, event->operations));
  return check_zones(context);
}

API cuEventElapsedTime(float* milliseconds, void* start_handle, void* end_handle) {
  ENTER_CONTEXT();
  NOT_NULL(milliseconds);
  EVENT(start, start_handle);
  EVENT(end, end_handle);
  double times[2];
  for (int i = 0; i < 2; i++) {
    const Event& event = i == 0 ? *start : *end;
    if (!event.recorded || (event.flags & kDisableTiming) != 0) return kInvalidHandle;
    times[i] = event.time;
    for (const auto& operation : event.operations) {
      if (!operation->done) return kNotReady;
      times[i] = std::max(times[i], operation->finished);
    }
  }
  *milliseconds = static_cast<float>(1e3 * (times[1] - times[0]));
  return kSuccess;
}

// ---- Captures and graphs

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
  *exec = add(context.execs, GraphExec{graph->nodes, nullptr});
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
  state().graph_launches++;
  return kSuccess;
}

// ---- For the fake cuBLAS

API gputae_fake_called(const char* name) {
  std::lock_guard lock(state().mutex);
  return called(name);
}

API gputae_fake_check(const char* name, bool allocates) {
  std::lock_guard lock(state().mutex);
  Context* context = nullptr;
  TRY(working_context(name, &context));
  return allocates ? refuse_unsafe(*context, name) : kSuccess;
}

API gputae_fake_synchronise(const char* name) {
  std::lock_guard lock(state().mutex);
  Context* context = nullptr;
  TRY(working_context(name, &context));
  TRY(refuse_unsafe(*context, name));
  return wait_for_all(*context);
}

API gputae_fake_driver_version() { return static_cast<int>(state().settings.driver); }

extern "C" __attribute__((visibility("default"))) void gputae_fake_handles(int change) {
  std::lock_guard lock(state().mutex);
  state().handles += change;
}

extern "C" __attribute__((visibility("default"))) bool gputae_fake_invalidate_capture(void* handle, const char* name,
                                                                                      const char* reason) {
  std::lock_guard lock(state().mutex);
  Context* context = nullptr;
  if (working_context(name, &context) != kSuccess) return false;
  Stream* stream = find_stream(*context, handle, name);
  if (stream == nullptr || stream->capture == nullptr) return false;
  invalidate(*stream->capture, kCaptureUnsupported, name, reason);
  return true;
}

extern "C" __attribute__((visibility("default"))) bool gputae_fake_allocated(const FakeRange& range) {
  std::lock_guard lock(state().mutex);
  Context* context = nullptr;
  return working_context("cuBLAS", &context) == kSuccess &&
         holder(context->memory, range.address, range.bytes) != nullptr;
}

API gputae_fake_enqueue(void* handle, const char* name, void (*run)(const void* data), const void* data, size_t bytes,
                        const FakeRange* ranges, size_t count) {
  std::lock_guard lock(state().mutex);
  Context* context_found = nullptr;
  TRY(working_context(name, &context_found));
  Context& context = *context_found;
  Stream* stream = find_stream(context, handle, name);
  if (stream == nullptr) return kInvalidHandle;
  Work work{name, nullptr, {}, {}};
  for (size_t i = 0; i < count; i++) TRY(use(context, work, ranges[i]));
  const char* begin = static_cast<const char*>(data);
  work.run = [run, copied = std::vector<char>(begin, begin + bytes)] { return run(copied.data()), kSuccess; };
  return enqueue(context, *stream, std::move(work));
}
