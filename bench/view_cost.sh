#!/usr/bin/env bash
# Measures what a window costs the training that it shows: steps a second on MNIST with --view and without. Trainings
# with and without a window take turns in one run. Where there is no display the script starts Xvfb; there the pictures
# are drawn in software, by the processor that may be training as well.
#   bench/view_cost.sh DATA [ROUNDS] [OPTIONS OF train ...]
# DATA holds MNIST's four IDX files (gzip). The script needs target/gpu-tae.jar, and xdotool to close the window. A
# round counts with its median epoch; the result is the median over the rounds.
set -eu
data=${1:?"usage: bench/view_cost.sh DATA [ROUNDS] [OPTIONS OF train ...]"}
rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
server=
trap 'rm -rf "$work"; [ -z "$server" ] || kill "$server"' EXIT
[ -f "$here/target/gpu-tae.jar" ] ||
  { echo "view_cost.sh: build the jar first: mvn -q -DskipTests package" >&2; exit 1; }
command -v xdotool >/dev/null || { echo "view_cost.sh: xdotool is missing (apt-get install xdotool)" >&2; exit 1; }
if [ -z "${DISPLAY:-}" ]; then
  command -v Xvfb >/dev/null ||
    { echo "view_cost.sh: there is no display, and no Xvfb (apt-get install xvfb)" >&2; exit 1; }
  mkfifo "$work/display"
  Xvfb -displayfd 3 -screen 0 1600x1000x24 3>"$work/display" 2>/dev/null &
  server=$!
  read -r number <"$work/display"
  export DISPLAY=:$number
fi

median() { sort -g | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }
rate() { tail -n +4 "$1/metrics.csv" | awk -F, '{print $9}' | median; }

train() { # train FOLDER OPTIONS...
  local out=$1
  shift
  java -jar "$here/target/gpu-tae.jar" train --dataset mnist --data "$data" --epochs 12 --quiet --out "$out" "$@" \
    >/dev/null
}

for ((round = 1; round <= rounds; round++)); do
  train "$work/without-$round" "$@"
  rate "$work/without-$round" >>"$work/without"
  train "$work/with-$round" --view "$@" &
  trained=$!
  until [ -f "$work/with-$round/report.html" ] || ! kill -0 "$trained" 2>/dev/null; do sleep 0.5; done
  # Without a window manager nobody asks a program to close its window. The program notices that the window is gone.
  xdotool search --sync --onlyvisible --name '^gpu-tae' windowclose
  wait "$trained"
  rate "$work/with-$round" >>"$work/with"
done
java -jar "$here/target/gpu-tae.jar" doctor | grep -E '^(processor|GPU|OpenGL)'
without=$(median <"$work/without")
with=$(median <"$work/with")
fewer=$(awk "BEGIN {printf \"%.1f\", 100 * (1 - $with / $without)}")
echo "steps a second without a window $without, with one $with: $fewer % fewer"
