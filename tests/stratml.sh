#!/usr/bin/env bash
# Exports of StratML against the schemas of the standard, and real plans through both directions.
#   tests/stratml.sh PROGRAM DATA
# DATA holds xsd/ and plans as part1_*.xml and part2_*.xml. Needs xmllint.
set -euo pipefail
throughline=$1 data=$2 passed=0
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
part1=$data/xsd/StrategicPlanISOVersion20140401.xsd
part2=$data/xsd/PerformancePlanOrReport20160216.xsd

# valid NAME OPTION...: both parts of a plan, against their schemas.
valid() {
  local name=$1
  shift
  "$throughline" export "$@" --format stratml-1 -o "$out/$name.1.xml"
  "$throughline" export "$@" --format stratml-2 -o "$out/$name.2.xml"
  xmllint --noout --schema "$part1" "$out/$name.1.xml"
  xmllint --noout --schema "$part2" "$out/$name.2.xml"
  passed=$((passed + 2))
}

valid seed --of plan/hhs-eap-2023
for plan in "$data"/part[12]_*.xml tests/fixtures/stratml/report.xml; do
  name=$(basename "$plan" .xml)
  "$throughline" import --map stratml "$plan" -o "$out/$name.jsonl"
  valid "$name" --data "$out/$name.jsonl"
  "$throughline" import --map stratml "$out/$name.2.xml" -o "$out/$name.again.jsonl"
  difference=$("$throughline" diff --from "$out/$name.jsonl" --to "$out/$name.again.jsonl")
  [ -z "$difference" ] || { printf '%s comes back otherwise:\n%s\n' "$name" "$difference"; exit 1; }
  passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
