// Waits of threads, and messages about them.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <string>

#include "engine.h"

namespace gputae_host {

namespace {

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
    return std::string(name(operation)) + " (" + (slash ? slash + 1 : place.file) + ":" + std::to_string(place.line) +
           ")";
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

}  // namespace

}  // namespace gputae_host
