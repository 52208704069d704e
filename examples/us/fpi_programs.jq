# Federal Program Inventory, programs_full.jsonl.gz (github.com/GSA/federal-program-inventory): a row is a
# program.
#
# id, name, popular_name, objective, sam_url, program_type: the Program.
# top_agency_name, sub_agency_name: who runs it (the sub-agency, if there is one) and who oversees that.
# authorizations[].text: the laws it rests on. Sections of the United States Code are linked to as
#   law/usc-<title>-<section>, which another data set defines; a section that it lacks is refused there.
#   Public laws, executive orders and acts by their names are Laws of our own.
# categories: Topics. gwo, pons: the outcomes it is for, which are Goals. beneficiary_types: Populations.
#
# Columns that are not used, as the ontology has nothing for them: applicant_types, assistance_types,
# obligations, outlays and other_program_spending by year, results by year, improper_payments,
# rules_regulations, is_subpart_f, usaspending_url, grants_url.

def source: "source/fpi-programs";

# Ids of agencies are made of names: the file has no codes.
def department: "agency/fpi-\(slug | sub("^department-of-(the-)?"; "") | .[0:45])";
def bureau($of): "\($of | department)--\(slug | .[0:60])";

# What an authorization says

# Short texts are quoted whole, and of long ones the words that name the law.
def words($text): if ($text | length) <= 300 then $text else . end;

# "16 U.S.C. 3831-3835a", "20 U.S.C. 1087-56": a hyphen joins two sections where the number behind it is not
# lower than that before, and is part of a section otherwise. Of a range, both its ends are named.
def number: capture("^(?<digits>[0-9]+)").digits | tonumber;
def sections:
  gsub("–"; "-") | ascii_downcase | split("-")
  | reduce .[] as $part ([];
      if length > 0 and ($part | number) < (.[-1] | number)
      then .[:-1] + ["\(.[-1])-\($part)"] else . + [$part] end);

def section: "[0-9]+[A-Za-z]{0,4}(?:[-–][0-9]+[A-Za-z]{0,3})*";
def cited: section + "(?: ?\\([0-9A-Za-z]+\\))*(?: ?et\\.? ?seq\\.?)?";
def code: "U\\. ?S\\. ?C\\.?|U\\.?S\\.? Code|USC(?: Code)?|United States Code";
def sign: "(?:(?:§|&sect;|[Ss]ections?|[Ss]ecs?\\.?)[ ,]*)*";

