#!/usr/bin/env bash
# Builds stand-ins for NVIDIA's driver and cuBLAS, for tests. JCuda loads them, and they run the kernels on the CPU
# (native/testing/host).
#   build.sh OUTPUT_DIR HOST_RUNNER_DIR
# When the stand-ins run, they load libgputae_host_kernels.so from HOST_RUNNER_DIR; GPU_TAE_FAKE_KERNELS may name
# another file. OUTPUT_DIR gets
#   libcuda.so.1                      the driver (driver/)
#   cuda-lacking/libcuda.so.1         the same without cuGraphLaunch
#   cublas12/libcublas.so.12          cuBLAS (cublas.cpp); its symbols have the version libcublas.so.12, like NVIDIA's
#   cublas13/libcublas.so.13          likewise
#   cublas12-lacking/libcublas.so.12  without cublasGemmEx
# The script compiles a file only if one of its sources is newer than the last result. CXX names another compiler,
# GPUTAE_CXXFLAGS more flags.
set -eu
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../../build-functions.sh"
[ $# = 2 ] || fail "usage: build.sh OUTPUT_DIR HOST_RUNNER_DIR"
mkdir -p "$1"
output=$(cd "$1" && pwd)
kernels=$(realpath -m "$2")/libgputae_host_kernels.so
host=$(cd "$here/../host" && pwd)

flags=(-std=c++20 -O2 -fPIC -fvisibility=hidden -ffp-contract=off -fno-strict-aliasing -pthread -Wall -Wextra)
# These flags make the products faster; the sums stay the same.
flags+=(${of_this_machine[@]+"${of_this_machine[@]}"})
# shellcheck disable=SC2206  # words
flags+=(${GPUTAE_CXXFLAGS:-} "-DGPU_TAE_FAKE_KERNELS_DEFAULT=\"$kernels\"")

echo "$cxx ${flags[*]}" | put "$output/flags"

compile() {  # compile OBJECT SOURCE FLAGS...
  local object=$1 source=$2
  shift 2
  if stale "$object" "$source" "$here/fake.h" "$here"/driver/*.h "$host/engine.h" "$host/product.h"; then
    beside whole "$object" "${flags[@]}" "$@" -c "$source"
  fi
}

# link LIBRARY VERSION GLOBAL LACKING OBJECTS...: the library exports the symbols GLOBAL without LACKING. They have the
# version VERSION, which may be empty.
link() {
  local library=$1 version=$2 global=$3 lacking=$4
  shift 4
  mkdir -p "$(dirname "$library")"
  echo "$version { global: $global; local: $lacking *; };" | put "$library.map"
  if stale "$library" "$@" "$library.map"; then
    beside whole "$library" "${flags[@]}" -shared -Wl,-z,defs "-Wl,-soname,$(basename "$library")" \
      "-Wl,--version-script=$library.map" "$@" -ldl
  fi
}

mkdir -p "$output/driver"
driver=()
for source in "$here"/driver/*.cpp; do
  driver+=("$output/driver/$(basename "$source" .cpp).o")
  compile "${driver[-1]}" "$source"
done
for major in 12 13; do compile "$output/cublas$major.o" "$here/cublas.cpp" "-DGPU_TAE_FAKE_MAJOR=$major"; done
all_done
compile_commands "$output"

link "$output/libcuda.so.1" "" "cu*; gputae_fake_*" "" "${driver[@]}"
link "$output/cuda-lacking/libcuda.so.1" "" "cu*; gputae_fake_*" "cuGraphLaunch;" "${driver[@]}"
for major in 12 13; do
  link "$output/cublas$major/libcublas.so.$major" "libcublas.so.$major" "cublas*" "" "$output/cublas$major.o"
done
link "$output/cublas12-lacking/libcublas.so.12" "libcublas.so.12" "cublas*" "cublasGemmEx;" "$output/cublas12.o"
all_done
