# A plan with its goals as StratML (ISO 17469). The reverse of read.jq; for plans from elsewhere what fits.
#
# $args.part  1 for a StrategicPlan, 2 for a PerformancePlanOrReport
# $args.of    the plan, or whoever has the goals; may be left out where the graph has one plan with goals
#
# StratML knows two levels: goals that are parts of parts are written as objectives of the topmost.
# Only measures of objectives can be written: those of a goal stand in an objective of its name.

def among($all): . as $one | any($all[]; . == $one);
def two: $args.part == "2";

def of:
  if $args.of then get($args.of) // refuse("there is no `\($args.of)`")
  else [ids("Plan") | select(any(linked(.; "hasGoal"); true))]
    | if length == 1 then get(.[0])
      elif length == 0 then refuse("no plan of this graph has goals; name whoever has them by --of ID")
      else refuse("the graph has \(length) plans with goals: \(.[:10] | join(", ")); name one by --of ID") end
  end;

def sequence: .mentions // [] | .[0] // null;
# An NCName; one that begins with a digit gets a low line.
def identifier_of: first(.identifiers[]? | select(.scheme == "stratml") | .value) // null;
def xml_id: if test("^[0-9.-]") then "_\(.)" else . end | gsub("[^A-Za-z0-9._-]"; ".");
def reference: identifier_of // "_\(.id)" | xml_id;
# What a measure of something else refers to needs an identifier too.
def referred_to: .kind == "Goal" and any(follow("trackedBy"); [follow("tracks")] | length > 1);
def identifier: if identifier_of != null or referred_to then element("Identifier"; reference) else null end;
def other_information:
  filled("OtherInformation"; [follow("subjectOf")? | select(.subtype == "other information") | .name] | join(" "));
def dates($date): filled("StartDate"; $date | first_day), filled("EndDate"; $date | last_day);

