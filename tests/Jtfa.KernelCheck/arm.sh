#!/bin/sh
# Runs the kernels' shared products as ARM code: with products of bytes in fours (a Pi 5 has them) and without (a Pi 4).
# Needs, on Debian: apt-get install qemu-user libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross
set -eu
cd "$(dirname "$0")"
for needed in qemu-aarch64 /usr/aarch64-linux-gnu/lib/libstdc++.so.6; do
  [ -e "$needed" ] || command -v "$needed" > /dev/null || { echo "$needed is missing: see the head of $0" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dotnet publish -c Release -r linux-arm64 --self-contained -o "$folder" --nologo -v quiet -p:RestorePackagesWithLockFile=false
for processor in max cortex-a72; do
  echo "$processor"
  qemu-aarch64 -cpu "$processor" -L /usr/aarch64-linux-gnu "$folder/Jtfa.KernelCheck"
done
