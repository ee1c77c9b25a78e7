// The watch of watch.h. For each 4 bytes of memory it keeps who wrote and who read them last. The functions that the
// compiler calls at each access are at the end of this file.
#include "watch.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

#include "device_memory.h"

extern "C" const char __ehdr_start __attribute__((visibility("hidden")));  // the beginning of this library in memory
extern "C" const char _end __attribute__((visibility("hidden")));          // and its end

// The pointers of cuda_host.h, which a kernel reads before each use of dynamic shared memory. They lie beside static
// shared memory.
extern __thread unsigned char (*gputae_host_shared_memory)[];
namespace gputae {
extern __thread unsigned char (*gputae_host_shared_memory)[];
}

namespace gputae_host {

namespace {

constexpr unsigned kLanes = 32, kThreads = 1024;

// Memory is watched in words.
constexpr unsigned kWord = 4;

enum Kind : unsigned { kRead, kWrite, kAtomic };

// One access to a word.
struct Access {
  uint32_t block;  // number of the block among all that ran, from 1; 0 for no access
  uint32_t epoch;  // number of barriers that the block had passed
  uint32_t clock;  // the thread's time, see Watch::clock_
  unsigned thread : 10;
  unsigned bytes : kWord;  // which bytes of the word
  unsigned atomic : 1;
  const char* code;  // where the call returns to
};

// Two accesses of each kind are enough to find a race if there is one. They are as different as possible (another
// block, another warp), so that a later access that is ordered with both is ordered with all that were forgotten. (Only
// if more than two threads access single bytes of a word, one of them may be forgotten too early.)
struct Word {
  Access writes[2], reads[2];
  uint32_t written_in;    // for shared memory: the block for which the following is kept
  unsigned char written;  // the bytes that a thread of the block has written
};

constexpr uintptr_t kPage = 4096;

// The words of one page of device memory.
struct Page {
  Word words[kPage / kWord];
  uint32_t launch;                   // the launch for which the following is kept
  Allocation* allocation;            // the last one of the page that was accessed
  unsigned char how[kPage / kWord];  // as in Range
};

// The line of a kernel that the code belongs to, as "boruvka.cu:88", or "exact_distance.h:20 in boruvka.cu:88" for a
// function of a header. Names the code's place in the library if there is no addr2line.
std::string line_of(const char* code) {
  const size_t offset = static_cast<size_t>(code - &__ehdr_start) - 1;  // within the call
  Dl_info library;
  std::string found;
  if (dladdr(&__ehdr_start, &library) != 0) {
    char command[4200], line[4200];
    std::snprintf(command, sizeof command, "addr2line -i -e '%s' 0x%zx 2>/dev/null", library.dli_fname, offset);
    std::FILE* lines = popen(command, "r");
    while (lines != nullptr && std::fgets(line, sizeof line, lines) != nullptr) {
      std::string place = line;
      place.erase(std::min(place.find_first_of(" \n"), place.size()));
      place.erase(0, place.rfind('/') + 1);
      if (place.find("cuda_host.h:") == 0 || place.find(':') == std::string::npos || place[0] == '?') continue;
      const bool complete = found.find(".cu:") != std::string::npos;
      if (!complete) found += (found.empty() ? "" : " in ") + place;
    }
    if (lines != nullptr) pclose(lines);
  }
  if (!found.empty()) return found;
  char text[64];
  std::snprintf(text, sizeof text, "offset 0x%zx (addr2line finds no line)", offset);
  return text;
}

}  // namespace

class Watch {
 public:
  void begin_launch(const Launch& launch) {
    launch_ = &launch;
    launch_number_++;
    first_block_ = block_ + 1;
    blocks_.clear();
    touched_.clear();
    ranges_.clear();
  }

  void begin_block(uint64_t block, Bytes dynamic, Bytes fixed) {
    block_++;
    blocks_.push_back(block);
    epoch_ = 0;
    dynamic_ = dynamic;
    fixed_ = fixed;
    shared_words_.resize(words(dynamic.count) + words(fixed.count) + 2);
    std::fill(clock_, clock_ + launch_->threads, 1);
    std::memset(known_, 0, launch_->threads * sizeof known_[0]);
  }

  void block_met() { epoch_++; }

  void warp_met(unsigned warp, unsigned mask) {
    uint32_t together[kLanes] = {};
    for_lanes(mask, [&](unsigned lane) {
      const unsigned thread = warp * kLanes + lane;
      known_[thread][lane] = clock_[thread]++;
      for (unsigned i = 0; i < kLanes; i++) together[i] = std::max(together[i], known_[thread][i]);
    });
    for_lanes(mask, [&](unsigned lane) { std::memcpy(known_[warp * kLanes + lane], together, sizeof together); });
  }

