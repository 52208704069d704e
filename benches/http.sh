#!/usr/bin/env bash
# Measures the server over HTTP beside its peers, on one machine and over one synthetic graph, and
# prints rates and the ratios that are promised: `just bench-http`, or `benches/http.sh chain p99`
# for some parts of `chain lookup evidenced p99 ask`.
#
# Every round measures every case once, one after another, so that a busy minute of the machine
# hits all; a ratio is taken within a round. Before anything is measured, answers are checked
# against the graph: as many nodes as its tables say, and no errors.
#
# Ours and the derived schema get the very same requests, each with random starts of its own. The
# servers in JavaScript (../shared/bench/peers, where they are there) and the `plain` schema are
# asked in the plain spelling for `reports(first: 10)`, always the same ten: they have no field that
# takes several ids, and a body that never changes can only help them.
#
# Environment: ROUNDS=5, SECONDS_EACH=4, SCALE=1, REQUESTS=10000 (different bodies), SHARED=../shared,
# THROUGHLINE_LOG=warn (no peer logs requests; `info` measures what `serve` does by default), CARGO=cargo.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never THROUGHLINE_LOG=${THROUGHLINE_LOG:-warn} LC_ALL=C
rounds=${ROUNDS:-5} each=${SECONDS_EACH:-4} scale=${SCALE:-1} requests=${REQUESTS:-10000}
shared=${SHARED:-../shared} cargo=${CARGO:-cargo}
work=target/bench data=target/bench/scale-$scale
sampled=40
parts=" ${*:-chain lookup evidenced p99 ask} "
for part in $parts; do
  case $part in chain | lookup | evidenced | p99 | ask) ;; *) echo "no such part: $part; there are chain, lookup, evidenced, p99, ask" && exit 2 ;; esac
done
wanted() { [[ $parts == *" $1 "* ]]; }
fail() { echo "error: $*" >&2; exit 1; }

started=()
finish() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; }
trap finish EXIT
trap 'exit 130' INT TERM

# --- tools ------------------------------------------------------------------------------------------
if ! command -v wrk >/dev/null; then
  [ "$(id -u)" = 0 ] && apt-get install -y wrk >/dev/null 2>&1 || fail "wrk is missing and could not be installed"
fi
# Linking oha as tightly as it asks for costs more than it saves.
if wanted p99 && ! command -v oha >/dev/null; then
  CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=2 \
    $cargo install oha --locked --quiet || echo "oha could not be installed: p99 is skipped"
fi
if ! command -v oha >/dev/null; then parts=${parts/ p99 / }; fi

