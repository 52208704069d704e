#!/usr/bin/env bash
# Exports as other people's tools read them: networkx, graphology, Cytoscape.js, Frictionless,
# Graphviz, rdflib and pyshacl.
#   tests/formats/run.sh PROGRAM
# Installs what it needs beside it: a Python environment, npm packages, Debian's graphviz (as root).
set -euo pipefail
throughline=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$here"
command -v dot >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends graphviz; }
[ .venv/installed -nt requirements.txt ] ||
  { python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt && touch .venv/installed; }
[ node_modules/.package-lock.json -nt package-lock.json ] ||
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

"$throughline" export --format jsonl -o "$out/jsonl"
"$throughline" export --formats | awk '$1 !~ /^(jsonl|stratml|datapackage|ro-crate|csv$)/ { print $1 }' | while read -r format; do
  "$throughline" export --format "$format" -o "$out/$format"
done
"$throughline" schema --shacl > "$out/shapes"
"$throughline" export --format datapackage -o "$out/package"
question=../../seed/queries/reports-behind-a-recommendation.graphql
"$throughline" export --format ro-crate --query "$question" -o "$out/crate"
"$throughline" export --format ro-crate --query "$question" -o "$out/crate.zip"
(cd "$out/crate" && "$throughline" query query.graphql --variables "$(cat variables.json)" >"$out/asked-again.json")
dot -Tsvg "$out/dot" -o "$out/dot.svg" && [ -s "$out/dot.svg" ]
node check.mjs "$out"
.venv/bin/python check.py "$out"

# And back: what other tools wrote of it is read, with nothing lost.
for name in again.nq again.graphml; do
  "$throughline" import "$out/$name" -o "$out/$name.lines"
  "$throughline" export --data "$out/$name.lines" --format jsonl -o "$out/$name.jsonl"
done
"$throughline" import "$out/package/datapackage.json" -o "$out/package.lines"
"$throughline" export --data "$out/package.lines" --format jsonl -o "$out/package.jsonl"
.venv/bin/python again.py "$out"