  const std::vector<Range>& accesses() {
    if (!touched_.empty()) {
      std::sort(touched_.begin(), touched_.end());
      for (const uintptr_t page : touched_) {
        const unsigned char* how = page_of(page).how;
        for (uintptr_t i = 0; i < kPage / kWord; i++) {
          const uintptr_t begin = page + i * kWord;
          if (how[i] == 0) continue;
          if (!ranges_.empty() && ranges_.back().end == begin && ranges_.back().how == how[i]) {
            ranges_.back().end += kWord;
          } else {
            ranges_.push_back({begin, begin + kWord, how[i]});
          }
        }
      }
      touched_.clear();
    }
    return ranges_;
  }

  // A thread of this watch's engine accesses memory. Accesses that are not to a memory of the kernel are left out: the
  // thread's own variables, its arguments, the constants of the library.
  void access(const volatile void* where, unsigned bytes, Kind kind, const char* code) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(where);
    const Here* now = here();
    if ((address & ~(kSpan - 1)) == reinterpret_cast<uintptr_t>(now)) return;
    thread_ = now->thread_index.x;
    code_ = code;
    kind_ = kind;
    address_ = address;
    if (within(address, dynamic_)) {
      shared(address, bytes, dynamic_, 0);
    } else if (within(address, fixed_)) {
      if (where != &::gputae_host_shared_memory && where != &gputae::gputae_host_shared_memory)
        shared(address, bytes, fixed_, words(dynamic_.count) + 1);
    } else if (address >= reinterpret_cast<uintptr_t>(&__ehdr_start) && address < reinterpret_cast<uintptr_t>(&_end)) {
      if (kind != kRead) fail("a constant");
    } else if (!is_argument(address)) {
      global(address, bytes);
    }
  }

 private:
  static constexpr size_t words(size_t bytes) { return (bytes + kWord - 1) / kWord; }

  static bool within(uintptr_t address, Bytes memory) {
    return address - reinterpret_cast<uintptr_t>(memory.begin) < memory.count;
  }

  bool is_argument(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(launch_->arguments) <
           std::strlen(launch_->kernel->types) * sizeof(Slot);
  }

  template <typename Body>
  static void for_lanes(unsigned mask, Body body) {
    for (unsigned left = mask; left != 0; left &= left - 1) body(static_cast<unsigned>(__builtin_ctz(left)));
  }

  // Calls body(word's address, bytes of the word as bits) for each word of the access.
  template <typename Body>
  static void for_words(uintptr_t address, unsigned bytes, Body body) {
    for (uintptr_t word = address & ~uintptr_t{kWord - 1}; word < address + bytes; word += kWord) {
      const unsigned from = word < address ? static_cast<unsigned>(address - word) : 0;
      const unsigned to = static_cast<unsigned>(std::min<uintptr_t>(kWord, address + bytes - word));
      body(word, (15u << from) & (15u >> (kWord - to)));
    }
  }

