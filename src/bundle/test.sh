#!/usr/bin/env bash
# Unpacks the bundle in the root file system of a minimal Debian 12, which has no Java, no fonts and none of the
# libraries around them, and uses the bundle there as an ordinary user.
#   test.sh BUNDLE [ROOT]
# ROOT is such a root file system, or a folder that becomes one and is kept. Without ROOT the script makes one and
# deletes it in the end. The script needs root rights; to make a root file system it also needs debootstrap (apt-get
# install debootstrap) and the network.
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
glibc=2.34      # the oldest glibc on which the bundle promises to run,
glibcxx=3.4.29  # and the libstdc++ of its time, that of GCC 11

fail() { echo "gpu-tae: bundle test: $1" >&2; exit 1; }
[ $# -ge 1 ] && [ -f "$1" ] ||
  fail "usage: test.sh BUNDLE [ROOT]; '${1:-}' is no bundle (mvn -q -DskipTests -Pbundle package makes one)"
[ "$(id -u)" = 0 ] || fail "needs root rights, for chroot"
command -v jar > /dev/null || fail "no JDK's 'jar' on the path"
bundle=$(readlink -f "$1")
# The script mounts in a namespace of its own.
[ "${GPU_TAE_BUNDLE_TEST:-}" = unshared ] || exec unshare --mount env GPU_TAE_BUNDLE_TEST=unshared "$0" "$@"
work=$(mktemp -d)
mounts=()
trap 'for mount in "${mounts[@]}"; do umount "$mount"; done; rm -rf --one-file-system "$work"' EXIT

echo "== the newest symbols that anything in the bundle needs"
mkdir "$work/unpacked"
tar -xzf "$bundle" -C "$work/unpacked"
mkdir "$work/unpacked/jar"
(cd "$work/unpacked/jar" && jar xf ../gpu-tae-bundle/gpu-tae.jar gputae/native gputae/view/lwjgl/natives lib)
checked=0
while read -r file; do
  [ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] || continue
  checked=$((checked + 1))
  # The bundle's C++ runtime is used only where the system has none. It may be as new as the machine that made the
  # bundle.
  case $file in */runtime/lib/c++/*) continue ;; esac
  readelf -W --version-info "$file" | sed -n '/^Version needs/,$p' |
    { grep -oE 'Name: (GLIBC|GLIBCXX)_[0-9.]+' || true; } |
    sed "s|Name: \(.*\)_|\1 |; s|\$| ${file#"$work/unpacked/"}|"
done < <(find "$work/unpacked" -type f | sort) > "$work/needs"
[ $checked -ge 20 ] || fail "$checked binaries are too few to be all"
for limit in "GLIBC $glibc" "GLIBCXX $glibcxx"; do
  newest=$(awk -v name="${limit% *}" '$1 == name { print $2, $3 }' "$work/needs" | sort -V | tail -1)
  echo "${limit% *} ${newest}"
  [ "$(printf '%s\n' "${limit#* }" "${newest%% *}" | sort -V | tail -1)" = "${limit#* }" ] ||
    fail "${newest#* } needs ${limit% *}_${newest%% *}, and ${limit#* } is the limit"
done

root=${2:-$work/root}
mkdir -p "$root"
root=$(readlink -f "$root")
if [ ! -e "$root/etc/debian_version" ]; then
  command -v debootstrap > /dev/null || fail "no debootstrap (apt-get install debootstrap)"
  echo "== debootstrap"
  start=$SECONDS
  debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian > "$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log" >&2; fail "debootstrap failed"; }
  echo "$((SECONDS - start)) s, $(du -sm "$root" | cut -f1) MB"
fi
[ ! -e "$root/usr/share/fonts" ] && [ ! -e "$root/etc/fonts" ] &&
  ! chroot "$root" sh -c 'command -v java' > /dev/null ||
  fail "$root has Java or fonts, so it shows nothing"

user=4711
prepare() {  # prepare ROOT: puts the bundle and the home of its user into the root
  local home=$1/home/bundle-test
  rm -rf "$home"
  mkdir -p "$home/a folder" "$home/bin"
  tar -xzf "$bundle" -C "$home/a folder"
  # A link to a link, one of them relative.
  ln -s "../a folder/gpu-tae-bundle/gpu-tae" "$home/bin/link"
  ln -s /home/bundle-test/bin/link "$home/bin/gpu-tae"
  chown $user "$home"
  for folder in proc dev; do
    mount --bind /$folder "$1/$folder"
    mounts+=("$1/$folder")
  done
}
inside() {  # inside ROOT COMMAND...: runs the command in the root as an ordinary user
  local root=$1
  shift
  chroot --userspec=$user:$user "$root" env -i HOME=/home/bundle-test PATH=/home/bundle-test/bin:/usr/bin:/bin "$@"
}

prepare "$root"
home=$root/home/bundle-test
printf '0,0\n3,4\n3,4\n10,4\n' > "$home/cloud.csv"
cat > "$home/use" <<'USE'
set -eu
cd
fail() { echo "gpu-tae: bundle test: $1" >&2; exit 1; }
png() { [ "$(head -c 8 "$1" | od -An -tx1)" = " 89 50 4e 47 0d 0a 1a 0a" ] || fail "$1 is no PNG"; }
run() { runs=$(ls -d runs/*); [ -d "$runs" ] || fail "not one run: $runs"; }
whole() {  # whole RUN EPOCHS
  [ "$(wc -l < "$1/metrics.csv")" = $(($2 + 1)) ] || fail "$1/metrics.csv has not $2 epochs"
  for file in config.json model.safetensors checkpoint.safetensors latents.npy labels.npy report.html; do
    [ -s "$1/$file" ] || fail "no $1/$file"
  done
  for figure in latent losses generated; do png "$1/figures/$figure.png"; done
}

gpu-tae --version
gpu-tae doctor
gpu-tae doctor | grep '^figures  *PNG figures can be drawn' > /dev/null || fail "doctor: no figures"
if gpu-tae train --epochs "two words" > said 2>&1; then
  fail "wrong usage passes"
elif [ $? != 2 ]; then
  fail "wrong usage: not 2"
fi
grep -q "two words" said || fail "an argument with a space is torn: $(cat said)"

gpu-tae train --epochs 2
run
whole "$runs" 2
gpu-tae generate "$runs" --out "my samples.png"
png "my samples.png"
gpu-tae h0 cloud.csv --out deaths.csv
[ "$(tr '\n' ' ' < deaths.csv)" = "0 5 7 " ] || fail "deaths are $(cat deaths.csv)"

grown() {  # grown RUN LINES: waits until the metrics of the training $pid have more lines
  while [ "$(cat "$1/metrics.csv" 2> /dev/null | wc -l)" -le "$2" ]; do
    kill -0 $pid 2> /dev/null || fail "the training of $1 ended by itself"
    sleep 0.1
  done
}
stop() {  # stop SIGNAL EXIT: sends the signal to the training $pid, which must end with this exit status
  kill -"$1" $pid
  code=0
  wait $pid || code=$?
  [ $code = "$2" ] || fail "$1: exit $code, not $2"
}
for signal in TERM:143 INT:130; do
  name="stopped by ${signal%:*}"
  # A shell lets its background commands ignore SIGINT.
  env --default-signal=INT gpu-tae train --epochs 1000000 --quiet --out "$name" &
  pid=$!
  grown "$name" 1
  [ "$(readlink /proc/$pid/exe)" = "$HOME/a folder/gpu-tae-bundle/runtime/bin/java" ] ||
    fail "$(readlink /proc/$pid/exe) gets the signals"
  sed -n 's/.* \(\/.*\.so[.0-9]*\)$/\1/p' /proc/$pid/maps | sort -u > mapped
  stop "${signal%:*}" "${signal#*:}"
  [ -s "$name/checkpoint.safetensors" ] || fail "$name: no checkpoint"
done
name="stopped by TERM"
before=$(wc -l < "$name/metrics.csv")
gpu-tae train --resume "$name" --quiet &
pid=$!
grown "$name" "$before"
stop TERM 143
echo "resumed after epoch $((before - 1)), went on to epoch $(($(wc -l < "$name/metrics.csv") - 1))"

# The process must have loaded only libraries of the bundle and libraries that every Linux has.
others=$(sed "s|^$HOME/a folder/gpu-tae-bundle/runtime/.*||; s|^/tmp/gpu-tae-$(id -u)/.*||; s|.*/||" mapped |
  grep -vE -e '^$' \
    -e '^(libc|libm|libdl|libpthread|librt|libresolv|libnss_[a-z]*|libstdc\+\+|libgcc_s|ld-linux-x86-64)\.so' || true)
