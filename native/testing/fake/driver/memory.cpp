// Memory of the device and pinned memory of the host, with guard zones; transfers.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#include "driver.h"

namespace gputae_fake {

namespace {

constexpr unsigned char kUnwritten = 0xFF;  // NaN, -1

// Returns null if there is not enough memory. The caller checks how much memory the device has.
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

// Checks the host's side of a transfer. Work that holds its own copy of the bytes needs nothing more.
Result check_host(Context& context, const char* call, const void* host, size_t bytes) {
  if (host != nullptr && holder(context.memory, reinterpret_cast<Address>(host), bytes) == nullptr) return kSuccess;
  complain("%s: %p is no host memory", call, host);
  return kInvalidValue;
}

void* pointer(Address address) { return reinterpret_cast<void*>(address); }

}  // namespace

std::shared_ptr<Memory> holder(const std::map<Address, std::shared_ptr<Memory>>& memory, Address address,
                               size_t bytes) {
  auto found = memory.upper_bound(address);
  if (found == memory.begin()) return nullptr;
  --found;
  const size_t offset = address - found->first;
  return offset <= found->second->bytes && bytes <= found->second->bytes - offset ? found->second : nullptr;
}

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

}  // namespace gputae_fake