  void shared(uintptr_t address, unsigned bytes, Bytes memory, size_t first) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(memory.begin);
    if (bytes > memory.count - (address - begin)) fail("memory beyond the end of the block's shared memory");
    // Another block's shared memory is another memory.
    for_words(address, bytes, [&](uintptr_t at, unsigned which) {
      Word& word = shared_words_[first + (at - (begin & ~uintptr_t{kWord - 1})) / kWord];
      if (word.written_in != block_) word.written = 0;
      word.written_in = block_;
      if (kind_ != kWrite && (which & ~word.written) != 0)
        fail("shared memory that no thread of the block has written");
      word.written |= which;
      check(word, which, block_);
    });
  }

  void global(uintptr_t address, unsigned bytes) {
    for_words(address, bytes, [&](uintptr_t at, unsigned which) {
      Page& page = page_of(at);
      if (page.launch != launch_number_) {
        page.launch = launch_number_;
        page.allocation = nullptr;
        std::memset(page.how, 0, sizeof page.how);
        touched_.push_back(at & ~(kPage - 1));
      }
      const uintptr_t begin = std::max(at, address);
      const auto count = static_cast<unsigned>(__builtin_popcount(which));
      if (page.allocation == nullptr || !page.allocation->contains(begin, count)) {
        page.allocation = launch_->memory->find(begin, count);
        if (page.allocation == nullptr) fail("memory outside all allocations");
      }
      unsigned char* marks = page.allocation->marks(begin);
      if (kind_ == kWrite) {
        std::memset(marks, 1, count);
      } else if (std::memchr(marks, 0, count) != nullptr) {
        fail("device memory that nobody has written");
      }
      page.how[at % kPage / kWord] |= kind_ == kRead ? 1 : kind_ == kWrite ? 2 : 3;
      check(page.words[at % kPage / kWord], which, first_block_);
    });
  }

  Page& page_of(uintptr_t address) {
    const uintptr_t number = address / kPage;
    auto& cached = page_cache_[number % (sizeof page_cache_ / sizeof page_cache_[0])];
    if (cached.page == nullptr || cached.number != number) {
      std::unique_ptr<Page>& page = pages_[number];
      if (!page) page.reset(new Page());
      cached = {number, page.get()};
    }
    return *cached.page;
  }

  // Compares an access with the last ones of its word, and notes it. Accesses of blocks before first_block do not
  // count.
  void check(Word& word, unsigned which, uint32_t first_block) {
    const Access fresh{block_, epoch_, clock_[thread_], thread_, which, kind_ == kAtomic, code_};
    for (const Access& write : word.writes) {
      if (write.block < first_block || !(write.bytes & which) || (write.atomic && kind_ == kAtomic)) continue;
      if (!ordered(write)) race(write, write.atomic ? kAtomic : kWrite);
    }
    if (kind_ == kRead) {
      keep(word.reads, fresh, first_block);
      return;
    }
    for (const Access& read : word.reads) {
      if (read.block < first_block || !(read.bytes & which)) continue;
      if (!ordered(read)) race(read, kRead);
    }
    if (kind_ == kWrite) {
      // All accesses of these bytes so far are ordered before this one.
      for (Access* accesses : {word.writes, word.reads}) {
        for (int i = 0; i < 2; i++) {
          if ((accesses[i].bytes & ~which) == 0) accesses[i] = {};
        }
      }
    }
    keep(word.writes, fresh, first_block);
  }

  // Whether an earlier access is ordered before what the thread does now.
  bool ordered(const Access& earlier) const {
    if (earlier.block != block_) return false;
    if (earlier.thread == thread_ || earlier.epoch != epoch_) return true;
    return earlier.thread / kLanes == thread_ / kLanes && known_[thread_][earlier.thread % kLanes] >= earlier.clock;
  }

  // The new access takes the place of one that is ordered before it, otherwise of one of its warp or its block.
  void keep(Access (&accesses)[2], const Access& fresh, uint32_t first_block) const {
    const auto worth = [&](const Access& access) {
      if (access.block < first_block || (ordered(access) && (access.bytes & ~fresh.bytes) == 0)) return 0;
      if (access.block != fresh.block) return 3;
      return access.thread / kLanes == thread_ / kLanes ? 1 : 2;
    };
    accesses[worth(accesses[1]) < worth(accesses[0]) ? 1 : 0] = fresh;
  }

  static const char* does(Kind kind) {
    return kind == kRead ? "reads" : kind == kWrite ? "writes" : "changes atomically";
  }

  // Where the access goes to.
  std::string place() const {
    char text[120];
    if (within(address_, dynamic_)) {
      std::snprintf(text, sizeof text, "byte %zu of dynamic shared memory",
                    static_cast<size_t>(address_ - reinterpret_cast<uintptr_t>(dynamic_.begin)));
      return text;
    }
    if (within(address_, fixed_)) return "static shared memory";
    int nearest = -1;
    for (int i = 0; launch_->kernel->types[i] != '\0'; i++) {
      if (launch_->kernel->types[i] != 'p' || launch_->arguments[i] > address_) continue;
      if (nearest < 0 || launch_->arguments[i] > launch_->arguments[nearest]) nearest = i;
    }
    if (nearest < 0) return "device memory";
    std::snprintf(text, sizeof text, "device memory, %zu bytes behind parameter %d",
                  static_cast<size_t>(address_ - launch_->arguments[nearest]), nearest);
    return text;
  }

  [[gnu::noinline, gnu::cold, noreturn]] void race(const Access& earlier, Kind kind) {
    char other[60] = "";
    if (earlier.block != block_) {
      const uint64_t block = blocks_[earlier.block - first_block_];
      std::snprintf(other, sizeof other, " of block (%llu, %llu)",
                    static_cast<unsigned long long>(block % launch_->grid_x),
                    static_cast<unsigned long long>(block / launch_->grid_x));
    }
    write_message("race in %s: thread %u %s (%s) what thread %u%s %s (%s), and nothing orders the two", place().c_str(),
                  thread_, does(kind_), line_of(code_).c_str(), earlier.thread, other, does(kind),
                  line_of(earlier.code).c_str());
    end_launch(message_);
  }

  [[gnu::noinline, gnu::cold, noreturn]] void fail(const char* what) {
    write_message("thread %u %s (%s) %s: %s", thread_, does(kind_), line_of(code_).c_str(), what, place().c_str());
    end_launch(message_);
  }

  // The words of the call are gone when this returns. What was still on the stack at end_launch would never be freed.
  [[gnu::format(printf, 2, 3)]] void write_message(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message_, sizeof message_, format, arguments);
    va_end(arguments);
  }

  const Launch* launch_ = nullptr;
  uint32_t launch_number_ = 0;
  uint32_t block_ = 0;            // number of the block that runs, among all blocks so far, from 1
  uint32_t first_block_ = 1;      // the first block of the launch
  std::vector<uint64_t> blocks_;  // which block of the grid each block of the launch is
  uint32_t epoch_ = 0;
  Bytes dynamic_{}, fixed_{};

  // clock_[t] is the time of thread t: 1, and one more after each of its __syncwarp. known_[t][lane] is the time up to
  // which thread t knows what that lane of its warp did.
  uint32_t clock_[kThreads], known_[kThreads][kLanes];

  std::vector<Word> shared_words_;
  std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages_;
  struct {
    uintptr_t number;
    Page* page;
  } page_cache_[256] = {};
  std::vector<uintptr_t> touched_;  // the pages that the launch accessed
  std::vector<Range> ranges_;

  // The access that is looked at
  unsigned thread_ = 0;
  const char* code_ = nullptr;
  Kind kind_ = kRead;
  uintptr_t address_ = 0;
  char message_[1024];
};

