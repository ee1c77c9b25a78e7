// The bridge to Java: class gputae.backend.cpu.Native. CpuBackend has checked all addresses and sizes; nothing is
// checked again here.
#include <jni.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>

#include "gputae.h"

namespace {

// The kernels and the team that one CpuBackend uses.
struct Context {
  const GputaeKernels* kernels;
  GputaeTeam* team;
};

template <typename T>
T* at(jlong address) {
  return reinterpret_cast<T*>(address);
}

bool supports_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("f16c");
}

// Whether the processor has x86-64-v4, that is, all instructions that -march=x86-64-v4 lets the compiler use.
bool supports_avx512() {
  return supports_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

#define NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_gputae_backend_cpu_Native_##name

// The best instruction set of this processor: 0 baseline, 1 AVX2, 2 AVX-512.
NATIVE(jint, bestInstructionSet)(JNIEnv*, jclass) { return supports_avx512() ? 2 : supports_avx2() ? 1 : 0; }

// Creates a context with an instruction set (0, 1, 2 as above) and a team of threads, for the calls below that take
// one. Returns 0 if the threads cannot be started.
NATIVE(jlong, createContext)(JNIEnv*, jclass, jint set, jint threads) {
  GputaeTeam* team = gputae_team_create(threads);
  if (team == nullptr) return 0;
  return reinterpret_cast<jlong>(new Context{set == 2   ? &gputae_avx512
                                             : set == 1 ? &gputae_avx2
                                                        : &gputae_baseline,
                                             team});
}

NATIVE(void, freeContext)(JNIEnv*, jclass, jlong context) {
  gputae_team_destroy(at<Context>(context)->team);
  delete at<Context>(context);
}

// Limits oneDNN to the instruction set too (its plainest is SSE 4.1). The limit holds for the whole process, and it can
// be set only before the first product. Returns oneDNN's status.
NATIVE(jint, capOneDnn)(JNIEnv*, jclass, jint set) {
  return dnnl_set_max_cpu_isa(set == 2 ? dnnl_cpu_isa_default : set == 1 ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_sse41);
}

NATIVE(jstring, oneDnnVersion)(JNIEnv* env, jclass) {
  const dnnl_version_t* v = dnnl_version();
  char text[64];
  snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
  return env->NewStringUTF(text);
}

NATIVE(jint, effectiveOneDnnInstructionSet)(JNIEnv*, jclass) { return static_cast<jint>(dnnl_get_effective_cpu_isa()); }

NATIVE(jboolean, isTerminal)(JNIEnv*, jclass, jint descriptor) { return isatty(descriptor) == 1; }

// Memory of at least this size lies in huge pages if the system has them. One entry of the processor's table of pages
// then covers 2 MiB.
constexpr size_t kHugeFrom = size_t{128} << 10;
constexpr size_t kHugePage = size_t{2} << 20;

// Returns memory that is 64-byte aligned and zeroed, or 0 if there is not enough memory.
NATIVE(jlong, allocate)(JNIEnv*, jclass, jlong bytes) {
  const size_t size = static_cast<size_t>(bytes);
  const size_t alignment = size >= kHugeFrom ? kHugePage : 64;
  const size_t rounded = size == 0 ? alignment : (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) return 0;
  if (alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
  std::memset(memory, 0, size);
  return reinterpret_cast<jlong>(memory);
}

NATIVE(void, free)(JNIEnv*, jclass, jlong address) { std::free(at<void>(address)); }

NATIVE(void, copy)(JNIEnv*, jclass, jlong from, jlong to, jlong bytes) {
  std::memmove(at<void>(to), at<void>(from), static_cast<size_t>(bytes));
}

NATIVE(void, clear)(JNIEnv*, jclass, jlong address, jlong bytes) {
  std::memset(at<void>(address), 0, static_cast<size_t>(bytes));
}

// Copies between a Java array of any primitive type and memory. Offsets and sizes are in bytes.
NATIVE(void, upload)(JNIEnv* env, jclass, jobject array, jlong offset, jlong to, jlong bytes) {
  if (bytes == 0) return;
  void* elements = env->GetPrimitiveArrayCritical(static_cast<jarray>(array), nullptr);
  if (elements == nullptr) return;  // OutOfMemoryError is pending
  std::memcpy(at<void>(to), static_cast<char*>(elements) + offset, static_cast<size_t>(bytes));
  env->ReleasePrimitiveArrayCritical(static_cast<jarray>(array), elements, JNI_ABORT);
}

NATIVE(void, download)(JNIEnv* env, jclass, jlong from, jobject array, jlong offset, jlong bytes) {
  if (bytes == 0) return;
  void* elements = env->GetPrimitiveArrayCritical(static_cast<jarray>(array), nullptr);
  if (elements == nullptr) return;
  std::memcpy(static_cast<char*>(elements) + offset, at<void>(from), static_cast<size_t>(bytes));
  env->ReleasePrimitiveArrayCritical(static_cast<jarray>(array), elements, 0);
}

// The operations. Java passes a context, then the parameters of the operation; the team comes from the context.
namespace {

// How Java passes a parameter, and its letter in a JNI signature.
template <typename T>
struct FromJava;

template <typename T>
struct FromJava<T*> {
  using Type = jlong;
  static constexpr char kLetter = 'J';
};

#define PASSED(type, java, letter)            \
  template <>                                 \
  struct FromJava<type> {                     \
    using Type = java;                        \
    static constexpr char kLetter = (letter); \
  };
PASSED(int, jint, 'I')
PASSED(uint32_t, jint, 'I')
PASSED(int64_t, jlong, 'J')
PASSED(uint64_t, jlong, 'J')
PASSED(float, jfloat, 'F')
#undef PASSED

template <typename T>
T passed(typename FromJava<T>::Type value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(value);
  } else {
    return static_cast<T>(value);
  }
}

template <typename... Types>
struct List {};

// Operation is the pointer to an entry of the table. Given are the parameters that Java passes; Rest are those that are
// not yet looked at.
template <auto Operation, typename Result, typename Given, typename... Rest>
struct Bridge;

template <auto Operation, typename Result, typename... Given, typename Next, typename... Rest>
struct Bridge<Operation, Result, List<Given...>, Next, Rest...>
    : Bridge<Operation, Result, List<Given..., Next>, Rest...> {};

// An operation without a team.
template <auto Operation, typename Result, typename... Given>
struct Bridge<Operation, Result, List<Given...>> {
  static Result call(JNIEnv*, jclass, jlong context, typename FromJava<Given>::Type... given) {
    return (at<Context>(context)->kernels->*Operation)(passed<Given>(given)...);
  }
  static std::string signature() {
    return std::string("(J") + std::string{FromJava<Given>::kLetter...} + (std::is_void_v<Result> ? ")V" : ")I");
  }
};

// An operation whose last parameter is the team.
template <auto Operation, typename Result, typename... Given>
struct Bridge<Operation, Result, List<Given...>, GputaeTeam*> : Bridge<Operation, Result, List<Given...>> {
  static Result call(JNIEnv*, jclass, jlong context, typename FromJava<Given>::Type... given) {
    return (at<Context>(context)->kernels->*Operation)(passed<Given>(given)..., at<Context>(context)->team);
  }
};

// A method of the class Native.
struct Method {
  std::string name;
  std::string signature;
  void* function;
};

// squared_distances is squaredDistances in Java.
std::string camel_case(const char* name) {
  std::string java;
  for (; *name != 0; name++) {
    java += *name == '_' ? static_cast<char>(*++name - 'a' + 'A') : *name;
  }
  return java;
}

template <auto Operation, typename Result, typename... Parameters>
Method method(const char* name, Result (*GputaeKernels::*)(Parameters...)) {
  using Bridged = Bridge<Operation, Result, List<>, Parameters...>;
  return {camel_case(name), Bridged::signature(), reinterpret_cast<void*>(&Bridged::call)};
}

}  // namespace

// Ties the operations to the methods of the class Native. If a method is missing or has other parameters, Java throws a
// NoSuchMethodError that names it, and the library is not loaded.
extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* machine, void*) {
  JNIEnv* env = nullptr;
  if (machine->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) return JNI_ERR;
  jclass native = env->FindClass("gputae/backend/cpu/Native");
  if (native == nullptr) return JNI_ERR;
  const Method methods[] = {
#define OPERATION(result, name, parameters) method<&GputaeKernels::name>(#name, &GputaeKernels::name),
#include "operations.h"
  };
  for (const Method& one : methods) {
    const JNINativeMethod given = {const_cast<char*>(one.name.c_str()), const_cast<char*>(one.signature.c_str()),
                                   one.function};
    if (env->RegisterNatives(native, &given, 1) != JNI_OK) return JNI_ERR;
  }
  return JNI_VERSION_1_8;
}
