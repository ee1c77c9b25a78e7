// The bridge to Java: class gputae.backend.cuda.HostRunnerNative. It has memory with guard zones, a matrix product, and
// the kernels of a library that build.sh made. HostRunner checks what it passes. A failure that appears only here is
// thrown as a BackendException.
#include <dlfcn.h>
#include <jni.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "device_memory.h"
#include "engine.h"
#include "product.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace {

using gputae_host::Library;

// The library and the engine that one HostRunner uses.
struct Runner {
  void* handle;
  const Library* library;
  gputae_host::Engine* engine;
};

template <typename T>
T* at(jlong address) {
  return reinterpret_cast<T*>(address);
}

void raise(JNIEnv* env, const std::string& message) {
  jclass type = env->FindClass("gputae/backend/BackendException");
  if (type != nullptr) env->ThrowNew(type, message.c_str());
}

// Loads a library. If the system has loaded a library of this name before, it takes that one, even if the file has been
// built again. Another spelling of the name makes the system look at the file.
void* load(const std::string& file) {
  struct Loaded {
    std::string name;
    ino_t inode;
  };
  static std::mutex mutex;
  static std::map<std::string, Loaded> loaded;
  std::lock_guard lock(mutex);
  struct stat found;
  if (stat(file.c_str(), &found) == 0) {
    Loaded& last = loaded.try_emplace(file, Loaded{file, found.st_ino}).first->second;
    if (last.inode != found.st_ino) {
      if (void* old = dlopen(last.name.c_str(), RTLD_NOW | RTLD_NOLOAD)) {
        dlclose(old);
        last.name.insert(last.name.rfind('/'), "/.");
      }
      last.inode = found.st_ino;
    }
    return dlopen(last.name.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  return dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
}

// ---- Memory: a zone that nobody may touch, the bytes themselves, another zone. AddressSanitizer sees an access to a
// zone at once. Without AddressSanitizer, changed bytes are found later.

constexpr size_t kZone = 256;  // also CUDA's alignment of an allocation
constexpr unsigned char kZoneMark = 0xA5;
constexpr unsigned char kUnwritten = 0xFF;  // NaN, -1

[[maybe_unused]] bool untouched(const unsigned char* zone) {
  // All bytes are the mark if the first byte is the mark and each byte equals its neighbour.
  return zone[0] == kZoneMark && std::memcmp(zone, zone + 1, kZone - 1) == 0;
}

// What a watched build knows of the memory; null in other builds.
gputae_host::DeviceMemory* watched_memory() {
#if defined(GPUTAE_HOST_WATCHED)
  static auto* const memory = new gputae_host::DeviceMemory();
  return memory;
#else
  return nullptr;
#endif
}

// Throws if bytes are read that nobody has written.
bool refuse(JNIEnv* env, const char* call, jlong from, size_t bytes) {
  gputae_host::DeviceMemory* memory = watched_memory();
  if (memory == nullptr || memory->written(static_cast<uintptr_t>(from), bytes)) return false;
  char text[120];
  std::snprintf(text, sizeof text, "%s reads device memory that nobody has written: %zu bytes at 0x%llx", call, bytes,
                static_cast<unsigned long long>(from));
  raise(env, text);
  return true;
}

void note_write(jlong to, size_t bytes) {
  if (gputae_host::DeviceMemory* memory = watched_memory()) memory->write(static_cast<uintptr_t>(to), bytes);
}

}  // namespace

#define NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_gputae_backend_cuda_HostRunnerNative_##name

NATIVE(jlong, open)(JNIEnv* env, jclass, jstring path, jint order, jlong seed, jint threads, jint shared_memory) {
  const char* text = env->GetStringUTFChars(path, nullptr);
  if (text == nullptr) return 0;
  const std::string file = text;
  env->ReleaseStringUTFChars(path, text);
  void* handle = load(file);
  if (handle == nullptr) {
    raise(env, "cannot load the kernels: " + std::string(dlerror()));
    return 0;
  }
  const Library* library = static_cast<const Library*>(dlsym(handle, gputae_host::kLibrary));
  std::string failure;
  gputae_host::Engine* engine = nullptr;
  if (library == nullptr || library->version != gputae_host::kVersion) {
    failure = file + " was built by another version of native/testing/host/build.sh: build it again";
  } else if (library->watched != (watched_memory() != nullptr)) {
    failure = file + " is " + (library->watched ? "" : "not ") +
              "a watched build, unlike the first one of this process: a process takes only one kind";
  } else {
    engine = library->create(static_cast<gputae_host::Order>(order), static_cast<uint64_t>(seed), threads,
                             static_cast<unsigned>(shared_memory));
    if (engine == nullptr) failure = "no address space for the stacks of " + std::to_string(threads) + " threads";
  }
  if (engine == nullptr) {
    dlclose(handle);
    raise(env, failure);
    return 0;
  }
  return reinterpret_cast<jlong>(new Runner{handle, library, engine});
}

NATIVE(void, close)(JNIEnv*, jclass, jlong address) {
  Runner* runner = at<Runner>(address);
  runner->library->destroy(runner->engine);
  dlclose(runner->handle);
  delete runner;
}

// Name, types and most threads of a block of the first kernel, then of the second, and so on.
NATIVE(jobjectArray, kernels)(JNIEnv* env, jclass, jlong address) {
  const Library* library = at<Runner>(address)->library;
  jobjectArray result = env->NewObjectArray(3 * library->count, env->FindClass("java/lang/String"), nullptr);
  for (int i = 0; i < library->count && result != nullptr; i++) {
    env->SetObjectArrayElement(result, 3 * i, env->NewStringUTF(library->kernels[i].name));
    env->SetObjectArrayElement(result, 3 * i + 1, env->NewStringUTF(library->kernels[i].types));
    env->SetObjectArrayElement(result, 3 * i + 2,
                               env->NewStringUTF(std::to_string(library->kernels[i].most_threads).c_str()));
  }
  return result;
}

NATIVE(void, launch)
(JNIEnv* env, jclass, jlong address, jint kernel, jint grid_x, jint grid_y, jint threads, jint shared_memory,
 jlongArray arguments) {
  const Runner* runner = at<Runner>(address);
  std::vector<gputae_host::Slot> slots(static_cast<size_t>(env->GetArrayLength(arguments)));
  env->GetLongArrayRegion(arguments, 0, static_cast<jsize>(slots.size()), reinterpret_cast<jlong*>(slots.data()));
  const char* failure =
      runner->library->launch(runner->engine, {&runner->library->kernels[kernel], static_cast<unsigned>(grid_x),
                                               static_cast<unsigned>(grid_y), static_cast<unsigned>(threads),
                                               static_cast<unsigned>(shared_memory), slots.data(), watched_memory()});
  if (failure != nullptr) raise(env, failure);
}

NATIVE(jboolean, watched)(JNIEnv*, jclass, jlong address) { return at<Runner>(address)->library->watched; }

// Begin, end and kind of each range that the last launch accessed.
NATIVE(jlongArray, accesses)(JNIEnv* env, jclass, jlong address) {
  const Runner* runner = at<Runner>(address);
  const gputae_host::Range* ranges = nullptr;
  const size_t count = runner->library->accesses(runner->engine, &ranges);
  std::vector<jlong> numbers;
  for (size_t i = 0; i < count; i++) {
    for (const uintptr_t number : {ranges[i].begin, ranges[i].end, uintptr_t{ranges[i].how}})
      numbers.push_back(static_cast<jlong>(number));
  }
  jlongArray result = env->NewLongArray(static_cast<jsize>(numbers.size()));
  if (result != nullptr) env->SetLongArrayRegion(result, 0, static_cast<jsize>(numbers.size()), numbers.data());
  return result;
}

// Returns memory that is aligned to 256 bytes, or 0 if there is not enough memory.
NATIVE(jlong, allocate)(JNIEnv*, jclass, jlong bytes) {
  void* block = nullptr;
  const size_t size = static_cast<size_t>(bytes);
  if (posix_memalign(&block, kZone, kZone + size + kZone) != 0) return 0;
  unsigned char* begin = static_cast<unsigned char*>(block) + kZone;
  std::memset(begin - kZone, kZoneMark, kZone);
  std::memset(begin, kUnwritten, size);
  std::memset(begin + size, kZoneMark, kZone);
  ASAN_POISON_MEMORY_REGION(begin - kZone, kZone);
  ASAN_POISON_MEMORY_REGION(begin + size, kZone);
  if (watched_memory() != nullptr) watched_memory()->add(reinterpret_cast<uintptr_t>(begin), size);
  return reinterpret_cast<jlong>(begin);
}

NATIVE(void, free)(JNIEnv*, jclass, jlong address, jlong bytes) {
  unsigned char* block = at<unsigned char>(address) - kZone;
  if (watched_memory() != nullptr) watched_memory()->remove(static_cast<uintptr_t>(address));
  ASAN_UNPOISON_MEMORY_REGION(block, kZone + static_cast<size_t>(bytes) + kZone);
  std::free(block);
}

// Whether something was written before (bit 0) or behind (bit 1) an allocation. Each overrun is reported only once.
NATIVE(jint, overruns)(JNIEnv*, jclass, jlong address, jlong bytes) {
#if defined(__SANITIZE_ADDRESS__)
  (void)address, (void)bytes;
  return 0;
#else
  unsigned char* before = at<unsigned char>(address) - kZone;
  unsigned char* behind = at<unsigned char>(address) + bytes;
  const int found = (untouched(before) ? 0 : 1) | (untouched(behind) ? 0 : 2);
  if (found & 1) std::memset(before, kZoneMark, kZone);
  if (found & 2) std::memset(behind, kZoneMark, kZone);
  return found;
#endif
}

// If there is nothing to do, addresses may be null.
NATIVE(void, copy)(JNIEnv*, jclass, jlong from, jlong to, jlong bytes) {
  if (bytes == 0) return;
  std::memmove(at<void>(to), at<void>(from), static_cast<size_t>(bytes));
  if (watched_memory() != nullptr) {
    watched_memory()->copy(static_cast<uintptr_t>(from), static_cast<uintptr_t>(to), static_cast<size_t>(bytes));
  }
}

NATIVE(void, clear)(JNIEnv*, jclass, jlong address, jlong bytes) {
  if (bytes == 0) return;
  std::memset(at<void>(address), 0, static_cast<size_t>(bytes));
  note_write(address, static_cast<size_t>(bytes));
}

// Copies between a Java array of any primitive type and memory. Offsets and sizes are in bytes.
NATIVE(void, upload)(JNIEnv* env, jclass, jobject array, jlong offset, jlong to, jlong bytes) {
  void* elements = env->GetPrimitiveArrayCritical(static_cast<jarray>(array), nullptr);
  if (elements == nullptr) return;  // OutOfMemoryError is pending
  std::memcpy(at<void>(to), static_cast<char*>(elements) + offset, static_cast<size_t>(bytes));
  env->ReleasePrimitiveArrayCritical(static_cast<jarray>(array), elements, JNI_ABORT);
  note_write(to, static_cast<size_t>(bytes));
}

NATIVE(void, download)(JNIEnv* env, jclass, jlong from, jobject array, jlong offset, jlong bytes) {
  if (refuse(env, "download", from, static_cast<size_t>(bytes))) return;
  void* elements = env->GetPrimitiveArrayCritical(static_cast<jarray>(array), nullptr);
  if (elements == nullptr) return;
  std::memcpy(static_cast<char*>(elements) + offset, at<void>(from), static_cast<size_t>(bytes));
  env->ReleasePrimitiveArrayCritical(static_cast<jarray>(array), elements, 0);
}

// Rows of a matrix as stored.
struct Stored {
  jlong address;
  jint rows, columns, leading;
  size_t row_bytes() const { return static_cast<size_t>(columns) * sizeof(float); }
  jlong row(jint number) const { return address + static_cast<jlong>(number) * leading * jlong{sizeof(float)}; }
};

NATIVE(void, product)
(JNIEnv* env, jclass, jboolean transpose_a, jboolean transpose_b, jint m, jint n, jint k, jlong a, jint lda, jlong b,
 jint ldb, jfloat beta, jlong c, jint ldc) {
  const Stored left{a, transpose_a ? k : m, transpose_a ? m : k, lda};
  const Stored right{b, transpose_b ? n : k, transpose_b ? k : n, ldb};
  const Stored result{c, m, n, ldc};
  for (const Stored* read : {&left, &right, &result}) {
    if (watched_memory() == nullptr || (read == &result && beta == 0)) continue;
    for (jint row = 0; row < read->rows; row++) {
      if (refuse(env, "product", read->row(row), read->row_bytes())) return;
    }
  }
  gputae_host::product(transpose_a, transpose_b, static_cast<size_t>(m), static_cast<size_t>(n), static_cast<size_t>(k),
                       1, at<float>(a), static_cast<size_t>(lda), at<float>(b), static_cast<size_t>(ldb), beta,
                       at<float>(c), static_cast<size_t>(ldc));
  for (jint row = 0; row < m; row++) note_write(result.row(row), result.row_bytes());
}
