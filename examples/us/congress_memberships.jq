# Who sits on which committee of Congress: us_congress/committee-membership-current.yaml.
# One row, the whole file: {<committee or subcommittee>: [{name, party, rank, title, bioguide, chamber}]}.
# Out: a link `memberOf` for each seat; of those with a title also a Membership, held as a Role.
# People come from congress_legislators.jq, committees from congress_committees.jq.
# No home: rank, and whether with the majority or the minority. The file has no dates.

def source: "source/congress-committee-membership";

once({
  source: source,
  kind: "SourceDocument",
  name: "Membership of the committees of the United States Congress",
  description: "Who sits on the committees and subcommittees, as volunteers keep it; state of June 2026.",
  url: "https://github.com/unitedstates/congress-legislators",
  licence: "CC0-1.0"
}),
(to_entries[]
 | .key as $committee
 | "agency/congress-\($committee | ascii_downcase)" as $body
 | .value | to_entries[]
 | {fragment: "/\($committee)/\(.key)"} as $place
 | .value
 | "person/congress-\(.bioguide | ascii_downcase)" as $person
 | link($person; "memberOf"; $body; quoted(source; .name) + $place),
   if .title then
     ("membership/congress-\($committee)-\(.bioguide)" | ascii_downcase) as $id
     | ("role/congress-" + ("\($committee) \(.title)" | slug)) as $role
     | (quoted(source; .title) + $place) as $said
     | entity($id; "Membership"; "\(.name), \(.title)") + {subtype: "committee seat", nameInText: false},
       entity($role; "Role"; .title) + {subtype: "committee post", nameInText: true},
       link($role; "postIn"; $body; $said),
       link($id; "heldByMember"; $person; quoted(source; .name) + $place),
       link($id; "inBody"; $body; $said),
       link($id; "asRole"; $role; $said)
   else empty end)
