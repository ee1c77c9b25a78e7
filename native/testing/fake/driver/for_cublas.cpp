// The functions of the driver that the fake cuBLAS uses (fake.h).
#include <mutex>
#include <utility>
#include <vector>

#include "driver.h"

namespace gputae_fake {

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

}  // namespace gputae_fake
