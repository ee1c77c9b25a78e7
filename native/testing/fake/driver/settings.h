// What tests ask of the driver through the environment.
//
//   GPU_TAE_FAKE_KERNELS         libgputae_host_kernels.so (build.sh has put in a default)
//   GPU_TAE_FAKE_THREADS         of the operating system that run kernels (1)
//   GPU_TAE_FAKE_ORDER           forward (default), backward or random: operations, nodes of graphs, threads of kernels
//   GPU_TAE_FAKE_SEED            of random order (0)
//   GPU_TAE_FAKE_DRIVER          CUDA version of the driver (13000)
//   GPU_TAE_FAKE_CAPABILITY      of the devices (9.0)
//   GPU_TAE_FAKE_FATBIN          refuse: as a driver older than the toolkit does
//   GPU_TAE_FAKE_DEVICES         how many (1)
//   GPU_TAE_FAKE_MULTIPROCESSORS of each (16)
//   GPU_TAE_FAKE_SHARED_OPTIN    bytes of shared memory that a block may ask for, static and dynamic together (232448)
//   GPU_TAE_FAKE_MEMORY          bytes of each device (4 GiB)
//   GPU_TAE_FAKE_FAIL            call=code[@n], ...: the n-th (first; *: each) call of this function, cuBLAS's too,
//                                does nothing but return the code
//   GPU_TAE_FAKE_COUNTS          file that gets, when the process ends, the number of calls of each function and what
//                                is still alive
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "../../host/engine.h"

namespace gputae_fake {

// What no setting changes.
constexpr int kMostThreads = 1024, kMostGridY = 65535;
constexpr int kShared = 48 << 10;       // what a block gets unasked, static and dynamic together
constexpr int kStaticShared = 1 << 10;  // each kernel is taken to have as much

struct Failure {
  int code;
  uint64_t at;  // 0: each call
};

struct Settings {
  std::string kernels = GPU_TAE_FAKE_KERNELS_DEFAULT;
  long threads = 1, seed = 0, driver = 13000, devices = 1, multiprocessors = 16, shared_optin = 232448,
       memory = 4L << 30;
  int major = 9, minor = 0;
  gputae_host::Order order = gputae_host::kForward;
  bool refuse_fatbin = false;
  std::map<std::string, Failure> failures;
  std::string counts;
  bool wrong = false;

  Settings();

 private:
  template <typename Read>
  void read(const char* name, Read read);
  void number(const char* name, long least, long& value);
};

}  // namespace gputae_fake
