#!/usr/bin/env bash
# Builds native/ as native/cpu/build.sh does, three times, and runs the tests of this folder on it. Called by Maven's
# profile "thorough".
#   sanitize.sh DNNL_DIR WORK_DIR
# DNNL_DIR holds include/, libdnnl.so.3 and libgomp.so.1. JAVA_HOME, if set, is the JDK whose jni.h is used.
#   plain    the flags that users get, with oneDNN
#   address  AddressSanitizer and UndefinedBehaviorSanitizer, plain products in oneDNN's place (plain_products.cpp says
#            why)
#   thread   ThreadSanitizer, likewise
# Prints a line for each group of checks; fails if one fails or none ran. A processor without AVX-512 skips its groups
# and says so.
set -eu
dnnl=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cxx=${CXX:-g++}

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_init_order=1 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

sanitizers() {  # sanitizers BUILD: its flags
  case $1 in
    plain) ;;
    address) echo -O2 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all ;;
    thread) echo -O2 -g -fsanitize=thread ;;
  esac
}

build() {  # build BUILD: its folder gets the programs operations_test and team_test
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

passed=0 failed=0
run() {  # run NAME PROGRAM ARGUMENTS...: prints the program's lines behind the name and counts them
  local name=$1 log=$work/log status=0
  shift
  # A team that waits for a part nobody does would wait for ever.
  timeout 300 "$@" > "$log" 2>&1 || status=$?
  sed "s/^/[$name] /" "$log"
  passed=$((passed + $(grep -c '^passed ' "$log" || true)))
  local failures
  failures=$(grep -c '^FAILED ' "$log" || true)
  # A sanitizer ends the program in the middle of a group.
  if [ "$status" != 0 ] && [ "$failures" = 0 ]; then
    echo "[$name] FAILED: ended with status $status"
    failures=1
  fi
  failed=$((failed + failures))
}

builds=(plain address thread)
processes=()
for build in "${builds[@]}"; do
  build "$build" &
  processes+=($!)
done
for process in "${processes[@]}"; do wait "$process"; done
"$cxx" -std=c++20 -O2 -pthread -Wall -Wextra "$here/loading_test.cpp" -ldl -o "$work/plain/loading_test"

run plain "$work/plain/loading_test" "$work/plain/library/libgputae.so"
for build in "${builds[@]}"; do
  # ThreadSanitizer needs its addresses free; kernels that scatter a program's parts widely take them, where the system
  # lets a program ask otherwise.
  plainly=()
  if [ "$build" = thread ] && setarch -R true 2>/dev/null; then plainly=(setarch -R); fi
  run "$build" "${plainly[@]}" "$work/$build/team_test"
  for set in baseline avx2 avx512; do
    run "$build $set" "${plainly[@]}" "$work/$build/operations_test" "$set"
  done
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
