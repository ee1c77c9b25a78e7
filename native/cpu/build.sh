#!/usr/bin/env bash
# Builds libgputae.so, the kernels of the CPU backend, and copies oneDNN into the same folder. Maven calls this script.
#   build.sh JAVA_HOME DNNL OBJECTS OUTPUT
# DNNL holds include/ and libdnnl.so.3. OUTPUT is a folder inside the jar. The script compiles a file only if one of its
# sources is newer than the last result.
set -eu
dnnl=$2 objects=$3 output=$4
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../build-functions.sh"
require_jni "$1"

mkdir -p "$objects" "$output"
library=$output/libgputae.so
# The compiler must not contract operations that are separate in the sources. Nothing is built with fast-math: linking
# with it would switch on flush-to-zero in the JVM's threads.
flags=(-std=c++20 -O3 -fPIC -pthread -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math -Wall
       -Wextra -I"$dnnl/include" -I"$java_home/include" -I"$java_home/include/linux" ${GPUTAE_CXXFLAGS:-})
# g++ 12 warns of the undefined registers inside its own AVX-512 intrinsics (GCC bug 105593).
flags+=(-Wno-maybe-uninitialized)
echo "$cxx ${flags[*]}" | put "$objects/flags"

# current OBJECT: succeeds if the object is newer than all files that it was made from. The compiler wrote the list of
# these files to OBJECT.d.
current() {
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
  for source in elementwise dense batch_norm spanning_tree edges iterates mmd random kernels; do
    compile "$source-$name" "$here/$source.cpp" -DGPUTAE_ISA="$name" -march="${isa##*:}" -mtune=generic \
      -mprefer-vector-width=512
  done
done
for source in team jni; do
  compile "$source" "$here/$source.cpp" -march=x86-64
done
all_done
compile_commands "$objects"

newest=$(ls -t "${compiled[@]}" | head -1)
if [ ! "$library" -nt "$newest" ]; then
  ln -sf libdnnl.so.3 "$dnnl/libdnnl.so"
  # The library finds its companions in its own folder. The parts of the C++ runtime that it uses are linked in, so that
  # an older runtime on the user's machine does not matter. The other parts are left out, because with them g++ 12
  # brings calls into glibc 2.36. libgcc is that of the system, which oneDNN needs too. If it were linked in, it would
  # bring calls into glibc 2.35.
  "$cxx" -shared -pthread ${GPUTAE_CXXFLAGS:-} -static-libstdc++ -Wl,--exclude-libs,ALL -Wl,--gc-sections \
    -Wl,-z,defs -Wl,-rpath,'$ORIGIN' "${compiled[@]}" -L"$dnnl" -ldnnl -l:libgomp.so.1 -o "$library.new"
  mv "$library.new" "$library"
fi
for companion in libdnnl.so.3 libgomp.so.1; do
  [ -f "$output/$companion" ] || cp "$dnnl/$companion" "$output/$companion"
done
# libraries.txt tells gputae.backend.cpu.NativeLibraries what to unpack: for each library its SHA-256, its size in bytes
# and its name. A small library comes first; loading it shows whether code may run from a folder.
for name in libgomp.so.1 libdnnl.so.3 libgputae.so; do
  echo "$(sha256sum "$output/$name" | cut -d' ' -f1) $(stat -c %s "$output/$name") $name"
done > "$output/libraries.txt"
