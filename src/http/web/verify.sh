#!/bin/sh
# Rebuilds a vendored bundle in a temporary folder and compares it with the committed one.
# usage: verify.sh graphiql|overview
# 0: the same bytes. 1: other contents. Needs node >= 20, npm and its registry.
set -eu
web=$(cd "$(dirname "$0")" && pwd)
here=$web/$1/build
dist=$web/$1/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

(cd "$dist" && sha256sum --quiet -c SHA256SUMS)
mkdir -p "$work/bundle/build"
cp "$web/pack.mjs" "$work"
find "$here" -maxdepth 1 -type f -exec cp {} "$work/bundle/build" \;
cd "$work/bundle/build"
npm ci --ignore-scripts --no-audit --no-fund --silent
node build.mjs "$work/dist" >/dev/null

if cmp -s "$work/dist/SHA256SUMS" "$dist/SHA256SUMS" && cmp -s "$work/dist/SHA256SUMS.raw" "$dist/SHA256SUMS.raw"; then
  echo "the same bytes: $(wc -l <"$dist/SHA256SUMS") files"
elif cmp -s "$work/dist/SHA256SUMS.raw" "$dist/SHA256SUMS.raw"; then
  # Another release of brotli may pack the same contents in other bytes.
  echo "the same contents, packed by another brotli ($(node -p process.versions.brotli)): no difference that matters"
else
  diff "$dist/SHA256SUMS.raw" "$work/dist/SHA256SUMS.raw" || true
  echo "the committed bundle is not what its sources build" >&2
  exit 1
fi