Watch* create_watch() { return new Watch(); }
void destroy_watch(Watch* watch) { delete watch; }
void launch_begins(Watch* watch, const Launch& launch) { watch->begin_launch(launch); }
void block_begins(Watch* watch, uint64_t block, Bytes dynamic, Bytes fixed) {
  watch->begin_block(block, dynamic, fixed);
}
void block_met(Watch* watch) { watch->block_met(); }
void warp_met(Watch* watch, unsigned warp, unsigned mask) { watch->warp_met(warp, mask); }
const std::vector<Range>& watched_accesses(Watch* watch) { return watch->accesses(); }

}  // namespace gputae_host

// ---- What the compiler calls (-fsanitize=thread)

#define ACCESS(address, bytes, kind)                                                           \
  gputae_host::here()->watch->access(address, static_cast<unsigned>(bytes), gputae_host::kind, \
                                     static_cast<const char*>(__builtin_return_address(0)))

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_atomic_thread_fence(int) {}
void __tsan_read_range(void* p, size_t bytes) { ACCESS(p, bytes, kRead); }
void __tsan_write_range(void* p, size_t bytes) { ACCESS(p, bytes, kWrite); }

#define PLAIN(bytes)                                                        \
  void __tsan_read##bytes(void* p) { ACCESS(p, bytes, kRead); }             \
  void __tsan_write##bytes(void* p) { ACCESS(p, bytes, kWrite); }           \
  void __tsan_unaligned_read##bytes(void* p) { ACCESS(p, bytes, kRead); }   \
  void __tsan_unaligned_write##bytes(void* p) { ACCESS(p, bytes, kWrite); } \
  void __tsan_volatile_read##bytes(void* p) { ACCESS(p, bytes, kRead); }    \
  void __tsan_volatile_write##bytes(void* p) { ACCESS(p, bytes, kWrite); }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

// The load before a loop of compare-and-exchange belongs to the atomic operation, which is noted by the latter.
#define ATOMIC(bits, type)                                                                                      \
  type __tsan_atomic##bits##_load(const volatile type* p, int) { return __atomic_load_n(p, __ATOMIC_RELAXED); } \
  type __tsan_atomic##bits##_exchange(volatile type* p, type value, int) {                                      \
    ACCESS(p, bits / 8, kAtomic);                                                                               \
    return __atomic_exchange_n(p, value, __ATOMIC_RELAXED);                                                     \
  }                                                                                                             \
  type __tsan_atomic##bits##_fetch_add(volatile type* p, type value, int) {                                     \
    ACCESS(p, bits / 8, kAtomic);                                                                               \
    return __atomic_fetch_add(p, value, __ATOMIC_RELAXED);                                                      \
  }                                                                                                             \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile type* p, type* expected, type value, int, int) {   \
    ACCESS(p, bits / 8, kAtomic);                                                                               \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);          \
  }                                                                                                             \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile type* p, type* expected, type value, int, int) {     \
    ACCESS(p, bits / 8, kAtomic);                                                                               \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);          \
  }
ATOMIC(32, unsigned)
ATOMIC(64, unsigned long long)

}  // extern "C"
