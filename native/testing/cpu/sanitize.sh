#!/usr/bin/env bash
# Builds the C++ of the CPU backend three times with native/cpu/build.sh, and runs the tests of this folder on each
# build. Maven's profile "thorough" calls this script.
#   sanitize.sh DNNL_DIR WORK_DIR
# DNNL_DIR holds include/, libdnnl.so.3 and libgomp.so.1. JAVA_HOME, if set, names the JDK whose jni.h is used. The
# builds are:
#   plain    the flags of the build that users get, with oneDNN
#   address  AddressSanitizer and UndefinedBehaviorSanitizer, with plain products instead of oneDNN's
#            (plain_products.cpp says why)
#   thread   ThreadSanitizer, also with plain products
# The script prints a line for each group of checks. It fails if a check fails, or if no check ran. On a processor
# without AVX-512 the groups for AVX-512 are skipped, with a message.
set -eu
dnnl=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cxx=${CXX:-g++}

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_init_order=1
export UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

sanitizers() {  # sanitizers BUILD: prints the flags of a build
  case $1 in
    plain) ;;
    address) echo -O2 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all ;;
    thread) echo -O2 -g -fsanitize=thread ;;
  esac
}

build() {  # build BUILD: puts the programs operations_test and team_test into the folder of a build
  local out=$work/$1 flags products
  flags=$(sanitizers "$1")
  products=("$here/plain_products.cpp")
  [ "$1" != plain ] || products=(-L"$dnnl" -l:libdnnl.so.3 -l:libgomp.so.1 "-Wl,-rpath,$dnnl")
  rm -rf "$out"
  GPUTAE_CXXFLAGS=$flags "$here/../../cpu/build.sh" "${JAVA_HOME:-}" "$dnnl" "$out/objects" "$out/library"
  # shellcheck disable=SC2086  # the flags are words
  set -- "$cxx" -std=c++20 -O2 -march=x86-64 -ffp-contract=off -pthread -Wall -Wextra -I"$dnnl/include" $flags
  "$@" "$here"/operations/*.cpp "$out"/objects/*-{baseline,avx2,avx512}.o "$out/objects/team.o" "${products[@]}" \
    -o "$out/operations_test"
  "$@" "$here/team_test.cpp" "${products[@]}" -o "$out/team_test"
}

run() {  # run NAME PROGRAM ARGUMENTS...: prints the program's lines behind the name
  local name=$1 log="$work/$1.log" status=0
  shift
  # If a team of threads waited for work that no thread does, it would wait for ever.
  timeout 300 "$@" > "$log" 2>&1 || status=$?
  sed "s/^/[$name] /" "$log"
  # A sanitizer may end the program in the middle of a group.
  if [ "$status" != 0 ] && ! grep -q '^FAILED ' "$log"; then
    echo "[$name] FAILED: ended with status $status"
  fi
}

check() {  # check BUILD: builds the tests and runs them
  build "$1"
  if [ "$1" = plain ]; then
    "$cxx" -std=c++20 -O2 -pthread -Wall -Wextra "$here/loading_test.cpp" -ldl -o "$work/plain/loading_test"
    run "plain loading" "$work/plain/loading_test" "$work/plain/library/libgputae.so"
  fi
  # ThreadSanitizer needs certain addresses free. A Linux kernel that spreads the parts of a program widely may occupy
  # them, so the program runs without that randomisation where the system allows it.
  local plainly=() set
  if [ "$1" = thread ] && setarch -R true 2>/dev/null; then plainly=(setarch -R); fi
  run "$1" "${plainly[@]}" "$work/$1/team_test"
  for set in baseline avx2 avx512; do
    run "$1 $set" "${plainly[@]}" "$work/$1/operations_test" "$set"
  done
}

# The builds do not need each other, so they are checked at the same time. Each writes its lines to its own file.
builds=(plain address thread)
processes=() status=0
for build in "${builds[@]}"; do
  check "$build" > "$work/$build.txt" 2>&1 &
  processes+=($!)
done
for process in "${processes[@]}"; do wait "$process" || status=$?; done
for build in "${builds[@]}"; do cat "$work/$build.txt"; done

count() {  # count VERDICT: the number of groups of checks with this verdict
  cat "${builds[@]/%/.txt}" | grep -c "^\[[a-z0-9 ]*\] $1" || true
}
cd "$work"
passed=$(count 'passed ') failed=$(count FAILED)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ] && [ "$status" = 0 ]
