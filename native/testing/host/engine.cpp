// Executes a grid. Threads of the operating system (workers) take the blocks; the threads of a block are fibers of one
// worker.
//
// A fiber runs CUDA threads one after the other. Another fiber continues only when a thread waits, so a kernel without
// barriers never switches. Order chooses which thread continues:
//   forward    the lowest thread first; a warp that passes its own wait runs until the block's next barrier before the
//              next warp begins
//   backward   the same with the highest thread first
//   random     any thread that can run, drawn anew at each wait; the draw depends on seed, launch and block only
// Each order reveals other missing barriers. Bytes that no thread has written are 0xFF (NaN, -1): shared memory at the
// start of a block, and the result of a shuffle from a lane that does not take part.
//
// A wrong wait (see fail) ends the launch at once. Its fibers are dropped, and the next launch uses their stacks again.
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

#include "wait.h"
#include "watch.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace gputae_host {

namespace {

constexpr int kThreads = 1024;  // of a block
constexpr int kLanes = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFu;

// The stack of a fiber lies behind a page that nobody may touch. The odd number of pages keeps the tops of the stacks
// apart in the processor's caches, and so do kColours offsets within a page.
constexpr size_t kPage = 4096;
constexpr size_t kStack = size_t{64} << 10;
constexpr size_t kStride = kPage + kStack;
constexpr size_t kColours = 24;
constexpr size_t kColour = 128;

constexpr unsigned char kUnwritten = 0xFF;

// Number of bytes before and behind dynamic shared memory that nobody may touch.
constexpr size_t kZone = 256;
constexpr unsigned char kZoneMark = 0xA5;

// Waking the other workers costs about 10 microseconds. In this time one worker runs a thousand short threads.
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

// Lanes that wait for each other.
struct Group {
  unsigned mask;
  unsigned arrived;
  unsigned votes;  // of the lanes that have arrived
  Wait wait;
};

struct Warp {
  unsigned present;  // lanes that exist and have not exited
  unsigned waiting;  // number of groups that wait; their masks differ
  uint64_t values[kLanes];
  uint64_t results[kLanes];
  unsigned char arguments[kLanes];  // low bits of the argument of a shuffle
  unsigned char widths[kLanes];
  Group groups[kLanes];
};

// The threads that wait for the block.
struct Barrier {
  Wait wait;
  unsigned lowest;  // the lowest of these threads
  unsigned arrived;
  unsigned votes;
  int result;  // result of the last barrier; no thread can pass the next one before all have read it
};

// Saves the registers that a called function must keep, and the stack pointer; then continues with another stack.
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

// A variable in this library's thread-local memory, used to find the rest of this memory.
thread_local char anchor;

// This library's thread-local memory: the static shared memory of kernels, the pointers to dynamic shared memory, and
// `anchor`. Nothing in it has to last.
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
            if (header.p_type != PT_TLS || library->dlpi_tls_data == nullptr || before < 0 ||
                before >= static_cast<ptrdiff_t>(header.p_memsz))
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

// The share of a launch that one thread of the operating system runs. It lies at the beginning of the span that holds
// its stacks.
class Worker : public Here {
 public:
  // Returns null if there is not enough memory.
  static Worker* create(Order order, unsigned shared_memory, const ThreadLocal& thread_local_memory) {
    // A span of twice the size contains an aligned span.
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

  // Called between launches. If the last launch failed, its fibers are dropped here. Otherwise all fibers are idle.
  void begin(const Launch& launch, uint64_t seed) {
    launch_ = &launch;
    seed_ = seed;
    launch_begins(watch, launch);
    if (error_.empty()) return;
    error_.clear();
    unpoison(reinterpret_cast<void*>(stacks()), fibers_ * kStride);
    fibers_ = idle_ = 0;
  }

  // Whether the block ran to its end. If not, error() says why.
  bool run(uint64_t block) {
    begin_block(block);
    const unsigned fiber = idle_fiber();
    begin_thread(take_unborn(next_place()), fiber);
    enter(fiber);
    if (error_.empty()) check_zone();
    return error_.empty();
  }

  const std::string& error() const { return error_; }

  // A kernel spends its time here in these two waits. When a thread returns to them, its stack is in no near cache, so
  // each cache line of the stack counts. Their frames are small because the code for failures is in other functions.
  int wait_for_block(Operation operation, int vote, Place place) {
    count_step();
    const Wait wait{operation, place};
    if (barrier_.arrived == 0) {
      barrier_.wait = wait;
      barrier_.lowest = now_;
    } else if (!(barrier_.wait == wait)) [[unlikely]] {
      other_barrier(wait);
    }
    barrier_.arrived++;
    barrier_.votes += vote != 0;
    barrier_.lowest = std::min(barrier_.lowest, now_);
    if (barrier_.arrived == alive_) open_barrier();
    let_others_run();
    return barrier_.result;
  }

  uint64_t wait_for_warp(Operation operation, unsigned mask, uint64_t value, int argument, int width, Place place) {
    count_step();
    const unsigned lane = now_ % kLanes, bit = 1u << lane;
    Warp& warp = warps_[now_ / kLanes];
    if (!(mask & bit) || (mask & ~warp.present) || !is_width(width)) [[unlikely]]
      bad_mask(warp, mask, width, {operation, place});
    Group* group = warp.groups;
    if (warp.waiting == 0) {
      warp.waiting = 1;
      *group = {mask, 0, 0, {operation, place}};
    } else if (warp.waiting > 1 || group->mask != mask || !(group->wait == Wait{operation, place})) [[unlikely]] {
      group = join(warp, lane, mask, {operation, place});
    }
    group->arrived |= bit;
    group->votes |= static_cast<unsigned>(value & 1) << lane;
    warp.values[lane] = value;
    warp.arguments[lane] = static_cast<unsigned char>(argument & (kLanes - 1));
    warp.widths[lane] = static_cast<unsigned char>(width);
    if (group->arrived == mask) finish(warp, *group);
    let_others_run();
    return warp.results[lane];
  }

  const std::vector<Range>& accesses() const { return watched_accesses(watch); }

  [[noreturn]] void end_launch(const char* message) {
    fail(message);
    __builtin_unreachable();
  }

  [[noreturn]] void too_many_steps() {
    fail(printed("thread %u waits for ever, it seems: %llu waits and atomic operations in this block", now_,
                 static_cast<unsigned long long>(kMostSteps)));
    __builtin_unreachable();
  }

 private:
  static constexpr size_t kLine = 128;

  Worker(Order order, unsigned shared_memory, const ThreadLocal& thread_local_memory)
      : order_(order),
        thread_local_(thread_local_memory),
        shared_(new unsigned char[kLine + kZone + shared_memory + kZone]) {
    shared_begin_ = reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(shared_.get()) + kZone + kLine - 1) /
                                                     kLine * kLine);
    shared_bytes_ = 0;
    watch = create_watch();
  }
  ~Worker() {
    destroy_watch(watch);
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
    thread_index = {0, 0, 0};
    steps = 0;
    // A block draws the same numbers, whichever worker runs it.
    random_ = Random(seed_ ^ Random(block).bits());
    alive_ = unborn_ = launch_->threads;
    ready_ = 0;
    barrier_ = {};
    for (unsigned i = 0; i < alive_; i++)
      unborn_list_[i] = static_cast<uint16_t>(order_ == kForward ? alive_ - 1 - i : i);
    for (unsigned w = 0; w * kLanes < alive_; w++) {
      Warp& warp = warps_[w];
      warp.present = kAllLanes >> (kLanes - std::min<unsigned>(kLanes, alive_ - w * kLanes));
      warp.waiting = 0;
    }
    std::memset(&anchor - thread_local_.before, kUnwritten, thread_local_.bytes);
    // Both zones are written anew: a block that failed before the check may have written there.
    unpoison(shared_begin_ - kZone, kZone + shared_bytes_ + kZone);
    shared_bytes_ = launch_->shared_memory;
    std::memset(shared_begin_ - kZone, kZoneMark, kZone);
    std::memset(shared_begin_, kUnwritten, shared_bytes_);
    std::memset(shared_begin_ + shared_bytes_, kZoneMark, kZone);
    poison(shared_begin_ - kZone, kZone);
    poison(shared_begin_ + shared_bytes_, kZone);
    set_shared_memory(shared_begin_);
    block_begins(watch, block, {shared_begin_, shared_bytes_},
                 {reinterpret_cast<unsigned char*>(&anchor - thread_local_.before), thread_local_.bytes});
  }

