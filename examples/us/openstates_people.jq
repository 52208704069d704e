# People in office in Massachusetts: openstates_massachusetts/massachusetts/{legislature,executive,
# municipalities,retired}/*.yml, a person a file.
# Keys: id ("ocd-person/<uuid>"), name, other_names, other_identifiers, party, roles (type, district,
# jurisdiction, start_date, end_date), links, sources (url).
# Out: a source for each file; a Person; for each role a Membership in its body, held as a Role, with the
# Place it is for, whose identifier joins it to the divisions of Open Civic Data; a page for each address.
# No home: birth, death, gender, picture, e-mail, offices, and why a role ended.

def uuid: split("/")[-1];
def states: {ma: "Massachusetts"};
def chambers: {lower: "House of Representatives", upper: "Senate"};
def posts: {lower: "representative", upper: "senator", lt_governor: "lieutenant governor"};
def ordinals: {first: "1st", second: "2nd", third: "3rd", fourth: "4th", fifth: "5th"};

# "M. Moore" and "Moore, M." are how lists refer to a person, and many are called so.
def initials: test("^[A-Z]\\.|, [A-Z]\\.");

# "new_bedford" as "New Bedford".
def title: split("_") | map((.[:1] | ascii_upcase) + .[1:]) | join(" ");

# A role's body, post and place, the same for each who ever held it.
def office: . as $role
  | (.jurisdiction | ltrimstr("ocd-jurisdiction/") | rtrimstr("/government")) as $division
  | ($division | split("/") | map(split(":")[-1])) as $parts
  | (states[$parts[1]] // refuse("`\(.jurisdiction)` is in no state whose name is known here")) as $state
  | "openstates-\($parts[1:] | join("-") | slug)" as $key
  | (posts[.type] // .type) as $post
  | ($parts[2] // null | if . then title else $state end) as $where
  | {key: $key, division: "ocd-division/\($division)", state: $state, post: $post}
  | if $role | .type == "lower" or .type == "upper" then
      ("\(.key)-\($role.type)-\($role.district | slug)") as $seat
      | ($role.district | ascii_downcase | gsub("[^a-z0-9]+"; "_") | split("_")) as $words
      | ([ordinals[$words[0]] // $words[0]] + $words[1:] | join("_")) as $code
      | . + {
          body: "agency/\(.key)-\($role.type)",
          bodyName: "\($state) \(chambers[$role.type])",
          bodyKind: "chamber",
          role: "role/\($seat)", roleName: "\($state) state \($post), \($role.district)",
          place: "place/\($seat)", placeName: $role.district,
          placeKind: (if $role.type == "lower" then "state house district" else "state senate district" end),
          placeCode: "\(.division)/\(if $role.type == "lower" then "sldl" else "sldu" end):\($code)"
        }
    else . + {
        body: "agency/\(.key)-government",
        bodyName: "Government of \($where)",
        bodyKind: "government",
        bodyCode: $role.jurisdiction,
        role: "role/\(.key)-\($post | slug)", roleName: "\($post) of \($where)",
        place: "place/\(.key)", placeName: $where,
        placeKind: (if $parts[2] then "municipality" else "state" end),
        placeCode: .division
      }
    end;

# Addresses; the Legislature's codes of members are written in either case.
def address: split(" ") | join("%20") | rtrimstr("/")
  | if startswith("https://malegislature.gov/Legislators/Profile/") then
      split("/") | .[:-1] + [.[-1] | ascii_upcase] | join("/")
    else . end;

(.id | uuid) as $uuid
| "source/openstates-\($uuid)" as $source
| "person/openstates-\($uuid)" as $person
| .name as $name
| {
    source: $source,
    kind: "SourceDocument",
    name: "Open States record of \($name)",
    description: "The file \($file) of the people of Massachusetts, state of August 2026.",
    url: "https://github.com/openstates/people",
    licence: "CC0-1.0"
  },
  entity($person; "Person"; $name) + ({
    aliases: ([.other_names // [] | .[].name | select(initials | not)] | unique - [$name]),
    mentions: ([.other_names // [] | .[].name | select(initials)] | unique),
    url: ([.links // [] | .[] | select(.note | not) | .url | address][0] // null),
    nameInText: true,
    identifiers: (
      [{scheme: "openstates", value: .id}]
      + [.other_identifiers // [] | .[] | {scheme: (.scheme | split("_") | join("-")), value: .identifier}]
    ),
    evidence: [quoted($source; .name)]
  } | compact),

  # Roles; where one stands twice with one beginning, until the later end
  (.roles | group_by([.type, .jurisdiction, .district, .start_date])[] | max_by(.end_date // "9999")
   | office as $office
   | "\($uuid)-\(.type)-\(.district // .jurisdiction | split(":")[-1])" as $what
   | (.start_date // (.end_date // empty | "until-\(.)") // "undated") as $when
   | "membership/openstates-\($what | slug | .[:78])-\($when)" as $id
   | entity($id; "Membership"; "\($name), \($office.roleName)") + ({
       validFrom: .start_date, validUntil: .end_date, subtype: $office.post, nameInText: false,
       evidence: [
         (.start_date // empty | quoted($source; .) + {properties: ["validFrom"]}),
         (.end_date // empty | quoted($source; .) + {properties: ["validUntil"]})
       ]
     } | compact),
     link($id; "heldByMember"; $person; quoted($source; $name)),
     link($id; "inBody"; $office.body; inferred($source; .jurisdiction; "With the type of the role.")),
     link($id; "asRole"; $office.role;
       if .district then quoted($source; .district) else quoted($source; .type) end)),
  (.roles | [.[] | office + {words: (.district // .jurisdiction)}] | unique_by(.role)[]
   | entity(.role; "Role"; .roleName) + {subtype: .post, nameInText: false},
     entity(.body; "Agency"; .bodyName) + ({
       subtype: .bodyKind, nameInText: false,
       identifiers: [.bodyCode // empty | {scheme: "ocd-jurisdiction", value: .}]
     } | compact),
     entity(.place; "Place"; .placeName) + {
       subtype: .placeKind, identifiers: [{scheme: "ocd-division", value: .placeCode}]
     },
     link(.role; "postIn"; .body; inferred($source; .words; "The type of the role tells the body.")),
     link(.role; "concernsRegion"; .place; quoted($source; .words))),

  # Parties
  (.party // [] | .[].name | select(. != "Independent")
   | "organization/openstates-party-\(slug)" as $party
   | entity($party; "Organization"; "\(.) Party") + {subtype: "political party", nameInText: false},
     link($person; "memberOf"; $party; quoted($source; .))),

  # Pages
  ([(.links, .sources) // [] | .[].url] | unique_by(address | ascii_downcase)[]
   | "page/\(address | slug)" as $page
   | entity($page; "WebPage"; address | sub("^https?://(www\\.)?"; "")) + {url: address, nameInText: true},
     link($page; "describes"; $person; quoted($source; .)))
