#!/usr/bin/env bash
# Makes one graph of the public data sets in a folder and asks it two questions.
#   examples/us/real.sh DATA [OUT]
# DATA holds the data sets, a folder each, as README.md lists them; OUT (target/real) takes the lines.
# THROUGHLINE names the program; the release build if absent.
# Where GNU time is installed, the memory of each step is printed too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=${1:?the folder with the data sets}
out=${2:-target/real}
throughline=${THROUGHLINE:-target/release/throughline}
mkdir -p "$out"

# measured FILE COMMAND...: runs it and puts the most memory that it had, in MB, into FILE.
measured() {
  local memory=$1
  shift
  if [ -x /usr/bin/time ]; then
    /usr/bin/time -f %M -o "$memory" "$@" && awk '{ printf "%.0f", $1 / 1024 }' "$memory" > "$memory.mb" && mv "$memory.mb" "$memory"
  else
    echo "?" > "$memory"
    "$@"
  fi
}

# make NAME PROGRAM FILE... [-- OPTION...]: rows become $out/NAME.jsonl; the report goes to $out/NAME.txt.
make() {
  local name=$1 program=$2 files=() options=()
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do files+=("$1"); shift; done
  [ $# -gt 0 ] && { shift; options=("$@"); }
  local began=$EPOCHREALTIME
  if ! measured "$out/$name.mb" "$throughline" import --map "$here/$program.jq" "${files[@]}" --keep-going "${options[@]}" \
    -o "$out/$name.jsonl" 2> "$out/$name.txt"; then
    cat "$out/$name.txt" >&2
    return 1
  fi
  printf '%-22s %6.1f s %5s MB  ' "$name" "$(awk "BEGIN { print $EPOCHREALTIME - $began }")" "$(cat "$out/$name.mb")"
  grep -E '^[0-9]+ (rows,|added)' "$out/$name.txt" | paste -sd' '
  sed -n '/ refused:$/,/^[0-9]* added/p' "$out/$name.txt" | grep -v ' added,' | sed 's/^/      /' | cut -c1-150 || true
}

whole=$EPOCHREALTIME
echo "== rows to lines"
make usc_containers usc_containers "$data"/us_code/containers_derived.jsonl.gz
make usc_sections usc_sections "$data"/us_code/sections_derived.jsonl.gz -- --data "$out/usc_containers.jsonl"
make usc_citations usc_citations "$data"/us_code/citations_derived.jsonl.gz \
  -- --data "$out/usc_containers.jsonl,$out/usc_sections.jsonl"
make ecfr_agencies ecfr_agencies "$data"/us_agencies/ecfr_agencies.json -- --rows agencies
make omb_bureaus omb_bureaus "$data"/us_agencies/omb_bureau_codes.csv
make pgov_goals performance_gov_goals "$data"/performance_gov/goals.json
make pgov_targets performance_gov_targets "$data"/performance_gov/target.json -- --data "$out/pgov_goals.jsonl"
make fpi_programs fpi_programs "$data"/federal_program_inventory/programs_full.jsonl.gz \
  -- --data "$out/usc_containers.jsonl,$out/usc_sections.jsonl"
make fpi_organizations fpi_organizations "$data"/federal_program_inventory/extracted/organizations.json
make fpi_outcomes fpi_outcomes "$data"/federal_program_inventory/extracted/Taxonomy_GWO_crosswalk.csv \
  "$data"/federal_program_inventory/extracted/Taxonomy_PON_crosswalk.csv -- --data "$out/fpi_programs.jsonl,$out/usc_containers.jsonl,$out/usc_sections.jsonl"
make ai_2023 ai_2023 "$data"/us_ai_use_cases/2023_consolidated_ai_inventory_raw.csv
make ai_2024_v1 ai_2024 "$data"/us_ai_use_cases/2024_consolidated_ai_inventory_raw.csv
make ai_2024_v2 ai_2024 "$data"/us_ai_use_cases/2024_consolidated_ai_inventory_raw_v2.csv
make cpr_documents cpr_documents "$data"/cpr_policy_mentions/mentions.json
make cpr_mentions cpr_mentions "$data"/cpr_policy_mentions/mentions.json \
  -- --rows mentions --data "$out/cpr_documents.jsonl"
make legislators congress_legislators "$data"/us_congress/legislators-current.yaml
make committees congress_committees "$data"/us_congress/committees-current.yaml -- --data "$out/legislators.jsonl"
# What both files have comes from the current one alone.
current=$(grep -o '"thomas-committee","value":"[A-Z0-9]*' "$out/committees.jsonl" | sed 's/.*"//' | paste -sd' ')
make committees_historical congress_committees "$data"/us_congress/committees-historical.yaml \
  -- --data "$out/legislators.jsonl,$out/committees.jsonl" --arg "current=$current"
make memberships congress_memberships "$data"/us_congress/committee-membership-current.yaml \
  -- --data "$out/legislators.jsonl,$out/committees.jsonl"
mapfile -t people < <(find "$data"/openstates_massachusetts -path '*/massachusetts/*/*.yml' -not -path '*/committees/*' | sort)
mapfile -t seats < <(find "$data"/openstates_massachusetts -path '*/committees/*.yml' | sort)
make people openstates_people "${people[@]}"
make state_committees openstates_committees "${seats[@]}" -- --data "$out/people.jsonl"
make ror ror "$data"/ror/ror_latest.jsonl.gz \
  -- --arg "government=$(sh "$here/ror_args.sh" government "$data"/ror/ror_latest.jsonl.gz)" \
  --arg "repeated=$(sh "$here/ror_args.sh" repeated "$data"/ror/ror_latest.jsonl.gz)"
make ocd_divisions ocd_divisions "$data"/ocd_divisions/divisions.jsonl.gz

all=()
for name in usc_containers usc_sections usc_citations ecfr_agencies omb_bureaus pgov_goals pgov_targets \
  fpi_programs fpi_organizations fpi_outcomes ai_2023 ai_2024_v2 cpr_documents cpr_mentions legislators committees committees_historical \
  memberships people state_committees ror ocd_divisions; do
  all+=("$out/$name.jsonl")
done

echo "== matches: identifiers first, then what was reviewed"
"$throughline" match --data "${all[@]}" "$here/matches.jsonl" --least 1 -o "$out/matches.jsonl"

echo "== one graph"
began=$EPOCHREALTIME
measured "$out/check.mb" "$throughline" check --counts --data "${all[@]}" "$here/matches.jsonl" "$out/matches.jsonl"
measured "$out/snapshot.mb" "$throughline" snapshot --data "${all[@]}" "$here/matches.jsonl" "$out/matches.jsonl" -o "$out/graph.snapshot"
printf 'checked, and written as a snapshot, in %.1f s; %s and %s MB at most\n' \
  "$(awk "BEGIN { print $EPOCHREALTIME - $began }")" "$(cat "$out/check.mb")" "$(cat "$out/snapshot.mb")"

echo "== two versions of one inventory: $out/ai_2024.diff"
"$throughline" diff --from "$out/ai_2024_v1.jsonl" --to "$out/ai_2024_v2.jsonl" > "$out/ai_2024.diff"

echo "== questions"
for question in programs-by-law hhs-maternal-health; do
  "$throughline" query --data "$out/graph.snapshot" "$here/questions/$question.graphql" > "$out/$question.json"
  printf '%-24s %s bytes, %s quotes\n' "$question" "$(wc -c < "$out/$question.json")" \
    "$(grep -c '"quote"' "$out/$question.json")"
done
printf 'all in %.1f s\n' "$(awk "BEGIN { print $EPOCHREALTIME - $whole }")"
