// A stand-in for cuBLAS, for tests. It computes float32 products on the CPU and enqueues them on the fake driver's
// streams (driver/). Misuse gives the status that cuBLAS documents, and a line on stderr. Two mistakes that cuBLAS may
// not notice are errors here too:
//   CUBLAS_STATUS_ALLOC_FAILED: a product in a capture with the handle's default workspace, also after cublasSetStream,
//     which brings that workspace back
//   cuStreamEndCapture refuses a graph in which two products use one workspace at the same time
// The sums of a product are those of the host runner, bit for bit (native/testing/host/runner.cpp).
#include <dlfcn.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>

#include "../host/product.h"
#include "fake.h"

namespace {

enum Status : int {
  kSuccess = 0,
  kNotInitialized = 1,
  kAllocFailed = 3,
  kInvalidValue = 7,
  kArchMismatch = 8,
  kMappingError = 11,
  kExecutionFailed = 13,
  kInternalError = 14,
  kNotSupported = 15,
  kLicenseError = 16,
};

struct Meaning {
  Status status;
  const char *name, *text;
};
constexpr Meaning kMeanings[] = {
    {kSuccess, "CUBLAS_STATUS_SUCCESS", "success"},
    {kNotInitialized, "CUBLAS_STATUS_NOT_INITIALIZED", "the library was not initialized"},
    {kAllocFailed, "CUBLAS_STATUS_ALLOC_FAILED", "the resource allocation failed"},
    {kInvalidValue, "CUBLAS_STATUS_INVALID_VALUE", "an invalid value was used"},
    {kArchMismatch, "CUBLAS_STATUS_ARCH_MISMATCH", "an absent device architectural feature is required"},
    {kMappingError, "CUBLAS_STATUS_MAPPING_ERROR", "an access to GPU memory space failed"},
    {kExecutionFailed, "CUBLAS_STATUS_EXECUTION_FAILED", "the function failed to launch on the GPU"},
    {kInternalError, "CUBLAS_STATUS_INTERNAL_ERROR", "an internal operation failed"},
    {kNotSupported, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality is not supported"},
    {kLicenseError, "CUBLAS_STATUS_LICENSE_ERROR", "a license error occurred"},
};

// cuBLAS's numbers.
enum Transpose : int { kN = 0, kT = 1, kC = 2 };
constexpr int kFloat32 = 0;                              // CUDA_R_32F
constexpr int kCompute32 = 68, kCompute32Pedantic = 69;  // CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_32F_PEDANTIC
constexpr int kDefaultMath = 0, kPedanticMath = 2;
constexpr size_t kWorkspaceAlignment = 256;

constexpr int kVersion = GPU_TAE_FAKE_MAJOR == 12 ? 120604 : 130101;
constexpr int kLeastDriver = 1000 * GPU_TAE_FAKE_MAJOR;

[[gnu::format(printf, 1, 2)]] void complain(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "fake cuBLAS: %s\n", line);
}

// The fake driver, which the process must have loaded before; null if it has not, or if it has loaded another driver.
struct Driver {
  decltype(gputae_fake_called)* called;
  decltype(gputae_fake_check)* check;
  decltype(gputae_fake_synchronise)* synchronise;
  decltype(gputae_fake_driver_version)* driver_version;
  decltype(gputae_fake_handles)* handles;
  decltype(gputae_fake_invalidate_capture)* invalidate_capture;
  decltype(gputae_fake_allocated)* allocated;
  decltype(gputae_fake_enqueue)* enqueue;
};

const Driver* driver() {
  static const std::unique_ptr<const Driver> found = []() -> std::unique_ptr<const Driver> {
    void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    if (library == nullptr || dlsym(library, "gputae_fake_enqueue") == nullptr) {
      complain("the fake libcuda.so.1 has not been loaded");
      return nullptr;
    }
    auto driver = std::make_unique<Driver>();
    auto find = [library](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
    };
    find(driver->called, "gputae_fake_called");
    find(driver->check, "gputae_fake_check");
    find(driver->synchronise, "gputae_fake_synchronise");
    find(driver->driver_version, "gputae_fake_driver_version");
    find(driver->handles, "gputae_fake_handles");
    find(driver->invalidate_capture, "gputae_fake_invalidate_capture");
    find(driver->allocated, "gputae_fake_allocated");
    find(driver->enqueue, "gputae_fake_enqueue");
    return driver;
  }();
  return found.get();
}

struct Handle {
  void* stream = nullptr;
  FakeRange workspace{};  // 0 bytes: the default workspace of the handle
  int pointer_mode = 0;   // 0: alpha and beta lie in the host's memory
  int math_mode = kDefaultMath;
};

std::mutex mutex;
// Never destroyed, because other threads may call while the process ends.
std::set<Handle*>& handles = *new std::set<Handle*>;

// C = alpha op(A) op(B) + beta C, all row-major: op(A) (m, k), op(B) (k, n), C (m, n).
struct Product {
  bool transpose_a, transpose_b;
  size_t m, n, k;
  const float* a;
  size_t lda;
  const float* b;
  size_t ldb;
  float alpha, beta;
  float* c;
  size_t ldc;
  FakeRange workspace;
};

void run(const void* data) {
  Product p;
  std::memcpy(&p, data, sizeof p);
  // No other code may keep anything in the workspace.
  if (p.workspace.bytes > 0)
    std::memset(reinterpret_cast<void*>(p.workspace.address), 0xFF, std::min<size_t>(p.workspace.bytes, 4096));
  gputae_host::product(p.transpose_a, p.transpose_b, p.m, p.n, p.k, p.alpha, p.a, p.lda, p.b, p.ldb, p.beta, p.c,
                       p.ldc);
}

// The memory of a column-major matrix.
FakeRange matrix(const void* address, size_t rows, size_t columns, size_t leading, bool written) {
  return {reinterpret_cast<uint64_t>(address),
          rows * columns == 0 ? 0 : ((columns - 1) * leading + rows) * sizeof(float), written, leading > rows};
}

}  // namespace

