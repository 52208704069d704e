# Performance.gov, target.json (github.com/metzgr/beta-performance-gov): what one indicator of a priority goal
# was in one quarter. Import goals.json first: the goals are defined there.
#
# indicator, target, value_start, value_target: the Measure, which tracks the goal (related_goal_id).
# value_current in fiscal_yr and fiscal_qtr: the Measurement, and what progress_pct_range says of it.
# A row without value_current gives the Measure alone. Rows that give one indicator two targets or one
# quarter two values contradict each other, and all but the first are refused.
#
# Columns that are not used: progress_pct and the other progress columns, which are computed from these.

def source: "source/pgov-targets";
def number: if . == "" then null else tonumber end;

# A slug that keeps its end, where long names differ.
def short($most):
  ascii_downcase | gsub("['’]"; "") | gsub("[^a-z0-9]+"; "-") | sub("^-"; "") | sub("-$"; "")
  | if length <= $most then . else .[:$most - 18] + "--" + .[-16:] end;

# The fiscal year begins in October of the year before.
def months($year; $quarter):
  {"1": "\($year - 1)-10/\($year - 1)-12", "2": "\($year)-01/\($year)-03",
   "3": "\($year)-04/\($year)-06", "4": "\($year)-07/\($year)-09"}[$quarter];

if .related_goal_id == null then empty
elif .target + .indicator == "" then refuse("no target and no indicator")
else
  "goal/pgov-\(.related_goal_id | slug)" as $goal
  | (if .indicator == "" then .target | short(78)
     else "\(.indicator | short(58))-\(.target | short(19))" end) as $what
  | "\(.related_goal_id | slug)-\($what)" as $slug
  | (if .indicator != "" then .indicator else .target end) as $name
  | "fy\(.fiscal_yr[2:])q\(.fiscal_qtr)" as $quarter
  | once({source: source, kind: "SourceDocument", name: "Performance.gov targets, FY2022 (target.json)",
          url: "https://github.com/metzgr/beta-performance-gov",
          description: "Quarterly values of the indicators of agency priority goals, of Performance.gov.",
          licence: "Work of the US government; the repository states no licence"}),

    (entity("measure/pgov-\($slug)"; "Measure"; $name) + {
       description: (.target | fold), subtype: (.indicator_type | ascii_downcase),
       baseline: (.value_start | number), target: (.value_target | number)} | compact),
    link("measure/pgov-\($slug)"; "tracks"; $goal; quoted(source; .related_goal)),

    (select(.value_current != "")
     | "measurement/pgov-\($slug)-\($quarter)" as $measurement
     | (entity($measurement; "Measurement"; "\($name | .[:300]), \($quarter | ascii_upcase)") + {
          nameInText: false, value: (.value_current | number),
          period: months(.fiscal_yr | tonumber; .fiscal_qtr),
          evidence: [quoted(source; .value_current) + {properties: ["value"]},
                     inferred(source; .fiscal_yr; "the months of the fiscal quarter")
                     + {properties: ["period"]}]} | compact),
       link($measurement; "observes"; "measure/pgov-\($slug)"; quoted(source; $name)),
       (select(.progress_pct_range != "" and .indicator_type != "Target undefined")
        | link($measurement; "documentsProgressOn"; $goal; quoted(source; .progress_pct_range))))
end
