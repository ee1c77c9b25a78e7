#!/usr/bin/env bash
# Compiles the CUDA kernels with nvcc and reports what each of them takes. Called by Maven.
#   build.sh required|auto|off WORK OUTPUT
#   build.sh ship
# OUTPUT, a folder inside the jar, gets kernels.fatbin (machine code for sm_80 and sm_90), kernels-75.ptx and
# kernels-90.ptx (for other processors from sm_75 on, newer ones included) and kernels.txt (what built them, then a line
# for each kernel: registers, shared memory, spills by architecture); nothing where there are none.
#   required  without nvcc, or where it fails, the build fails; a warning, a register spilled to memory, or PTX in
#             kernels/shipped that is of other sources, is a failure
#   auto      without a working nvcc OUTPUT gets the PTX of kernels/shipped, which the driver compiles, and its
#             kernels.txt; nothing where that is of other sources
#   off       no kernels
#   ship      as required, and puts PTX and report into kernels/shipped: after each change of a kernel, to be committed
# NVCC names another nvcc. Nothing is compiled again while sources, flags and compiler are the same.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
mode=$1 work=${2:-$here/../target/kernels} output=${3:-$here/../target/classes/gputae/kernels}
nvcc=${NVCC:-nvcc}

case $mode in
  required | auto | off | ship) ;;
  *) echo "gpu-tae: -Dcuda is '$mode'; it takes required, auto or off" >&2; exit 1 ;;
esac

# -fmad=false: the exact rule of distances allows no contraction that the sources do not write.
flags=(-std=c++17 -O3 -fmad=false)

# What kernels/shipped was made of, in one number.
shipped=$here/shipped
sources=$(cd "$here" && { echo "${flags[*]}"; sha256sum ./*.cu ./*.h; } | sha256sum | cut -d' ' -f1)
is_shipped() { [ "$(cat "$shipped/sources.sha256" 2> /dev/null)" = "$sources" ]; }

without() {  # without WHY [ALOUD]: those who have no nvcc, or an old one, take what is shipped
  if [ "$mode" = required ] || [ "$mode" = ship ]; then
    rm -rf "$output"
    echo "gpu-tae: -Dcuda=required, but the CUDA kernels cannot be built: $1 (-Dcuda=auto takes the PTX of kernels/shipped)" >&2
    exit 1
  fi
  if is_shipped; then
    mkdir -p "$output"
    rm -f "$output/kernels.fatbin" "$output/kernels-90.ptx"
    for file in kernels-75.ptx kernels.txt; do
      cmp -s "$shipped/$file" "$output/$file" || cp "$shipped/$file" "$output/$file"
    done
    [ -z "${2:-}" ] || echo "gpu-tae: the CUDA kernels are the PTX of kernels/shipped, since $1 (-Dcuda=off leaves them out)" >&2
  else
    rm -rf "$output"
    echo "gpu-tae: this build has no CUDA kernels: $1, and kernels/shipped is of other sources than kernels/*.cu and *.h (-Dcuda=off hides this)" >&2
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

require_shipped() {  # after a build: what other builds take instead is of the same sources
  is_shipped && return
  echo "gpu-tae: kernels/shipped, which builds without nvcc take, is of other sources than kernels/*.cu and *.h;" \
    "make it anew and commit it: kernels/build.sh ship" >&2
  [ "$mode" = auto ] || exit 1
}

# One translation unit: the files share names and headers, and one module holds all kernels. What it was built from, to
# the letter, is what says whether it must be built again.
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

# What is compiled is started first and looked at when all of it has ended, so that every processor has work.
declare -A processes commands
compile() {  # compile WHAT ARGUMENTS...: starts nvcc on the kernels; what it says stays in WORK/WHAT.log
  local what=$1
  shift
  commands[$what]=$*
  "$nvcc" "${flags[@]}" "$@" "$work/kernels.cu" > "$work/$what.log" 2>&1 &
  processes[$what]=$!
}
for sm in 75 80 90; do compile "sm_$sm" "${ptxas[@]}" -arch=sm_$sm -cubin -o "$work/kernels-$sm.cubin"; done
for sm in 75 90; do compile "ptx_$sm" -arch=compute_$sm -ptx -o "$work/kernels-$sm.ptx"; done
# Not compressed: the jar compresses, and drivers before 550 cannot read nvcc 13's way of doing it. An older nvcc has no
# such option, and needs none.
plain=()
if "$nvcc" --help | grep -q -- --compress-mode; then plain=(--compress-mode=none); fi
compile fatbin -fatbin -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=sm_90 ${plain[@]+"${plain[@]}"} -o "$output/kernels.fatbin"

refused=()
for what in sm_75 sm_80 sm_90 ptx_75 ptx_90 fatbin; do wait "${processes[$what]}" || refused+=("$what"); done
if [ ${#refused[@]} -gt 0 ]; then
  { grep -v '^ptxas info\|^    [0-9]* bytes stack' "$work/${refused[0]}.log" || true; } >&2
  without "$version refuses: ${commands[${refused[0]}]}" aloud
fi

# PTX is for drivers older and processors newer than this nvcc. Its version is lowered to what the instructions need
# (sm_75 6.3, sm_90 7.8), which the assembler then confirms; as nvcc writes it, only a driver of nvcc's own release
# would read it.
for ptx in 75:6.3 90:7.8; do
  sm=${ptx%%:*}
  sed "s/^\.version .*/.version ${ptx##*:}/" "$work/kernels-$sm.ptx" > "$output/kernels-$sm.ptx"
  "$nvcc" -arch=sm_$sm -cubin -o "$work/lowered-$sm.cubin" "$output/kernels-$sm.ptx" > "$work/lowered-$sm.log" 2>&1 &
  processes[lowered-$sm]=$!
done
for ptx in 75:6.3 90:7.8; do
  sm=${ptx%%:*}
  wait "${processes[lowered-$sm]}" || { cat "$work/lowered-$sm.log" >&2; without "PTX for sm_$sm needs a version above ${ptx##*:}" aloud; }
done

# A line for each kernel: for each architecture its registers, bytes of static shared memory, and bytes spilled to
# memory.
{
  echo "built by $version for sm_80 and sm_90, with PTX for sm_75 and newer"
  printf '%-24s %-20s %-20s %-20s\n' 'registers/shared/spilled' sm_75 sm_80 sm_90
  for sm in 75 80 90; do
    awk -v sm="$sm" '
      /Compiling entry function/ { split($0, part, "\047"); name = part[2]; spilled = 0 }
      /bytes spill stores/ && name != "" { for (i = 1; i <= NF; i++) if ($i == "bytes" && $(i+1) == "spill") spilled += $(i-1) }
      /Used [0-9]+ registers/ {
        shared = 0
        for (i = 1; i <= NF; i++) { if ($i == "registers,") registers = $(i-1); if ($i == "bytes" && $(i+1) ~ /^smem/) shared = $(i-1) }
        print name, sm, registers "/" shared "/" spilled
      }' "$work/sm_$sm.log"
  done | sort | awk '{ if ($1 != name && name != "") print ""; if ($1 != name) printf "%-24s", $1; name = $1; printf " %-20s", $3 } END { print "" }'
} | sed 's/ *$//' > "$output/kernels.txt"
mv "$work/built-from.new" "$work/built-from"
echo "gpu-tae: $(($(wc -l < "$output/kernels.txt") - 2)) CUDA kernels $(head -1 "$output/kernels.txt"); what each takes: $output/kernels.txt"

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
