// What the fake cuBLAS (cublas.cpp) asks of the fake driver (driver/for_cublas.cpp). Like the real one it enqueues on
// streams, but it may not be a customer of the driver's public functions, whose calls are counted. Both are for tests
// only. Results are CUDA's (CUresult), 0 is success.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Device memory that enqueued work uses.
struct FakeRange {
  uint64_t address;
  uint64_t bytes;
  bool written;
  bool gaps;  // not all of it is used
};

extern "C" {
// Counts a call; not 0: what GPU_TAE_FAKE_FAIL wants it to return, having done nothing.
int gputae_fake_called(const char* name);
// Whether the calling thread may go on: it has a context, and no capture that forbids it to allocate, if it wants to.
int gputae_fake_check(const char* name, bool allocates);
// Waits for everything.
int gputae_fake_synchronise(const char* name);
int gputae_fake_driver_version();
// Handles that were created (1) or destroyed (-1).
void gputae_fake_handles(int change);
// Whether `stream` is capturing; such a capture is invalid from here on, for the reason given.
bool gputae_fake_invalidate_capture(void* stream, const char* name, const char* reason);
// Whether all of the range lies in one allocation.
bool gputae_fake_allocated(const FakeRange& range);
// Enqueues run(data) on a stream, or makes it a node of what that captures; `bytes` of data are copied.
int gputae_fake_enqueue(void* stream, const char* name, void (*run)(const void* data), const void* data, size_t bytes,
                        const FakeRange* ranges, size_t count);
}
