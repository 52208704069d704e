# Political divisions of Open Civic Data: ocd_divisions/divisions.jsonl.gz, a division a line.
# Keys: id ("ocd-division/country:us/state:ma"), name, parent, sameAs, sameAsNote, validFrom, validThrough,
# name_fr, abbreviation, url, census_geoid, gss_code, sgc.
# Out: a Place for each, part of its parent for as long as it is valid. One that is the same as another is
# merged into it, so that its name and id go over; one with a time of its own is but a close match.
# No home: counts of posts, and numbers that are unique only within a state.

def source: "source/ocd-divisions";

# "us-state-ma" of an id; what may not stand in ours becomes ~ and its code, and the middle of long ones goes.
def key: .[21:] | split("/") | join("-") | split(":") | join("-")
  | if contains(".") then split(".") | join("~2e") else . end
  | if @uri == . then . else @uri | split("%") | join("~") | ascii_downcase end
  | if length > 110 then "\(.[:60])~\(.[-49:])" else . end;

once({
  source: source,
  kind: "SourceDocument",
  name: "Open Civic Data division identifiers",
  description: "Countries and what they are divided into for politics; state of March 2026.",
  url: "https://github.com/opencivicdata/ocd-division-ids",
  licence: "CC0-1.0"
}),
(.id | key) as $key
| "place/ocd-\($key)" as $place
| (.id | split("/")[-1] | split(":")) as [$type, $code]
| (.name // $code) as $name
| {
    entity: $place, kind: "Place", name: $name, subtype: $type,
    identifiers: [
      {scheme: "ocd-division", value: .id},
      if .census_geoid then {scheme: "census-geoid", value: .census_geoid} else empty end,
      if .gss_code then {scheme: "gss-code", value: .gss_code} else empty end,
      if .sgc then {scheme: "sgc", value: .sgc} else empty end
    ],
    evidence: [quoted(source; $name)]
  }
  + (if .url then {url} else {} end)
  + (if .name_fr or .abbreviation then
      {aliases: ([.name_fr, .abbreviation | select(.)] | unique - [$name])}
    else {} end),
  (if .parent then
    # A key as long as its id begins with the parent's.
    (if ($key | length) + 21 == (.id | length) then $key[:(.parent | length) - 21] else .parent | key end)
      as $parent
    | {link: [$place, "partOf", "place/ocd-\($parent)"], evidence: [quoted(source; .parent)]}
      + (if .validFrom // .valiFrom then {validFrom: (.validFrom // .valiFrom)} else {} end)
      + (if .validThrough then {validUntil: .validThrough} else {} end)
  else empty end),
  (if .sameAs then
    "place/ocd-\(.sameAs | key)" as $same
    | if .validFrom or .validThrough or .sameAs == .parent then
        link($place; "closeMatch"; $same; quoted(source; .sameAsNote // .sameAs))
      else {merged: $place, into: $same} end
  else empty end)
