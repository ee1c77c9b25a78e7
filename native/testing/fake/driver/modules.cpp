// Modules, their functions, and launches of kernels.
#include <dlfcn.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <mutex>

#include "driver.h"

namespace gputae_fake {

namespace {

enum FunctionAttribute : int { kMaxDynamicShared = 8, kSharedCarveout = 9 };

// The newest version of PTX, times ten, that a driver of this CUDA version reads.
int newest_ptx(long driver) {
  const int major = static_cast<int>(driver / 1000), minor = static_cast<int>(driver % 1000 / 10);
  switch (major) {
    case 9:
      return 60 + minor;
    case 10:
      return 63 + minor;
    case 11:
      return 70 + minor;
    case 12:
      return 80 + (minor <= 5 ? minor : minor - 1);
    default:
      return major < 9 ? 0 : 10 * (major - 4) + minor;
  }
}

// Whether a driver would take this image. If not, the reason goes into `log`.
Result check_image(const char* image, std::string& log) {
  const Settings& settings = state().settings;
  constexpr unsigned char kFatBinary[] = {0x50, 0xED, 0x55, 0xBA};
  if (std::memcmp(image, kFatBinary, sizeof kFatBinary) == 0) {
    if (settings.refuse_fatbin) return kUnsupportedPtx;
    // It has machine code for sm_80 and sm_90, which also runs on later architectures of the same major version.
    return settings.major == 8 || settings.major == 9 ? kSuccess : kNoBinary;
  }
  const char* begin = image + std::strspn(image, " \t\r\n");
  if (std::strncmp(begin, "//", 2) != 0 && std::strncmp(begin, "/*", 2) != 0 && std::strncmp(begin, ".version", 8) != 0)
    return kInvalidImage;
  int major = 0, minor = 0, target = 0;
  char variant = ' ';
  const char* version = std::strstr(begin, ".version ");
  const char* architecture = std::strstr(begin, ".target ");
  if (version == nullptr || std::sscanf(version, ".version %d.%d", &major, &minor) != 2 || architecture == nullptr ||
      std::sscanf(architecture, ".target sm_%d%c", &target, &variant) < 1) {
    log = "ptxas fatal   : Missing .version or .target directive";
    return kInvalidPtx;
  }
  const int newest = newest_ptx(settings.driver);
  if (10 * major + minor > newest) {
    log = "ptxas application ptx input; fatal   : Unsupported .version " + std::to_string(major) + "." +
          std::to_string(minor) + "; current version is '" + std::to_string(newest / 10) + "." +
          std::to_string(newest % 10) + "'";
    return kUnsupportedPtx;
  }
  const int own = 10 * settings.major + settings.minor;
  if (target > own || (variant == 'a' && target != own)) {
    log = "ptxas fatal   : SM version specified by .target is higher than default SM version assumed";
    return kInvalidPtx;
  }
  return kSuccess;
}

Result load_module(Context& context, const char* call, void** module, const char* image, std::string& log) {
  if (module == nullptr || image == nullptr) return kInvalidValue;
  if (const Result refused = refuse_unsafe(context, call)) return refused;
  if (const Result refused = check_image(image, log)) return refused;
  Module loaded;
  loaded.what = "an unloaded module";
  *module = add(context.modules, std::move(loaded));
  return kSuccess;
}

}  // namespace

Result open_engine(Context& context) {
  State& all = state();
  const char* file = all.settings.kernels.c_str();
  if (all.library == nullptr) {
    void* library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      complain("cannot load the kernels (GPU_TAE_FAKE_KERNELS): %s", dlerror());
      return kUnknown;
    }
    const auto* found = static_cast<const gputae_host::Library*>(dlsym(library, gputae_host::kLibrary));
    if (found == nullptr || found->version != gputae_host::kVersion) {
      complain("%s was built by another version of native/testing/host/build.sh", file);
      return kUnknown;
    }
    all.library = found;
  }
  const Settings& settings = all.settings;
  context.engine =
      all.library->create(settings.order, static_cast<uint64_t>(settings.seed), static_cast<int>(settings.threads),
                          static_cast<unsigned>(settings.shared_optin));
  return context.engine == nullptr ? kOutOfMemory : kSuccess;
}

API cuModuleLoadData(void** module, const void* image) {
  ENTER_CONTEXT();
  std::string log;
  return load_module(context, __func__, module, static_cast<const char*>(image), log);
}

API cuModuleLoadFatBinary(void** module, const void* image) {
  ENTER_CONTEXT();
  std::string log;
  return load_module(context, __func__, module, static_cast<const char*>(image), log);
}

API cuModuleLoadDataEx(void** module, const void* image, unsigned count, const int* options, void** values) {
  ENTER_CONTEXT();
  std::string log;
  const Result result = load_module(context, __func__, module, static_cast<const char*>(image), log);
  constexpr int kErrorLog = 5, kErrorLogSize = 6;
  char* buffer = nullptr;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == kErrorLog) buffer = static_cast<char*>(values[i]);
  }
  for (unsigned i = 0; i < count; i++) {
    if (options[i] != kErrorLogSize || buffer == nullptr) continue;
    const size_t size = static_cast<unsigned>(reinterpret_cast<uintptr_t>(values[i]));
    if (size > 0) std::snprintf(buffer, size, "%s", log.c_str());
    values[i] = reinterpret_cast<void*>(std::min(log.size() + 1, size));
  }
  return result;
}

