// What a watched build of the host runner (watch.h) knows about the memory of the simulated device: the allocations,
// and which of their bytes were written. The bridge (runner.cpp) keeps it; a launch gives it to watch.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <vector>

namespace gputae_host {

struct Allocation {
  uintptr_t begin;
  std::vector<unsigned char> written;  // for each byte: 1 if it was written, otherwise 0

  bool contains(uintptr_t address, size_t bytes) const {
    return address - begin <= written.size() && bytes <= written.size() - (address - begin);
  }
  unsigned char* marks(uintptr_t address) { return written.data() + (address - begin); }
};

class DeviceMemory {
 public:
  void add(uintptr_t begin, size_t bytes) {
    std::lock_guard lock(mutex_);
    allocations_[begin] = {begin, std::vector<unsigned char>(bytes)};
  }

  void remove(uintptr_t begin) {
    std::lock_guard lock(mutex_);
    allocations_.erase(begin);
  }

  // The allocation that holds these bytes; null if none holds all of them. It stays where it is until it is removed.
  Allocation* find(uintptr_t address, size_t bytes) {
    std::lock_guard lock(mutex_);
    auto next = allocations_.upper_bound(address);
    if (next == allocations_.begin() || !std::prev(next)->second.contains(address, bytes)) return nullptr;
    return &std::prev(next)->second;
  }

  // Whether all of these bytes were written.
  bool written(uintptr_t address, size_t bytes) {
    if (bytes == 0) return true;
    Allocation* allocation = find(address, bytes);
    return allocation != nullptr && std::memchr(allocation->marks(address), 0, bytes) == nullptr;
  }

  // Notes that these bytes are written. What lies outside the allocations is left out.
  void write(uintptr_t address, size_t bytes) {
    if (Allocation* allocation = find(address, bytes)) std::memset(allocation->marks(address), 1, bytes);
  }

  // Notes a copy: its target is as written as its source.
  void copy(uintptr_t from, uintptr_t to, size_t bytes) {
    Allocation* source = find(from, bytes);
    Allocation* target = find(to, bytes);
    if (source != nullptr && target != nullptr) std::memmove(target->marks(to), source->marks(from), bytes);
  }

 private:
  std::mutex mutex_;
  std::map<uintptr_t, Allocation> allocations_;
};

}  // namespace gputae_host
