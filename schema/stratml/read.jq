# StratML Part 1 and Part 2 (ISO 17469): one row, the root element of a plan, becomes lines.
#
# The plan is a Plan; Goals and Objectives are Goals, an objective part of its goal; a PerformanceIndicator
# is a Measure that tracks its objective; its targets and results are Measurements, told apart by their
# subtype. Vision, Mission, Values and OtherInformation are Statements about what they stand in. An
# Organization has the plan's goals. Stakeholders are Persons, Populations (Generic_Group) or Organizations.
#
# $args.id            the slug that ids are made of; the acronym and the plan's name if absent
# $args.organization  what an Organization is: Organization (as StratML does not tell), or Agency
#
# The submitter's telephone number and e-mail address are not taken over.

# -- elements, by their names, whatever namespace and prefix

def local: sub("^.*:"; "");
def elements($name): .c[]? | select(type == "object" and (.t | local) == $name);
def elements($one; $other): elements($one), elements($other);
def said: [.c[]? | select(type == "string")] | join("") | fold;
def said($name): first(elements($name) | said) // "" | select(. != "") // null;
def all_said(names): [said(names) | select(. != null)];
def attribute($name): .a[$name]? // "" | select(. != "") // null;

# -- words and ids

def among($all): . as $one | any($all[]; . == $one);
def short($letters): slug | .[:$letters] | sub("-+$"; "");
# XML's identifiers may not begin with a digit. Many of StratML do all the same, or have a low line before it.
def bare: if test("^_[0-9]") then .[1:] else . end;
def identified: said("Identifier") | if . == null then null else bare end;

def days($from; $until):
  def day: select(. != null and test("^[0-9]{4}-[0-9]{2}-[0-9]{2}"))[:10] // null;
  ($from | day) as $from | ($until | day) as $until
  | if $from == null and $until == null then null
    elif $from == $until then $from
    else "\($from // "..")/\($until // "..")" end;
def lasted: days(said("StartDate"); said("EndDate"));