# Each citation begins with a title: "42 U.S.C. § 254b(a), 254c and 256. 134 Stat. 1182".
def code_sections($text):
  $text | gsub("(?<title>\\b[0-9]{1,2} ?(?:" + code + "))"; "|\(.title)") | split("|")[1:][]
  | capture("^(?<words>(?<title>[0-9]{1,2}) ?(?:" + code + ")(?: ?A\\.)?(?: ?U\\.S\\.C\\.)?[ ,.:]*" + sign
      + "(?<list>" + cited
      + "(?:(?:, and|,| and| &| or| to| through| ?[-–])? (?:§|&sect;)* ?" + cited + ")*)"
      + "(?<next> ?(?:Stat|C\\.?F\\.?R|Fed\\.|of the ))?)")
  | .words as $words | (.title | tonumber) as $title | (.next // "") as $next
  | [.list | gsub("\\([^)]*\\)"; " ") | scan(section)]
  # The number before "Stat." is a volume; before "of the … Act", all but the first are sections of that.
  | (if $next == "" then . elif $next == " of the " then .[:1] else .[:-1] end)[] | sections[]
  | {id: "law/usc-\($title)-\(.)", words: $words};

def public_laws($text):
  $text
  | match("(?:Pub(?:lic)?\\.? ?L(?:aw)?s?\\.?|\\bP\\. ?L\\.?) ?(?:No[.:]? ?)?(?:PL,? ?)?([0-9]{2,3})"
          + "(?:st|nd|rd|th)?(?: Congress)?(?: ?[-–,] ?)([0-9]{1,3})(?:-([0-9]{1,3}))?\\b"; "g")
  | .string as $words | [.captures[].string]
  # "Pub. L. 117, 117-58" repeats the number of the Congress.
  | (if .[2] != null then [.[1], .[2]] else .[:2] end | map(tonumber)) as [$congress, $law]
  | select($congress >= 57 and $congress <= 130)
  | {id: "law/fpi-public-law-\($congress)-\($law)", words: $words, name: "Public Law \($congress)-\($law)",
     citation: "Pub. L. \($congress)-\($law)", subtype: "public law",
     identifiers: [{scheme: "public-law", value: "\($congress)-\($law)"}],
     url: "https://www.govinfo.gov/link/plaw/\($congress)/public/\($law)"};

def executive_orders($text):
  $text | match("(?:Executive Order|E\\.?O\\.?)(?: No\\.?)? ?([0-9]{5})\\b"; "g")
  | .captures[0].string as $number
  | {id: "law/fpi-executive-order-\($number)", words: .string, name: "Executive Order \($number)",
     citation: "E.O. \($number)", subtype: "executive order",
     identifiers: [{scheme: "executive-order", value: $number}]};

# The name of an act, without case and signs. "Act of 2024" and "Act, 2024" are one.
def plain:
  ascii_downcase | gsub("['’.]"; "") | gsub("[^a-z0-9]+"; "-") | sub("^-"; "") | sub("-act-of-"; "-act-");
# Too long a name keeps its end, where the year is.
def shortened: if length <= 105 then . else .[0:65] + "--" + .[-38:] end;
# As all who write a name otherwise make the same entity, its name is made anew.
def small: ["of", "and", "the", "for", "to", "in", "on", "with", "from", "by", "or"];
def acronyms: ["cares", "usa", "phs", "dhs", "us", "stop", "impact", "storm"];
def titled:
  split("-")
  | map(. as $word
        | if any(small[]; . == $word) then .
          elif any(acronyms[]; . == $word) then ascii_upcase
          else (.[:1] | ascii_upcase) + .[1:] end)
  | join(" ")
  | if test("Appropriation") then sub(" Act (?<year>[0-9]{4})$"; " Act, \(.year)")
    else sub(" Act (?<year>[0-9]{4})$"; " Act of \(.year)") end;

def joining: "(?:(?:of|and|for|the|to|in|on|with|from|by|\\([A-Z]+\\)) )*";
def acts($text):
  # One piece for each name that ends in Act.
  $text | gsub("\\bAct\\b(?<year> of [0-9]{4}|,? (?:19|20)[0-9]{2})?"; "Act\(.year // "")|") | split("|")[]
  | capture("(?<name>(?:(?:[A-Z][A-Za-z'’.-]*|&),? " + joining + ")+Act(?: of [0-9]{4}|,? [0-9]{4})?)$").name
  # Without what stands before it: "Title XVIII of the", "XIX, B,", "Pub. L.", "The".
  | sub("^(?:.*\\b)?(?:Title|Part|Subpart|Subtitle|Division|Section|Chapter|Pub\\. L\\.),? "; "")
  | sub("^(?:(?:[IVXL]+|[A-Z](?:-[A-Z0-9])?)(?:,| of| and) ?(?:the )?(?:and )?)+"; "")
  | sub("^(?:the|The) "; "")
  # The words as they stand, and the name without an acronym in brackets.
  | {words: ., name: gsub(" \\([A-Z]+\\)"; "")}
  | select(.name | test("^[A-Z].*[a-zA-Z]{3,} Act|^[A-Z]{3,} Act"))
  | select(.name | test("^(?:This|Said|Such|That|Reform|Organic|Authorization) Act") | not)
  | select(.name | test("Appropriations Act$") | not)
  | (.name | plain) as $plain
  | {id: "law/fpi-\($plain | shortened)", words, name: ($plain | titled), subtype: "act"};

def laws:
  (.authorizations // [])[] | (.text // "") | fold | . as $text
  | (code_sections($text), public_laws($text), executive_orders($text), acts($text))
  | .words as $words | . + {quote: ($words | words($text))};

. as $row
| (.top_agency_name // refuse("no agency")) as $top
| "program/fpi-\(.id | slug)" as $program
| ($top | department) as $department
| (if .sub_agency_name == null then $department else (.sub_agency_name | bureau($top)) end) as $agency
| once({source: source, kind: "SourceDocument", name: "Federal Program Inventory, programs",
        url: "https://fpi.omb.gov/", date: {edtf: "2025-12-05", kind: "PUBLISHED"},
        description: "Federal programs with their agencies, authorizations and beneficiaries.",
        licence: "Work of the US government; the repository states no licence"}),

  # The program
  (entity($program; "Program"; .name) + {
     aliases: [(.popular_name // "" | fold)] | map(select(. != "" and . != ($row.name | fold))),
     description: (.objective // "" | fold), url: .sam_url,
     subtype: (.program_type | gsub("_"; " ")),
     identifiers: [{scheme: (if .program_type == "assistance_listing" then "assistance-listing"
                             else "fpi-program" end), value: .id}],
     evidence: [quoted(source; .name) + {properties: ["name"]}]
   } | compact),

  # Who runs it
  entity($department; "Agency"; $top),
  link($agency; "carriesOut"; $program; quoted(source; .sub_agency_name // $top)),
  (if $agency == $department then empty else
     entity($agency; "Agency"; .sub_agency_name),
     link($agency; "partOf"; $department; quoted(source; $top)),
     link($department; "oversees"; $program;
       inferred(source; $top; "the agency above the one that runs the program"))
   end),

  # What it rests on
  (laws | link($program; "underLaw"; .id; quoted(source; .quote)),
          (select(.name) | entity(.id; "Law"; .name)
           + {citation, subtype, identifiers, url} | compact)),

  # What it is about, what for, and for whom
  ((.categories // [])[] | split(" - ") as [$category, $focus]
   | "topic/fpi-\($category | slug)" as $broad | "topic/fpi-\($category + " " + $focus | slug)" as $topic
   | entity($broad; "Topic"; $category), entity($topic; "Topic"; $focus),
     link($topic; "broader"; $broad; quoted(source; .)),
     link($program; "addresses"; $topic; quoted(source; .))),
  ((.gwo | select(. != null) | {name: .gwo, code: (.permalink | ltrimstr("/gwo/")), of: "gwo"}),
   ((.pons // [])[] | {name: .pon, code: (.permalink | ltrimstr("/pon/")), of: "pon"})
   | "goal/fpi-\(.of)-\(.code | slug)" as $goal
   | entity($goal; "Goal"; .name)
     + {subtype: (if .of == "gwo" then "government-wide outcome" else "program outcome" end),
        identifiers: [{scheme: "fpi-\(.of)", value: .code}]},
     link($program; "hasGoal"; $goal; quoted(source; .name))),
  ((.beneficiary_types // []) | unique[] | select(startswith("Example") | not)
   | "population/fpi-\(slug)" as $population
   | entity($population; "Population"; .),
     link($program; "targetsPopulation"; $population; quoted(source; .)))
