#!/bin/sh
# Opens a running server in Chromium: every page, a journey by keyboard and one without scripts, and GraphiQL.
# usage: tests/browser/run.sh http://127.0.0.1:PORT [--shots DIR]
# Installs what it needs: Debian's chromium when there is none (as root), and two npm packages.
set -eu
[ $# -ge 1 ] || { sed -n '3p' "$0" | cut -c3- >&2; exit 2; }
case "${3:-}" in ""|/*) ;; *) set -- "$1" "$2" "$PWD/$3" ;; esac
cd "$(dirname "$0")"

CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
export CHROMIUM
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --silent
fi

status=0
for script in pages journey graphiql; do
  echo "# $script"
  node "$script.mjs" "$@" || status=1
done
exit $status
