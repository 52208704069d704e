#!/bin/sh
# Tests the modules of the pages without a browser, and checks their types. Needs node >= 20; installs two packages.
set -eu
cd "$(dirname "$0")"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --silent
fi
node --test .
npx --no-install tsc -p .
