#!/usr/bin/env bash
# Compiles the CUDA kernels with nvcc and reports the registers and memory of each kernel. Maven calls this script.
#   build.sh required|auto|off WORK OUTPUT
#   build.sh ship
# OUTPUT is a folder inside the jar. It gets kernels.fatbin (machine code for sm_80 and sm_90), kernels-75.ptx and
# kernels-90.ptx (PTX for other GPUs from sm_75 on, newer ones included) and kernels.txt (the compiler that built them,
# then a line for each kernel: registers, shared memory and spills on each architecture). If there are no kernels,
# OUTPUT gets nothing.
#   required  the build fails if nvcc is missing or fails. It also fails if nvcc warns, if a register is spilled to
#             memory, or if kernels/shipped was made from other sources.
#   auto      if there is no working nvcc, OUTPUT gets the PTX of kernels/shipped, which the driver compiles, and its
#             kernels.txt. If kernels/shipped was made from other sources, OUTPUT gets nothing.
#   off       builds no kernels
#   ship      does the same as required, and puts PTX and report into kernels/shipped. Run it after each change of a
#             kernel, and commit the result.
# NVCC names another nvcc. While sources, flags and compiler are the same, nothing is compiled again.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
mode=$1 work=${2:-$here/../target/kernels} output=${3:-$here/../target/classes/gputae/kernels}
nvcc=${NVCC:-nvcc}

case $mode in
  required | auto | off | ship) ;;
  *) echo "gpu-tae: -Dcuda is '$mode'; it takes required, auto or off" >&2; exit 1 ;;
esac

# -fmad=false is needed because under the exact rule of distances the compiler must not contract operations that are
# separate in the sources.
flags=(-std=c++17 -O3 -fmad=false)

