#!/usr/bin/env bash
# Checks and measures everything that needs a GPU, in one call.
#   bench/gpu.sh prepare DIR [MNIST_DIR]
#     Runs on a machine where mvn package ran. It makes the folder DIR, which is below 54 MiB and needs nothing but
#     Python 3 on the machine with the GPU (and PyTorch for the comparison with it). MNIST_DIR holds MNIST's four IDX
#     files (gzip); default: $HOME/.cache/gpu-tae/mnist.
#   DIR/gpu.sh run DIR OUT [options]
#     Runs on the machine with the GPU. OUT gets report.md, log.txt and at most six files more.
#       --device cuda|cpu|host-runner   default: cuda; the others try out this script without a GPU. host-runner needs
#                                       a development build: HOST_RUNNER names its folder target/host-runner.
#       --quick                         makes every part shorter
#       --parts A,B,...                 runs only these parts, in the order of all_parts in this script
#       --time-limit S                  seconds in all, default: 570; a part that no longer fits is reported as NOT RUN
# PYTHON names the Python 3 (default: python3). A part that fails does not stop the others. Each part has a time limit
# of its own, and the report is written anew after each part. gpu_report.py makes the report: one line for each check,
# with PASS, FAIL or NOT RUN and the reason, and the targets, met or missed. The script exits with 1 if a check failed.
set -u
all_parts=doctor,selftest,repeat,clouds,curves,steps,trees,products,profile,hundred,peers,sanitizer
all_parts+=,reproduce,compile,benchmarks
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 2; }
fail() { echo "gpu.sh: $*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}

# ---- prepare

prepare() { # prepare DIR MNIST
  local dir=$1 mnist=$2 target=$here/../target file
  [ -f "$target/gpu-tae.jar" ] || fail "no target/gpu-tae.jar; build it first: mvn -q -DskipTests package"
  mkdir -p "$dir/mnist" || fail "cannot make $dir"
  for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    [ -f "$mnist/$file.gz" ] || fail "no $mnist/$file.gz"
    cp "$mnist/$file.gz" "$dir/mnist/" || fail "cannot copy $file.gz"
  done
  cp "$here/gpu.sh" "$here/gpu_report.py" "$here"/peers/{torch_engines,side_by_side}.py "$dir/" ||
    fail "cannot copy the scripts"

  # The portable bundle is not enough: JMH needs more of Java than the bundle has.
  runtime "$dir"
  program "$dir" "$target"

  # This library is for a Python that has no package of GUDHI.
  local version
  version=$(dpkg-query -W -f='${Version}' libgudhi-dev 2>/dev/null | sed 's/[+-].*//')
  g++ -std=c++17 -O3 -DNDEBUG -DGUDHI_H0_VERSION="\"${version:-of unknown version}\"" -shared -fPIC -s \
    -static-libstdc++ -static-libgcc -o "$dir/libgudhi_h0.so" "$here/peers/gudhi_h0.cpp" 2>/dev/null ||
    echo "no GUDHI in C++ (Debian: libgudhi-dev): the other machine's Python must have its package," \
      "or the rows with GUDHI will be missing"

  local kib
  kib=$(du -sk --apparent-size "$dir" | cut -f1)
  echo "$dir: $((kib / 1024)) MiB"
  [ "$kib" -lt $((54 << 10)) ] || fail "$dir has $((kib / 1024)) MiB, 54 or more"
}

# program DIR TARGET: packs the jars. Their files are stored uncompressed first, since xz makes them a third smaller
# than deflate does.
program() {
  local work
  work=$(mktemp -d)
  "$python" "$here/gpu_report.py" stored "$2/gpu-tae.jar" "$work/gpu-tae.jar" || fail "cannot copy gpu-tae.jar"
  if [ -f "$2/gpu-tae-bench.jar" ]; then
    "$python" "$here/gpu_report.py" stored "$2/gpu-tae-bench.jar" "$work/gpu-tae-bench.jar" "$2/gpu-tae.jar" ||
      fail "cannot copy gpu-tae-bench.jar"
  else
    echo "no target/gpu-tae-bench.jar: no benchmarks by JMH"
  fi
  tar -C "$work" -I 'xz -T0' -cf "$1/program.tar.xz" . || fail "cannot pack the jars (Debian: xz-utils)"
  rm -rf "$work"
  sha256sum <"$2/gpu-tae.jar" | cut -c1-16 >"$1/gpu-tae.jar.sha256"
}

runtime() { # runtime DIR: packs a Java for a machine without one
  [ -f "$1/runtime.tar.xz" ] && return
  local work modules=java.base,java.desktop,java.logging,java.management,java.naming
  modules+=,jdk.unsupported,jdk.management,jdk.crypto.ec
  work=$(mktemp -d)
  jlink --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages --compress=0 \
    --output "$work/runtime" || fail "jlink failed; it comes with a JDK"
  tar -C "$work" -I 'xz -T0' -cf "$1/runtime.tar.xz" runtime || fail "cannot pack the runtime (Debian: xz-utils)"
  rm -rf "$work"
}

# ---- run

total=570
part=start

say() { echo "$*" | tee -a "$log"; }

# note CHECK VERDICT DETAIL: writes one line of the report.
note() {
  printf '%s\t%s\t%s\t%s\n' "$part" "$1" "$2" "$(echo "$3" | tr '\n\t' '  ' | cut -c1-300)" >>"$work/checks.tsv"
  say "== $part: $1: $2 $3"
}

# Replaces paths of this machine, which do not interest a reader, by names.
places() {
  sed -e "s#$java#java#g; s#$work#WORK#g; s#$here#DIR#g; s#^\(. \)$python #\1python3 #" \
    -e "s#${HOST_RUNNER:-/no host runner/}#HOST_RUNNER#g"
}

# limited SECONDS COMMAND...: runs the command; its output goes to the log and to $work/last. Returns the exit status of
# the command, or 124 if the command ran out of time.
limited() {
  local most=$1 left=$((total - SECONDS)) code start=$SECONDS
  shift
  [ "$most" -le "$left" ] || most=$left
  echo "\$ $*" | places | tee -a "$log" >>"$work/commands"
  if [ "$most" -lt 2 ]; then
    echo "no time left" | tee "$work/last" >>"$log"
    return 124
  fi
  timeout -k 5 "$most" "$@" >"$work/last" 2>&1 </dev/null
  code=$?
  [ "$code" = 137 ] && code=124
  cat "$work/last" >>"$log"
  echo "-- exit $code after $((SECONDS - start)) s" >>"$log"
  return "$code"
}

reason() { # reason CODE: prints in words why the last command failed
  if [ "$1" = 124 ]; then
    echo "time limit; last: $(tail -n 1 "$work/last")"
  else
    echo "exit $1: $(grep -m 1 -E '^ERROR|Exception' "$work/last" || grep -v '^ *$' "$work/last" | tail -n 1)"
  fi
}

verdict() { # verdict CODE: prints PASS, NOT RUN or FAIL; a command that ran out of time proves nothing
  if [ "$1" = 0 ]; then echo PASS; elif [ "$1" = 124 ]; then echo "NOT RUN"; else echo FAIL; fi
}

# train NAME SECONDS OPTIONS...: trains on the device under test; the metrics go to $work/metrics/NAME.csv.
train() {
  local name=$1 most=$2 code
  shift 2
  rm -rf "$work/run/$name"
  limited "$most" "${gputae[@]}" train "${data[@]}" --device "$device" --quiet --verbose --out "$work/run/$name" "$@"
  code=$?
  [ -f "$work/run/$name/metrics.csv" ] && cp "$work/run/$name/metrics.csv" "$work/metrics/$name.csv"
  return "$code"
}

unpack() { # unpack ARCHIVE
  tar -C "$work" -xf "$1" 2>/dev/null || "$python" -m tarfile -e "$1" "$work" ||
    { say "gpu.sh: cannot unpack $1"; return 1; }
}

part_doctor() {
  local query=name,driver_version,vbios_version,memory.total,compute_cap
  query+=,clocks.sm,clocks.max.sm,clocks.mem,clocks.max.mem,power.limit
  if command -v nvidia-smi >/dev/null; then
    limited 20 nvidia-smi --format=csv --query-gpu=$query && cp "$work/last" "$work/gpu.csv"
    limited 20 nvidia-smi -q -d CLOCK,PERFORMANCE,COMPUTE,ECC
    note "nvidia-smi" "$([ -f "$work/gpu.csv" ] && echo PASS || echo FAIL)" "$(tail -n 1 "$work/gpu.csv" 2>/dev/null)"
  else
    note "nvidia-smi" "NOT RUN" "not on the path"
  fi
  local found
  # shellcheck disable=SC2016
  found=$({
    ldconfig -p 2>/dev/null | sed -n 's/.*libcublas\.so\.1[23] .*=> //p'
    ls -d /usr/local/cuda*/lib64/libcublas.so.1[23] \
      /usr/local/cuda*/targets/x86_64-linux/lib/libcublas.so.1[23] 2>/dev/null
    "$python" -c 'import glob, sysconfig, site
for folder in {sysconfig.get_path("purelib"), site.getusersitepackages(), *site.getsitepackages()}:
    for file in sorted(glob.glob(folder + "/nvidia/*/lib/libcublas.so.1[23]")): print(file)' 2>/dev/null
  } | awk '!seen[$0]++')
  say "cuBLAS on this machine: ${found:-none found}"
  limited 60 "${gputae[@]}" doctor
  local code=$?
  places <"$work/last" >"$work/doctor.txt"
  note "doctor" "$(verdict $code)" "$([ $code = 0 ] || reason $code)"
  # gpu-tae looks for cuBLAS by itself. Only where that fails, GPU_TAE_CUBLAS names it. Without cuBLAS gpu-tae trains
  # too, so it must be asked for.
  local data=(--dataset digits) own
  [ "$device" != host-runner ] || data=(--dataset "$work/images.npy")
  local products=()
  [ "$device" != cuda ] || products=(--products cublas)
  train probe 90 --epochs 1 ${products[@]+"${products[@]}"}
  code=$?
  if [ $code = 0 ]; then
    note "a training of an epoch" PASS "$([ "$device" != cuda ] || echo "cuBLAS found by gpu-tae itself")"
  else
    own=$(reason $code)
    if [ "$device" = cuda ] && [ -z "${GPU_TAE_CUBLAS:-}" ] && [ -n "$found" ]; then
      for file in $found; do
        export GPU_TAE_CUBLAS=$file
        if train probe 60 --epochs 1 --products cublas; then
          note "a training of an epoch" FAIL "only with GPU_TAE_CUBLAS=$file, which the parts below have; without: $own"
          return
        fi
      done
      unset GPU_TAE_CUBLAS
    fi
    note "a training of an epoch" FAIL "$own"
  fi
}

part_selftest() {
  limited 150 "${gputae[@]}" doctor --selftest --verbose --device "$device"
  local code=$?
  cp "$work/last" "$work/selftest.txt"
  note "self-test" "$(verdict $code)" "$(if [ $code = 0 ]; then tail -n 1 "$work/last"; else reason $code; fi)"
  # The kernels that multiply where there is no cuBLAS.
  limited 150 "${gputae[@]}" doctor --selftest --verbose --device "$device" --products own
  code=$?
  cp "$work/last" "$work/selftest-own.txt"
  note "self-test, own products" "$(verdict $code)" \
    "$(if [ $code = 0 ]; then tail -n 1 "$work/last"; else reason $code; fi)"
}

# Trees that are too large for the self-test: components that do not fit a block's shared memory, and more than 65,536
# points. Tests compare the CPU's edges with those of Kruskal's algorithm.
part_clouds() {
  local code n d on sizes="20000 70000"
  [ "$device" != host-runner ] || sizes=4200
  for n in $sizes; do
    for d in 2 10; do
      "$python" "$here/gpu_report.py" cloud $n $d "$work/cloud.csv" || return
      for on in "$device" cpu; do
        limited 60 "${gputae[@]}" h0 "$work/cloud.csv" --precision single --device "$on" --edges "$work/edges-$on.csv"
        code=$?
        [ $code = 0 ] || break
      done
      if [ $code != 0 ]; then
        note "tree of $n x $d" "$(verdict $code)" "$(reason $code)"
      elif cmp -s "$work/edges-$device.csv" "$work/edges-cpu.csv"; then
        note "tree of $n x $d" PASS "the CPU's edges and lengths, digit for digit"
      else
        note "tree of $n x $d" FAIL "other edges than the CPU's"
      fi
    done
  done
}

part_repeat() {
  local code
  for name in repeat-a repeat-b; do
    train $name 100 --epochs 1 --seed 5
    code=$?
    [ $code = 0 ] || { note "the same training twice" "$(verdict $code)" "$(reason $code)"; break; }
  done
  if [ "$code" = 0 ]; then
    if cmp -s "$work"/run/repeat-{a,b}/model.safetensors; then
      note "the same training twice" PASS \
        "model.safetensors bitwise equal: $(sha256sum <"$work/run/repeat-a/model.safetensors" | cut -c1-16)"
    else
      note "the same training twice" FAIL "model.safetensors differs, seed 5, 1 epoch"
    fi
  fi
  if "${gputae[@]}" doctor --help 2>/dev/null | grep -q -e --repeats; then
    limited 60 "${gputae[@]}" doctor --selftest --verbose --repeats "$repeats" --device "$device"
    code=$?
    note "a step $repeats times" "$(verdict $code)" \
      "$(if [ $code = 0 ]; then tail -n 1 "$work/last"; else reason $code; fi)"
  else
    note "a step $repeats times" "NOT RUN" "doctor --selftest has no --repeats"
  fi
}

part_curves() {
  local code name tested=$device options
  for name in ae tae topoae terms; do
    options=(--model $name)
    # Terms beside the paper's own. The weights are small, since the landscapes grow with the distances.
    [ $name != terms ] || options=(--model tae --term class-deaths=0.01 --term landscape=0.0001 \
      --term ph-dim=0.001)
    train "curve-$name" 100 "${options[@]}" --epochs "$curve_epochs"
    code=$?
    if [ $code = 0 ]; then
      device=cpu
      train "curve-$name-cpu" 100 "${options[@]}" --epochs "$curve_epochs"
      code=$?
      device=$tested
    fi
    if [ $code != 0 ]; then
      note "$name against the CPU" "$(verdict $code)" "$(reason $code)"
    else
      "$python" "$here/gpu_report.py" curves "$work/metrics/curve-$name.csv" "$work/metrics/curve-$name-cpu.csv" \
        >"$work/last" 2>&1
      code=$?
      note "$name against the CPU" "$(verdict $code)" "$(cat "$work/last")"
    fi
  done
}

part_steps() {
  local code
  for ((round = 1; round <= step_rounds; round++)); do
    for batch in $step_batches; do
      for model in ae tae topoae; do
        # Larger batches train for more epochs, since their epochs have few steps and would be noisier.
        train "step-$model-$batch-$round" 60 --model $model --batch "$batch" \
          --epochs $((step_epochs * (batch > 512 ? 4 : 1) + 1))
        code=$?
        [ $code = 0 ] || note "step, $model, batch $batch, round $round" "$(verdict $code)" "$(reason $code)"
      done
    done
  done
}

# Compares the ways to multiply the matrices of dense layers.
part_products() {
  local code products batch
  for batch in $product_batches; do
    for products in own cublas; do
      train "products-$products-$batch" 60 --model ae --batch "$batch" --products "$products" \
        --epochs $((step_epochs * (batch > 512 ? batch / 512 : 1) + 1))
      code=$?
      [ $code = 0 ] || note "products by $products, batch $batch" "$(verdict $code)" "$(reason $code)"
    done
  done
}

part_hundred() {
  local code
  for model in tae ae; do
    train "hundred-$model" 120 --model $model --epochs "$hundred"
    code=$?
    if [ $code != 0 ]; then
      note "$hundred epochs of $model" "$(verdict $code)" "$(reason $code)"
    elif [ "$hundred" != 100 ] || [ "${data[1]}" != mnist ]; then
      note "$hundred epochs of $model" PASS "ended; shortened, so its reconstruction is not compared"
    else
      "$python" "$here/gpu_report.py" hundred $model "$work/metrics/hundred-$model.csv" >"$work/last" 2>&1
      code=$?
      note "100 epochs of $model" "$(verdict $code)" "$(cat "$work/last")"
    fi
  done
}

# peers NAME ENGINES: times gpu-tae beside these ways to run PyTorch. The results go to $work/NAME.json and .md.
peers() {
  local name=$1 code most=$((total - SECONDS < peer_limit ? total - SECONDS : peer_limit)) theirs=cpu options=()
  [ "$device" != cuda ] || theirs=cuda
  [ "$device" = host-runner ] || options=(--jar "$jar" --java "$java_command" --ours "$device")
  export GUDHI_H0=${GUDHI_H0:-$here/libgudhi_h0.so}
  limited "$most" "$python" "$here/side_by_side.py" --data "$here/mnist" --device $theirs --engine "$2" \
    --json "$work/$name.json" --time-limit $((most - 25)) "${options[@]}" "${peer_options[@]}"
  code=$?
  cp "$work/last" "$work/$name.md"
  # The script exits with 3 if it has nothing to run with: no PyTorch, or no GPU for it.
  note "PyTorch ($2) side by side" "$(if [ $code = 3 ]; then echo "NOT RUN"; else verdict $code; fi)" \
    "$([ $code = 0 ] || reason $code)"
  "$python" "$here/gpu_report.py" peer-checks "$work/$name.json" >"$work/last" 2>&1 &&
    while IFS=$'\t' read -r check outcome detail; do
      note "$check" "$outcome" "$detail"
    done <"$work/last"
}

part_peers() { peers peers eager,graphs; }

# This is a separate part, since torch.compile takes longer than everything else.
part_compile() { peers peers-compiled compile; }

jmh() { # jmh NAME SECONDS REGEX OPTIONS...
  local name=$1 most=$2 regex=$3 code
  shift 3
  if [ ! -f "$work/gpu-tae-bench.jar" ]; then
    note "JMH $name" "NOT RUN" "no gpu-tae-bench.jar"
    return
  fi
  # JMH locks a file in the temporary folder. Here it gets a separate folder, so that the lock of an earlier JMH does
  # not matter.
  limited "$most" "$java" "${java_options[@]}" "-Djava.io.tmpdir=$work/jmh" -cp "$work/gpu-tae-bench.jar:$jar" \
    org.openjdk.jmh.Main "$regex" -p "device=$device" "$@" -f 1 "${jmh_options[@]}" -foe false \
    -rf json -rff "$work/jmh/$name.json"
  code=$?
  # JMH exits with 0 even if a case fails: the failure is in the log, and the case is not in the JSON.
  if [ $code = 0 ] &&
    { grep -q -E '<failure>|WrongAnswerException' "$work/last" || [ ! -s "$work/jmh/$name.json" ]; }; then
    note "JMH $name" FAIL \
      "a case failed: $(grep -m1 -E 'Exception|Error' "$work/last" || grep -v '^ *$' "$work/last" | tail -n 1)"
  else
    note "JMH $name" "$(verdict $code)" "$([ $code = 0 ] || reason $code)"
  fi
}

part_trees() {
  jmh trees 90 MinimumSpanningTree -p "points=$tree_points" -p dimension=2,10 -p cloud=uniform
  jmh steps 60 TrainingStep -p "batch=${step_batches// /,}"
}

# profile_of NAME SECONDS SKIP COUNT COMMAND...: measures with Nsight Compute how long COUNT kernels of a command take,
# each alone, after its first SKIP kernels.
profile_of() {
  local name=$1 most=$2 skip=$3 count=$4 code
  shift 4
  # The clocks stay as they are, since all other figures are measured with them.
  limited "$most" "$ncu" --clock-control none --target-processes all --graph-profiling node \
    --launch-skip "$skip" --launch-count "$count" \
    --metrics gpu__time_duration.sum,smsp__inst_executed.sum,launch__registers_per_thread \
    --csv --log-file "$work/profile-$name.csv" "$@"
  code=$?
  cat "$work/profile-$name.csv" >>"$log"
  "$python" "$here/gpu_report.py" profile "$work/profile-$name.csv" >"$work/profile-$name.md" 2>>"$log" ||
    { [ $code != 0 ] || code=1; }
  note "profile, $name" "$(verdict $code)" "$([ $code = 0 ] || reason $code)"
}

part_profile() {
  local batch points dimension
  ncu=$(PATH=$PATH:/usr/local/cuda/bin command -v ncu)
  if [ "$device" != cuda ] || [ -z "$ncu" ]; then
    note "profile" "NOT RUN" "$([ "$device" = cuda ] && echo "no ncu" || echo "needs --device cuda")"
    return
  fi
  for batch in $step_batches; do
    # The 160 kernels follow two graphs of steps and hold some whole steps.
    profile_of "tae-$batch" 60 1400 160 "${gputae[@]}" train "${data[@]}" --device cuda --quiet --batch "$batch" \
      --epochs $((batch > 512 ? 3 : 1)) --out "$work/run/profile-$batch"
  done
  for points in ${tree_points//,/ }; do
    for dimension in 2 10; do
      "$python" "$here/gpu_report.py" cloud "$points" $dimension "$work/cloud.csv" || return
      profile_of "tree-$points-$dimension" 40 0 100 \
        "${gputae[@]}" h0 "$work/cloud.csv" --precision single --device cuda
    done
  done
}

# Runs half of reproduce: MNIST's twelve models, so that DIR need not hold another data set.
part_reproduce() {
  local code start=$SECONDS options=(--datasets mnist --data "$here" --only 'mnist-*')
  [ "$device" != host-runner ] || options=(--datasets "$work/images.npy" --only '*-d2')
  limited 150 "${gputae[@]}" reproduce "${options[@]}" --epochs "$hundred" --device "$device" \
    --out "$work/reproduce" --quiet
  code=$?
  note "reproduce, $(ls "$work/reproduce/runs" 2>/dev/null | wc -l) of 24 models, $hundred epochs" "$(verdict $code)" \
    "$([ $code = 0 ] && echo "$((SECONDS - start)) s" || reason $code)"
  [ $code = 0 ] && cat "$work/reproduce/tables/verdicts.md" >>"$log"
}

part_benchmarks() {
  jmh distances 60 SquaredDistanceMatrix -p "points=$tree_points" -p dimension=2,10
  jmh losses 60 'LossesOfPoints|DeathTimesGradient|BallGradient|SigmoidCrossEntropy|AdamStep'
  jmh clouds 60 MinimumSpanningTree -p "points=$tree_points" -p dimension=2,10 -p cloud=clustered,trained
  jmh dense 90 'DenseForward|DenseBackward' -p batch=128
  if "${gputae[@]}" doctor | grep -q '^OpenGL *[0-9]'; then
    jmh view 60 ViewFrame
  else
    note "JMH view" "NOT RUN" "$("${gputae[@]}" doctor | sed -n 's/^OpenGL *//p')"
  fi
}

# sanitized TOOL SECONDS WHAT COMMAND...: runs the command under a tool of compute-sanitizer.
sanitized() {
  local tool=$1 most=$2 what=$3 code
  shift 3
  limited "$most" "$sanitizer" --tool "$tool" --target-processes all --print-limit 1000 --error-exitcode 9 "$@"
  code=$?
  if [ $code = 124 ]; then
    note "$tool, $what" "NOT RUN" "$(reason $code)"
  else
    note "$tool, $what" "$(verdict $code)" \
      "exit $code: $(grep -a 'ERROR SUMMARY\|RACECHECK SUMMARY\|Error:' "$work/last" | tail -n 1)"
  fi
  # The log tells which kernels have errors, and how many.
  [ $code = 0 ] || sed -n 's/^=========  *at \(.*\)+0x.*/\1/p' "$work/last" | sort | uniq -c | sort -rn >>"$log"
}

part_sanitizer() {
  local tool sanitizer batch points
  sanitizer=$(PATH=$PATH:/usr/local/cuda/bin command -v compute-sanitizer)
  if [ "$device" != cuda ] || [ -z "$sanitizer" ]; then
    note "sanitizers" "NOT RUN" "$([ "$device" = cuda ] && echo "no compute-sanitizer" || echo "needs --device cuda")"
    return
  fi
  for tool in initcheck memcheck synccheck; do
    sanitized $tool "$sanitizer_limit" "self-test" "${gputae[@]}" doctor --selftest --device cuda
  done
  # Racecheck does not run the self-test: its large clouds would take minutes.
  for batch in 128 512; do
    sanitized racecheck "$sanitizer_limit" "steps of batch $batch" "${gputae[@]}" train --dataset digits --device cuda \
      --quiet --batch $batch --epochs 1 --out "$work/run/sanitized-$batch"
  done
  sanitized racecheck "$sanitizer_limit" "steps of batch 2048 without cuBLAS" "${gputae[@]}" train --dataset digits \
    --device cuda --quiet --batch 2048 --epochs 1 --products own --out "$work/run/sanitized-own"
  sanitized racecheck "$sanitizer_limit" "steps of topoae, class-deaths, landscape" "${gputae[@]}" train \
    --dataset digits --device cuda --quiet --batch 128 --epochs 1 --model topoae \
    --term class-deaths=0.01 --term landscape=0.0001 --out "$work/run/sanitized-terms"
  # The PH dimension begins with step 100.
  sanitized racecheck "$sanitizer_limit" "steps with the PH dimension" "${gputae[@]}" train --dataset digits \
    --device cuda --quiet --model ae --hidden 8 --batch 10 --epochs 1 --term ph-dim=0.001 \
    --out "$work/run/sanitized-dimension"
  for points in 100 3000; do
    "$python" "$here/gpu_report.py" cloud $points 3 "$work/cloud.csv" || return
    sanitized racecheck "$sanitizer_limit" "tree of $points points" \
      "${gputae[@]}" h0 "$work/cloud.csv" --precision single --device cuda
  done
}

report() {
  "$python" "$here/gpu_report.py" report "$work" "$out" "$device" "$SECONDS" "$1" ||
    say "gpu.sh: gpu_report.py failed; checks so far: $(cat "$work/checks.tsv" 2>/dev/null)"
}

run() { # run DIR OUT OPTIONS...
  [ $# -ge 2 ] || usage
  here=$(cd "$1" 2>/dev/null && pwd) || fail "no folder $1"
  mkdir -p "$2" || fail "cannot make $2"
  out=$(cd "$2" && pwd)
  shift 2
  device=cuda quick=no parts=$all_parts
  while [ $# -gt 0 ]; do
    case $1 in
      --quick) quick=yes; shift; continue ;;
      --device | --parts | --time-limit) [ $# -ge 2 ] || fail "$1 needs a value" ;;
      *) fail "unknown option $1" ;;
    esac
    case $1 in --device) device=$2 ;; --parts) parts=$2 ;; --time-limit) total=$2 ;; esac
    shift 2
  done
  case $device in cuda | cpu | host-runner) ;; *) fail "--device $device: cuda, cpu or host-runner" ;; esac
  [[ $total =~ ^[0-9]+$ ]] || fail "--time-limit $total: seconds"
  for p in ${parts//,/ }; do [[ ,$all_parts, == *,$p,* ]] || fail "--parts $p: known are $all_parts"; done
  command -v "$python" >/dev/null || fail "no $python; set PYTHON"

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/metrics" "$work/run" "$work/jmh"
  log=$out/log.txt
  : >"$log"
  export GPU_TAE_CACHE=$work/cache
  mkdir "$GPU_TAE_CACHE"

  # The program comes from DIR. Java comes from DIR too, if DIR has one, otherwise from the path.
  java=java jar=$work/gpu-tae.jar
  if [ -f "$here/runtime.tar.xz" ]; then
    unpack "$here/runtime.tar.xz" || say "trying the path's Java"
  fi
  local carried
  carried=$(find "$work" -path '*/bin/java' | head -n 1)
  [ -z "$carried" ] || java=$carried
  "$java" -version >>"$log" 2>&1 || fail "no Java: neither in $here nor on the path"
  { [ -f "$here/program.tar.xz" ] && unpack "$here/program.tar.xz"; } ||
    fail "no program in $here; make the folder with gpu.sh prepare"
  java_options=(-Djava.awt.headless=true)
  if [ "$device" = host-runner ]; then
    [ -d "${HOST_RUNNER:-}" ] || fail "--device host-runner: set HOST_RUNNER to target/host-runner of a build"
    java_options+=("-Dgputae.host.runner=$HOST_RUNNER")
  fi
  java_command="$java ${java_options[*]}"
  gputae=("$java" "${java_options[@]}" -jar "$jar")

  # The amount of work in each part.
  data=(--dataset mnist --data "$here/mnist")
  repeats=1000 curve_epochs=1 step_rounds=2 step_epochs=10 step_batches="128 512 4096"
  product_batches="128 512 1024 2048" hundred=100 tree_points=512,4096,16384
  peer_limit=100 peer_options=(--rounds 3) jmh_options=(-wi 1 -w 300ms -i 3 -r 400ms) sanitizer_limit=60
  if [ $quick = yes ]; then
    repeats=50 step_rounds=1 step_epochs=2 hundred=2 tree_points=512 jmh_options=(-wi 1 -w 100ms -i 1 -r 100ms)
    sanitizer_limit=30 peer_limit=150 peer_options=(--rounds 1 --seconds 0.2 --epochs 2)
  fi
  if [ "$device" = host-runner ]; then
    # The host runner is slow and its times mean nothing: 1,280 images are enough, and PyTorch is checked but not
    # compared with it.
    "$python" "$here/gpu_report.py" subset "$here/mnist" 1280 "$work/images.npy" || fail "cannot write 1,280 images"
    data=(--dataset "$work/images.npy")
    step_rounds=1 step_epochs=1 step_batches="128 512" hundred=2 tree_points=512
  fi

  {
    echo "date	$(date -u '+%Y-%m-%d %H:%M UTC')"
    echo "device	$device"
    echo "command	gpu.sh run --device $device --parts $parts --time-limit $total$([ $quick = no ] || echo ' --quick')"
    echo "processor	$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) threads"
    echo "java	$("$java" -version 2>&1 | tail -n 1)"
    echo "jar	sha256 $(cat "$here/gpu-tae.jar.sha256")"
    echo "python	$("$python" --version 2>&1)"
  } >"$work/environment.tsv"
  tee -a "$log" <"$work/environment.tsv"

  for p in ${all_parts//,/ }; do
    part=$p
    if [[ ,$parts, != *,$p,* ]]; then
      note "all of it" "NOT RUN" "left out by --parts"
    elif [ $((total - SECONDS)) -lt 5 ]; then
      note "all of it" "NOT RUN" "no time left of $total s"
    else
      say "== $p (after $SECONDS s)"
      "part_$p"
    fi
    report running
  done
  report ended
  echo
  cat "$out/report.md"
  ! cut -f3 "$work/checks.tsv" | grep -q -x FAIL
}

case ${1:-} in
  prepare) [[ $# -ge 2 && $# -le 3 ]] || usage; prepare "$2" "${3:-$HOME/.cache/gpu-tae/mnist}" ;;
  run) shift; run "$@" ;;
  *) usage ;;
esac
