// Loading libgputae.so must not switch off denormal numbers, neither in the thread that loads it nor in threads that
// start later. A library that was linked with -ffast-math would switch on flush-to-zero, and Java's own denormals would
// vanish.
//   loading_test LIBRARY
#include <dlfcn.h>
#include <immintrin.h>

#include <thread>

#include "check.h"

namespace {

const char* library;

// The control register's bits for flush-to-zero and denormals-are-zero.
unsigned flushing() { return _mm_getcsr() & 0x8040u; }

bool denormals_live() {
  volatile float smallest_normal = FLT_MIN;
  volatile float half = smallest_normal / 2;
  return half > 0 && half * 2 == FLT_MIN;
}

void leaves_denormals_alone() {
  check::that(flushing() == 0, "flush-to-zero is on before loading");
  check::that(dlopen(library, RTLD_NOW | RTLD_LOCAL) != nullptr, "dlopen: %s", dlerror());
  check::that(flushing() == 0 && denormals_live(), "loading switched flush-to-zero on");
  bool later = false;
  std::thread([&later] { later = flushing() == 0 && denormals_live(); }).join();
  check::that(later, "flush-to-zero is on in a thread that started later");
}

}  // namespace

int main(int, char** arguments) {
  library = arguments[1];
  check::group("loading leaves denormals alone", leaves_denormals_alone);
  return check::failed_groups == 0 ? 0 : 1;
}
