# Climate Policy Radar, which policies mention which: cpr_policy_mentions/mentions.json, the documents.
# Run without --rows: the one row is the whole file, because a document's name stands where another
# mentions it. {mentions: [{document_id_i, document_id_j, document_name_j, found_block}]}
# Out: a Law for each CCLW.legislative.<family>.<document>, a Plan for each CCLW.executive.…
# Of documents that nothing mentions the file tells the id alone. Families have no home.

def source: "source/cpr-mentions";
def legislative: startswith("CCLW.legislative.");
def work: (if legislative then "law" else "plan" end)
  + "/cpr-" + (ascii_downcase | split(".") | join("-"));

once({
  source: source,
  kind: "SourceDocument",
  name: "Policies mentioned in policies",
  description: "Mentions of climate laws and policies in the texts of others, by Climate Policy Radar.",
  url: "https://github.com/climatepolicyradar/policies-mentioned-in-policies",
  licence: "Apache-2.0"
}),
([.mentions | to_entries[] | .key as $at | .value | {
    id: .document_id_j, at: $at, name: .document_name_j
  }, {
    id: .document_id_i, at: $at
  }]
 | group_by(.id)[]
 | (map(select(.name))[0] // .[0])
 | .id as $id
 | if $id | startswith("CCLW.legislative.") or startswith("CCLW.executive.") | not then
     refuse("`\($id)` is neither of a legislature nor of an executive")
   else . end
 | entity($id | work; if $id | legislative then "Law" else "Plan" end; .name // $id) + ({
     description: (if .name then "" else "A climate policy document whose title the file does not give." end),
     subtype: ($id | split(".")[1]),
     nameInText: true,
     identifiers: [{scheme: "climate-policy-radar", value: $id}],
     evidence: [quoted(source; .name // $id) + {fragment: "row=\(.at + 1)"}]
   } | compact))
