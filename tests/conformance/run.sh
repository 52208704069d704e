#!/usr/bin/env bash
# Other people's judges, against one server: the schema's quality, the gate for breaking changes, GraphQL over HTTP,
# Relay's connections, persisted queries, and random questions with graphql-js as the oracle.
# tests/conformance/run.sh URL [BASE]
# URL is where the server listens, BASE the revision whose schema is the promise (the newest tag, or the commit before).
# Installs what it needs beside it.
set -uo pipefail
url=$1 base=${2:-}
cd "$(dirname "$0")" || exit 1
[ node_modules/.package-lock.json -nt package-lock.json ] ||
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || exit 1
code=0
node gate.mjs $base || code=1
for judge in schema http-audit relay persisted oracle; do
  node "$judge.mjs" "$url/graphql" || code=1
done
exit $code
