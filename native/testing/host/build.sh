#!/usr/bin/env bash
# Builds the host runner, which executes CUDA kernels on a CPU, for tests. Maven calls this script, and so do tests that
# bring kernels of their own.
#   build.sh JAVA_HOME KERNELS_DIR OUTPUT_DIR
# OUTPUT_DIR gets libgputae_host_runner.so (the bridge to Java: gputae.backend.cuda.HostRunner) and
# libgputae_host_kernels.so (all KERNELS_DIR/*.cu as one translation unit, kernels.cpp, and the engine that runs them).
# The script compiles a file only if one of its sources is newer than the last result. CXX names another compiler,
# GPUTAE_CXXFLAGS more flags. With GPUTAE_WATCHED=1 each access to memory is watched (watch.h): races, reads of what was
# not written, and accesses outside all allocations are errors, and so is work of a graph that nothing orders. To run
# the libraries with AddressSanitizer in a JVM:
#   GPUTAE_CXXFLAGS='-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
#     build.sh ...
#   LD_PRELOAD=$(g++ -print-file-name=libasan.so):$(g++ -print-file-name=libubsan.so) \
#     ASAN_OPTIONS=detect_leaks=0:handle_segv=0 java ...
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../build-functions.sh"
[ $# = 3 ] || fail "usage: build.sh JAVA_HOME KERNELS_DIR OUTPUT_DIR"
require_jni "$1"
kernels=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)

flags=(-std=c++20 -O2 -fPIC -fvisibility=hidden -ffp-contract=off -fno-strict-aliasing -pthread -Wall -Wextra
       -Wno-unknown-pragmas)
# Without x86-64-v3 each fused multiply-add is a call of a function, with the same result.
flags+=(${of_this_machine[@]+"${of_this_machine[@]}"})
# A process may load many versions of the library. With this flag a version leaves the process when it is closed.
flags+=(-fno-gnu-unique)
# shellcheck disable=SC2206  # words
flags+=(${GPUTAE_CXXFLAGS:-})
watched=${GPUTAE_WATCHED:-0} kernel_flags=()
if [ "$watched" = 1 ]; then
  flags+=(-g -DGPUTAE_HOST_WATCHED)
  kernel_flags=(-fsanitize=thread)
fi

echo "$cxx ${flags[*]}" | put "$output/flags"

# kernels.cpp includes every .cu file and holds a table of the kernels that they declare, with the text of their launch
# bounds. A kernel that is declared in another way would be missing in the table, so that is an error.
sources=("$kernels"/*.cu)
[ -f "${sources[0]}" ] || sources=()
entries=()
with_bounds='extern "C" __global__ void __launch_bounds__(...) NAME('
for source in "${sources[@]}"; do
  text=$(sed -E 's,//.*,,' "$source" | tr '\n' ' ' | sed -E 's,/\*([^*]|\*+[^*/])*\*+/, ,g')
  bounds='(__launch_bounds__ *\(([^()]*(\([^()]*\)[^()]*)*)\) *)?'
  found=$(grep -oE "extern +\"C\" +__global__ +void +$bounds[A-Za-z_0-9]+ *\(" <<< "$text" |
    sed -E "s,^.*__global__ +void +$bounds([A-Za-z_0-9]+) *\(\$,kernel<\\4>(\"\\4\"\, launch_bounds(\\2))," || true)
  [ "$(grep -c . <<< "$found")" = "$(grep -ow __global__ <<< "$text" | wc -l)" ] ||
    fail "$source: a kernel is not declared as: extern \"C\" __global__ void NAME( or $with_bounds"
  [ -z "$found" ] || while read -r entry; do entries+=("$entry"); done <<< "$found"
done
{
  echo "// Written by native/testing/host/build.sh."
  echo "#include \"$here/cuda_host.h\""
  for source in "${sources[@]}"; do echo "#include \"$source\""; done
  echo "namespace gputae_host {"
  echo "using namespace ::gputae;"
  echo "extern const Kernel kernels[] = {"
  for entry in "${entries[@]}"; do echo "    $entry,"; done
  echo "    {nullptr, nullptr, 0, nullptr},"
  echo "};"
  echo "extern const int kernel_count = ${#entries[@]};"
  echo "}  // namespace gputae_host"
} | put "$output/kernels.cpp"

runner=$output/libgputae_host_runner.so
if stale "$runner" "$here/runner.cpp" "$here/engine.h" "$here/product.h" "$here/device_memory.h"; then
  beside whole "$runner" "${flags[@]}" -I"$java_home/include" -I"$java_home/include/linux" -shared -Wl,-z,defs \
    "$here/runner.cpp" -ldl
fi
objects=()
for part in engine watch; do
  object=$output/$part.o
  [ $part = engine ] || [ "$watched" = 1 ] || continue
  objects+=("$object")
  if stale "$object" "$here/$part.cpp" "$here/engine.h" "$here/wait.h" "$here/watch.h" "$here/device_memory.h"; then
    beside whole "$object" "${flags[@]}" -c "$here/$part.cpp"
  fi
done
object=$output/kernels.o
headers=("$kernels"/*.h)
[ -f "${headers[0]}" ] || headers=()
if stale "$object" "$output/kernels.cpp" "$here/cuda_host.h" "$here/engine.h" "${sources[@]}" "${headers[@]}"; then
  beside whole "$object" "${flags[@]}" ${kernel_flags[@]+"${kernel_flags[@]}"} -fno-exceptions -fno-rtti \
    -c "$output/kernels.cpp"
fi
all_done
compile_commands "$output"

library=$output/libgputae_host_kernels.so
objects+=("$object")
if stale "$library" "${objects[@]}"; then
  whole "$library" "${flags[@]}" -shared -Wl,-z,defs "${objects[@]}" -ldl
fi
