// The driver, its devices and their primary contexts.
#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>

#include "driver.h"

namespace gputae_fake {

namespace {

thread_local Context* current = nullptr;

}  // namespace

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

}  // namespace gputae_fake
