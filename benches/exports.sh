#!/usr/bin/env bash
# What exports cost at a scale of the workload: in process (rates and memory of each format), then from a
# server, by how much it grows while it sends each.   usage: benches/exports.sh [SCALE]
set -euo pipefail
cd "$(dirname "$0")/.."
scale=${1:-1}
data=target/bench/$scale
[ -f "$data/graph.jsonl" ] || cargo bench --quiet --bench generate -- "$data" "$scale"
cargo bench --quiet --bench exports -- "$data/graph.jsonl"

cargo build --quiet --release
target/release/throughline serve --listen 127.0.0.1:0 --data "$data/graph.jsonl" >"$data/url" 2>/dev/null &
server=$!
trap 'kill $server' EXIT
until [ -s "$data/url" ]; do
  kill -0 $server
  sleep 0.1
done
url=$(head -n 1 "$data/url")
memory() { awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/$server/status; }
idle=$(memory VmRSS)
echo "server: $idle MB idle; over /export:"
for format in $(target/release/throughline export --formats | awk '$1 !~ /^(stratml|csv$)/ { print $1 }'); do
  echo 5 >/proc/$server/clear_refs
  rate=$(curl -sf -o /dev/null -w '%{size_download} %{time_total}' "$url/export?format=$format" |
    awk '{ printf "%.0f MB, %.0f MB/s", $1 / 1e6, $1 / 1e6 / $2 }')
  echo "$format: $rate, $(($(memory VmHWM) - idle)) MB above idle"
done
