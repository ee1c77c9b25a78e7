// Executes a grid: blocks are dealt to operating systems' threads (workers), the threads of a block are fibers of one worker.
//
// A fiber runs CUDA threads one after the other; only when one waits does another fiber go on, so a kernel without barriers never switches. Who goes
// on is what Order chooses:
//   forward    lowest first; a warp that passes its own wait runs on until the block's next barrier before the next warp begins
//   backward   the same with highest first
//   random     any thread that can run, drawn anew at each wait; depends on seed, launch and block only
// Each reveals other missing barriers. What no thread has written is 0xFF bytes (NaN, -1): shared memory at the start of a block, a shuffle's result
// from a lane that does not take part.
//
// A wrong wait (see fail) ends the launch where it stands: its fibers are dropped, and their stacks are used again by the next launch.
#include "engine.h"

#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace gputae_host {

namespace {

constexpr int kThreads = 1024;  // of a block
constexpr int kLanes = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;

// A fiber's stack, behind a page that nobody may touch. The odd number of pages keeps the tops of the stacks apart in the processor's caches, and so
// do kColours within a page.
constexpr size_t kPage = 4096;
constexpr size_t kStack = size_t{64} << 10;
constexpr size_t kStride = kPage + kStack;
constexpr size_t kColours = 24;
constexpr size_t kColour = 128;

constexpr unsigned char kUnwritten = 0xFF;

// Bytes before and behind dynamic shared memory that nobody may touch.
constexpr size_t kZone = 256;
constexpr unsigned char kZoneMark = 0xA5;

// Waking the other workers costs some 10 microseconds, in which one runs a thousand short threads.
constexpr uint64_t kThreadsWorthHelp = 4096;

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // [0, count), count up to 2^32
  uint64_t below(uint64_t count) { return (bits() >> 32) * count >> 32; }

 private:
  uint64_t state_;
};

const char* name(Operation operation) {
  switch (operation) {
    case kSyncthreads:
      return "__syncthreads";
    case kSyncthreadsCount:
      return "__syncthreads_count";
    case kSyncthreadsAnd:
      return "__syncthreads_and";
    case kSyncthreadsOr:
      return "__syncthreads_or";
    case kSyncwarp:
      return "__syncwarp";
    case kShuffle:
      return "__shfl_sync";
    case kShuffleUp:
      return "__shfl_up_sync";
    case kShuffleDown:
      return "__shfl_down_sync";
    case kShuffleXor:
      return "__shfl_xor_sync";
    case kBallot:
      return "__ballot_sync";
    case kAny:
      return "__any_sync";
    case kAll:
      return "__all_sync";
  }
  return "?";
}

// Where and for what a thread waits.
struct Wait {
  Operation operation;
  Place place;

  bool operator==(const Wait& other) const {
    return operation == other.operation && place.line == other.place.line &&
           (place.file == other.place.file || !std::strcmp(place.file, other.place.file));
  }
  std::string text() const {
    const char* slash = std::strrchr(place.file, '/');
    return std::string(name(operation)) + " (" + (slash ? slash + 1 : place.file) + ":" + std::to_string(place.line) + ")";
  }
};