API cuModuleUnload(void* handle) {
  ENTER_CONTEXT();
  TRY(refuse_unsafe(context, __func__));
  const std::shared_ptr<Module> module = find(context.modules, handle);
  if (module == nullptr) return kInvalidHandle;
  TRY(wait_for_all(context));
  module->alive = false;
  std::erase_if(context.functions, [&](const auto& entry) { return entry.second->module == module; });
  context.modules.erase(handle);
  return kSuccess;
}

API cuModuleGetFunction(void** function, void* handle, const char* name) {
  ENTER_CONTEXT();
  if (function == nullptr || name == nullptr) return kInvalidValue;
  const std::shared_ptr<Module> module = find(context.modules, handle);
  if (module == nullptr) return kInvalidHandle;
  for (const auto& [known, entry] : context.functions) {
    if (entry->module == module && std::strcmp(entry->kernel->name, name) == 0) {
      *function = known;
      return kSuccess;
    }
  }
  const gputae_host::Library& library = *state().library;
  for (int i = 0; i < library.count; i++) {
    if (std::strcmp(library.kernels[i].name, name) != 0) continue;
    *function = add(context.functions, Function{module, &library.kernels[i]});
    return kSuccess;
  }
  return kNotFound;
}

API cuFuncGetAttribute(int* value, int attribute, void* handle) {
  ENTER_CONTEXT();
  NOT_NULL(value);
  const std::shared_ptr<Function> function = find(context.functions, handle);
  if (function == nullptr) return kInvalidHandle;
  const Settings& settings = state().settings;
  const int capability = 10 * settings.major + settings.minor;
  // MAX_THREADS_PER_BLOCK, SHARED_SIZE_BYTES, CONST_SIZE_BYTES, LOCAL_SIZE_BYTES, NUM_REGS, PTX_VERSION,
  // BINARY_VERSION, CACHE_MODE_CA, then those that FunctionAttribute names.
  const int values[] = {function->kernel->most_threads,
                        kStaticShared,
                        0,
                        0,
                        32,
                        capability,
                        capability,
                        0,
                        function->max_dynamic_shared,
                        -1};
  if (attribute < 0 || static_cast<size_t>(attribute) >= std::size(values)) return kInvalidValue;
  *value = values[attribute];
  return kSuccess;
}

API cuFuncSetAttribute(void* handle, int attribute, int value) {
  ENTER_CONTEXT();
  const std::shared_ptr<Function> function = find(context.functions, handle);
  if (function == nullptr) return kInvalidHandle;
  if (attribute == kSharedCarveout) return value >= -1 && value <= 100 ? kSuccess : kInvalidValue;
  if (attribute != kMaxDynamicShared || value < 0 || value > state().settings.shared_optin - kStaticShared)
    return kInvalidValue;
  function->max_dynamic_shared = value;
  return kSuccess;
}

API cuLaunchKernel(void* function_handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                   unsigned block_y, unsigned block_z, unsigned shared_memory, void* handle, void** parameters,
                   void** extra) {
  ENTER_CONTEXT();
  STREAM(handle);
  const std::shared_ptr<Function> function = find(context.functions, function_handle);
  if (function == nullptr) {
    complain("%s: %p is no function of a loaded module", __func__, function_handle);
    return kInvalidHandle;
  }
  const gputae_host::Kernel* kernel = function->kernel;
  const char* name = kernel->name;
  if (grid_x < 1 || grid_x > INT_MAX || grid_y < 1 || grid_y > kMostGridY || block_x < 1 || block_x > kMostThreads ||
      static_cast<int>(block_x) > kernel->most_threads) {
    complain("kernel '%s': a grid of (%u, %u) blocks of %u threads; its __launch_bounds__ allow %d", name, grid_x,
             grid_y, block_x, kernel->most_threads);
    return kInvalidValue;
  }
  if (grid_z != 1 || block_y != 1 || block_z != 1 || extra != nullptr) {
    complain("kernel '%s': the fake has no grids and blocks of three dimensions, blocks of two, and extra arguments",
             name);
    return grid_z < 1 || block_y < 1 || block_z < 1 ? kInvalidValue : kNotSupported;
  }
  if (shared_memory > static_cast<unsigned>(function->max_dynamic_shared)) {
    complain("kernel '%s': %u bytes of dynamic shared memory; it may have %d, more after cuFuncSetAttribute", name,
             shared_memory, function->max_dynamic_shared);
    return kInvalidValue;
  }
  const size_t count = std::strlen(kernel->types);
  if (count > 0 && parameters == nullptr) return kInvalidValue;
  Work work{name, nullptr, {function->module}, {}, true};
  std::vector<gputae_host::Slot> slots(count);
  for (size_t i = 0; i < count; i++) {
    NOT_NULL(parameters[i]);
    std::memcpy(&slots[i], parameters[i], kernel->types[i] == 'i' || kernel->types[i] == 'f' ? 4 : 8);
    if (kernel->types[i] != 'p' || slots[i] == 0) continue;
    auto memory = holder(context.memory, slots[i], 0);
    if (memory == nullptr) memory = holder(context.pinned, slots[i], 0);
    if (memory == nullptr) {
      complain("kernel '%s': argument %zu, %#llx, points into no allocation", name, i,
               static_cast<unsigned long long>(slots[i]));
      return context.error = kIllegalAddress;
    }
    work.uses.push_back(std::move(memory));
  }
  work.run = [&context, kernel, grid_x, grid_y, block_x, shared_memory, slots = std::move(slots)] {
    const char* failure =
        state().library->launch(context.engine, {kernel, grid_x, grid_y, block_x, shared_memory, slots.data()});
    if (failure == nullptr) return kSuccess;
    complain("%s", failure);
    return kLaunchFailed;
  };
  return enqueue(context, stream, std::move(work));
}

}  // namespace gputae_fake
