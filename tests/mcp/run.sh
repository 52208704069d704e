#!/usr/bin/env bash
# The tools for assistants, driven by a client of the protocol's own SDK.   tests/mcp/run.sh PROGRAM URL
# Installs the SDK beside it.
set -euo pipefail
program=$(realpath "$1") url=$2
cd "$(dirname "$0")"
[ node_modules/.package-lock.json -nt package-lock.json ] ||
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
node check.mjs "$program" "$url"