# Gives each of an array an id of its `key`; the second and later of a key are numbered.
def keyed($prefix):
  reduce .[] as $one ({seen: {}, all: []};
    ($one.key | short(100)) as $key
    | (.seen[$key] // 0) as $before
    | .seen[$key] = $before + 1
    | .all += [$one + {id: "\($prefix)/\($key)\(if $before == 0 then "" else "-\($before + 1)" end)"}])
  | .all;

(.t | local) as $root
| if $root | among(["StrategicPlan", "PerformancePlanOrReport"]) then . else
    refuse("the root element is `\(.t)`; StratML begins with StrategicPlan or PerformancePlanOrReport") end
| (first(elements("StrategicPlanCore")) // refuse("there is no StrategicPlanCore")) as $core
| (first(elements("AdministrativeInformation")) // {}) as $administration
| (first(elements("Submitter"), ($administration | elements("Submitter"))) // {}) as $submitted
| ([$submitted | all_said("GivenName", "FirstName", "Surname", "LastName")[]] | join(" ")) as $submitter
| (said("Name") // refuse("the plan has no Name")) as $name
| [$core | elements("Organization") | select(all_said("Name", "Acronym") != [])] as $bodies
| ($args.id // ($bodies[0] // {} | all_said("Acronym", "Name")[0] // "" | "\(.) \($name)" | short(60))) as $key
| "source/stratml-\($key)" as $source
| "plan/\($key)" as $plan
| ($args.organization // "Organization") as $organization
| ({Agency: "agency", Organization: "organization"}[$organization]
   // refuse("--arg organization is Organization or Agency, not \($organization)")) as $prefix

# Evidence: what stands there, or the plan's name where nothing does.
| def by($text): quoted($source; $text // $name);
  def concluded($text; $why): inferred($source; $text // $name; $why);
  def named($text): [by($text) + {properties: ["name"]}];

  def statement($about; $slug; $text; $subtype; $more):
    "statement/\($key)-\($slug)" as $id
    | ({entity: $id, kind: "Statement", name: $text, subtype: $subtype, evidence: named($text)} + $more | compact),
      link($id; "about"; $about; by($text));

  def other_information($about):
    said("OtherInformation") | select(. != null)
    | statement($about; "\($about | sub("^[^/]*/(\($key)-?)?"; ""))-other-information" | ltrimstr("-");
        .; "other information"; {});

  # -- whom it needs or touches: each once, with the first description that any mention gives
  def body_id: "\($prefix)/\($key)-\(all_said("Name", "Acronym")[0] | short(50))";
  ([$core | .. | select(type == "object" and ((.t // "") | local) == "Stakeholder" and said("Name") != null)
    | said("Name") as $called
    | attribute("StakeholderTypeType") as $type
    | (if $type == "Person" or ($type == null and $called == $submitter) then ["Person", "person"]
       elif $type == "Generic_Group" then ["Population", "population"]
       else [$organization, $prefix] end) as [$kind, $prefix]
    | {id: "\($prefix)/\($key)-\($called | short(50))", kind: $kind, name: $called,
       description: said("Description"), untyped: ($type == null and $kind != "Person"), element: .}])
    as $stakeholders
  | def stakeholders($of):
      [elements("Stakeholder") | . as $one | $stakeholders[] | select(.element == $one)]
      | group_by(.id)[]
      | [.[].element | elements("Role")] as $roles
      | [$roles[] | elements("RoleType") | said] as $types
      | ({roles: ([$roles[] | all_said("Name", "Description") | select(. != []) | join(": ")] | unique),
          performs: (if "Performer" | among($types) then true else null end),
          benefits: (if "Beneficiary" | among($types) then true else null end)} | compact) as $terms
      | link($of; "hasStakeholder"; .[0].id; by(.[0].name))
        + if $terms == {} then {} else {properties: $terms} end;

  # -- what is to be reached: goals, objectives and what measures them, with their ids
  ([$core | elements("Goal") | {element: ., key: "\($key)-\(said("Name") // "goal" | short(40))"}] | keyed("goal"))
    as $goals
  | ([$goals[] as $goal | $goal.element | elements("Objective")
      # One that only repeats its goal holds the goal's own measures.
      | {element: ., of: $goal, own: (identified == null and said("Name") == ($goal.element | said("Name"))),
         key: "\($key)-\(all_said("Name", "Description")[0] // "objective" | short(40))"}]
     | map(select(.own))
       + ([$goals[] | {key: (.id | sub("^goal/"; "")), taken: true}] + map(select(.own | not))
          | keyed("goal") | map(select(.taken | not))))
    as $objectives
  | ([$objectives[] | (if .own then .of else . end) as $of | .element | elements("PerformanceIndicator")
      | (said("MeasurementDimension") // "indicator" | short(24)) as $what
      | {element: ., of: $of, key: "\($of.id | sub("^goal/"; "") | short(45))-\($what)"}]
     | keyed("measure"))
    as $measures
  # An identifier that stands twice identifies nothing.
  | ([$bodies[], ($goals, $objectives, $measures)[].element, ($core | elements("Vision"; "Mission"))
      | identified | values]
     | group_by(.) | map(select(length == 1)[0])) as $unique
  | def identifiers: [identified | values | select(among($unique)) | {scheme: "stratml", value: .}];

  def results($measure; $called):
    ($measure | sub("^measure/"; "")) as $of
    | def result($what):
        said("NumberOfUnits") as $number
        | (if $number == null then null
           else $number | tonumber? // refuse("NumberOfUnits is `\($number)`, no number") end) as $value
        | lasted as $period
        | (first(elements("Descriptor")) // {}) as $descriptor
        | ($descriptor | said("DescriptorValue")) as $worth
        | said("Description") as $description
        | select($value != null or $worth != null or $description != null)
        | {$what, $value, $number, $period, $description, $worth, mentions: ($descriptor | all_said("DescriptorName")),
           key: "\($of)-\($what)-\($period // "" | gsub("\\.\\."; "open"))"};
    [elements("MeasurementInstance")
     | (elements("TargetResult") | result("target")), (elements("ActualResult") | result("actual"))]
    | keyed("measurement")[]
    | by(.number // .worth // .description) as $words
    | ({entity: .id, kind: "Measurement",
        name: (.worth // ({target: "Target of ", actual: "Result of "}[.what] + $called
                          + if .period then " (\(.period))" else "" end)),
        nameInText: (if .worth then null else false end),
        subtype: .what, value, period, description, mentions,
        evidence: [$words + {properties: [if .number then "value" elif .worth then "name" else "description" end]}]}
       | compact),
      link(.id; "observes"; $measure; $words);

  def measure($id; $goal; $goal_name):
    said("MeasurementDimension") as $dimension
    | ($dimension // "Indicator of \($goal_name)") as $called
    | by($dimension // $goal_name) as $words
    | [attribute("PerformanceIndicatorType", "IndicatorType", "ValueChainStage") | values] as $sorts
    | [elements("MeasurementInstance") | elements("TargetResult")
       | {number: said("NumberOfUnits"), period: lasted} | select(.number != null)] as $targets
    | (if ($targets | length) == 1 then $targets[0] else {} end) as $target
    | ({entity: $id, kind: "Measure", name: $called, nameInText: (if $dimension then null else false end),
        identifiers: identifiers, unit: said("UnitOfMeasurement"),
        subtype: ($sorts | join(", ") | gsub("_"; " ") | ascii_downcase),
        mentions: all_said("SequenceIndicator"), description: said("OtherInformation"),
        target: ($target.number // "" | tonumber? // null), period: $target.period, evidence: [$words]} | compact),
      link($id; "tracks"; $goal; $words),
      results($id; $called);

  def goal($id; $subtype; $called):
    ({entity: $id, kind: "Goal", name: ($called // "Objective without a name"),
      $subtype, identifiers: identifiers,
      nameInText: (if $called then null else false end),
      description: (if said("Name") then said("Description") else null end),
      mentions: all_said("SequenceIndicator"), evidence: named($called)} | compact),
    other_information($id),
    stakeholders($id);

  {source: $source, kind: "SourceDocument", name: "\($name) (StratML)", subtype: "StratML",
   description: "A plan or report in the Strategy Markup Language, ISO 17469."},
  (if $submitter == "" then empty else
     "person/\($key)-\($submitter | short(50))" as $id
     | ({entity: $id, kind: "Person", name: $submitter,
         description: [$stakeholders[] | select(.id == $id).description | values][0]} | compact),
       link($id; "created"; $source;
         concluded([$submitted | all_said("Surname", "LastName", "GivenName", "FirstName")[]][0];
           "named as the submitter of the file"))
   end),

  ({entity: $plan, kind: "Plan", name: $name, description: said("Description"),
    subtype: (if $root == "StrategicPlan" then "strategic plan"
              else attribute("Type") // "Strategic_Plan" | gsub("_"; " ") | ascii_downcase end),
    url: ($administration | said("Source") // "" | select(test("^https?://[^ ]+$")) // null),
    date: ($administration | said("PublicationDate") | days(.; .)
           | if . then {edtf: ., kind: "PUBLISHED"} else null end),
    period: ($administration | lasted),
    evidence: named($name)} | compact),
  link($source; "describes"; $plan; by($name)),
  other_information($plan),

  ($bodies[]
   | body_id as $id
   | all_said("Name", "Acronym") as [$called, $acronym]
   | ({entity: $id, kind: $organization, name: $called, description: said("Description"),
       aliases: [$acronym | select(. != $called) | values], identifiers: identifiers,
       evidence: named($called)} | compact),
     ($goals[] | link($id; "hasGoal"; .id; concluded($called; "named as whose plan it is"))),
     stakeholders($plan)),

  ([$stakeholders[] | select(.name != $submitter or .kind != "Person")] | group_by(.id)[]
   | select(.[0].id | among([$bodies[] | body_id]) | not)
   | {entity: .[0].id, kind: .[0].kind, name: .[0].name, description: [.[].description | values][0],
      subtype: (if all(.[]; .untyped) then "of a type that is not stated" else null end),
      evidence: named(.[0].name)} | compact),

  ($core | elements("Vision"; "Mission")
   | (.t | local | ascii_downcase) as $what
   | {identifiers: identifiers} as $more
   | said("Description") | values | statement($plan; $what; .; $what; $more)),
  ($core | elements("Value")
   | all_said("Name", "Description") as [$text, $more]
   | select($text) | statement($plan; "value-\($text | short(50))"; $text; "value"; {description: $more})),

  ($goals[]
   | .id as $id | .element
   | (all_said("Name", "Description")[0] // refuse("a Goal has neither Name nor Description")) as $called
   | goal($id; "goal"; $called),
     link($plan; "hasGoal"; $id; by($called))),

  ($objectives[] | select(.own | not)
   | .id as $id | .of.id as $of | .element
   | all_said("Name", "Description")[0] as $called
   | goal($id; "objective"; $called),
     link($id; "partOf"; $of; by($called))),

  ($measures[]
   | .id as $id | .of as $of | .element
   | measure($id; $of.id; $of.element | all_said("Name", "Description")[0] // $name),
     # What an indicator says it is related to, where that is a goal of this plan.
     (elements("Relationship") | elements("ReferentIdentifier") | said | bare as $referent
      | first(($goals, $objectives)[]
              | select(.id and .id != $of.id and (.element | identified) == $referent).id) as $goal
      | link($id; "tracks"; $goal; by($referent))))
