// What the three parts of the host runner share: the kernels (cuda_host.h, compiled with kernels/*.cu), the engine that
// executes them (engine.cpp, linked with them into libgputae_host_kernels.so), and the bridge to Java (runner.cpp),
// which loads that library.
#pragma once

#include <stddef.h>
#include <stdint.h>

// CUDA's names for these.
struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace gputae_host {

// Which thread of a block, and which block of a grid, comes first. Java's HostRunner.Order has the same order.
enum Order : int { kForward, kBackward, kRandom };

// A line of a kernel.
struct Place {
  const char* file;
  int line;
};

enum Operation : int {
  kSyncthreads,
  kSyncthreadsCount,
  kSyncthreadsAnd,
  kSyncthreadsOr,
  kSyncwarp,
  kShuffle,
  kShuffleUp,
  kShuffleDown,
  kShuffleXor,
  kBallot,
  kAny,
  kAll
};

class Watch;

// What a thread of the operating system runs now. Its memory begins at a multiple of kSpan and also holds the stacks of
// all fibers, so the stack pointer alone tells where it is. A thread-local variable would cost a call each time,
// because the library is loaded late.
struct Here {
  uint3 thread_index;
  uint3 block_index;
  dim3 block_size;
  dim3 grid_size;
  uint64_t steps;  // waits and atomic operations of this block
  Watch* watch;    // null unless the build is watched (watch.h)
};

constexpr uintptr_t kSpan = uintptr_t{1} << 27;

inline Here* here() {
  uintptr_t stack;
  asm("mov %%rsp, %0" : "=r"(stack));  // not volatile: it never leaves the span, so a function may read it once
  return reinterpret_cast<Here*>(stack & ~(kSpan - 1));
}

// If a block waits or uses atomic operations this often, it is taken to wait for ever. A block of 1024 threads may pass
// 195,000 barriers. The tests of this runner, whose kernels are short, set a smaller number.
#ifdef GPUTAE_HOST_MOST_STEPS
constexpr uint64_t kMostSteps = GPUTAE_HOST_MOST_STEPS;
#else
constexpr uint64_t kMostSteps = 200'000'000;
#endif

// The functions of the engine that kernels call. The operation says what `vote` and the result mean.
int wait_for_block(Operation operation, int vote, Place place);
uint64_t wait_for_warp(Operation operation, unsigned mask, uint64_t value, int argument, int width, Place place);
[[noreturn]] void too_many_steps();
// Ends the launch. Its error names the kernel, the block and the message.
[[noreturn]] void end_launch(const char* message);

// One argument of a launch. A value of 4 bytes lies at the beginning.
using Slot = uint64_t;

struct Kernel {
  const char* name;
  const char* types;                   // one letter for each parameter, as gputae.backend.cuda.Arguments says
  int most_threads;                    // of a block: its __launch_bounds__
  void (*run)(const Slot* arguments);  // what one thread does
};

class DeviceMemory;

// A grid of (grid_x, grid_y) blocks of `threads` threads, which the caller has checked.
struct Launch {
  const Kernel* kernel;
  unsigned grid_x, grid_y, threads;
  unsigned shared_memory;  // bytes of dynamic shared memory
  const Slot* arguments;
  DeviceMemory* memory;  // null unless the build is watched
};

// Bytes of device memory [begin, end) that a launch read (bit 0 of `how`), wrote (bit 1) or both.
struct Range {
  uintptr_t begin, end;
  unsigned how;
};

class Engine;

// What the library of kernels offers.
struct Library {
  int version;
  int count;
  const Kernel* kernels;
  // Returns null if there is not enough memory. shared_memory is the most that a launch will ask for.
  Engine* (*create)(Order order, uint64_t seed, int threads, unsigned shared_memory);
  // Returns null, or the first failure in one line, which is valid until the next call.
  const char* (*launch)(Engine* engine, const Launch& launch);
  void (*destroy)(Engine* engine);
  bool watched;
  // Sets the ranges of the last launch, which are valid until the next one, and returns their number. There are none
  // unless the build is watched.
  size_t (*accesses)(const Engine* engine, const Range** ranges);
};

// This number must change when this file changes.
constexpr int kVersion = 3;
constexpr char kLibrary[] = "gputae_host_library";

// The translation unit of the kernels, with cuda_host.h, defines the table of kernels and this function, which sets the
// address of dynamic shared memory for the calling thread of the operating system.
void set_shared_memory(unsigned char* address);
extern const Kernel kernels[];
extern const int kernel_count;

}  // namespace gputae_host
