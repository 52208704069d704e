#!/usr/bin/env bash
# Runs every client against a server and prints a line for each.
# usage: run.sh http://127.0.0.1:PORT
# Installs what the clients need beside them, and Debian's chromium when there is none (as root).
set -uo pipefail
[ $# -eq 1 ] || { sed -n '3p' "$0" | cut -c3- >&2; exit 2; }
export THROUGHLINE_URL=${1%/}
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
cd "$(dirname "$0")" || exit
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

packages() {
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
}

chromium() {
  [ -x "$CHROMIUM" ] || {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
  }
}

typescript() { cd typescript && packages && npm test; }
page() { cd browser && packages && chromium && node --test "$1.test.mjs"; }
python() {
  cd python && {
    [ .venv/installed -nt requirements.txt ] ||
      { python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt && touch .venv/installed; }
  } && .venv/bin/python -m unittest && .venv/bin/python initiatives.py --csv "$scratch/initiatives.csv" &&
    [ -s "$scratch/initiatives.csv" ]
}

# client NAME COMMAND...: ok or FAILED with the time, and what it said if it failed.
client() {
  local name=$1 began=$EPOCHREALTIME outcome=ok
  shift
  ("$@") >"$scratch/log" 2>&1 || outcome=FAILED
  printf '%-12s %-6s %5.1f s\n' "$name" "$outcome" "$(awk "BEGIN { print $EPOCHREALTIME - $began }")"
  [ $outcome = ok ] || { failed=1; sed 's/^/    /' "$scratch/log"; }
}

curl -sSf -o /dev/null "$THROUGHLINE_URL/readyz" || { echo "no Throughline server answers at $THROUGHLINE_URL" >&2; exit 1; }
client typescript typescript
client cytoscape page cytoscape
client sigma page sigma
client python python
client curl bash curl/questions.sh "$THROUGHLINE_URL"
exit $failed
