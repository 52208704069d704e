# Members of Congress: us_congress/legislators-current.yaml, a person a row.
# Keys: id (codes), name, terms (type, start, end, state, district or class, party, url), leadership_roles.
# Out: the two chambers; a Person; for each term and each post of leadership a Membership in its chamber,
# held as a Role; seats with their Place, which the identifier joins to the divisions of Open Civic Data.
# No home: birthday, gender, family, offices, telephones, rank in the state.

def source: "source/congress-legislators";
def chambers: {rep: "agency/congress-house", house: "agency/congress-house",
  sen: "agency/congress-senate", senate: "agency/congress-senate"};
def posts: {rep: "representative", sen: "senator"};
def parties: {Democrat: "Democratic Party", Republican: "Republican Party"};
def territories: ["AS", "GU", "MP", "PR", "VI"];

# The division of a state, territory or the District, and of a district within it.
def division: ascii_downcase as $code
  | if $code == "dc" then "district" elif any(territories[] == .; .) then "territory" else "state" end
  | "ocd-division/country:us/\(.):\($code)";
def place($id; $name; $division; $subtype):
  entity($id; "Place"; $name)
    + {subtype: $subtype, identifiers: [{scheme: "ocd-division", value: $division}]};

# A post, and where it is: the same for each who ever held it.
def seat: .state as $state | .type as $type
  | (if $type == "rep" and .district > 0 then .district else null end) as $district
  | ([$state, $district // empty | tostring] | join(" ")) as $where
  | (if $type == "sen" then ", class \(.class)" else "" end) as $class
  | {
      role: "role/congress-\($type)-\("\($where)\($class)" | slug)",
      name: "\(posts[$type] | .[:1] | ascii_upcase)\(posts[$type][1:]) for \($where)\($class)",
      body: chambers[$type], place: "place/congress-\($where | slug)",
      where: $where, state: $state, district: $district
    };

# A term or another time in office, of {id, name, words (of the row, that name the person)}.
def membership($person; $role; $post; $subtype; $as_role):
  "\($person.id | sub("^person"; "membership"))-\($post | slug)-\(.start)" as $id
  | entity($id; "Membership"; "\($person.name), \($post), from \(.start)") + ({
      validFrom: .start, validUntil: .end, subtype: $subtype, nameInText: false,
      evidence: [
        quoted(source; .start) + {properties: ["validFrom"]},
        (.end // empty | quoted(source; .) + {properties: ["validUntil"]})
      ]
    } | compact),
    link($id; "heldByMember"; $person.id; quoted(source; $person.words)),
    link($id; "inBody"; chambers[.chamber // .type];
      inferred(source; .chamber // .type; "The file's word for the chamber.")),
    link($id; "asRole"; $role; $as_role);

once({
  source: source,
  kind: "SourceDocument",
  name: "Members of the United States Congress",
  description: "Who sits in Congress, with all terms, as volunteers keep it; state of June 2026.",
  url: "https://github.com/unitedstates/congress-legislators",
  licence: "CC0-1.0"
},
entity("agency/congress"; "Agency"; "United States Congress") + {subtype: "parliament"},
entity("agency/congress-house"; "Agency"; "United States House of Representatives") + {subtype: "chamber"},
entity("agency/congress-senate"; "Agency"; "United States Senate") + {subtype: "chamber"}),

.name as $name
| {
    id: "person/congress-\(.id.bioguide | ascii_downcase)",
    name: ($name.official_full // "\($name.first) \($name.last)"),
    words: ($name.official_full // $name.last)
  } as $person
| entity($person.id; "Person"; $person.name) + ({
    aliases: (["\($name | .first, .nickname // empty) \($name.last)"] | unique - [$person.name]),
    url: .terms[-1].url,
    nameInText: ($name.official_full != null),
    identifiers: [
      .id as $ids
      | ("bioguide", "wikidata", "govtrack", "thomas", "lis", "icpsr", "opensecrets", "votesmart", "fec")
      | . as $scheme
      | $ids[$scheme] // empty
      | (if type == "array" then .[] else . end)
      | {scheme: $scheme, value: tostring}
    ],
    evidence: [quoted(source; $person.words)]
  } | compact),

  # Terms
  (.terms[] | seat as $seat
   | membership($person; $seat.role; posts[.type]; posts[.type];
       inferred(source; .state; "Type, state, and district or class of a term tell the seat."))),
  ([.terms[] | seat] | unique[]
   | entity(.role; "Role"; .name) + {nameInText: false},
     link(.role; "postIn"; .body; inferred(source; .state; "The type of the term tells the chamber.")),
     link(.role; "concernsRegion"; .place; inferred(source; .state; "The seat is that of the state."))),

  # Places of the seats
  ([.terms[] | seat] | unique_by(.place)[] | select(.district)
   | place(.place; "\(.where) (congressional district)"; "\(.state | division)/cd:\(.district)";
       "congressional district"),
     link(.place; "partOf"; "place/congress-\(.state | slug)";
       inferred(source; .state; "A district is numbered within its state."))),
  ([.terms[].state] | unique[] | place("place/congress-\(slug)"; .; division; "state or territory")),

  # Leadership; where one stands twice with one beginning, until the later end
  (.leadership_roles // [] | group_by([.title, .start])[] | max_by(.end // "9999")
   | membership($person; "role/congress-\(.title | slug)"; .title; "leadership"; quoted(source; .title))),
  (.leadership_roles // [] | unique_by(.title)[] | "role/congress-\(.title | slug)" as $role
   | entity($role; "Role"; .title) + {subtype: "leadership", nameInText: true},
     link($role; "postIn"; chambers[.chamber]; quoted(source; .title))),

  # Parties, from the first term to the last that tells them
  ([.terms[] | .party_affiliations[]? // .] | group_by(.party)[] | . as $times
   | parties[.[0].party] // empty
   | "organization/congress-\(slug)" as $organization
   | entity($organization; "Organization"; .) + {subtype: "political party", nameInText: false},
     link($person.id; "memberOf"; $organization; quoted(source; $times[0].party))
       + {validFrom: ($times | map(.start) | min), validUntil: ($times | map(.end) | max)})