  void check_zone() {
#if !defined(__SANITIZE_ADDRESS__)
    for (const unsigned char* zone : {shared_begin_ - kZone, shared_begin_ + shared_bytes_}) {
      // All bytes are the mark if the first byte is the mark and each byte equals its neighbour.
      if (zone[0] == kZoneMark && std::memcmp(zone, zone + 1, kZone - 1) == 0) continue;
      error_ = where() + printed(": wrote %s its %zu bytes of dynamic shared memory",
                                 zone < shared_begin_ ? "before" : "beyond", shared_bytes_);
      return;
    }
#endif
  }

  // ---- The choice of the thread that runs

  // A place in the list of threads that can run. Places beyond its end belong to the list of threads that have not
  // begun.
  unsigned next_place() {
    if (order_ == kRandom) return static_cast<unsigned>(random_.below(ready_ + unborn_));
    return ready_ > 0 ? ready_ - 1 : unborn_ - 1;
  }

  unsigned take_ready(unsigned place) {
    std::swap(ready_list_[place], ready_list_[ready_ - 1]);
    return ready_list_[--ready_];
  }

  unsigned take_unborn(unsigned place) {
    std::swap(unborn_list_[place], unborn_list_[unborn_ - 1]);
    return unborn_list_[--unborn_];
  }