std::string printed(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string printed(const char* format, ...) {
  char text[512];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

enum State : unsigned char { kUnborn, kRunnable, kInBlockWait, kInWarpWait, kExited };

struct Thread {
  State state;
  uint16_t fiber;
};

// Lanes that wait for each other.
struct Group {
  unsigned mask;
  unsigned arrived;
  Wait wait;
};

struct Warp {
  unsigned present;  // lanes that exist and have not exited
  unsigned waiting;  // groups; their masks differ
  Group groups[kLanes];
  uint64_t values[kLanes];
  uint64_t results[kLanes];
  signed char sources[kLanes];
};

// All that wait for the block.
struct Barrier {
  Wait wait;
  unsigned arrived;
  unsigned votes;
  int result;  // of the last one; nobody can pass the next before all have read it
};

// Saves the registers that a called function must keep, and the stack pointer; goes on with another stack.
extern "C" void gputae_host_switch(void** save, void* load);
asm(R"(
.text
.hidden gputae_host_switch
.globl gputae_host_switch
.type gputae_host_switch,@function
gputae_host_switch:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size gputae_host_switch,.-gputae_host_switch
)");

#if defined(__SANITIZE_ADDRESS__)
void poison(const void* memory, size_t bytes) { __asan_poison_memory_region(memory, bytes); }
void unpoison(const void* memory, size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
void poison(const void*, size_t) {}
void unpoison(const void*, size_t) {}
#endif

// Something in this library's thread-local memory, to find the rest.
thread_local char anchor;

// This library's thread-local memory: kernels' static shared memory, the pointers to the dynamic one, and `anchor`; nothing in it has to last.
struct ThreadLocal {
  ptrdiff_t before;  // bytes before `anchor`
  size_t bytes;

  static ThreadLocal find() {
    ThreadLocal found{0, 0};
    dl_iterate_phdr(
        [](dl_phdr_info* library, size_t, void* result) {
          for (int i = 0; i < library->dlpi_phnum; i++) {
            const ElfW(Phdr)& header = library->dlpi_phdr[i];
            const ptrdiff_t before = &anchor - static_cast<char*>(library->dlpi_tls_data);
            if (header.p_type != PT_TLS || library->dlpi_tls_data == nullptr || before < 0 || before >= static_cast<ptrdiff_t>(header.p_memsz))
              continue;
            *static_cast<ThreadLocal*>(result) = {before, header.p_memsz};
            return 1;
          }
          return 0;
        },
        &found);
    return found;
  }
};

}  // namespace

// One operating system's thread's share of a launch. Lies at the beginning of the span that holds its stacks.
class Worker : public Here {
 public:
  // Null where there is no memory.
  static Worker* create(Order order, unsigned shared_memory, const ThreadLocal& thread_local_memory) {
    // Twice the size contains an aligned one.
    void* found = mmap(nullptr, 2 * kSpan, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) return nullptr;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(found);
    const uintptr_t span = (begin + kSpan - 1) & ~(kSpan - 1);
    if (span > begin) munmap(found, span - begin);
    munmap(reinterpret_cast<void*>(span + span_bytes()), begin + 2 * kSpan - span - span_bytes());
    return new (reinterpret_cast<void*>(span)) Worker(order, shared_memory, thread_local_memory);
  }
  static void destroy(Worker* worker) {
    worker->~Worker();
    munmap(worker, span_bytes());
  }

  // Between launches; the fibers of a launch that failed are dropped here.
  void begin(const Launch& launch, uint64_t seed) {
    launch_ = &launch;
    seed_ = seed;
    error_.clear();
    unpoison(reinterpret_cast<void*>(stacks()), fibers_ * kStride);
    fibers_ = idle_ = 0;
  }

  // Whether the block ran to its end; error() says why not.
  bool run(uint64_t block) {
    begin_block(block);
    const unsigned thread = take();
    give(thread, idle_fiber());
    enter(threads_[thread].fiber);
    if (error_.empty()) check_zone();
    return error_.empty();
  }

  const std::string& error() const { return error_; }

  int wait_for_block(Operation operation, int vote, Place place) {
    count_step();
    const Wait wait{operation, place};
    if (barrier_.arrived == 0) {
      barrier_.wait = wait;
    } else if (!(barrier_.wait == wait)) {
      fail(printed("thread %u came to %s while thread %u waits at %s: all threads of a block must meet at the same barrier", now_,
                   wait.text().c_str(), first(kInBlockWait), barrier_.wait.text().c_str()));
    }
    barrier_.arrived++;
    barrier_.votes += vote != 0;
    threads_[now_].state = kInBlockWait;
    if (barrier_.arrived == alive_) open_barrier();
    go_on(false);
    return barrier_.result;
  }

  uint64_t wait_for_warp(Operation operation, unsigned mask, uint64_t value, int argument, int width, Place place) {
    count_step();
    const Wait wait{operation, place};
    const unsigned lane = now_ % kLanes;
    Warp& warp = warps_[now_ / kLanes];
    check_mask(warp, lane, mask, width, wait);
    Group& group = join(warp, lane, mask, wait);
    group.arrived |= 1u << lane;
    warp.values[lane] = value;
    warp.sources[lane] = static_cast<unsigned char>(source(operation, lane, static_cast<unsigned>(argument), static_cast<unsigned>(width)));
    threads_[now_].state = kInWarpWait;
    if (group.arrived == mask) finish(warp, group);
    go_on(false);
    return warp.results[lane];
  }

  [[noreturn]] void too_many_steps() {
    fail(printed("thread %u waits for ever, it seems: %llu waits and atomic operations in this block", now_,
                 static_cast<unsigned long long>(kMostSteps)));
    __builtin_unreachable();
  }

 private:
  static constexpr size_t kLine = 128;

  Worker(Order order, unsigned shared_memory, const ThreadLocal& thread_local_memory)
      : order_(order), thread_local_(thread_local_memory), shared_(new unsigned char[kLine + kZone + shared_memory + kZone]) {
    shared_begin_ = reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(shared_.get()) + kZone + kLine - 1) / kLine * kLine);
    shared_bytes_ = 0;
  }
  ~Worker() {
    unpoison(shared_begin_ - kZone, kZone + shared_bytes_ + kZone);
    unpoison(reinterpret_cast<void*>(stacks()), fibers_ * kStride);
  }

  static size_t stacks_offset() { return (sizeof(Worker) + kPage - 1) / kPage * kPage; }
  static size_t span_bytes() { return stacks_offset() + kThreads * kStride; }
  uintptr_t stacks() const { return reinterpret_cast<uintptr_t>(this) + stacks_offset(); }
  uintptr_t guard(unsigned fiber) const { return stacks() + fiber * kStride; }

  void begin_block(uint64_t block) {
    block_index = {static_cast<unsigned>(block % launch_->grid_x), static_cast<unsigned>(block / launch_->grid_x), 0};
    block_size = dim3(launch_->threads);
    grid_size = dim3(launch_->grid_x, launch_->grid_y);
    steps = 0;
    // A block draws the same numbers whichever worker runs it.
    random_ = Random(seed_ ^ Random(block).bits());
    alive_ = unborn_ = launch_->threads;
    ready_ = 0;
    barrier_ = {};
    for (unsigned i = 0; i < alive_; i++) {
      threads_[i].state = kUnborn;
      unborn_list_[i] = static_cast<uint16_t>(order_ == kForward ? alive_ - 1 - i : i);
    }
    for (unsigned w = 0; w * kLanes < alive_; w++) {
      Warp& warp = warps_[w];
      warp.present = kAllLanes >> (kLanes - std::min<unsigned>(kLanes, alive_ - w * kLanes));
      warp.waiting = 0;
    }
    std::memset(&anchor - thread_local_.before, kUnwritten, thread_local_.bytes);
    // Both zones anew: a block that failed before it was checked may have written there.
    unpoison(shared_begin_ - kZone, kZone + shared_bytes_ + kZone);
    shared_bytes_ = launch_->shared_memory;
    std::memset(shared_begin_ - kZone, kZoneMark, kZone);
    std::memset(shared_begin_, kUnwritten, shared_bytes_);
    std::memset(shared_begin_ + shared_bytes_, kZoneMark, kZone);
    poison(shared_begin_ - kZone, kZone);
    poison(shared_begin_ + shared_bytes_, kZone);
    set_shared_memory(shared_begin_);
  }

  void check_zone() {
#if !defined(__SANITIZE_ADDRESS__)
    for (const unsigned char* zone : {shared_begin_ - kZone, shared_begin_ + shared_bytes_}) {
      // All bytes are the mark if the first is, and each is its neighbour.
      if (zone[0] == kZoneMark && std::memcmp(zone, zone + 1, kZone - 1) == 0) continue;
      error_ = where() + printed(": wrote %s its %zu bytes of dynamic shared memory", zone < shared_begin_ ? "before" : "beyond", shared_bytes_);
      return;
    }
#endif
  }

  // ---- Who runs

  // The next thread, out of those that can run and those that have not begun.
  unsigned take() {
    if (order_ == kRandom) {
      const unsigned drawn = static_cast<unsigned>(random_.below(ready_ + unborn_));
      if (drawn >= ready_) {
        std::swap(unborn_list_[drawn - ready_], unborn_list_[unborn_ - 1]);
        return unborn_list_[--unborn_];
      }
      std::swap(ready_list_[drawn], ready_list_[ready_ - 1]);
    }
    return ready_ > 0 ? ready_list_[--ready_] : unborn_list_[--unborn_];
  }

  // Makes a fiber the one of a thread that now begins, or goes on with it.
  void give(unsigned thread, unsigned fiber) {
    threads_[thread].state = kRunnable;
    threads_[thread].fiber = static_cast<uint16_t>(fiber);
    now_ = thread;
    thread_index = {thread, 0, 0};
  }

  // Threads [first, first + count) of which `waits` says that they wait can run again.
  template <typename Waits>
  void wake(unsigned first, unsigned count, Waits waits) {
    // The list is taken from its end.
    for (unsigned i = 0; i < count; i++) {
      const unsigned thread = first + (order_ == kBackward ? i : count - 1 - i);
      if (!waits(thread)) continue;
      threads_[thread].state = kRunnable;
      ready_list_[ready_++] = static_cast<uint16_t>(thread);
    }
  }

  // Goes on with the next thread; comes back when this fiber's thread is next, or, if that has ended, with another thread.
  void go_on(bool ended) {
    const unsigned fiber = threads_[now_].fiber;
    if (ready_ + unborn_ == 0) {
      if (alive_ > 0) fail(deadlock());
      idle_list_[idle_++] = static_cast<uint16_t>(fiber);
      leave(&stack_pointers_[fiber]);
      return;
    }
    const unsigned thread = take();
    const unsigned next = threads_[thread].state != kUnborn ? threads_[thread].fiber : ended ? fiber : idle_fiber();
    give(thread, next);
    if (next == fiber) return;
    if (ended) idle_list_[idle_++] = static_cast<uint16_t>(fiber);
    switch_to(&stack_pointers_[fiber], stack_pointers_[next], next);
  }

  unsigned idle_fiber() {
    if (idle_ > 0) return idle_list_[--idle_];
    const unsigned fiber = fibers_++;
    if (fiber == guarded_) {
      // An overflow then ends the process here and not in a neighbour's stack. Fails where the system's limit of mappings is reached; it is a help
      // only.
      mprotect(reinterpret_cast<void*>(guard(fiber)), kPage, PROT_NONE);
      guarded_++;
    }
    void** top = reinterpret_cast<void**>(guard(fiber) + kStride - fiber % kColours * kColour);
    *--top = nullptr;  // where a caller's address would be
    *--top = reinterpret_cast<void*>(&Worker::fiber_main);
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    stack_pointers_[fiber] = top;
    return fiber;
  }

  static void fiber_main() {
    Worker* worker = static_cast<Worker*>(here());
    worker->arrived(nullptr);
    for (;;) {
      worker->launch_->kernel->run(worker->launch_->arguments);
      worker->end_thread();
      worker->go_on(true);
    }
  }

#if defined(__SANITIZE_ADDRESS__)
  // AddressSanitizer has to know which stack is in use.
  void enter(unsigned fiber) {
    void* fake;
    from_outside_ = true;
    __sanitizer_start_switch_fiber(&fake, reinterpret_cast<void*>(guard(fiber) + kPage), kStack);
    gputae_host_switch(&outside_, stack_pointers_[fiber]);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
  }
  void leave(void** save) {
    void* fake;
    __sanitizer_start_switch_fiber(&fake, outside_bottom_, outside_bytes_);
    gputae_host_switch(save, outside_);
    arrived(fake);
  }
  void switch_to(void** save, void* load, unsigned fiber) {
    void* fake;
    __sanitizer_start_switch_fiber(&fake, reinterpret_cast<void*>(guard(fiber) + kPage), kStack);
    gputae_host_switch(save, load);
    arrived(fake);
  }
  void arrived(void* fake) {
    const void* bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(fake, &bottom, &bytes);
    if (from_outside_) {
      outside_bottom_ = bottom;
      outside_bytes_ = bytes;
      from_outside_ = false;
    }
  }
#else
  void enter(unsigned fiber) { gputae_host_switch(&outside_, stack_pointers_[fiber]); }
  void leave(void** save) { gputae_host_switch(save, outside_); }
  void switch_to(void** save, void* load, unsigned) { gputae_host_switch(save, load); }
  void arrived(void*) {}
#endif

  void end_thread() {
    Warp& warp = warps_[now_ / kLanes];
    const unsigned bit = 1u << (now_ % kLanes);
    threads_[now_].state = kExited;
    warp.present &= ~bit;
    for (unsigned i = 0; i < warp.waiting; i++) {
      const Group& group = warp.groups[i];
      if (group.mask & bit) {
        fail(printed("thread %u exited while thread %u waits for it at %s", now_, first_of_warp(group.arrived), group.wait.text().c_str()));
      }
    }
    // Threads that have exited no longer count.
    if (--alive_ == barrier_.arrived && alive_ > 0) open_barrier();
  }

  // ---- Waits

  void count_step() {
    if (++steps > kMostSteps) too_many_steps();
  }

  void open_barrier() {
    const unsigned votes = barrier_.votes;
    switch (barrier_.wait.operation) {
      case kSyncthreadsAnd:
        barrier_.result = votes == barrier_.arrived;
        break;
      case kSyncthreadsOr:
        barrier_.result = votes > 0;
        break;
      default:
        barrier_.result = static_cast<int>(votes);
    }
    barrier_.arrived = barrier_.votes = 0;
    wake(0, launch_->threads, [this](unsigned thread) { return threads_[thread].state == kInBlockWait; });
  }

  void check_mask(Warp& warp, unsigned lane, unsigned mask, int width, const Wait& wait) {
    const unsigned bit = 1u << lane;
    if (!(mask & bit)) fail(printed("thread %u: the mask 0x%08x of %s lacks the thread's own lane %u", now_, mask, wait.text().c_str(), lane));
    if (mask & ~warp.present) {
      const unsigned absent = first_of_warp(mask & ~warp.present);
      fail(printed("thread %u: the mask 0x%08x of %s names lane %u, which %s", now_, mask, wait.text().c_str(), absent % kLanes,
                   absent < launch_->threads ? "has exited" : "does not exist"));
    }
    if (width < 1 || width > kLanes || (width & (width - 1)) != 0) {
      fail(printed("thread %u: the width %d of %s is not 1, 2, 4, 8, 16 or 32", now_, width, wait.text().c_str()));
    }
  }

  // The group that a lane waits with. Two lanes that wait for each other with different masks, or at different places, would wait for ever. Masks
  // that merely overlap are right: the lanes of one branch may wait for all while those of the other have yet to finish among themselves.
  Group& join(Warp& warp, unsigned lane, unsigned mask, const Wait& wait) {
    Group* mine = nullptr;
    for (unsigned i = 0; i < warp.waiting; i++) {
      Group& group = warp.groups[i];
      if (group.mask == mask) {
        mine = &group;
        if (group.wait == wait) continue;
        fail(printed("thread %u came to %s while thread %u of its warp waits at %s: the lanes of a mask must meet at the same place", now_,
                     wait.text().c_str(), first_of_warp(group.arrived), group.wait.text().c_str()));
      } else if (group.mask >> lane & 1 && group.arrived & mask) {
        fail(printed("thread %u came to %s with the mask 0x%08x while thread %u of its warp waits at %s with 0x%08x", now_, wait.text().c_str(), mask,
                     first_of_warp(group.arrived & mask), group.wait.text().c_str(), group.mask));
      }
    }
    if (mine == nullptr) {
      mine = &warp.groups[warp.waiting++];
      *mine = {mask, 0, wait};
    }
    return *mine;
  }

  // The lane that a shuffle reads, by the rules of PTX's shfl.
  static unsigned source(Operation operation, unsigned lane, unsigned argument, unsigned width) {
    const unsigned within = width - 1, delta = argument % kLanes;
    switch (operation) {
      case kShuffle:
        return (lane & ~within) | (argument & within);
      case kShuffleUp:
        return (lane & within) >= delta ? lane - delta : lane;
      case kShuffleDown:
        return (lane & within) + delta <= within ? lane + delta : lane;
      case kShuffleXor:
        return (lane ^ delta) <= (lane | within) ? lane ^ delta : lane;
      default:
        return lane;
    }
  }

  // All have arrived. Results are written at once: the first to go on may already wait again while the last has not read its own.
  void finish(Warp& warp, Group& group) {
    const unsigned mask = group.mask;
    unsigned votes = 0;
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) votes |= (warp.values[__builtin_ctz(rest)] & 1u) << __builtin_ctz(rest);
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
      const unsigned lane = static_cast<unsigned>(__builtin_ctz(rest));
      switch (group.wait.operation) {
        case kBallot:
          warp.results[lane] = votes;
          break;
        case kAny:
          warp.results[lane] = votes != 0;
          break;
        case kAll:
          warp.results[lane] = votes == mask;
          break;
        default:
          warp.results[lane] = mask >> warp.sources[lane] & 1 ? warp.values[warp.sources[lane]] : ~uint64_t{0};
      }
    }
    group = warp.groups[--warp.waiting];
    wake(now_ / kLanes * kLanes, kLanes, [mask](unsigned thread) { return mask >> (thread % kLanes) & 1; });
  }

  // ---- Failures

  // Ends the launch; the fiber is not run again, so what its callers hold on the heap (words of the message) is lost.
  void fail(std::string message) {
    error_ = where() + ", " + message;
    message = std::string();
    void* nowhere;
    leave(&nowhere);
  }

  std::string where() const { return printed("kernel '%s', block (%u, %u)", launch_->kernel->name, block_index.x, block_index.y); }

  unsigned first(State state) const {
    unsigned thread = 0;
    while (threads_[thread].state != state) thread++;
    return thread;
  }

  unsigned first_of_warp(unsigned lanes) const { return now_ / kLanes * kLanes + static_cast<unsigned>(__builtin_ctz(lanes)); }

  std::string deadlock() const {
    std::string text = "deadlock:";
    if (barrier_.arrived > 0) {
      text += printed(" thread %u (%u of %u) at %s;", first(kInBlockWait), barrier_.arrived, alive_, barrier_.wait.text().c_str());
    }
    for (unsigned w = 0; w * kLanes < launch_->threads; w++) {
      for (unsigned i = 0; i < warps_[w].waiting && text.size() < 400; i++) {
        const Group& group = warps_[w].groups[i];
        text += printed(" thread %d at %s for lanes 0x%08x;", static_cast<int>(w * kLanes) + __builtin_ctz(group.arrived), group.wait.text().c_str(),
                        group.mask & ~group.arrived);
      }
    }
    text.back() = ' ';
    return text + "wait for threads that wait elsewhere";
  }

  const Order order_;
  const ThreadLocal thread_local_;
  const std::unique_ptr<unsigned char[]> shared_;
  unsigned char* shared_begin_;
  size_t shared_bytes_;

  const Launch* launch_ = nullptr;
  uint64_t seed_ = 0;
  Random random_{0};
  std::string error_;

  unsigned now_ = 0;     // the thread that runs
  unsigned alive_ = 0;   // threads that have not exited
  unsigned unborn_ = 0;  // and of them those that have not begun
  unsigned ready_ = 0;   // and those that waited and no longer do
  unsigned fibers_ = 0, idle_ = 0, guarded_ = 0;
  Barrier barrier_{};
  Thread threads_[kThreads];
  Warp warps_[kThreads / kLanes];
  uint16_t unborn_list_[kThreads], ready_list_[kThreads], idle_list_[kThreads];  // taken from the end
  void* stack_pointers_[kThreads];
  void* outside_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  const void* outside_bottom_ = nullptr;
  size_t outside_bytes_ = 0;
  bool from_outside_ = false;
