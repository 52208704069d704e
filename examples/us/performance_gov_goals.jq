# Performance.gov, goals.json (github.com/metzgr/beta-performance-gov): one row per goal of an agency.
#
# goal_type SG:  a strategic objective (goal_description) and the strategic goal it is part of (goal_name).
# goal_type APG: an agency priority goal, with leaders, status and the fiscal year it ends with.
# goal_type PMA: a goal (goal_description) of the President's Management Agenda, and the strategy (goal_name)
#                it is part of.
# All three are Goals: they are what measures track. The status of a quarter is a Finding on its goal.
#
# Columns that are not used: Quarter_and_FY (all #REF!), url_pgov_agency_23 (empty), apg_id (is in goal_id).

def source: "source/pgov-goals";

# Spreadsheet errors are no values.
def given: if . == null or . == "" or startswith("#") then null else . end;

# A comma separates tags only where a capital follows: "General science, space and technology" is one.
def tags:
  (.applied_tags | given // "") | gsub(", (?<letter>[A-Z])"; "|\(.letter)")
  | split("|") | map(select(. != ""));

# "Michael-Warren-HHS-recJwgeMONa8oQzf": name, agency and record.
def leaders:
  (.leaders4 | given // "") | split(",") | map(select(. != ""))[]
  | . as $text
  | (capture("^(?<name>.+)-(?<agency>[A-Z]+)-(?<record>rec[A-Za-z0-9]+)$")
     // refuse("a leader is not name-AGENCY-record: `\($text)`"));

# "FY22Q4": the months it covers. The fiscal year begins in October of the year before.
def quarter_months:
  capture("^FY(?<year>[0-9]{2})Q(?<quarter>[1-4])$")
  | (.year | tonumber + 2000) as $year
  | {"1": "\($year - 1)-10/\($year - 1)-12", "2": "\($year)-01/\($year)-03",
     "3": "\($year)-04/\($year)-06", "4": "\($year)-07/\($year)-09"}[.quarter];

# Codes of the list that OMB gives to something wider or narrower than the agency named here: the military
# programs of Defense, and all international assistance programs.
def identifiers:
  if .agency_code == "007" or .agency_code == "184" then []
  else [{scheme: "omb-agency-code", value: .agency_code}] end;

# Eight goals of the Nuclear Regulatory Commission carry the Treasury's name and code.
def misfiled:
  .agency_code == "015"
  and (.goal_name | test("radioactive materials|^Continue to foster a healthy|confidence in the NRC"));

if .goal_id == null then empty
elif misfiled then refuse("a goal of the Nuclear Regulatory Commission stands under the Treasury's code")
else
  . as $row
  | (.organization_abbreviation | slug) as $body
  | (if .goal_type == "PMA" then "plan/pgov-\($body)" else "agency/pgov-\($body)" end) as $owner
  # In the strategic plan of two agencies the name of the one stands before that of both.
  | (.organization_name | split(" / ")[0]) as $owner_name
  | "goal/pgov-\(.goal_id | slug)" as $goal
  | quoted(source; .organization_name) as $whose
  | (if .goal_type == "SG" then
       {id: "goal/pgov-\($body)-fy\(.fiscal_year)-sg\(.sg_id)", subtype: "strategic goal"}
     elif .goal_type == "PMA" then
       {id: "goal/pgov-\(.goal_id[:-1] | slug)", subtype: "strategy"}
     else null end) as $parent
  | once({source: source, kind: "SourceDocument", name: "Performance.gov goals, FY2022-23 (goals.json)",
          url: "https://github.com/metzgr/beta-performance-gov",
          description: "Goals of the federal agencies, their status and leaders, as data of Performance.gov.",
          licence: "Work of the US government; the repository states no licence"}),

    # Who has it
    (if .goal_type == "PMA" then entity($owner; "Plan"; $owner_name) + {aliases: ["PMA"]}
     else entity($owner; "Agency"; $owner_name)
          + {aliases: [.organization_abbreviation], identifiers: identifiers} end | compact),
    link($owner; "hasGoal"; $goal; $whose),

    # What it is
    (if .goal_type == "APG" then
       entity($goal; "Goal"; .goal_name) + {
         subtype: "agency priority goal", description: (.goal_description | fold),
         url: (.url_pgov_agency_12 | given // ""
               | select(contains("/agencies/\($row.organization_abbreviation)/")) // null),
         deadline: (.date_end_fy | given | if . == null then null else {edtf: "\(.)-09-30", kind: "DUE"} end),
         evidence: [quoted(source; .goal_name) + {properties: ["name"]},
                    quoted(source; .goal_description) + {properties: ["description"]},
                    (.date_end_fy | given | select(. != null)
                     | inferred(source; .; "the fiscal year ends on 30 September")
                       + {properties: ["deadline"]})]}
     else
       entity($goal; "Goal"; .goal_description) + {
         subtype: (if .goal_type == "PMA" then "management agenda goal" else "strategic objective" end),
         mentions: (if .so_id == "" then [] else ["objective \(.so_id)"] end),
         evidence: [quoted(source; .goal_description) + {properties: ["name"]}]}
     end
     | . + {identifiers: [{scheme: "performance-gov-goal", value: $row.goal_id}]} | compact),

    # What it is part of
    (if $parent == null then empty else
       entity($parent.id; "Goal"; .goal_name) + {subtype: $parent.subtype},
       link($goal; "partOf"; $parent.id; quoted(source; .goal_name)),
       link($owner; "hasGoal"; $parent.id; $whose)
     end),
    (if .is_joint == "1" then
       "goal/pgov-\(.joint_goal_id | slug)" as $joint
       | entity($joint; "Goal"; "Joint goal \(.joint_goal_id)") + {subtype: "joint goal", nameInText: false},
         link($goal; "partOf"; $joint; quoted(source; .joint_goal_id)),
         link($owner; "hasGoal"; $joint; $whose)
     else empty end),

    # What it is about
    (tags[] | "topic/pgov-\(slug)" as $topic
     | entity($topic; "Topic"; .), link($goal; "addresses"; $topic; quoted(source; .))),

    # Who leads it
    (leaders
     | "person/pgov-\(.name | slug)-\(.record | ascii_downcase)" as $person
     | "agency/pgov-\(.agency | slug)" as $employer
     | "\(.name)-\(.agency)" as $words
     | entity($person; "Person"; .name | gsub("-"; " ")),
       link($person; "memberOf"; $employer; inferred(source; $words; "the abbreviation behind the name")),
       link($person; "leads"; $goal;
         if .agency == $row.organization_abbreviation or $row.is_joint == "1" then quoted(source; $words)
         else
           inferred(source; $words; "listed as a leader, but of another agency: the file may join by name")
         end)),

    # How far it is
    (.goal_status | given | select(. != null and . != "Unavailable")
     | "finding/pgov-\($row.goal_id | slug)-\($row.Update | slug)" as $finding
     | (entity($finding; "Finding"; "\(.): \($row.goal_name) (\($row.Update))")
        + {subtype: "status", nameInText: false, period: ($row.Update | quarter_months),
           evidence: [quoted(source; .) + {properties: ["name"]},
                      inferred(source; $row.Update; "the months of the quarter")
                      + {properties: ["period"]}]} | compact),
       link($finding; "documentsProgressOn"; $goal; quoted(source; .)))
end
