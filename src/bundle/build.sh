#!/usr/bin/env bash
# Makes the portable bundle: the jar, a Java runtime cut down to what the jar uses, and everything that both need of a
# system, except glibc. Maven calls this script.
#   build.sh JAVA_HOME JAR LICENSE WORK OUTPUT TIMESTAMP
# JAVA_HOME is a JDK 17 or newer. OUTPUT is the .tar.gz; from the same parts it has the same bytes. TIMESTAMP is the
# time of the files in it. The bundle holds:
#   gpu-tae-bundle/gpu-tae          the launcher
#                  gpu-tae.jar
#                  runtime/         Java; runtime/legal holds its licences
#                  LICENSE, THIRD-PARTY.txt, licenses/
# Debian's Java links to libraries of the system (HarfBuzz, FreeType, libjpeg and others). They go into runtime/lib: the
# DT_RPATH of runtime/bin/java lets the process find all its libraries there. The C++ runtime goes into runtime/lib/c++,
# which the launcher uses only where the system has no C++ runtime: that of Debian 12 needs glibc 2.36, everything else
# glibc 2.34. Other JDKs need fewer libraries of the system.
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
java_home=$1 jar=$2 license=$3 work=$4 output=$5 timestamp=$6
here=$(cd "$(dirname "$0")" && pwd)
most_bytes=$((60 << 20))

fail() { echo "gpu-tae: no bundle: $1" >&2; exit 1; }
[ -x "$java_home/bin/jlink" ] || java_home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
install_jdk="(Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)"
[ -x "$java_home/bin/jlink" ] ||
  fail "no jlink under $java_home: a JDK is needed, a JRE is not enough $install_jdk"
[ -f "$java_home/jmods/java.desktop.jmod" ] ||
  fail "$java_home has no jmods/java.desktop.jmod, which draws the figures $install_jdk"
for tool in readelf objcopy dpkg-query ldconfig; do
  command -v "$tool" > /dev/null ||
    fail "'$tool' is not on the path; bundles are made on Debian or Ubuntu (apt-get install binutils)"
done
java_home=$(readlink -f "$java_home")
fonts=/usr/share/fonts/truetype/dejavu
[ -f $fonts/DejaVuSans.ttf ] && [ -f $fonts/DejaVuSans-Bold.ttf ] ||
  fail "no DejaVu Sans under $fonts (apt-get install fonts-dejavu-core)"

rm -rf "$work" "$output"
bundle=$work/gpu-tae-bundle
runtime=$bundle/runtime
mkdir -p "$bundle/licenses"