def stakeholders:
  .id as $id | linked($id; "hasStakeholder")
  | .properties as $terms | get(.id)
  | ({Person: "Person", Population: "Generic_Group"}[.kind] // "Organization") as $type
  | element("Stakeholder";
      element("Name"; .name),
      filled("Description"; .description),
      (if two | not then empty else
         [if $terms.performs then "Performer" else empty end,
          if $terms.benefits then "Beneficiary" else empty end] as $types
         | ($terms.roles // [] | if . == [] and $types != [] then [""] else . end)[]
         | (capture("^(?<name>[^:]*): (?<description>.*)$") // {name: ., description: null}) as $role
         | element("Role";
             element("Name"; $role.name),
             filled("Description"; $role.description),
             ($types[] | element("RoleType"; .)))
       end))
  + (if .subtype == "of a type that is not stated" then {} else {a: {StakeholderTypeType: $type}} end);

def number: if . == floor and (. | fabs) < 1e15 then . | tostring | sub("\\.0$"; "") else tostring end
  | if test("[eE]") then refuse("\(.) cannot be written as a decimal") else . end;

def result($name):
  element($name;
    dates(.period),
    filled("NumberOfUnits"; .value | if . == null then null else number end),
    filled("Descriptor";
      filled("DescriptorName"; .mentions[0]?),
      filled("DescriptorValue"; if .nameInText == false then null else .name end)),
    filled("Description"; .description));

# Of each attribute the value that stands among words, if one does.
def named_in($attributes):
  . as $words
  | $attributes | map_values(map(select(ascii_downcase | gsub("_"; " ") | among($words)))[0])
  | with_entries(select(.value != null));

def indicator($of):
  [follow("hasObservation")] as $values
  | element("PerformanceIndicator";
      filled("SequenceIndicator"; sequence),
      element("MeasurementDimension"; if .nameInText == false then null else .name end),
      element("UnitOfMeasurement"; .unit),
      identifier,
      (follow("tracks") | select(.id != $of) | element("Relationship"; element("ReferentIdentifier"; reference))),
      # A target without a time and value of its own stands in the measure.
      (if all($values[]; .subtype != "target") and .target != null then
         element("MeasurementInstance";
           element("TargetResult"; dates(.period), element("NumberOfUnits"; .target | number)))
       else empty end),
      ($values | group_by(.period)[]
       | element("MeasurementInstance";
           (.[] | select(.subtype == "target") | result("TargetResult")),
           (.[] | select(.subtype != "target") | result("ActualResult")))),
      filled("OtherInformation"; .description))
  + {a: (.subtype // "" | split(", ") | named_in({
      ValueChainStage: ["Outcome", "Output_Processing", "Output", "Input_Processing", "Input"],
      PerformanceIndicatorType: ["Quantitative", "Qualitative"]}))};

def indicators: if two then
    # Where a measure tracks several goals it is written once, under the first.
    .id as $id | linked($id; "trackedBy") | get(.id) | select(first(follow("tracks") | .id) == $id) | indicator($id)
  else empty end;

def descendants: follow("hasPart") | select(.kind == "Goal") | ., descendants;

def objective:
  element("Objective";
    element("Name"; if .nameInText == false then null else .name end),
    element("Description"; .description),
    identifier,
    filled("SequenceIndicator"; sequence),
    stakeholders,
    other_information,
    indicators);

def goal:
  . as $goal
  | [indicators] as $own
  | element("Goal";
      element("Name"; .name),
      element("Description"; .description),
      identifier,
      filled("SequenceIndicator"; sequence),
      stakeholders,
      other_information,
      (if $own == [] then empty else element("Objective"; element("Name"; $goal.name), $own[]) end),
      (descendants | objective));

def statements($subtype): follow("subjectOf")? | select(.kind == "Statement" and .subtype == $subtype);

if $args.part | among(["1", "2"]) then . else refuse("--arg part is 1 or 2") end
| of as $plan
| ($plan.kind == "Plan") as $is_plan
| [$plan | follow("hasGoal")] as $pursued
| [$pursued[].id] as $ids
| [$pursued[] | select(any(follow("partOf"); .id | among($ids)) | not)] as $goals
| if $goals == [] then refuse("`\($plan.id)` has no goals, and StratML asks for one") else . end
# Whose plan it is: those who have its goals, made it or gave it out.
| ([if $is_plan then
      ($goals[] | follow("pursuedBy")), ($plan | follow("createdBy"), follow("publishedBy"))
      | select(.kind == "Agency" or .kind == "Organization")
    else $plan end]
   | unique_by(.id)) as $bodies
| (if $is_plan then
     first($plan | follow("describedIn") | select(.subtype == "StratML")
           | follow("createdBy") | select(.kind == "Person"))
     | (.name | split(" ")) as $names
     | element("Submitter"; filled("GivenName"; $names[:-1] | join(" ")), filled("Surname"; $names[-1]))
   else empty end) // null
  | . as $submitter
| ($plan | if $is_plan then .name else "Goals of \(.name)" end) as $name
| element(if two then "PerformancePlanOrReport" else "StrategicPlan" end;
    element("Name"; $name),
    filled("Description"; if $is_plan then $plan.description else null end),
    ($plan | if $is_plan then other_information else empty end),
    element("StrategicPlanCore";
      ($bodies | to_entries[] | .key as $at | .value
       | element("Organization";
           element("Name"; .name),
           filled("Acronym"; .aliases[0]?),
           identifier,
           filled("Description"; .description),
           (if $at == 0 and $is_plan then $plan | stakeholders else empty end))),
      (if $is_plan then
         ($plan | first(statements("vision")) | element("Vision"; filled("Description"; .name), identifier)),
         ($plan | first(statements("mission")) | element("Mission"; filled("Description"; .name), identifier)),
         ($plan | statements("value") | element("Value"; filled("Name"; .name), filled("Description"; .description)))
       else empty end),
      ($goals[] | goal)),
    (element("AdministrativeInformation";
       dates($plan.period),
       # A month or a year is no day.
       filled("PublicationDate";
         $plan.date | select(.kind? == "PUBLISHED" and first_day == last_day) | first_day),
       filled("Source"; if $is_plan then $plan.url else null end),
       (if two then empty else $submitter end))
     | select(.c != [])),
    (if two then $submitter else empty end))
| .a = (if two then
    {xmlns: "urn:ISO:std:iso:17469:tech:xsd:PerformancePlanOrReport",
     Type: ({"strategic plan": "Strategic_Plan", "performance report": "Performance_Report"}[$plan.subtype // ""]
            // "Performance_Plan")}
  else {xmlns: "urn:ISO:std:iso:17469:tech:xsd:stratml_core"} end)