#define API extern "C" __attribute__((visibility("default")))

// The beginning of each function that takes a handle. A result that GPU_TAE_FAKE_FAIL asks for is returned before
// anything else.
#define ENTER()                                                     \
  if (driver() == nullptr) return kNotInitialized;                  \
  if (const int wanted = driver()->called(__func__)) return wanted; \
  std::lock_guard lock(mutex);                                      \
  if (handles.count(handle) == 0) {                                 \
    complain("%s: not a handle", __func__);                         \
    return kNotInitialized;                                         \
  }

API int cublasCreate_v2(Handle** result) {
  if (driver() == nullptr) return kNotInitialized;
  if (const int wanted = driver()->called(__func__)) return wanted;
  if (result == nullptr) return kInvalidValue;
  *result = nullptr;
  if (driver()->driver_version() < kLeastDriver) return kNotInitialized;
  if (const int refused = driver()->check(__func__, true)) {
    complain("cublasCreate_v2: CUDA error %d", refused);
    return kNotInitialized;
  }
  std::lock_guard lock(mutex);
  *result = *handles.insert(new Handle).first;
  driver()->handles(1);
  return kSuccess;
}

API int cublasDestroy_v2(Handle* handle) {
  ENTER();
  if (driver()->synchronise(__func__) != 0) return kInternalError;
  handles.erase(handle);
  delete handle;
  driver()->handles(-1);
  return kSuccess;
}

API int cublasGetVersion_v2(Handle* handle, int* version) {
  ENTER();
  if (version == nullptr) return kInvalidValue;
  *version = kVersion;
  return kSuccess;
}

API int cublasSetStream_v2(Handle* handle, void* stream) {
  ENTER();
  handle->stream = stream;
  handle->workspace = {};
  return kSuccess;
}

API int cublasGetStream_v2(Handle* handle, void** stream) {
  ENTER();
  if (stream == nullptr) return kInvalidValue;
  *stream = handle->stream;
  return kSuccess;
}

API int cublasSetWorkspace_v2(Handle* handle, void* workspace, size_t bytes) {
  ENTER();
  const FakeRange range{reinterpret_cast<uint64_t>(workspace), bytes, true, false};
  if (range.address % kWorkspaceAlignment != 0 || (bytes > 0 && !driver()->allocated(range))) {
    complain("cublasSetWorkspace_v2: %zu bytes at %p are not allocated, or not aligned to %zu", bytes, workspace,
             kWorkspaceAlignment);
    return kInvalidValue;
  }
  handle->workspace = range;
  return kSuccess;
}

API int cublasSetPointerMode_v2(Handle* handle, int mode) {
  ENTER();
  if (mode != 0 && mode != 1) return kInvalidValue;
  handle->pointer_mode = mode;
  return kSuccess;
}

API int cublasSetMathMode(Handle* handle, int mode) {
  ENTER();
  // The modes are tensor cores (1), TF32 (3) and "no reduction in reduced precision" (16 and more).
  if (mode < 0 || (mode & 15) > 3 || mode > 19) return kInvalidValue;
  handle->math_mode = mode;
  return kSuccess;
}

