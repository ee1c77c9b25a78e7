// The settings of the driver, which tests set in the environment.
//
//   GPU_TAE_FAKE_KERNELS         libgputae_host_kernels.so (build.sh has set a default)
//   GPU_TAE_FAKE_THREADS         threads of the operating system that run kernels (1)
//   GPU_TAE_FAKE_ORDER           forward (default), backward or random: operations, nodes of graphs, threads of kernels
//   GPU_TAE_FAKE_SEED            seed of random order (0)
//   GPU_TAE_FAKE_DRIVER          CUDA version of the driver (13000)
//   GPU_TAE_FAKE_CAPABILITY      compute capability of the devices (9.0)
//   GPU_TAE_FAKE_FATBIN          refuse: refuses fat binaries, as a driver older than the toolkit does
//   GPU_TAE_FAKE_DEVICES         number of devices (1)
//   GPU_TAE_FAKE_MULTIPROCESSORS multiprocessors of each device (16)
//   GPU_TAE_FAKE_SHARED_OPTIN    bytes of shared memory that a block may ask for, static and dynamic together (232448)
//   GPU_TAE_FAKE_MEMORY          bytes of each device (4 GiB)
//   GPU_TAE_FAKE_FAIL            call=code[@n], ...: the n-th call of this function (by default the first; *: each
//                                call) does nothing but return the code; functions of cuBLAS may be named too
//   GPU_TAE_FAKE_COUNTS          name of a file; when the process ends, it gets the number of calls of each function,
//                                of launches of each kernel at each priority, and of the objects that are still alive
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "../../host/engine.h"

namespace gputae_fake {

// Values that no setting changes.
constexpr int kMostThreads = 1024, kMostGridY = 65535;
constexpr int kShared = 48 << 10;       // what a block gets without asking, static and dynamic together
constexpr int kStaticShared = 1 << 10;  // each kernel is assumed to have this much

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
