# Committees of Congress: us_congress/committees-current.yaml and committees-historical.yaml, one a row.
# Keys: type (house, senate, joint), name, thomas_id, url, jurisdiction, subcommittees (name, thomas_id);
# in the historical file also names (Congress: name) and congresses.
# Out: an Agency for each, part of its chamber (which congress_legislators.jq makes) or committee.
# What both files have comes from the current one alone: --arg current="$(ids)", the ids of its committees and
# subcommittees with spaces between, leaves it out of the historical one.
# No home: addresses, telephones, feeds, channels, pages of the minority, and in which Congresses one stood,
# but for the description.

def chambers: {house: "agency/congress-house", senate: "agency/congress-senate", joint: "agency/congress"};
def historical: has("congresses");
def source: "source/congress-committees" + (if historical then "-historical" else "" end);
def told_elsewhere($id): historical and ($args.current // "" | split(" ") | any(.[]; . == $id));
def times: if historical then
    .congresses | "Stood in \(length) Congresses, from the \(min) to the \(max), numbered from 1789."
  else null end;

(once({
  source: source,
  kind: "SourceDocument",
  name: "Committees of the United States Congress\(if historical then " since 1973" else "" end)",
  description: "Committees and subcommittees, as volunteers keep them; state of June 2026.",
  url: "https://github.com/unitedstates/congress-legislators",
  licence: "CC0-1.0"
})),
. as $row
| source as $source
| .name as $name
| "agency/congress-\(.thomas_id | ascii_downcase)" as $committee
| (if told_elsewhere(.thomas_id) then empty else
    entity($committee; "Agency"; .name) + ({
      aliases: ([.names // {} | .[]] | unique - [$name]),
      description: (.jurisdiction // times),
      url,
      subtype: "committee",
      nameInText: true,
      identifiers: [
        {scheme: "thomas-committee", value: .thomas_id},
        (.house_committee_id // empty | {scheme: "house-committee", value: .})
      ],
      evidence: [quoted($source; .name)]
    } | compact),
    link($committee; "partOf"; chambers[.type];
      inferred($source; .type; "The type of a committee is its chamber, or that it is of both."))
  end),
  (.subcommittees // [] | .[]
   | "\($row.thomas_id)\(.thomas_id)" as $id
   | if $row | told_elsewhere($id) then empty else
       ($id | "agency/congress-\(ascii_downcase)") as $subcommittee
       | entity($subcommittee; "Agency"; "\(.name) (\($name))") + ({
           aliases: ([.name, (.names // {} | .[])] | unique),
           description: times,
           subtype: "subcommittee",
           nameInText: false,
           identifiers: [{scheme: "thomas-committee", value: $id}],
           evidence: [quoted($source; .name)]
         } | compact),
         link($subcommittee; "partOf"; $committee; quoted($source; .name))
     end)
