# shellcheck shell=bash disable=SC2034,SC2154
# The functions that the build scripts of native/ share. A script sets `here`, its own folder, and sources this file. It
# sets `output`, the folder that keeps its flags, before it calls stale.

functions=${BASH_SOURCE[0]}

fail() { echo "gpu-tae: $1" >&2; exit 1; }

cxx=${CXX:-g++}
install_cxx="Install g++ 11 or newer (Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++)."
command -v "$cxx" >/dev/null || fail "no C++ compiler: '$cxx' is not on the path. $install_cxx"

# Flags for libraries that are used only on the machine that builds them.
of_this_machine=()
if grep -qw fma /proc/cpuinfo && grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then
  of_this_machine=(-march=x86-64-v3)
fi

# require_jni JAVA_HOME: sets java_home to JAVA_HOME, or to the home of the javac on the path if JAVA_HOME has no jni.h.
require_jni() {
  local install="(Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)"
  java_home=$1
  [ -f "$java_home/include/jni.h" ] || java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  [ -f "$java_home/include/jni.h" ] ||
    fail "no jni.h under $java_home: a JDK is needed, a JRE is not enough $install."
}

put() {  # put FILE: writes standard input to FILE, unless FILE holds the same already
  cat > "$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

stale() {  # stale FILE SOURCES...: succeeds if FILE is missing, or if a source, the script or its flags are newer
  local file=$1 source
  shift
  for source in "$@" "$here/build.sh" "$functions" "$output/flags"; do
    [ "$file" -nt "$source" ] || return 0
  done
  return 1
}

# whole FILE ARGUMENTS...: runs the compiler; its output gets the name FILE only when it is complete. The command for a
# source is noted in FILE.command.
whole() {
  local file=$1 argument
  shift
  "$cxx" "$@" -o "$file.new"
  for argument in "$@"; do
    [[ $argument != *.cpp ]] || note_command "$argument" "$cxx" "$@" > "$file.command"
  done
  mv "$file.new" "$file"
}

note_command() {  # note_command SOURCE COMMAND...: prints an entry of compile_commands.json
  local source=$1 argument words=()
  shift
  for argument in "$@"; do
    argument=${argument//\\/\\\\}
    words+=("\"${argument//\"/\\\"}\"")
  done
  echo "{\"directory\": \"$PWD\", \"file\": \"$source\", \"arguments\": [$(IFS=,; echo "${words[*]}")]}"
}

# compile_commands FOLDER: writes FOLDER/compile_commands.json, which clang-tidy and clangd read, from what whole noted.
compile_commands() {
  local file separator='['
  {
    while read -r file; do
      echo "$separator"
      cat "$file"
      separator=','
    done < <(find "$1" -name '*.command' | sort)
    echo "]"
  } | put "$1/compile_commands.json"
}

# Compilers run in parallel, one more than there are processors, so that no processor is idle while the script waits for
# the compiler that started first.
beside=()
beside_failed=false
most_beside=$(($(nproc) + 1))

# beside COMMAND...: starts the command in the background. Its messages are printed in one piece when it ends. all_done
# tells whether it failed.
beside() {
  if [ ${#beside[@]} -ge "$most_beside" ]; then
    wait "${beside[0]}" || beside_failed=true
    beside=("${beside[@]:1}")
  fi
  in_one_piece "$@" &
  beside+=($!)
}

in_one_piece() {
  local said status
  # With its own set -e the inner shell ends at the first error. To the left of an "||" it would go on.
  set +e
  said=$(set -e; "$@" 2>&1)
  status=$?
  [ -z "$said" ] || echo "$said" >&2
  return "$status"
}

all_done() {  # waits for all commands that beside started; fails if one of them failed
  local process
  for process in ${beside[@]+"${beside[@]}"}; do wait "$process" || beside_failed=true; done
  beside=()
  [ $beside_failed = false ]
}