  void begin_thread(unsigned thread, unsigned fiber) {
    fiber_of_[thread] = static_cast<uint16_t>(fiber);
    now_ = thread_index.x = thread;
  }

  // Thread `first` + i can run again for each bit i of `mask`. Threads are taken from the end of the list.
  void wake(unsigned first, unsigned mask) {
    uint16_t* const ready = ready_list_ + ready_;
    ready_ += static_cast<unsigned>(__builtin_popcount(mask));
    if (mask == kAllLanes && order_ == kBackward) {
      for (unsigned i = 0; i < kLanes; i++) ready[i] = static_cast<uint16_t>(first + i);
    } else if (mask == kAllLanes) {
      for (unsigned i = 0; i < kLanes; i++) ready[i] = static_cast<uint16_t>(first + kLanes - 1 - i);
    } else {
      unsigned count = 0;
      for (unsigned i = 0; i < kLanes; i++) {
        const unsigned lane = order_ == kBackward ? i : kLanes - 1 - i;
        if (mask >> lane & 1) ready[count++] = static_cast<uint16_t>(first + lane);
      }
    }
  }

  // The thread that runs waits, or could wait. The call returns when it is the thread's turn.
  [[gnu::always_inline]] void let_others_run() {
    if (ready_ > 0 && order_ != kRandom) [[likely]] {
      run_ready(ready_list_[--ready_]);
    } else {
      choose();
    }
  }

  [[gnu::always_inline]] void run_ready(unsigned thread) {
    const unsigned last = now_;
    now_ = thread_index.x = thread;
    if (thread != last) switch_to(&stack_of_[last], stack_of_[thread], fiber_of_[thread]);
  }

  [[gnu::noinline]] void choose() {
    if (ready_ + unborn_ == 0) fail(deadlock());
    const unsigned place = next_place();
    if (place < ready_) {
      run_ready(take_ready(place));
    } else {
      const unsigned last = now_, fiber = idle_fiber();
      begin_thread(take_unborn(place - ready_), fiber);
      switch_to(&stack_of_[last], idle_stack_[fiber], fiber);
    }
  }

  // The thread that ran has ended. The call returns on the same fiber, with another thread that begins.
  void begin_another() {
    const unsigned fiber = fiber_of_[now_];
    if (ready_ + unborn_ == 0) {
      if (alive_ > 0) fail(deadlock());
      idle_list_[idle_++] = static_cast<uint16_t>(fiber);
      leave(&idle_stack_[fiber]);
      return;
    }
    const unsigned place = next_place();
    if (place < ready_) {
      const unsigned thread = take_ready(place);
      now_ = thread_index.x = thread;
      idle_list_[idle_++] = static_cast<uint16_t>(fiber);
      switch_to(&idle_stack_[fiber], stack_of_[thread], fiber_of_[thread]);
    } else {
      begin_thread(take_unborn(place - ready_), fiber);
    }
  }

  unsigned idle_fiber() { return idle_ > 0 ? idle_list_[--idle_] : new_fiber(); }

