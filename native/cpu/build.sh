#!/usr/bin/env bash
# Builds libgputae.so, the CPU backend's kernels, and lays oneDNN beside it. Called by Maven.
#   build.sh JAVA_HOME DNNL OBJECTS OUTPUT
# DNNL holds include/ and libdnnl.so.3; OUTPUT is a folder inside the jar. Nothing is compiled again that is newer than
# its sources.
set -eu
dnnl=$2 objects=$3 output=$4
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../build-functions.sh"
require_jni "$1"

mkdir -p "$objects" "$output"
library=$output/libgputae.so
# No contraction the sources do not write, no fast-math anywhere: linking with it would switch flush-to-zero on in the
# JVM's threads.
flags=(-std=c++20 -O3 -fPIC -pthread -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall
       -Wextra -I"$dnnl/include" -I"$java_home/include" -I"$java_home/include/linux" ${GPUTAE_CXXFLAGS:-})
# g++ 12 takes the undefined registers inside its own AVX-512 intrinsics for a mistake (GCC bug 105593).
flags+=(-Wno-maybe-uninitialized)
echo "$cxx ${flags[*]}" | put "$objects/flags"

current() {  # current OBJECT: whether it is newer than all that it was compiled of, which the compiler wrote beside it
  local object=$1 source
  [ -f "$object.d" ] || return 1
  for source in "$here/build.sh" "$functions" "$objects/flags" $(sed 's/^[^:]*://; s/\\$//' "$object.d"); do
    [ "$object" -nt "$source" ] || return 1
  done
}

compiled=()
compile() {  # compile NAME SOURCE FLAGS...
  local object=$objects/$1.o source=$2
  shift 2
  compiled+=("$object")
  if ! current "$object"; then beside whole "$object" "${flags[@]}" "$@" -MMD -MF "$object.d" -c "$source"; fi
}
for isa in baseline:x86-64 avx2:x86-64-v3 avx512:x86-64-v4; do
  name=${isa%%:*}
  for source in elementwise dense spanning_tree random kernels; do
    compile "$source-$name" "$here/$source.cpp" -DGPUTAE_ISA="$name" -march="${isa##*:}" -mtune=generic \
      -mprefer-vector-width=512
  done
done
for source in team jni; do
  compile "$source" "$here/$source.cpp" -march=x86-64
done
all_done

newest=$(ls -t "${compiled[@]}" | head -1)
if [ ! "$library" -nt "$newest" ]; then
  ln -sf libdnnl.so.3 "$dnnl/libdnnl.so"
  # Loaded from one folder with its companions. What is used of the C++ runtime is linked in, so that an older one on
  # the user's machine does not matter; what is not used is left out, and libgcc is the system's, which oneDNN needs
  # too: g++ 12 brings calls into glibc 2.36 with the one, 2.35 with the other.
  "$cxx" -shared -pthread ${GPUTAE_CXXFLAGS:-} -static-libstdc++ -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,defs -Wl,-rpath,'$ORIGIN' "${compiled[@]}" \
    -L"$dnnl" -ldnnl -l:libgomp.so.1 -o "$library.new"
  mv "$library.new" "$library"
fi
for companion in libdnnl.so.3 libgomp.so.1; do
  [ -f "$output/$companion" ] || cp "$dnnl/$companion" "$output/$companion"
done
# What gputae.backend.cpu.NativeLibraries unpacks: SHA-256, bytes, name; the small one that shows whether a folder lets
# code run comes first.
for name in libgomp.so.1 libdnnl.so.3 libgputae.so; do
  echo "$(sha256sum "$output/$name" | cut -d' ' -f1) $(stat -c %s "$output/$name") $name"
done > "$output/libraries.txt"
