#!/usr/bin/env bash
# Measures the time of a training step of gpu-tae and of PyTorch + GUDHI (bench/peers/torch_gudhi.py) on the CPU of this
# machine. The two take turns in one run.
#   bench/compare.sh DATA|spheres [ROUNDS] [topoae]
# DATA holds MNIST's four IDX files (gzip). With "spheres" the data are the built-in spheres, vectors of 101 features,
# and the models ae and topoae at batch 128. PYTHON names a Python 3 with torch, gudhi, scipy and numpy (default:
# python3). The script needs target/gpu-tae.jar. Both programs really train: PyTorch's time is the mean over its steps,
# gpu-tae's time is that of its median epoch. The table has the medians over the rounds. With the third argument it
# compares topoae alone, the autoencoder with the signature loss.
set -eu
data=${1:?"usage: bench/compare.sh DATA [ROUNDS]"}
rounds=${2:-5}
only=${3:-}
here=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -c 'import torch, gudhi, scipy, numpy' ||
  { echo "compare.sh: $python lacks torch, gudhi, scipy or numpy; set PYTHON" >&2; exit 1; }
[ -f "$here/target/gpu-tae.jar" ] ||
  { echo "compare.sh: build the jar first: mvn -q -DskipTests package" >&2; exit 1; }

median() { sort -g | awk '{v[NR]=$1} END {print NR % 2 ? v[(NR+1)/2] : (v[NR/2] + v[NR/2+1]) / 2}'; }

ours() { # ours MODEL BATCH [OPTION...]: microseconds a step
  local model=$1 batch=$2
  shift 2
  rm -rf "$work/run"
  local set=(--dataset mnist --data "$data")
  [ "$data" != spheres ] || set=(--dataset spheres)
  java -jar "$here/target/gpu-tae.jar" train "${set[@]}" --model "$model" --batch "$batch" --epochs 9 "$@" \
    --quiet --out "$work/run" >/dev/null
  tail -n 8 "$work/run/metrics.csv" | awk -F, '{print 1e6 / $NF}' | median
}

peer() { # peer MODEL BATCH STEPS: microseconds a step
  "$python" "$here/bench/peers/torch_gudhi.py" --data "$data" --model "$1" --batch "$2" --steps "$3" |
    "$python" -c 'import json, sys; print(1e6 * json.load(sys.stdin)["s_per_step"])'
}

models="ae tae"
batches="128 512"
name="MNIST, d = 2"
if [ "$data" = spheres ]; then
  models="ae topoae"
  batches=128
  name="spheres, d = 2"
fi
[ -z "$only" ] || models=$only
for ((round = 1; round <= rounds; round++)); do
  for batch in $batches; do
    if [ "$data" = spheres ]; then
      ours ae 128 >>"$work/ours-ae-128"
      ours topoae 128 --signature-unit batch >>"$work/ours-topoae-128"
      peer ae 128 1000 >>"$work/peer-ae-128"
      peer topoae 128 200 >>"$work/peer-topoae-128"
      continue
    fi
    if [ -n "$only" ]; then
      ours "$only" "$batch" >>"$work/ours-$only-$batch"
      peer "$only" "$batch" $((batch == 128 ? 200 : 20)) >>"$work/peer-$only-$batch"
      continue
    fi
    ours ae "$batch" >>"$work/ours-ae-$batch"
    ours tae "$batch" >>"$work/ours-tae-$batch"
    peer ae "$batch" 400 >>"$work/peer-ae-$batch"
    peer reg "$batch" $((batch == 128 ? 400 : 60)) >>"$work/peer-tae-$batch"
  done
done

echo "$(java -jar "$here/target/gpu-tae.jar" doctor | sed -n 's/^processor *//p');" \
  "$(java -jar "$here/target/gpu-tae.jar" doctor | sed -n 's/^CPU backend *//p')"
"$python" -c '
import torch, gudhi
print("PyTorch", torch.__version__, "with", torch.get_num_threads(), "threads, GUDHI", gudhi.__version__)'
echo
echo "| step, microseconds ($name) | gpu-tae | PyTorch + GUDHI | ratio |"
echo "| --- | --- | --- | --- |"
for batch in $batches; do
  for model in $models; do
    o=$(median <"$work/ours-$model-$batch") p=$(median <"$work/peer-$model-$batch")
    awk -v m=$model -v b=$batch -v o="$o" -v p="$p" \
      'BEGIN {printf "| %s, batch %d | %.0f | %.0f | %.3f |\n", m, b, o, p, o / p}'
  done
  [ -z "$only" ] && [ "$data" != spheres ] || continue
  a=$(median <"$work/ours-ae-$batch") t=$(median <"$work/ours-tae-$batch")
  awk -v b=$batch -v a="$a" -v t="$t" \
    'BEGIN {printf "| the term, batch %d | %.0f (%.1f %% of the tae step) | | |\n", b, t - a, 100 * (t - a) / t}'
done
