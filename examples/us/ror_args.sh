#!/bin/sh
# ror_args.sh government|repeated FILE: the two arguments of ror.jq, of a file of {release, record} lines.
case $1 in
government) zcat "$2" | jq -r '.record | select(any(.types[]; ascii_downcase == "government")).id[16:]' ;;
repeated) zcat "$2" | jq -r '.record | select(.status != "withdrawn").external_ids // {}
    | (if type == "array" then .[] else to_entries[] | {type: .key, all: .value.all} end)
    | (.type | ascii_downcase) as $scheme
    | (if .all | type == "array" then .all[] else .all end)
    | "\($scheme):\(if $scheme == "isni" then split(" ") | join("") else . end)"' | sort | uniq -d ;;
esac | tr '\n' ' '
