// The bridge to Java: class gputae.backend.cpu.Native. CpuBackend has checked all addresses and sizes; nothing is
// checked again here.
#include <jni.h>
#include <oneapi/dnnl/dnnl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

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

float* floats(jlong address) { return at<float>(address); }

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

NATIVE(void, gather)
(JNIEnv*, jclass, jlong context, jlong images, jlong order, jlong step, jlong batch, jlong steps_per_epoch, jlong rows,
 jlong p, jlong x) {
  at<Context>(context)->kernels->gather(at<uint8_t>(images), at<int32_t>(order), at<int64_t>(step), batch,
                                        steps_per_epoch, rows, p, floats(x), at<Context>(context)->team);
}

NATIVE(jint, dense)
(JNIEnv*, jclass, jlong context, jlong x, jlong w, jlong b, jint activation, jlong y, jlong rows, jlong in, jlong out) {
  return at<Context>(context)->kernels->dense(floats(x), floats(w), floats(b), activation, floats(y), rows, in, out,
                                              at<Context>(context)->team);
}

NATIVE(jint, denseBackward)
(JNIEnv*, jclass, jlong context, jlong x, jlong w, jlong y, jint activation, jlong dy, jlong dw, jlong db, jlong dx,
 jlong rows, jlong in, jlong out) {
  return at<Context>(context)->kernels->dense_backward(floats(x), floats(w), floats(y), activation, floats(dy),
                                                       floats(dw), floats(db), floats(dx), rows, in, out,
                                                       at<Context>(context)->team);
}

NATIVE(void, sigmoid)(JNIEnv*, jclass, jlong context, jlong logits, jlong probability, jlong count) {
  at<Context>(context)->kernels->sigmoid(floats(logits), floats(probability), count, at<Context>(context)->team);
}

NATIVE(void, sigmoidCrossEntropy)
(JNIEnv*, jclass, jlong context, jlong logits, jlong target, jlong gradient, jlong loss, jlong row_sums, jlong rows,
 jlong p) {
  at<Context>(context)->kernels->sigmoid_cross_entropy(floats(logits), floats(target), floats(gradient), floats(loss),
                                                       at<double>(row_sums), rows, p, at<Context>(context)->team);
}

NATIVE(void, ballPenalty)
(JNIEnv*, jclass, jlong context, jlong z, jint penalty, jlong weight, jlong gradient, jlong loss, jlong rows, jlong d) {
  at<Context>(context)->kernels->ball_penalty(floats(z), penalty, *floats(weight), floats(gradient), floats(loss), rows,
                                              d);
}

NATIVE(jint, squaredDistances)(JNIEnv*, jclass, jlong context, jlong x, jlong out, jlong n, jlong d) {
  return at<Context>(context)->kernels->squared_distances(floats(x), floats(out), n, d, at<Context>(context)->team);
}

NATIVE(jint, spanningTree)(JNIEnv*, jclass, jlong context, jlong x, jlong edges, jlong lengths, jlong n, jlong d) {
  return at<Context>(context)->kernels->spanning_tree(floats(x), at<int32_t>(edges), floats(lengths), n, d,
                                                      at<Context>(context)->team);
}

NATIVE(void, deathTimes)
(JNIEnv*, jclass, jlong context, jlong z, jlong edges, jlong lengths, jfloat degree, jfloat max_edge, jlong weight,
 jlong gradient, jlong loss, jlong n, jlong d) {
  at<Context>(context)->kernels->death_times(floats(z), at<int32_t>(edges), floats(lengths), degree, max_edge,
                                             *floats(weight), floats(gradient), floats(loss), n, d);
}

NATIVE(void, add)(JNIEnv*, jclass, jlong context, jlong term, jlong sum, jlong count) {
  at<Context>(context)->kernels->add(floats(term), floats(sum), count);
}

NATIVE(void, reparameterise)
(JNIEnv*, jclass, jlong context, jlong statistics, jlong noise, jlong z, jlong rows, jlong d) {
  at<Context>(context)->kernels->reparameterise(floats(statistics), floats(noise), floats(z), rows, d);
}

NATIVE(void, reparameteriseBackward)
(JNIEnv*, jclass, jlong context, jlong statistics, jlong noise, jlong dz, jlong pixels, jlong d_statistics, jlong loss,
 jlong rows, jlong d) {
  at<Context>(context)->kernels->reparameterise_backward(floats(statistics), floats(noise), floats(dz), pixels,
                                                         floats(d_statistics), floats(loss), rows, d);
}

NATIVE(void, adam)
(JNIEnv*, jclass, jlong context, jlong parameters, jlong gradient, jlong first, jlong second, jlong step, jlong rates,
 jlong count) {
  const double* r = at<double>(rates);
  at<Context>(context)->kernels->adam(floats(parameters), floats(gradient), floats(first), floats(second),
                                      at<int64_t>(step), r[0], r[1], r[2], r[3], count, at<Context>(context)->team);
}

NATIVE(void, normals)(JNIEnv*, jclass, jlong context, jlong out, jlong count, jlong seed, jint stream, jlong step) {
  at<Context>(context)->kernels->normals(floats(out), count, static_cast<uint64_t>(seed), static_cast<uint32_t>(stream),
                                         at<int64_t>(step), at<Context>(context)->team);
}

NATIVE(void, uniformBall)
(JNIEnv*, jclass, jlong context, jlong out, jlong rows, jlong d, jlong seed, jint stream, jlong step) {
  at<Context>(context)->kernels->uniform_ball(floats(out), rows, d, static_cast<uint64_t>(seed),
                                              static_cast<uint32_t>(stream), at<int64_t>(step));
}

NATIVE(void, endStep)
(JNIEnv*, jclass, jlong context, jlong losses, jlong log, jlong log_rows, jlong width, jlong step) {
  at<Context>(context)->kernels->end_step(floats(losses), floats(log), log_rows, width, at<int64_t>(step));
}