# The runtime has the modules that the jar's classes refer to, with two exceptions. It lacks java.sql (Gson's dates) and
# java.compiler (annotations for compilers), which the classes use only where they are present. It has jdk.crypto.ec
# (the elliptic curves of https), which Java finds only at run time. With compression 1 the archive is smallest, since
# gzip compresses it further. The jar refers to some classes that it does not hold. LWJGL's Vulkan and its annotations
# are known not to matter here; any other missing class is a fault.
depends() { "$java_home/bin/jdeps" --multi-release 17 --ignore-missing-deps "$@" "$jar"; }
missing=$(depends -v | awk '
  $1 ~ /^org\.lwjgl\./ && $3 ~ /^org\.(lwjgl\.vulkan|jspecify)\./ { next }
  $2 == "->" && /not found$/ && $3 != "not" { print $3 }
' | sort -u)
[ -z "$missing" ] ||
  fail "$jar lacks $(wc -l <<< "$missing") classes that others of it refer to, ${missing%%$'\n'*} the first"
modules=$(depends -s | awk '$2 == "->" && $3 != "not" && $3 !~ /^java\.(sql|compiler)$/ { print $3 }' | paste -sd,)
"$java_home/bin/jlink" --add-modules "$modules,jdk.crypto.ec" --strip-debug --no-header-files --no-man-pages \
  --compress=1 --output "$runtime"
# Of java.desktop the bundle keeps only what draws without a screen.
rm -f "$runtime"/lib/{libawt_xawt,libjawt,libsplashscreen,libjsound}.so "$runtime/bin/keytool"

packages=()
ship() {  # ship FILE FOLDER: copies a file of the system and notes its package for THIRD-PARTY.txt
  cp -L "$1" "$2"
  # Since /lib is a link to /usr/lib, a package may know the file by either name.
  local package
  package=$({ dpkg-query -S "$1" "/usr$1" "${1#/usr}" 2> /dev/null || true; } | awk -F': ' 'NR == 1 { print $1 }')
  [ -f "/usr/share/doc/${package%:*}/copyright" ] ||
    fail "the licence of $1 is not known: it is of no package that has /usr/share/doc/PACKAGE/copyright"
  packages+=("$package ${1##*/}")
}

# Copies libraries, breadth first, until each library that is needed is here or belongs to glibc.
needs() { readelf -d "$1" 2> /dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p'; }
mkdir "$runtime/lib/c++"
mapfile -t files < <(find "$runtime/bin" "$runtime/lib" -type f \( -perm -u+x -o -name '*.so' \) | sort)
# The jar's native libraries need the C++ runtime even where this Java does not.
needed=(libstdc++.so.6 libgcc_s.so.1)
for ((i = 0; i < ${#files[@]}; i++)); do mapfile -t -O ${#needed[@]} needed < <(needs "${files[i]}"); done
for ((i = 0; i < ${#needed[@]}; i++)); do
  name=${needed[i]}
  case $name in
    libc.so.6 | libm.so.6 | libdl.so.2 | libpthread.so.0 | librt.so.1 | ld-linux-x86-64.so.2) continue ;;
    libstdc++.so.6 | libgcc_s.so.1) folder=$runtime/lib/c++ ;;
    *) folder=$runtime/lib ;;
  esac
  [ ! -e "$folder/$name" ] && [ ! -e "$runtime/lib/server/$name" ] || continue
  file=$(ldconfig -p | awk -v name="$name" '$1 == name && /x86-64/ && !found++ { print $NF }')
  [ -n "$file" ] || fail "the Java runtime needs $name, which is not installed here"
  ship "$file" "$folder"
  mapfile -t -O ${#needed[@]} needed < <(needs "$folder/$name")
done

mkdir "$runtime/lib/fonts"
for font in DejaVuSans.ttf DejaVuSans-Bold.ttf; do ship "$fonts/$font" "$runtime/lib/fonts"; done
cp "$here/fontconfig.properties" "$runtime/lib/"

cp "$jar" "$bundle/gpu-tae.jar"
cp "$here/gpu-tae" "$bundle/"
cp "$license" "$bundle/LICENSE"

# THIRD-PARTY.txt has the notices of this bundle's own parts, then those of the jar.
mkdir "$work/jar"
(jar=$(readlink -f "$jar") && cd "$work/jar" &&
  "$java_home/bin/jar" xf "$jar" META-INF/THIRD-PARTY.txt META-INF/licenses)
{
  title="Third-party software in this bundle beside gpu-tae.jar"
  printf '%s\n%s\n\n' "$title" "${title//?/=}"
  java=$(. "$runtime/release" && echo "$JAVA_VERSION")
  echo "runtime/    The Java runtime, OpenJDK $java, GNU General Public License 2 with the Classpath Exception;" \
    "in runtime/legal, that and the licences of its"
  echo "            parts, by module.$(package=$(dpkg-query -S "$java_home/bin/jlink" 2> /dev/null | sed 's/:.*//') &&
    dpkg-query -W -f=' Source package ${source:Package} ${source:Version}.' "$package")"
  echo
  echo "Unchanged files of Debian or Ubuntu packages, with the licences of each in licenses/PACKAGE.txt and the texts" \
    "these refer to beside them. Source code"
  echo "by package and version: https://snapshot.debian.org, https://launchpad.net/ubuntu"
  echo
  printf '%s\n' "${packages[@]}" | sort | while read -r package name; do
    dpkg-query -W -f="$(printf '%-24s' "$name")"'${Package} ${Version}, '\
'source package ${source:Package} ${source:Version}\n' "$package"
  done
  echo
  cat "$work/jar/META-INF/THIRD-PARTY.txt"
} > "$bundle/THIRD-PARTY.txt"
cp "$work"/jar/META-INF/licenses/* "$bundle/licenses/"
printf '%s\n' "${packages[@]%%[: ]*}" | sort -u | while read -r package; do
  cp -L "/usr/share/doc/$package/copyright" "$bundle/licenses/$package.txt"
done
{ grep -rhoE '/usr/share/common-licenses/[A-Za-z]+(-[0-9.]*[0-9])?' "$bundle/licenses" || true; } | sort -u |
  while read -r text; do
    if [ -f "$text" ]; then cp -L "$text" "$bundle/licenses/${text##*/}.txt"; fi
  done

mkdir -p "$(dirname "$output")"
tar --create --directory "$work" --sort=name --mtime="$timestamp" --owner=0 --group=0 --numeric-owner \
  --mode='u+w,a+rX,go-w' --format=ustar gpu-tae-bundle |
  gzip -n > "$output.new"
bytes=$(stat -c %s "$output.new")
mib() { echo "$((($1 * 10 >> 20) / 10)).$((($1 * 10 >> 20) % 10)) MiB"; }
[ "$bytes" -le $most_bytes ] ||
  fail "$output would have $(mib "$bytes"), and $(mib $most_bytes) is the most it may have"
mv "$output.new" "$output"
glibc=$(find "$runtime" -type f ! -path '*/lib/c++/*' \( -perm -u+x -o -name '*.so*' \) \
  -exec readelf -W --version-info {} + 2> /dev/null |
  grep -o 'Name: GLIBC_[0-9.]*' | sort -uV | tail -1)
echo "gpu-tae: $output has $(mib "$bytes"); Java's part of it needs glibc ${glibc#*_}"
