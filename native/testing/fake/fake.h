// The functions of the fake driver (driver/for_cublas.cpp) that the fake cuBLAS (cublas.cpp) uses. Like the real
// cuBLAS, the fake one enqueues work on streams. But it must not call the driver's public functions, because calls of
// these are counted. Both are for tests only. Results are CUDA's (CUresult); 0 is success.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Device memory that enqueued work uses.
struct FakeRange {
  uint64_t address;
  uint64_t bytes;
  bool written;
  bool gaps;  // not all of the range is used
};

extern "C" {
// Counts a call. If the result is not 0, GPU_TAE_FAKE_FAIL wants the call to return this result and to do nothing else.
int gputae_fake_called(const char* name);
// Whether the calling thread may continue. It must have a context. If it wants to allocate, no capture may forbid this.
int gputae_fake_check(const char* name, bool allocates);
// Waits for all work.
int gputae_fake_synchronise(const char* name);
int gputae_fake_driver_version();
// Counts handles that were created (1) or destroyed (-1).
void gputae_fake_handles(int change);
// Whether `stream` is capturing. If it is, the capture is invalid from now on, for the given reason.
bool gputae_fake_invalidate_capture(void* stream, const char* name, const char* reason);
// Whether all of the range lies in one allocation.
bool gputae_fake_allocated(const FakeRange& range);
// Enqueues run(data) on a stream. If the stream captures, run(data) becomes a node of the capture. `bytes` bytes of
// data are copied.
int gputae_fake_enqueue(void* stream, const char* name, void (*run)(const void* data), const void* data, size_t bytes,
                        const FakeRange* ranges, size_t count);
}