# --- what is measured, and over what ---------------------------------------------------------------
mkdir -p "$work"
$cargo build --release --quiet
programs=$($cargo bench --bench generate --bench peers --no-run 2>&1) || { echo "$programs"; exit 1; }
program() { sed -n "s/.*Executable.*(\(.*$1-[0-9a-f]*\))\$/\1/p" <<<"$programs" | tail -1; }
stamp=$(cat benches/generate.rs benches/workload/mod.rs benches/http/*.graphql | sha256sum | cut -c1-16)-$requests
if [ "$(cat "$data/stamp" 2>/dev/null)" != "$stamp" ]; then
  echo "generating scale $scale"
  "$(program generate)" "$data" "$scale" --tables --requests "$requests"
  echo "$stamp" >"$data/stamp"
fi
# The plain spelling: one chain, and as many lookups as ours.
echo '{"query":"query Chain($n: Int!) { reports(first: $n) { id title year recommends(first: 10) { id title year informs(first: 10) { id title year goals(first: 10) { id title year } } } } }","variables":{"n":10}}' >"$data/chain-plain.jsonl"
grep -o 'report/[0-9]*' "$data/lookup.jsonl" | sed 's|report/\(.*\)|{"query":"query Lookup($id: ID!) { report(id: $id) { id title year } }","variables":{"id":"report:\1"}}|' >"$data/lookup-plain.jsonl"
echo '{}' >"$data/nothing.jsonl"

# Starts a program in the background and waits until its log has a line that looks like this.
start() {
  local log=$work/$1.log line=$2
  shift 2
  "$@" >"$log" 2>"$log.errors" &
  local pid=$!
  started+=("$pid")
  for _ in {1..1200}; do
    if grep -q "$line" "$log"; then return 0; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -5 "$log.errors" >&2
  return 1
}
start ours '^http' target/release/throughline serve --listen 127.0.0.1:0 --answer-cache-bytes 0 --data "$data/graph.jsonl" || fail "our server does not start"
ours=$(head -n 1 "$work/ours.log")/graphql
start peers '^http' "$(program peers)" --data "$data/graph.jsonl" --listen 127.0.0.1:0 || fail "the peers do not start"
peers=$(head -n 1 "$work/peers.log")

node_peers() {
  local from=$shared/bench/peers copy=$work/peers-copy
  if [ ! -f "$from/node.mjs" ]; then echo "$from is not here" && return 1; fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo "node or npm is not here" && return 1; fi
  for port in 4201 4202; do
    if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "port $port is taken" && return 1; fi
  done
  mkdir -p "$copy"
  if [ ! -d "$copy/node_modules" ] || ! cmp -s "$from/package.json" "$copy/package.json"; then
    rm -f "$copy/package.json" "$copy/package-lock.json"
    cp "$from/package.json" "$copy/"
    (cd "$copy" && npm install --no-fund --no-audit --ignore-scripts --silent) || { echo "npm install failed" && return 1; }
  fi
  cp -f "$from/node.mjs" "$copy/"
}
javascript=no
if wanted chain || wanted lookup; then
  if why=$(node_peers) && start node '^ready' node "$work/peers-copy/node.mjs" "$data"; then
    javascript=yes
  else
    echo "skipped: Mercurius and Yoga, and the ratios to them: ${why:-they do not start}"
  fi
fi

# --- answers are checked before they are counted ----------------------------------------------------
# How many nodes a chain from the starts of each line of a file has, by the tables. Two links of one
# triple are one link to us; to the servers in JavaScript they are two (`unique=0`).
expected() {
  awk -F '\t' -v unique="$1" -v starts="$2" '
    $2 == "recommends" || $2 == "informs" || $2 == "hasGoal" {
      if (!unique || !(($1, $3) in seen)) { to[$1] = to[$1] " " $3; seen[$1, $3] }
    }
    END {
      while ((getline level < starts) > 0) {
        count = 0
        for (hop = 0; hop <= 3; hop++) {
          n = split(level, ids, " "); count += n; level = ""
          for (i = 1; i <= n; i++) level = level to[ids[i]]
        }
        print count
      }
    }' "$data/edges.tsv"
}
# Asks the first bodies of a file; each answer must have the expected nodes. Sets `bytes[case]`.
declare -A url bodies bytes
check() {
  local name=$1 expectations=$2 n=0 total=0 answer nodes expected
  while read -r expected <&3 && IFS= read -r body <&4; do
    answer=$(curl -s -H 'content-type: application/json' --data-binary @- "${url[$name]}" <<<"$body")
    [[ $answer != *'"errors"'* ]] || fail "$name answers with errors: ${answer:0:300}"
    nodes=$(grep -o '"id":"' <<<"$answer" | wc -l)
    [ "$nodes" = "$expected" ] || fail "$name answers $nodes nodes; the tables say $expected"
    if [ "$name" = evidenced ]; then
      [ "$(grep -o '"quote":"' <<<"$answer" | wc -l)" -ge $((nodes - 10)) ] || fail "$name: a link came without its words"
    fi
    total=$((total + ${#answer})) n=$((n + 1))
  done 3<"$expectations" 4<"${bodies[$name]}"
  [ "$n" -gt 0 ] || fail "$name: nothing was checked"
  bytes[$name]=$((total / n))
}
cases=()
add() { cases+=("$1") url[$1]=$2 bodies[$1]=$data/$3.jsonl; }
fixed() { add "$1" "$peers/static/${bytes[$2]}" "$3"; bytes[$1]=${bytes[$2]}; }

head -n "$sampled" "$data/chain.jsonl" | sed 's/.*"ids":\[\(.*\)\].*/\1/; s/[",]/ /g; s|/|:|g' >"$work/starts"
expected 1 "$work/starts" >"$work/chain.nodes"
seq -s ' ' -f 'report:%.0f' 0 9 >"$work/plain.starts"
expected 0 "$work/plain.starts" >"$work/plain.nodes"
expected 1 "$work/plain.starts" >"$work/plain.unique"
seq "$sampled" | sed 's/.*/1/' >"$work/one"

add chain "$ours" chain
check chain "$work/chain.nodes"
if wanted chain; then
  add chain-derived "$peers/derived" chain
  check chain-derived "$work/chain.nodes"
  [ "${bytes[chain]}" = "${bytes[chain-derived]}" ] || fail "the derived schema answers ${bytes[chain-derived]} bytes, we ${bytes[chain]}"
  add chain-plain "$peers/plain" chain-plain
  check chain-plain "$work/plain.unique"
  if [ $javascript = yes ]; then
    add chain-mercurius http://127.0.0.1:4201/graphql chain-plain
    check chain-mercurius "$work/plain.nodes"
    add chain-yoga http://127.0.0.1:4202/graphql chain-plain
    check chain-yoga "$work/plain.nodes"
  fi
fi
if wanted chain || wanted p99; then fixed chain-static chain chain; fi
if wanted lookup; then
  add lookup "$ours" lookup
  check lookup "$work/one"
  if [ $javascript = yes ]; then
    add lookup-mercurius http://127.0.0.1:4201/graphql lookup-plain
    check lookup-mercurius "$work/one"
  fi
  fixed lookup-static lookup lookup
fi
if wanted evidenced; then
  add evidenced "$ours" evidenced
  check evidenced "$work/chain.nodes"
fi

# What looks at much of the graph: one request after another over one connection. Names and words come
# from the tables, by a seed; each answer is looked at once before any is timed.
asks=()
ask() {
  asks+=("$1") url[$1]=$ours bodies[$1]=$data/ask-$1.jsonl
  local answer
  answer=$(head -n 1 "${bodies[$1]}" | curl -s -H 'content-type: application/json' --data-binary @- "$ours")
  [[ $answer != *'"errors"'* && $answer == *"$2"* ]] || fail "$1 answers ${answer:0:300}"
}
if wanted ask; then
  [ "$(cat "$data/ask-stamp" 2>/dev/null)" = "$stamp" ] || awk -F '\t' -v to="$data/ask" '
    $2 == "Report" { names[++count] = $3 }
    END {
      srand(7)
      print "{\"query\":\"{ reports(where: {recommends: {some: {informs: {some: {name: {contains: \\\"transit\\\"}}}}}}, first: 20) { totalCount } }\"}" > (to "-filter.jsonl")
      print "{\"query\":\"{ reports(first: 0) { totalCount facets(by: [{}, {property: \\\"date\\\", datePart: YEAR}]) { by groups(first: 5) { count keys { value } } } } }\"}" > (to "-facets.jsonl")
      for (i = 0; i < 2000; i++) {
        name = names[int(rand() * count) + 1]
        print "{\"query\":\"query Named($name: String!) { reports(where: {name: {eq: $name}}) { totalCount nodes { id } } }\",\"variables\":{\"name\":\"" name "\"}}" > (to "-equality.jsonl")
        text = ""
        for (j = 0; j < 3; j++) { n = split(names[int(rand() * count) + 1], words, " "); text = text (j ? " " : "") words[n - int(rand() * 6)] }
        print "{\"query\":\"query Search($text: String!) { search(text: $text, first: 20) { totalCount kinds { count } edges { score node { id name } } } }\",\"variables\":{\"text\":\"" text "\"}}" > (to "-search.jsonl")
      }
    }' "$data/nodes.tsv"
  echo "$stamp" >"$data/ask-stamp"
  reports=$(awk -F '\t' '$2 == "Report"' "$data/nodes.tsv" | wc -l)
  ask filter '"totalCount":'
  ask equality '"totalCount":1,"nodes":[{"id":"report/'
  # The first to search a large graph is told to come back when the index of words is built.
  for _ in {1..600}; do
    [[ $(curl -s -H 'content-type: application/json' -d '{"query":"{ search(text: \"water\", first: 0) { totalCount } }"}' "$ours") == *OVERLOADED* ]] || break
    sleep 0.1
  done
  ask search '"score":'
  ask facets "\"totalCount\":$reports,\"facets\":[{\"by\":\"kind\",\"groups\":[{\"count\":$reports"
fi

# --- rounds ------------------------------------------------------------------------------------------
load() { wrk -t1 -c16 -d"$2s" --timeout 10s -s benches/http/bodies.lua "${url[$1]}" -- "${bodies[$1]}"; }
# Rounds, cases and rates; a run with a failed request does not count as one.
measure() {
  local said
  said=$(load "$1" "$each") || fail "wrk: $said"
  if grep -qE 'Non-2xx|Socket errors' <<<"$said"; then fail "$1: $(grep -E 'Non-2xx|Socket errors' <<<"$said")"; fi
  awk -v round="$2" -v name="$1" '/^Requests\/sec:/ { print round "\t" name "\t" $2 }' <<<"$said" >>"$work/measured"
}
: >"$work/measured"
echo "scale $scale, $rounds rounds of $each s a case, wrk -t1 -c16, $(nproc) processors, load $(cut -d ' ' -f 1 /proc/loadavg), log $THROUGHLINE_LOG, $(git rev-parse --short HEAD 2>/dev/null)"
awk '$1 > 0.5 { print "the machine was busy before this began: rates are too low, and ratios of short runs wander" }' /proc/loadavg
for name in "${cases[@]}"; do load "$name" 1 >/dev/null; done
for ((round = 1; round <= rounds; round++)); do
  for name in "${cases[@]}"; do measure "$name" "$round"; done
done
# "median least most" of the numbers on stdin.
spread() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'; }
of() { awk -F '\t' -v name="$1" '$2 == name { print $3 }' "$work/measured"; }

# Milliseconds of one request: the middle, and the slowest of a hundred.
time_asks() {
  local said round name
  for ((round = 1; round <= rounds; round++)); do
    for name in "${asks[@]}"; do
      said=$(wrk -t1 -c1 -d"${each}s" --latency --timeout 10s -s benches/http/bodies.lua "${url[$name]}" -- "${bodies[$name]}") || fail "wrk: $said"
      if grep -qE 'Non-2xx|Socket errors' <<<"$said"; then fail "$name: $said"; fi
      awk -v round="$round" -v name="$name" '
        function ms(text) { return text ~ /us$/ ? text / 1000 : text ~ /ms$/ ? text + 0 : text * 1000 }
        $1 == "50%" { print round "\tms-" name "\t" ms($2) } $1 == "99%" { print round "\tp99-" name "\t" ms($2) }' <<<"$said" >>"$work/measured"
    done
  done
}
if wanted ask; then time_asks; fi

if wanted p99; then
  rate=$(of chain | spread | awk '{ printf "%d", $1 / 2 }')
  # oha would ask for compressed answers, which ours gives and the static bytes are not: neither is.
  p99() {
    local said answered asked=$((rate * each))
    said=$(oha --no-tui --disable-compression --output-format json -z "${each}s" -c 16 -q "$rate" --latency-correction -m POST \
      -T application/json -Z "${bodies[$1]}" "${url[$1]}") || fail "oha: $said"
    said=$(tr -d ' \n' <<<"$said")
    answered=$(sed -n 's/.*"statusCodeDistribution":{"200":\([0-9]*\)}.*/\1/p' <<<"$said")
    [ -n "$answered" ] || fail "oha: not every answer to $1 was 200"
    [ "$answered" -ge $((asked * 98 / 100)) ] || echo "p99-$1, round $2: answered $answered of $asked, so that the delay is that of a queue that grows"
    sed -n 's/.*"latencyPercentiles":{[^}]*"p99":\([0-9.e-]*\).*/\1/p' <<<"$said" |
      awk -v round="$2" -v name="p99-$1" '{ print round "\t" name "\t" $1 * 1000 }' >>"$work/measured"
  }
  for ((round = 1; round <= rounds; round++)); do
    p99 chain "$round"
    p99 chain-static "$round"
  done
fi

# --- the table ---------------------------------------------------------------------------------------
printf '\n%-18s %12s %12s %12s %10s\n' 'requests a second' median least most bytes
for name in "${cases[@]}"; do
  read -r median least most < <(of "$name" | spread)
  printf '%-18s %12.0f %12.0f %12.0f %10d\n' "$name" "$median" "$least" "$most" "${bytes[$name]}"
done
if wanted p99; then
  printf '\n%-18s %12s %12s %12s\n' "ms at $rate a s" median least most
  for name in p99-chain p99-chain-static; do
    read -r median least most < <(of "$name" | spread)
    printf '%-18s %12.2f %12.2f %12.2f\n' "$name" "$median" "$least" "$most"
  done
fi
printf '\n%-32s %8s %8s %8s %8s %8s\n' ratio median least most bar goal
# LABEL A B BAR GOAL [FACTOR]: A/B of each round. Where the goal is under the bar, less is better.
ratio() {
  local median least most
  read -r median least most < <(awk -F '\t' -v a="$2" -v b="$3" -v factor="${6:-1}" '
    $2 == a { x[$1] = $3 } $2 == b { y[$1] = $3 } END { for (r in x) if (y[r] > 0) print factor * x[r] / y[r] }' "$work/measured" | spread) || true
  if [ -z "${median:-}" ]; then
    printf '%-32s %8s %8s %8s %8s %8s  skipped\n' "$1" - - - "$4" "$5"
    return
  fi
  awk -v label="$1" -v m="$median" -v l="$least" -v h="$most" -v bar="$4" -v goal="$5" 'BEGIN {
    less = goal != "-" && goal < bar + 0
    met = less ? m <= bar : m >= bar
    best = goal != "-" && (less ? m <= goal : m >= goal)
    printf "%-32s %8.2f %8.2f %8.2f %8s %8s  %s\n", label, m, l, h, bar, goal, best ? "goal" : met ? "bar" : "BELOW THE BAR"
  }'
}
if wanted chain; then
  ratio 'chain / mercurius' chain chain-mercurius 4 6
  ratio 'chain / derived' chain chain-derived 5 8
  ratio 'chain / static' chain chain-static 0.35 0.5
fi
if wanted lookup; then
  ratio 'lookup / static' lookup lookup-static 0.6 0.75
  ratio 'lookup / mercurius' lookup lookup-mercurius 4 -
fi
if wanted evidenced; then
  ratio 'evidenced / chain, per byte' evidenced chain 0.7 1 "$(awk "BEGIN { print ${bytes[evidenced]} / ${bytes[chain]} }")"
fi
if wanted p99; then ratio 'p99 / p99 of static' p99-chain p99-chain-static 3 1.5; fi
if wanted ask; then
  printf '\n%-32s %8s %8s %8s %8s\n' 'ms, one after another' median least most bar
  # LABEL NAME BAR
  asked() {
    local median least most
    read -r median least most < <(of "$2" | spread)
    awk -v label="$1" -v m="$median" -v l="$least" -v h="$most" -v bar="$3" 'BEGIN {
      printf "%-32s %8.2f %8.2f %8.2f %8s  %s\n", label, m, l, h, bar, bar == "-" ? "" : m <= bar ? "bar" : "OVER THE BAR" }'
  }
  asked "filter through two links" ms-filter 20
  asked "a name that is equal" ms-equality 1
  asked "three words, p99" p99-search 10
  asked "three words" ms-search -
  asked "facets over $reports" ms-facets 10
fi