# One digest stands for the flags and sources from which kernels/shipped was made.
shipped=$here/shipped
sources=$(cd "$here" && { echo "${flags[*]}"; sha256sum ./*.cu ./*.h; } | sha256sum | cut -d' ' -f1)
is_shipped() { [ "$(cat "$shipped/sources.sha256" 2> /dev/null)" = "$sources" ]; }

# without WHY [ALOUD [REFUSED]]: ends a build whose nvcc is missing or fails. With auto the build takes kernels/shipped,
# and says so if ALOUD is not empty. With required and ship it fails. With auto it fails too if REFUSED is not empty and
# kernels/shipped was made from other sources: then nvcc refused a kernel that somebody changed.
without() {
  if [ "$mode" = ship ]; then
    echo "gpu-tae: kernels/build.sh ship needs a working nvcc of CUDA 12 or 13: $1 (NVCC names another nvcc)" >&2
    exit 1
  fi
  if [ "$mode" = auto ] && [ -n "${3:-}" ] && ! is_shipped; then
    rm -rf "$output"
    echo "gpu-tae: the CUDA kernels cannot be built: $1; kernels/shipped is of other sources" \
      "(-Dcuda=off builds without kernels)" >&2
    exit 1
  fi
  if [ "$mode" = required ]; then
    rm -rf "$output"
    echo "gpu-tae: -Dcuda=required, but the CUDA kernels cannot be built: $1" \
      "(-Dcuda=auto takes the PTX of kernels/shipped)" >&2
    exit 1
  fi
  if is_shipped; then
    mkdir -p "$output"
    rm -f "$output/kernels.fatbin" "$output/kernels-90.ptx"
    for file in kernels-75.ptx kernels.txt; do
      cmp -s "$shipped/$file" "$output/$file" || cp "$shipped/$file" "$output/$file"
    done
    [ -z "${2:-}" ] ||
      echo "gpu-tae: the CUDA kernels are the PTX of kernels/shipped, since $1 (-Dcuda=off leaves them out)" >&2
  else
    rm -rf "$output"
    echo "gpu-tae: this build has no CUDA kernels: $1, and kernels/shipped is of other sources than kernels/*.cu and" \
      "*.h (-Dcuda=off hides this)" >&2
  fi
  exit 0
}
if [ "$mode" = off ]; then
  rm -rf "$output"
  exit 0
fi
command -v "$nvcc" > /dev/null || without "'$nvcc' is not on the path; install NVIDIA's CUDA toolkit 12 or 13"
version=$("$nvcc" --version | sed -n 's/^Cuda compilation tools, release .*, V/nvcc /p') || version=
[ -n "$version" ] || without "'$nvcc --version' names no CUDA compiler" aloud

ptxas=(-Xptxas -v)
if [ "$mode" = required ] || [ "$mode" = ship ]; then
  flags+=(-Werror all-warnings)
  ptxas=(-Xptxas "-v,-warn-spills,-warn-lmem-usage")
fi

require_shipped() {  # checks after a build that kernels/shipped, which other builds take, is of the same sources
  is_shipped && return
  echo "gpu-tae: kernels/shipped, which builds without nvcc take, is of other sources than kernels/*.cu and *.h;" \
    "make it anew and commit it: kernels/build.sh ship" >&2
  [ "$mode" = auto ] || exit 1
}

# The kernels are one translation unit, since the files share names and headers and one module holds all kernels. WORK
# keeps a copy of everything that the last build was made from. The kernels are built again if that has changed.
mkdir -p "$work"
for file in "$here"/*.cu; do echo "#include \"$file\""; done > "$work/kernels.cu"
cat <(echo "$version ${flags[*]}") "$here/build.sh" "$work/kernels.cu" "$here"/*.cu "$here"/*.h > "$work/built-from.new"
products=(kernels.fatbin kernels-75.ptx kernels-90.ptx kernels.txt)
complete=true
for product in "${products[@]}"; do [ -s "$output/$product" ] || complete=false; done
if [ "$mode" != ship ] && [ $complete = true ] && cmp -s "$work/built-from.new" "$work/built-from"; then
  require_shipped
  exit 0
fi
rm -rf "$work/built-from" "$output"
mkdir -p "$output"

# All compilers are started first, so that every processor has work. The script looks at their results when all of them
# have ended.
declare -A processes commands
compile() {  # compile WHAT ARGUMENTS...: starts nvcc on the kernels; its messages go to WORK/WHAT.log
  local what=$1
  shift
  mkdir -p "$work/kept-$what"
  commands[$what]=$*
  "$nvcc" "${flags[@]}" "${ptxas[@]}" --keep --keep-dir "$work/kept-$what" "$@" "$work/kernels.cu" \
    > "$work/$what.log" 2>&1 &
  processes[$what]=$!
}
# The machine code is not compressed, since the jar compresses it, and drivers before 550 cannot read the compression of
# nvcc 13. An older nvcc has no such option and needs none.
plain=()
if "$nvcc" --help | grep -q -- --compress-mode; then plain=(--compress-mode=none); fi
compile sm_75 -gencode arch=compute_75,code=sm_75 -cubin -o "$work/kernels-75.cubin"
compile fatbin -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 ${plain[@]+"${plain[@]}"} \
  -fatbin -o "$output/kernels.fatbin"

refused=()
for what in sm_75 fatbin; do wait "${processes[$what]}" || refused+=("$what"); done
if [ ${#refused[@]} -gt 0 ]; then
  { grep -v '^ptxas info\|^    [0-9]* bytes stack' "$work/${refused[0]}.log" || true; } >&2
  without "$version refuses: ${commands[${refused[0]}]}" aloud refused
fi

# nvcc keeps the PTX that it makes on the way to machine code, so each architecture is compiled once. If it compiles
# for several architectures, the name of a file has the architecture in it.
cp "$work"/kept-sm_75/*.ptx "$work/kernels-75.ptx"
cp "$work"/kept-fatbin/*90*.ptx "$work/kernels-90.ptx"

# PTX is for drivers that are older and GPUs that are newer than this nvcc. nvcc writes the PTX version of its own
# release, which older drivers would not read. So the version is lowered to the one that the instructions need (6.3 for
# sm_75, 7.8 for sm_90), and the assembler confirms it.
for ptx in 75:6.3 90:7.8; do
  sm=${ptx%%:*}
  sed "s/^\.version .*/.version ${ptx##*:}/" "$work/kernels-$sm.ptx" > "$output/kernels-$sm.ptx"
  "$nvcc" -arch=sm_$sm -cubin -o "$work/lowered-$sm.cubin" "$output/kernels-$sm.ptx" > "$work/lowered-$sm.log" 2>&1 &
  processes[lowered-$sm]=$!
done
for ptx in 75:6.3 90:7.8; do
  sm=${ptx%%:*}
  wait "${processes[lowered-$sm]}" ||
    { cat "$work/lowered-$sm.log" >&2; without "PTX for sm_$sm needs a version above ${ptx##*:}" aloud; }
done

# kernels.txt has a line for each kernel: for each architecture its registers, the bytes of its static shared memory,
# and the bytes that it spills to memory.
{
  echo "built by $version for sm_80 and sm_90, with PTX for sm_75 and newer"
  printf '%-24s %-20s %-20s %-20s\n' 'registers/shared/spilled' sm_75 sm_80 sm_90
  for log in sm_75 fatbin; do
    awk '
      /Compiling entry function/ { split($0, part, "\047"); name = part[2]; sm = substr(part[4], 4); spilled = 0 }
      /bytes spill stores/ && name != "" {
        for (i = 1; i <= NF; i++) if ($i == "bytes" && $(i+1) == "spill") spilled += $(i-1)
      }
      /Used [0-9]+ registers/ {
        shared = 0
        for (i = 1; i <= NF; i++) {
          if ($i == "registers,") registers = $(i-1)
          if ($i == "bytes" && $(i+1) ~ /^smem/) shared = $(i-1)
        }
        print name, sm, registers "/" shared "/" spilled
      }' "$work/$log.log"
  done | sort | awk '
    $1 != name { if (name != "") print ""; printf "%-24s", $1; name = $1 }
    { printf " %-20s", $3 }
    END { print "" }'
} | sed 's/ *$//' > "$output/kernels.txt"
mv "$work/built-from.new" "$work/built-from"
echo "gpu-tae: $(($(wc -l < "$output/kernels.txt") - 2)) CUDA kernels $(head -1 "$output/kernels.txt");" \
  "what each takes: $output/kernels.txt"

if [ "$mode" = ship ]; then
  mkdir -p "$shipped"
  cp "$output/kernels-75.ptx" "$shipped/kernels-75.ptx"
  {
    echo "shipped with the sources as PTX for sm_75 and newer, built by $version"
    tail -n +2 "$output/kernels.txt"
  } > "$shipped/kernels.txt"
  echo "$sources" > "$shipped/sources.sha256"
fi
require_shipped
