# shellcheck shell=bash disable=SC2034,SC2154 What the build scripts of native/ share; they source it when they have set
# `here`, their own folder, and `output`, where flags are kept.

functions=${BASH_SOURCE[0]}

fail() { echo "gpu-tae: $1" >&2; exit 1; }

cxx=${CXX:-g++}
command -v "$cxx" >/dev/null || fail "no C++ compiler: '$cxx' is not on the path. Install g++ 11 or newer (Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++)."

# Flags of libraries that stay on the machine that builds them.
of_this_machine=()
if grep -qw fma /proc/cpuinfo && grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then of_this_machine=(-march=x86-64-v3); fi

require_jni() {  # require_jni JAVA_HOME: sets java_home to it, or to that of the javac on the path
  java_home=$1
  [ -f "$java_home/include/jni.h" ] || java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  [ -f "$java_home/include/jni.h" ] || fail "no jni.h under $java_home: a JDK is needed, a JRE is not enough (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)."
}

put() {  # put FILE: standard input, unless that is what FILE holds
  cat > "$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

stale() {  # stale FILE SOURCES...: whether a source, the script or its flags are newer
  local file=$1 source
  shift
  for source in "$@" "$here/build.sh" "$functions" "$output/flags"; do
    [ "$file" -nt "$source" ] || return 0
  done
  return 1
}

whole() {  # whole FILE ARGUMENTS...: the compiler's output, under its name once it is whole
  local file=$1
  shift
  "$cxx" "$@" -o "$file.new"
  mv "$file.new" "$file"
}

# Compilers run beside each other. One more than there are processors, so that none is idle while the eldest is waited
# for.
beside=()
beside_failed=false
most_beside=$(($(nproc) + 1))

beside() {  # beside COMMAND...: starts it; what it says comes in one piece when it is done, and whether it failed is all_done's to tell
  if [ ${#beside[@]} -ge "$most_beside" ]; then
    wait "${beside[0]}" || beside_failed=true
    beside=("${beside[@]:1}")
  fi
  in_one_piece "$@" &
  beside+=($!)
}

in_one_piece() {
  local said status
  # The shell within ends at the first error, which it would not do left of an "||".
  set +e
  said=$(set -e; "$@" 2>&1)
  status=$?
  [ -z "$said" ] || echo "$said" >&2
  return "$status"
}

all_done() {  # waits for all that was started; fails if one of them failed
  local process
  for process in ${beside[@]+"${beside[@]}"}; do wait "$process" || beside_failed=true; done
  beside=()
  [ $beside_failed = false ]
}
