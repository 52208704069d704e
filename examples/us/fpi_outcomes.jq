# Federal Program Inventory, Taxonomy_GWO_crosswalk.csv and Taxonomy_PON_crosswalk.csv: an outcome a row.
#
# GWO ID, GWO: a government-wide outcome; PON ID, PON2: an outcome of programs. Both are Goals, made exactly
# as fpi_programs.jq makes them. Category, Focus Area: the Topic that they address.
#
# The definitions are not used, as programs_full.jsonl.gz, which makes the same Goals, does not have them.

def source: "source/fpi-outcomes-\(if has("PON ID") then "pon" else "gwo" end)";

# The programs have dashes where these files have hyphens, and one name in the case of the other of the two.
def dashed: gsub("-"; "–") | sub("Science and Basic Research"; "science and basic research");

source as $source
| (if has("PON ID") then {of: "pon", code: .["PON ID"], name: .PON2, subtype: "program outcome"}
   else {of: "gwo", code: .["GWO ID"], name: .GWO, subtype: "government-wide outcome"} end) as $what
| "goal/fpi-\($what.of)-\($what.code | slug)" as $goal
| (.Category | fold) as $category | (.["Focus Area"] | fold) as $focus
| "topic/fpi-\($category | slug)" as $broad
| "topic/fpi-\($category + " " + $focus | slug)" as $topic
| once({source: $source, kind: "SourceDocument",
        name: "Federal Program Inventory, \($what.subtype)s (\($file))",
        url: "https://github.com/GSA/federal-program-inventory",
        description: "The outcomes that federal programs are for, by category and focus area.",
        licence: "Work of the US government; the repository states no licence"}),
  entity($goal; "Goal"; $what.name)
  + {subtype: $what.subtype, identifiers: [{scheme: "fpi-\($what.of)", value: $what.code}]},
  entity($broad; "Topic"; $category | dashed),
  entity($topic; "Topic"; $focus | dashed),
  link($topic; "broader"; $broad; quoted($source; $category)),
  link($goal; "addresses"; $topic; quoted($source; $focus))