[ -z "$others" ] || fail "also needs of the system: $others"
USE
echo "== in Debian $(cat "$root/etc/debian_version"), minimal"
inside "$root" sh /home/bundle-test/use
rm -rf "$home" "$root/tmp/gpu-tae-$user"

echo "== in a root of glibc, sh, readlink and env alone"
barest=$work/barest
mkdir -p "$barest"/{usr/bin,usr/lib,usr/lib64,proc,dev,home} -m 755
mkdir -m 1777 "$barest/tmp"
for folder in bin lib lib64; do ln -s usr/$folder "$barest/$folder"; done
mkdir "$barest/usr/lib/x86_64-linux-gnu"
sed -n 's|^\(/usr\)\?\(/lib.*\.so\(\.[0-9]*\)*\)$|\2|p' "$root/var/lib/dpkg/info/libc6:amd64.list" |
  while read -r file; do
    case $file in */x86_64-linux-gnu/*/*) ;; *) cp -a "$root$file" "$barest$file" ;; esac
  done
cp -L "$root"/bin/{sh,readlink,env} "$barest/bin/"
prepare "$barest"
inside "$barest" sh -c 'cd && gpu-tae train --epochs 1 --quiet --out run && gpu-tae generate run --out samples.png'
for file in run/figures/latent.png run/report.html samples.png; do
  [ -s "$barest/home/bundle-test/$file" ] || fail "no $file"
done
echo "gpu-tae: bundle test passed"