#endif
};

static_assert(kThreads * kStride + (size_t{1} << 20) < kSpan);

int wait_for_block(Operation operation, int vote, Place place) { return static_cast<Worker*>(here())->wait_for_block(operation, vote, place); }

uint64_t wait_for_warp(Operation operation, unsigned mask, uint64_t value, int argument, int width, Place place) {
  return static_cast<Worker*>(here())->wait_for_warp(operation, mask, value, argument, width, place);
}

void too_many_steps() { static_cast<Worker*>(here())->too_many_steps(); }

// The workers of one driver. The thread that launches is the first of them.
class Engine {
 public:
  static Engine* create(Order order, uint64_t seed, int threads, unsigned shared_memory) {
    std::unique_ptr<Engine> engine(new Engine(order, seed));
    const ThreadLocal thread_local_memory = ThreadLocal::find();
    for (int i = 0; i < threads; i++) {
      Worker* worker = Worker::create(order, shared_memory, thread_local_memory);
      if (worker == nullptr) return nullptr;
      engine->workers_.push_back(worker);
    }
    for (int i = 1; i < threads; i++) engine->helpers_.emplace_back(&Engine::help, engine.get(), engine->workers_[static_cast<size_t>(i)]);
    return engine.release();
  }

  ~Engine() {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    work_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
    for (Worker* worker : workers_) Worker::destroy(worker);
  }

