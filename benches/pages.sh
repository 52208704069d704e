#!/usr/bin/env bash
# Measures every sort of page on the server: of the seed, whose pages may take 5 ms and 100 KB as they are sent, of
# a trail of 300 links, which may take 30 ms to lay out and write, and of the synthetic graph, whose pages may take
# 50 ms. Each figure is the median of ROUNDS requests over one connection to a server that keeps no answers, so that
# every request is worked out; what the first request of a server would wait for has been done by then.
#
# Environment: ROUNDS=9, SCALE=1 (0 leaves the synthetic graph out), CARGO=cargo.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-9} scale=${SCALE:-1} cargo=${CARGO:-cargo} work=target/bench
mkdir -p "$work"
$cargo build --release --quiet
program=target/release/throughline
server="" failed=0
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

serve() { # arguments; sets url
  : >"$work/pages.url"
  THROUGHLINE_LOG=warn "$program" serve --listen 127.0.0.1:0 "$@" >"$work/pages.url" &
  server=$!
  until url=$(head -n 1 "$work/pages.url") && [ -n "$url" ]; do kill -0 "$server" || exit 1; sleep 0.1; done
  sleep 3 # what is asked once before the first reader
}
stop() { kill "$server" && wait "$server" 2>/dev/null || true; server=""; }

measure() { # most milliseconds, address
  local times sent
  times=$(for _ in $(seq "$rounds"); do echo "$url$2"; done |
    xargs curl -s -H 'accept: text/html' -w '%{time_starttransfer} %{time_pretransfer} %{http_code}\n' -o /dev/null $(for _ in $(seq "$((rounds - 1))"); do printf -- '-o /dev/null '; done) |
    awk '{ if ($3 != 200) { print "status", $3 > "/dev/stderr"; exit 1 } printf "%.2f\n", ($1 - $2) * 1000 }' | sort -n)
  sent=$(curl -s --compressed -H 'accept: text/html' -w '%{size_download}' -o /dev/null "$url$2")
  local median verdict=ok
  median=$(echo "$times" | awk -v half=$(((rounds + 1) / 2)) 'NR == half')
  awk -v is="$median" -v most="$1" -v sent="$sent" 'BEGIN { exit !(is > most || sent > 100000) }' && verdict=TOO-MUCH failed=1
  printf '%8s ms of %3s %7s B %-9s %s\n' "$median" "$1" "$sent" "$verdict" "$2"
}

ask() { curl -s "$url/graphql" -H 'content-type: application/json' -d "{\"query\":\"$1\"}"; }

echo "# the seed"
serve --answer-cache-bytes 0
link=$(ask '{ links(first: 1) { nodes { id } } }' | sed 's/.*"id":"\([^"]*\)".*/\1/')
for page in / '/search?q=maternal+health' '/search?kind=GOAL' /entity/initiative/ahem "/$link" /source/mass-gov-ahem \
  /trail/initiative/ahem '/trail/initiative/ahem?view=graph' '/trail/initiative/ahem?view=table' '/trail/initiative/ahem?view=timeline' \
  '/trail/initiative/ahem?view=markdown' '/path?from=report/severe-maternal-morbidity-2023&to=initiative/ahem' \
  '/compare?of=initiative/ahem&of=initiative/ahem-maternal-health' '/crosswalk?a=initiative/ahem&b=plan/hhs-eap-2023' \
  /matrix /gaps /timeline /overview /overview.json /schema '/schema?kind=Report' /quality /about /q /q/how-two-are-connected; do
  measure 5 "$page"
done
stop

echo "# a trail of 300 links"
awk 'BEGIN {
  print "{\"entity\":\"source/s\",\"kind\":\"SourceDocument\",\"name\":\"A source\"}"
  evidence = "\"evidence\":[{\"source\":\"source/s\",\"quote\":\"so it is\",\"basis\":\"STATED\"}]}"
  print "{\"entity\":\"initiative/0\",\"kind\":\"Initiative\",\"name\":\"The initiative that was begun\"}"
  for (i = 0; i < 32; i++) printf "{\"entity\":\"report/%d\",\"kind\":\"Report\",\"name\":\"Report %d of those that were written\"}\n", i, i
  for (i = 0; i < 67; i++) {
    printf "{\"entity\":\"recommendation/%d\",\"kind\":\"Recommendation\",\"name\":\"Recommendation %d of those that were given\"}\n", i, i
    printf "{\"link\":[\"recommendation/%d\",\"informs\",\"initiative/0\"],%s\n", i, evidence
    for (j = 0; j < 4; j++) printf "{\"link\":[\"report/%d\",\"recommends\",\"recommendation/%d\"],%s\n", (i + j * (i % 7 + 1)) % 32, i, evidence
  }
}' >"$work/trail-300.jsonl"
serve --answer-cache-bytes 0 --data "$work/trail-300.jsonl"
for view in outline graph table; do measure 30 "/trail/initiative/0?depth=12&more=1&view=$view"; done
echo "  $(curl -s "$url/trail/initiative/0?depth=12&more=1&view=graph" | grep -o 'class="edge ' | wc -l) links drawn"
stop

if [ "$scale" != 0 ]; then
  echo "# the synthetic graph at scale $scale"
  data=$work/scale-$scale
  [ -f "$data/graph.jsonl" ] || $cargo bench --quiet --bench generate -- "$data" "$scale" --tables --requests 1000
  serve --answer-cache-bytes 0 --data "$data/graph.jsonl"
  link=$(ask '{ links(first: 1) { nodes { id } } }' | sed 's/.*"id":"\([^"]*\)".*/\1/')
  # The first search builds the index of words.
  until [ "$(curl -s -o /dev/null -w '%{http_code}' "$url/search?q=clinic")" = 200 ]; do sleep 0.5; done
  for page in / '/search?q=recommendation+rural+clinic' '/search?kind=RECOMMENDATION' '/search?kind=REPORT' /entity/place/0 '/entity/place/0?list=concernsRegion' \
    /entity/agency/7 "/$link" /source/0 /trail/initiative/3 '/trail/goal/3?view=graph&more=1' \
    '/path?from=agency/7&to=goal/9' '/compare?of=agency/3&of=agency/4' '/crosswalk?a=initiative/3&b=initiative/4' \
    /matrix '/matrix?rows=INITIATIVE&columns=GOAL' /gaps '/timeline?kind=INITIATIVE' /schema '/quality?weakness=SINGLE_SOURCED' /about; do
    measure 50 "$page"
  done
  stop
  echo "# pages that count everything: the first request of a server that keeps answers, as it does by default"
  serve --data "$data/graph.jsonl"
  rounds=1
  for page in /quality /timeline; do measure 50 "$page"; done
  stop
fi
exit $failed
