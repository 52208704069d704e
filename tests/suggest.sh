#!/usr/bin/env bash
# How good proposals are: each page of the seed is read as if nobody had read it, and what is proposed is
# compared with what people drew from it. First with what the other page taught; then with all names known,
# as they are once the proposed names have been gone through.
#   tests/suggest.sh PROGRAM SOURCES
set -euo pipefail
throughline=$1 sources=$2

page() {
  local id=$1 text=$2 other=$3
  echo "== $id, names of the other page"
  "$throughline" suggest "$text" --source "source/$id" --data "seed/$other.jsonl" --against "seed/$id.jsonl" 2>&1 >/dev/null
  echo "== $id, all names known, none of its links"
  "$throughline" suggest "$text" --source "source/$id" --against "seed/$id.jsonl" 2>&1 >/dev/null
}
page mass-gov-ahem "$sources/mass-gov-advancing-health-equity.txt" hhs-eap-2023
page hhs-eap-2023 "$sources/hhs-2023-equity-action-plan.txt" mass-gov-ahem