API int cublasSetAtomicsMode(Handle* handle, int mode) {
  ENTER();
  return mode == 0 || mode == 1 ? kSuccess : kInvalidValue;
}

// Column-major C (m, n) = alpha op(A) (m, k) op(B) (k, n) + beta C is row-major C' (n, m) = alpha op(B)' (n, k) op(A)'
// (k, m) + beta C'.
API int cublasGemmEx(Handle* handle, int transpose_a, int transpose_b, int m, int n, int k, const void* alpha,
                     const void* a, int type_a, int lda, const void* b, int type_b, int ldb, const void* beta, void* c,
                     int type_c, int ldc, int compute, int algorithm) {
  ENTER();
  const bool ta = transpose_a != kN, tb = transpose_b != kN;
  if (transpose_a < kN || transpose_a > kC || transpose_b < kN || transpose_b > kC || m < 0 || n < 0 || k < 0 ||
      lda < std::max(1, ta ? k : m) || ldb < std::max(1, tb ? n : k) || ldc < std::max(1, m) || alpha == nullptr ||
      beta == nullptr || algorithm < -1) {
    complain(
        "cublasGemmEx: operations %d, %d, (%d, %d) by (%d, %d), leading dimensions %d, %d, %d, alpha at %p, beta at %p",
        transpose_a, transpose_b, m, k, k, n, lda, ldb, ldc, alpha, beta);
    return kInvalidValue;
  }
  if (type_a != kFloat32 || type_b != kFloat32 || type_c != kFloat32 ||
      (compute != kCompute32 && compute != kCompute32Pedantic) || handle->pointer_mode != 0 ||
      (handle->math_mode != kDefaultMath && handle->math_mode != kPedanticMath)) {
    complain(
        "cublasGemmEx: types %d, %d, %d, compute type %d, pointer mode %d, math mode %d; the fake has only plain "
        "float32",
        type_a, type_b, type_c, compute, handle->pointer_mode, handle->math_mode);
    return kNotSupported;
  }
  if (const int refused = driver()->check(__func__, false)) {
    complain("cublasGemmEx: CUDA error %d", refused);
    return refused == 201 ? kNotInitialized : kExecutionFailed;
  }
  if (m == 0 || n == 0) return kSuccess;
  if (handle->workspace.bytes == 0 &&
      driver()->invalidate_capture(
          handle->stream, __func__,
          "with the default workspace, which it would allocate: cublasSetWorkspace, after cublasSetStream")) {
    return kAllocFailed;
  }
  const size_t rows = static_cast<size_t>(m), columns = static_cast<size_t>(n), depth = static_cast<size_t>(k);
  Product product{};
  product.transpose_a = tb;
  product.transpose_b = ta;
  product.m = columns;
  product.n = rows;
  product.k = depth;
  product.a = static_cast<const float*>(b);
  product.lda = static_cast<size_t>(ldb);
  product.b = static_cast<const float*>(a);
  product.ldb = static_cast<size_t>(lda);
  std::memcpy(&product.alpha, alpha, sizeof(float));
  std::memcpy(&product.beta, beta, sizeof(float));
  product.c = static_cast<float*>(c);
  product.ldc = static_cast<size_t>(ldc);
  product.workspace = handle->workspace;
  const FakeRange ranges[] = {
      matrix(a, ta ? depth : rows, ta ? rows : depth, static_cast<size_t>(lda), false),
      matrix(b, tb ? columns : depth, tb ? depth : columns, static_cast<size_t>(ldb), false),
      matrix(c, rows, columns, static_cast<size_t>(ldc), true),
      handle->workspace,
  };
  for (const FakeRange& range : ranges) {
    if (range.address % sizeof(float) != 0) {
      complain("cublasGemmEx: address %#llx is not a float's", static_cast<unsigned long long>(range.address));
      return kInvalidValue;
    }
  }
  if (const int refused =
          driver()->enqueue(handle->stream, __func__, run, &product, sizeof product, ranges, std::size(ranges))) {
    complain("cublasGemmEx: CUDA error %d", refused);
    return kExecutionFailed;
  }
  return kSuccess;
}

API const char* cublasGetStatusName(int status) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.status == status) return meaning.name;
  }
  return "CUBLAS_STATUS_UNKNOWN";
}

API const char* cublasGetStatusString(int status) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.status == status) return meaning.text;
  }
  return "unknown error";
}
