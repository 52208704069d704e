# Committees in Massachusetts: openstates_massachusetts/massachusetts/committees/*.yml, one a file.
# Keys: id ("ocd-organization/<uuid>"), name, other_names, chamber (upper, lower, legislature), jurisdiction,
# parent, members (name, role, person_id), links, sources.
# Out: a source for each file; an Agency, part of its chamber; `memberOf` for each member; of those whose
# role is not just "member" also a Membership, held as a Role. People and chambers come from
# openstates_people.jq, the legislature as a whole from here. The files have no dates.

def uuid: split("/")[-1];

(.id | uuid) as $uuid
| "source/openstates-\($uuid)" as $source
| "agency/openstates-\($uuid)" as $committee
| .name as $name
| (.jurisdiction | split("state:")[-1] | split("/")[0]) as $state
| "agency/openstates-\($state)" as $government
| {
    source: $source,
    kind: "SourceDocument",
    name: "Open States record of the committee: \($name)",
    description: "The file \($file) of the committees of Massachusetts, state of August 2026.",
    url: "https://github.com/openstates/people",
    licence: "CC0-1.0"
  },
  entity($committee; "Agency"; $name) + ({
    aliases: ([.other_names // [] | .[].name] | unique - [$name]),
    url: (.links // [] | .[0].url),
    subtype: .classification,
    nameInText: true,
    identifiers: [{scheme: "openstates", value: .id}],
    evidence: [quoted($source; .name)]
  } | compact),
  if .parent then
    link($committee; "partOf"; "agency/openstates-\(.parent | uuid)"; quoted($source; .parent))
  elif .chamber == "legislature" then
    entity("\($government)-legislature"; "Agency"; "Legislature of \($state | ascii_upcase)")
      + {subtype: "parliament", nameInText: false},
    link($committee; "partOf"; "\($government)-legislature"; quoted($source; .chamber))
  else
    link($committee; "partOf"; "\($government)-\(.chamber)";
      inferred($source; .chamber; "The file's word for the chamber."))
  end,
  (.members // [] | .[]
   | if .person_id then . else refuse("the member `\(.name)` has no id") end
   | "person/openstates-\(.person_id | uuid)" as $person
   | link($person; "memberOf"; $committee; quoted($source; .name)),
     if (.role // "member") == "member" then empty else
       "membership/openstates-\($uuid)-\(.person_id | uuid)" as $id
       | entity($id; "Membership"; "\(.name), \(.role) of \($name)")
           + {subtype: "committee seat", nameInText: false},
         link($id; "heldByMember"; $person; quoted($source; .name)),
         link($id; "inBody"; $committee; quoted($source; .role)),
         link($id; "asRole"; "role/openstates-\($uuid)-\(.role | slug)"; quoted($source; .role))
     end),
  ([.members // [] | .[].role // "member" | select(. != "member")] | unique_by(slug)[]
   | "role/openstates-\($uuid)-\(slug)" as $role
   | entity($role; "Role"; "\(.) of \($name)") + {subtype: "committee post", nameInText: false},
     link($role; "postIn"; $committee; quoted($source; .)))
