// Streams and events.
#include <algorithm>
#include <mutex>
#include <utility>

#include "driver.h"

namespace gputae_fake {

namespace {

constexpr unsigned kNonBlocking = 1, kDisableTiming = 2;

// Adds nodes to those after which the next node comes.
void merge(std::vector<size_t>& tail, const std::vector<size_t>& other) {
  tail.insert(tail.end(), other.begin(), other.end());
  std::sort(tail.begin(), tail.end());
  tail.erase(std::unique(tail.begin(), tail.end()), tail.end());
}

}  // namespace

Stream* find_stream(Context& context, void* handle, const char* call) {
  if (handle == nullptr || handle == reinterpret_cast<void*>(1)) return &context.legacy;
  Stream* stream = find(context.streams, handle).get();
  if (stream == nullptr) complain("%s: %p is no stream (a thread's default stream is not supported)", call, handle);
  return stream;
}

API cuStreamCreateWithPriority(void** handle, unsigned flags, int priority) {
  ENTER_CONTEXT();
  NOT_NULL(handle);
  if (flags > kNonBlocking) return kInvalidValue;
  Stream stream;
  stream.blocking = flags != kNonBlocking;
  stream.priority = std::clamp(priority, kGreatestPriority, 0);
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
  // The operations that a blocking stream leaves still come before the default stream's next operation.
  if (stream->blocking) context.legacy.tail.insert(context.legacy.tail.end(), stream->tail.begin(), stream->tail.end());
  context.streams.erase(handle);
  return kSuccess;
}

// While a stream captures, no call may ask about its work, and the thread that captures must not wait.
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
  if (flags > 3) return kInvalidValue;  // events for other processes are not supported
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

// An event that was recorded in a capture stands for nodes, which do not run.
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

}  // namespace gputae_fake
