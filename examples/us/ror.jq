# Research Organization Registry: ror/ror_latest.jsonl.gz, {release, record} a line, of two generations.
# First: name, aliases, acronyms, labels, types, links, established, addresses, country, external_ids (an
# object), relationships, status. Second: names, types, links, established, locations, external_ids (an
# array), relationships, status.
# Out: an Agency or Organization and its relations. A parent and its child tell the same link, as do
# successor and predecessor, and two that are related.
# Only the whole file tells whether the other end of a relation is an Agency, and whether another record
# has the same identifier. Hence two arguments, which tools/ror_args.sh makes, a space after each word:
#   --arg government="03yrm5c26 …"  records of the type government; without it all are Organizations
#   --arg repeated="wikidata:Q1 …"  identifiers that several records have, to be left out
# What a withdrawn record is known by elsewhere is left to those that stand in its place.
# No home: where a body sits, but in the description; the language of a name; the history of the record.

def source: "source/ror";
def code: ltrimstr("https://ror.org/");
def among($list): "\(.) " as $word | $list // "" | contains($word);
def body: (if among($args.government) then "agency" else "organization" end) + "/ror-" + .;

# Characters that turn the direction of reading are refused, and stand at the ends of a few names.
def plain: split("\u202c") | join("");

# Both generations alike: {name, names, site, place, ids: [{scheme, all}]}
def alike: if has("names") then
    {
      name: [.names[] | select(any(.types[]; . == "ror_display")).value][0],
      names: [.names[].value],
      site: [.links[] | select(.type == "website").value][0],
      place: (.locations[0].geonames_details // {} | [.name, .country_name]),
      ids: [.external_ids[] | {scheme: .type, all}]
    }
  else
    {
      name,
      names: [.aliases[], .acronyms[], .labels[].label],
      site: .links[0],
      place: [.addresses[0].city, .country.country_name],
      ids: [.external_ids // {} | to_entries[] | {scheme: (.key | ascii_downcase), all: .value.all}]
    }
  end;

def identifiers: .ids[] | .scheme as $scheme
  | (if .all | type == "array" then .all[] else .all end)
  | (if $scheme == "isni" then split(" ") | join("") else . end) as $value
  | select("\($scheme):\($value)" | among($args.repeated) | not)
  | {scheme: $scheme, value: $value};

once({
  source: source,
  kind: "SourceDocument",
  name: "Research Organization Registry",
  description: "Organizations that do or pay for research: records changed from March 2022 to June 2026.",
  url: "https://github.com/ror-community/ror-records",
  licence: "CC0-1.0"
}),
(.record
 | (.id | code) as $code
 | ($code | body) as $self
 | ([.types[] | ascii_downcase] | sort) as $types
 | alike as $alike
 | (if .status == "active" then "" else " (\(.status))" end) as $ended
 | entity($self; if $self | startswith("agency/") then "Agency" else "Organization" end; $alike.name) + {
     aliases: ([$alike.names[] | plain] | unique - [$alike.name]),
     description: (
       (if $types == [] then "body" else $types | join(", ") end)
       + "\($ended) in \([$alike.place[] | select(.)] | join(", "))"
     ),
     nameInText: true,
     identifiers: (
       [{scheme: "ror", value: $code}]
       + (if .status == "withdrawn" then [] else [$alike | identifiers] end)
     ),
     evidence: [quoted(source; $alike.name)]
   }
   + (if $alike.site then {url: $alike.site} else {} end)
   + (if .established then {date: {edtf: ("000\(.established)" | .[-4:]), kind: "OCCURRED"}} else {} end)
   + (if any($types[]; . == "government") then {subtype: "government"}
      elif $types == [] then {}
      else {subtype: ($types - ["funder"] | .[0] // $types[0])} end),
   (.relationships[]
    | (.id | code) as $other
    | ($other | body) as $it
    | (.type | ascii_downcase) as $type
    | quoted(source; .label) as $said
    | if $type == "parent" then link($self; "partOf"; $it; $said)
      elif $type == "child" then link($it; "partOf"; $self; $said)
      elif $type == "predecessor" then link($self; "succeeds"; $it; $said)
      elif $type == "successor" then link($it; "succeeds"; $self; $said)
      elif $type == "related" then
        if $code < $other then link($self; "associatedWith"; $it; $said)
        else link($it; "associatedWith"; $self; $said) end
      else refuse("`\(.type)` is no known relation") end))