  [[gnu::noinline]] unsigned new_fiber() {
    const unsigned fiber = fibers_++;
    if (fiber == guarded_) {
      // An overflow of the stack then ends the process here and not in a neighbour's stack. The call fails if the
      // system's limit of mappings is reached; it is only a help.
      mprotect(reinterpret_cast<void*>(guard(fiber)), kPage, PROT_NONE);
      guarded_++;
    }
    void** top = reinterpret_cast<void**>(guard(fiber) + kStride - fiber % kColours * kColour);
    *--top = nullptr;  // where a caller's address would be
    *--top = reinterpret_cast<void*>(&Worker::fiber_main);
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    idle_stack_[fiber] = top;
    return fiber;
  }

  static void fiber_main() {
    Worker* worker = static_cast<Worker*>(here());
    worker->arrived(nullptr);
    for (;;) {
      worker->launch_->kernel->run(worker->launch_->arguments);
      worker->end_thread();
      worker->begin_another();
    }
  }

#if defined(__SANITIZE_ADDRESS__)
  // AddressSanitizer has to know which stack is in use.
  void enter(unsigned fiber) {
    void* fake;
    from_outside_ = true;
    __sanitizer_start_switch_fiber(&fake, reinterpret_cast<void*>(guard(fiber) + kPage), kStack);
    gputae_host_switch(&outside_, idle_stack_[fiber]);
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
  void enter(unsigned fiber) { gputae_host_switch(&outside_, idle_stack_[fiber]); }
  void leave(void** save) { gputae_host_switch(save, outside_); }
  void switch_to(void** save, void* load, unsigned) { gputae_host_switch(save, load); }
  void arrived(void*) {}
#endif

  void end_thread() {
    Warp& warp = warps_[now_ / kLanes];
    const unsigned bit = 1u << (now_ % kLanes);
    warp.present &= ~bit;
    for (unsigned i = 0; i < warp.waiting; i++) {
      const Group& group = warp.groups[i];
      if (group.mask & bit) [[unlikely]]
        exited_early(group);
    }
    // Threads that have exited no longer count.
    if (--alive_ == barrier_.arrived && alive_ > 0) open_barrier();
  }

  // ---- Waits

  void count_step() {
    if (++steps > kMostSteps) [[unlikely]]
      too_many_steps();
  }

  [[gnu::noinline]] void open_barrier() {
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
    block_met(watch);
    // All threads that have not exited wait for the barrier.
    const unsigned warps = (launch_->threads + kLanes - 1) / kLanes;
    for (unsigned i = 0; i < warps; i++) {
      const unsigned w = order_ == kBackward ? i : warps - 1 - i;
      wake(w * kLanes, warps_[w].present);
    }
  }

  static bool is_width(int width) { return width >= 1 && width <= kLanes && (width & (width - 1)) == 0; }

  // The group that a lane waits with. Two lanes that wait for each other with different masks, or at different places,
  // would wait for ever. Masks that only overlap are correct: the lanes of one branch may wait for all lanes while the
  // lanes of the other branch still have to finish among themselves.
  [[gnu::noinline]] Group* join(Warp& warp, unsigned lane, unsigned mask, const Wait& wait) {
    Group* mine = nullptr;
    for (unsigned i = 0; i < warp.waiting; i++) {
      Group& group = warp.groups[i];
      if (group.mask == mask) {
        mine = &group;
        if (group.wait == wait) continue;
        fail(
            printed("thread %u came to %s while thread %u of its warp waits at %s: the lanes of a mask must meet at "
                    "the same place",
                    now_, wait.text().c_str(), first_of_warp(group.arrived), group.wait.text().c_str()));
      } else if (group.mask >> lane & 1 && group.arrived & mask) {
        fail(printed("thread %u came to %s with the mask 0x%08x while thread %u of its warp waits at %s with 0x%08x",
                     now_, wait.text().c_str(), mask, first_of_warp(group.arrived & mask), group.wait.text().c_str(),
                     group.mask));
      }
    }
    if (mine == nullptr) {
      mine = &warp.groups[warp.waiting++];
      *mine = {mask, 0, 0, wait};
    }
    return mine;
  }

  // The lane that a shuffle reads, by the rules of PTX's shfl.
  template <Operation kOperation>
  static unsigned source(unsigned lane, unsigned argument, unsigned width) {
    const unsigned within = width - 1;
    switch (kOperation) {
      case kShuffleUp:
        return (lane & within) >= argument ? lane - argument : lane;
      case kShuffleDown:
        return (lane & within) + argument <= within ? lane + argument : lane;
      case kShuffleXor:
        return (lane ^ argument) <= (lane | within) ? lane ^ argument : lane;
      default:
        return (lane & ~within) | (argument & within);
    }
  }

  template <Operation kOperation>
  static void shuffle(Warp& warp, unsigned mask) {
    for (unsigned lane = 0; lane < kLanes; lane++) {
      if (!(mask >> lane & 1)) continue;
      const unsigned from = source<kOperation>(lane, warp.arguments[lane], warp.widths[lane]);
      warp.results[lane] = mask >> from & 1 ? warp.values[from] : ~uint64_t{0};
    }
  }

  // All lanes have arrived. All results are written at once: the first lane that continues may already wait again
  // before the last lane has read its result.
  [[gnu::noinline]] void finish(Warp& warp, Group& group) {
    const unsigned mask = group.mask, votes = group.votes;
    switch (group.wait.operation) {
      case kBallot:
        give_all(warp, mask, votes);
        break;
      case kAny:
        give_all(warp, mask, votes != 0);
        break;
      case kAll:
        give_all(warp, mask, votes == mask);
        break;
      case kSyncwarp:
        warp_met(watch, now_ / kLanes, mask);
        break;
      case kShuffleUp:
        shuffle<kShuffleUp>(warp, mask);
        break;
      case kShuffleDown:
        shuffle<kShuffleDown>(warp, mask);
        break;
      case kShuffleXor:
        shuffle<kShuffleXor>(warp, mask);
        break;
      default:
        shuffle<kShuffle>(warp, mask);
    }
    if (--warp.waiting > 0) group = warp.groups[warp.waiting];
    wake(now_ / kLanes * kLanes, mask);
  }

  // The results of other lanes stay, since those lanes may not have read them yet.
  static void give_all(Warp& warp, unsigned mask, uint64_t result) {
    for (unsigned lane = 0; lane < kLanes; lane++) warp.results[lane] = mask >> lane & 1 ? result : warp.results[lane];
  }

  // ---- Failures

  [[gnu::noinline, gnu::cold]] void other_barrier(const Wait& wait) {
    fail(printed(
        "thread %u came to %s while thread %u waits at %s: all threads of a block must meet at the same barrier", now_,
        wait.text().c_str(), barrier_.lowest, barrier_.wait.text().c_str()));
  }

  [[gnu::noinline, gnu::cold]] void bad_mask(const Warp& warp, unsigned mask, int width, const Wait& wait) {
    const unsigned lane = now_ % kLanes, missing = mask & ~warp.present;
    if (!(mask >> lane & 1))
      fail(printed("thread %u: the mask 0x%08x of %s lacks the thread's own lane %u", now_, mask, wait.text().c_str(),
                   lane));
    if (missing != 0) {
      const unsigned absent = first_of_warp(missing);
      fail(printed("thread %u: the mask 0x%08x of %s names lane %u, which %s", now_, mask, wait.text().c_str(),
                   absent % kLanes, absent < launch_->threads ? "has exited" : "does not exist"));
    }
    fail(printed("thread %u: the width %d of %s is not 1, 2, 4, 8, 16 or 32", now_, width, wait.text().c_str()));
  }

  [[gnu::noinline, gnu::cold]] void exited_early(const Group& group) {
    fail(printed("thread %u exited while thread %u waits for it at %s", now_, first_of_warp(group.arrived),
                 group.wait.text().c_str()));
  }

  // Ends the launch. The fiber is not run again, so what its callers hold on the heap (words of the message) is lost.
  void fail(std::string message) {
    error_ = where() + ", " + message;
    message = std::string();
    void* nowhere;
    leave(&nowhere);
  }

  std::string where() const {
    return printed("kernel '%s', block (%u, %u)", launch_->kernel->name, block_index.x, block_index.y);
  }

  unsigned first_of_warp(unsigned lanes) const {
    return now_ / kLanes * kLanes + static_cast<unsigned>(__builtin_ctz(lanes));
  }

  std::string deadlock() const {
    std::string text = "deadlock:";
    if (barrier_.arrived > 0) {
      text += printed(" thread %u (%u of %u) at %s;", barrier_.lowest, barrier_.arrived, alive_,
                      barrier_.wait.text().c_str());
    }
    for (unsigned w = 0; w * kLanes < launch_->threads; w++) {
      for (unsigned i = 0; i < warps_[w].waiting && text.size() < 400; i++) {
        const Group& group = warps_[w].groups[i];
        text +=
            printed(" thread %d at %s for lanes 0x%08x;", static_cast<int>(w * kLanes) + __builtin_ctz(group.arrived),
                    group.wait.text().c_str(), group.mask & ~group.arrived);
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
  unsigned unborn_ = 0;  // of these, threads that have not begun
  unsigned ready_ = 0;   // of these, threads that waited and no longer do
  unsigned fibers_ = 0, idle_ = 0, guarded_ = 0;
  Barrier barrier_{};
  void* stack_of_[kThreads];  // stack pointer of each thread that has begun and does not run
  uint16_t fiber_of_[kThreads];
  Warp warps_[kThreads / kLanes];
  uint16_t unborn_list_[kThreads], ready_list_[kThreads], idle_list_[kThreads];  // taken from the end
  void* idle_stack_[kThreads];                                                   // stack pointers of idle fibers
  void* outside_ = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  const void* outside_bottom_ = nullptr;
  size_t outside_bytes_ = 0;
  bool from_outside_ = false;
#endif
};

static_assert(kThreads * kStride + (size_t{1} << 20) < kSpan);

int wait_for_block(Operation operation, int vote, Place place) {
  return static_cast<Worker*>(here())->wait_for_block(operation, vote, place);
}

uint64_t wait_for_warp(Operation operation, unsigned mask, uint64_t value, int argument, int width, Place place) {
  return static_cast<Worker*>(here())->wait_for_warp(operation, mask, value, argument, width, place);
}

void too_many_steps() { static_cast<Worker*>(here())->too_many_steps(); }

void end_launch(const char* message) { static_cast<Worker*>(here())->end_launch(message); }

// The workers of one driver. The thread that launches is the first of them.
class Engine {
 public:
  static Engine* create(Order order, uint64_t seed, int threads, unsigned shared_memory) {
    std::unique_ptr<Engine> engine(new Engine(order, seed));
    const ThreadLocal thread_local_memory = ThreadLocal::find();
    // What a launch accessed is known in one place only.
    if (kWatched) threads = 1;
    for (int i = 0; i < threads; i++) {
      Worker* worker = Worker::create(order, shared_memory, thread_local_memory);
      if (worker == nullptr) return nullptr;
      engine->workers_.push_back(worker);
    }
    for (int i = 1; i < threads; i++)
      engine->helpers_.emplace_back(&Engine::help, engine.get(), engine->workers_[static_cast<size_t>(i)]);
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
    // Every launch draws other random numbers.
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

  const std::vector<Range>& accesses() const { return workers_[0]->accesses(); }

 private:
  Engine(Order order, uint64_t seed) : order_(order), seed_(seed) {}

  void permute(uint64_t seed) {
    if (order_ != kRandom) return;
    permutation_.resize(blocks_);
    for (uint64_t i = 0; i < blocks_; i++) permutation_[i] = i;
    Random random(seed);
    for (uint64_t i = blocks_; i > 1; i--) std::swap(permutation_[i - 1], permutation_[random.below(i)]);
  }

  // One worker's share. Blocks are taken one by one, so that uneven ones even out.
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
Engine* create(Order order, uint64_t seed, int threads, unsigned shared_memory) {
  return Engine::create(order, seed, threads, shared_memory);
}
const char* launch(Engine* engine, const Launch& what) { return engine->launch(what); }
void destroy(Engine* engine) { delete engine; }
size_t accesses(const Engine* engine, const Range** ranges) {
  *ranges = engine->accesses().data();
  return engine->accesses().size();
}
}  // namespace

}  // namespace gputae_host

// runner.cpp looks this up.
extern "C" __attribute__((visibility("default"))) const gputae_host::Library gputae_host_library;
const gputae_host::Library gputae_host_library = {
    gputae_host::kVersion, gputae_host::kernel_count, gputae_host::kernels,  gputae_host::create,
    gputae_host::launch,   gputae_host::destroy,      gputae_host::kWatched, gputae_host::accesses,
};
