#!/usr/bin/env bash
# Questions by curl and jq, one after the other. Needs nothing else.
# usage: questions.sh [URL]
set -euo pipefail
url=${1:-${THROUGHLINE_URL:-http://127.0.0.1:4000}}

question() { printf '\n== %s\n' "$1"; }

# ask QUERY [VARIABLES]: the data, or the first error in its words and a failure.
ask() {
  jq -n --arg query "$1" --argjson variables "${2:-null}" '{$query, $variables}' |
    curl -sS "$url/graphql" -H 'content-type: application/json' -H 'accept: application/graphql-response+json' -d @- |
    answer
}

answer() { jq 'if .errors then "\(.errors[0].extensions.code): \(.errors[0].message)\n" | halt_error(1) else .data end'; }

# get PATH [PARAMETER...]: a plain link, each parameter as curl encodes it.
get() {
  local path=$1 parameters=() parameter
  shift
  for parameter; do parameters+=(--data-urlencode "$parameter"); done
  curl -sS -G "$url$path" ${parameters[@]+"${parameters[@]}"}
}

question 'What is here?'
# `by: [{}]` counts by kind.
ask '{ entities(first: 0) { facets(by: [{}]) { groups(first: 5) { count keys { value } } } } links(first: 0) { totalCount } version { label } }' |
  jq -r '"\(.links.totalCount) links, version \(.version.label)", (.entities.facets[0].groups[] | "\(.count)\t\(.keys[0].value)")'

question 'Which report or body advised what, and in which words?'
ask '{
  recommendations(first: 3) {
    nodes { name recommendedBy { edges { node { name } evidence { basis quote source { name } } } } }
  }
}' | jq -r '.recommendations.nodes[] | .name as $what | .recommendedBy.edges[]
  | "\(.node.name) recommends: \($what) (\(.evidence[0].basis))\n    “\(.evidence[0].quote)” \(.evidence[0].source.name)"'

question 'Who is meant by a few words, even mistyped?'
ask 'query ($text: String!) { search(text: $text, first: 3) { nodes { id name kind { name } } } }' '{"text": "maternl helth"}' |
  jq -r '.search.nodes[] | "\(.id)\t\(.kind.name): \(.name)"'

question 'All links, page by page: how many are stated, how many inferred?'
after=null
bases=""
while [ "$after" != done ]; do
  page=$(ask 'query ($after: String) {
    links(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { basis } }
  }' "{\"after\": $after}")
  bases+=$(jq -r '.links.nodes[].basis' <<<"$page")$'\n'
  after=$(jq -r '.links.pageInfo | if .hasNextPage then .endCursor | tojson else "done" end' <<<"$page")
done
sort <<<"${bases%$'\n'}" | uniq -c

# -- questions with an address ------------------------------------------------------------------------

question 'Which questions are saved here?'
get /q | jq -r '.queries[:5][] | "/q/\(.name)\t\(.title)"'

question 'How are two things connected, by the best evidence?'
# The ends of a path that is there in any graph: somebody two links from somebody else.
from=$(ask '{ links(first: 1) { nodes { from { id } } } }' | jq -r '.links.nodes[0].from.id')
to=$(ask 'query ($of: ID!) { neighborhood(of: [$of], depth: 2) { nodes { entity { id } } } }' "{\"of\": \"$from\"}" |
  jq -r '.neighborhood.nodes[-1].entity.id')
get /q/how-two-are-connected.json "from=$from" "to=$to" first=1 | answer |
  jq -r '.paths.paths[0] | "\(.grade), \(.length) links", (.hops[] | "  \(.sentence)\n      “\(.link.evidence[0].quote)”")'

question 'Which links are inferred?'
get /q/weak-links.json weakness=INFERRED first=2 | answer | jq -r '.weakLinks | "\(.totalCount), such as", (.nodes[] | "  \(.sentence)")'

# -- asking for less -----------------------------------------------------------------------------------

question 'The same question again: has anything changed?'
etag=$(curl -sS -o /dev/null -w '%header{etag}' "$url/q/weak-links.json")
curl -sS -o /dev/null -w '%{http_code}\n' -H "if-none-match: $etag" "$url/q/weak-links.json"

question 'A query by its hash: the text goes over the wire once'
query='{ version { label } }'
hash=$(printf %s "$query" | sha256sum | cut -d' ' -f1)
extensions="extensions={\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"$hash\"}}"
# A server that does not know it answers PERSISTED_QUERY_NOT_FOUND: send hash and text together, once.
if get /graphql "$extensions" | jq -e '.errors[0].extensions.code == "PERSISTED_QUERY_NOT_FOUND"' >/dev/null; then
  get /graphql "$extensions" "query=$query" | answer >/dev/null
fi
get /graphql "$extensions" | answer | jq -r .version.label

# -- errors: a code for programs, words for people -----------------------------------------------------

# refused CODE: passes an answer that was refused with that code, and prints its words.
refused() { jq -er --arg code "$1" '.errors[0] | select(.extensions.code == $code) | "\($code): \(.message)"'; }

question 'What is answered to a field that is not there?'
get /graphql 'query={ recomendations { totalCount } }' | refused GRAPHQL_VALIDATION_FAILED

question 'To a page that is too large?'
get /graphql 'query={ links(first: 5000) { totalCount } }' |
  jq -er '.errors[0].extensions | select(.code == "LIMIT_EXCEEDED").limit | "\(.asked) asked for, \(.allowed) allowed"'

question 'To a cursor that is none?'
get /graphql 'query={ links(after: "zz") { totalCount } }' | refused BAD_CURSOR

question 'To an id that nothing has? Nothing, and no error: the field is null.'
ask '{ entity(by: { id: "agency/nobody" }) { name } }' | jq -c .

question 'To a question that is not there?'
get /q/nobody-asked.json | refused NOT_FOUND