  const char* launch(const Launch& launch) {
    blocks_ = static_cast<uint64_t>(launch.grid_x) * launch.grid_y;
    next_ = 0;
    failed_ = false;
    // Every launch is another draw.
    const uint64_t seed = Random(seed_ ^ Random(++launches_).bits()).bits();
    permute(seed);
    for (Worker* worker : workers_) worker->begin(launch, seed);
    if (helpers_.empty() || blocks_ == 1 || blocks_ * launch.threads < kThreadsWorthHelp) {
      run(*workers_[0]);
    } else {
      {
        std::lock_guard lock(mutex_);
        busy_ = helpers_.size();
        generation_++;
      }
      work_.notify_all();
      run(*workers_[0]);
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return busy_ == 0; });
    }
    for (const Worker* worker : workers_) {
      if (!worker->error().empty()) return worker->error().c_str();
    }
    return nullptr;
  }

 private:
  Engine(Order order, uint64_t seed) : order_(order), seed_(seed) {}

  void permute(uint64_t seed) {
    if (order_ != kRandom) return;
    permutation_.resize(blocks_);
    for (uint64_t i = 0; i < blocks_; i++) permutation_[i] = i;
    Random random(seed);
    for (uint64_t i = blocks_; i > 1; i--) std::swap(permutation_[i - 1], permutation_[random.below(i)]);
  }

  // One worker's share: blocks are dealt singly, so that uneven ones even out.
  void run(Worker& worker) {
    for (uint64_t i = next_++; i < blocks_ && !failed_; i = next_++) {
      if (!worker.run(order_ == kForward ? i : order_ == kBackward ? blocks_ - 1 - i : permutation_[i])) failed_ = true;
    }
  }

  void help(Worker* worker) {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [&] { return closing_ || generation_ != seen; });
      if (closing_) return;
      seen = generation_;
      lock.unlock();
      run(*worker);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  const Order order_;
  const uint64_t seed_;
  uint64_t launches_ = 0;
  std::vector<Worker*> workers_;
  std::vector<std::thread> helpers_;

  uint64_t blocks_ = 0;
  std::vector<uint64_t> permutation_;
  std::atomic<uint64_t> next_{0};
  std::atomic<bool> failed_{false};

  std::mutex mutex_;
  std::condition_variable work_, done_;
  uint64_t generation_ = 0;
  size_t busy_ = 0;
  bool closing_ = false;
};

namespace {
Engine* create(Order order, uint64_t seed, int threads, unsigned shared_memory) { return Engine::create(order, seed, threads, shared_memory); }
const char* launch(Engine* engine, const Launch& what) { return engine->launch(what); }
void destroy(Engine* engine) { delete engine; }
}  // namespace

}  // namespace gputae_host

// runner.cpp looks this up.
extern "C" __attribute__((visibility("default"))) const gputae_host::Library gputae_host_library;
const gputae_host::Library gputae_host_library = {
    gputae_host::kVersion, gputae_host::kernel_count, gputae_host::kernels, gputae_host::create, gputae_host::launch, gputae_host::destroy,
};
