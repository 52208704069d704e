# 2024 federal AI use case inventory (2024_consolidated_ai_inventory_raw.csv and …_v2.csv): a use a row.
#
# Version 1 and version 2 name their columns differently; `columns` makes them alike. Ids are made of agency,
# bureau and name, which all stayed from the one to the other, and entities carry no row numbers: an entity
# that differs has changed in substance.
#
# A use is an Initiative that a bureau carries out, from the date initiated to the date retired; its own date
# is that of its implementation. Rows that differ and share agency, bureau and name contradict each other,
# and all but the first are refused. Dates that are not month/day/year ("23-Nov", "Q1FY24") are left out.
#
# Columns that are not used, as the ontology has nothing for them: stage of development, impact on rights and
# safety, commercial product, contracts (PIID), personal data, data, authority to operate, infrastructure,
# risk management. No column names a vendor.

def is_first: has("2_use_case_name");
def columns: if is_first then {
  name: .["2_use_case_name"],
  agency: .["3_agency"],
  abbreviation: .["3_abr"],
  bureau: .["4_bureau"],
  topic: .["8_topic_area"],
  purpose: .["11_purpose_benefits"],
  initiated: .["18_date_initiated"],
  implemented: .["20_date_implemented"],
  retired: .["21_date_retired"],
  code: .["39_code_link"]
} else {
  name: .["Use Case Name"],
  agency: .["Agency"],
  abbreviation: .["Agency Abbreviation"],
  bureau: .["Bureau"],
  topic: .["Use Case Topic Area"],
  purpose: .["What is the intended purpose and expected benefits of the AI?"],
  initiated: .["Date Initiated"],
  implemented: .["Date Implemented"],
  retired: .["Date Retired"],
  code: .["If the code is open-source, provide the link for the publicly available source code."]
} end;
def version: if is_first then "Version 1" else "Version 2, with agencies that reported later" end;

def source: "source/ai-use-cases-2024";

# A slug that keeps its end, where long names differ.
def short($most):
  ascii_downcase | gsub("['’]"; "") | gsub("[^a-z0-9]+"; "-") | sub("^-"; "") | sub("-$"; "")
  | if length <= $most then . else .[:$most - 18] + "--" + .[-16:] end;

def day:
  (capture("^ *(?<month>[0-9]{1,2})/(?<day>[0-9]{1,2})/(?<year>(?:19|20)[0-9]{2}) *$") // null)
  | if . == null or (.month | tonumber) > 12 or (.day | tonumber) > 31 then null
    else "\(.year)-\(.month | if length < 2 then "0" + . else . end)-"
         + (.day | if length < 2 then "0" + . else . end) end;

# Bureaus: several behind semicolons, or acronyms behind commas; none where it is the agency itself.
def bureaus($agency):
  (.bureau | fold)
  | (if test("^[A-Z][A-Za-z-]{1,8}(?:, ?[A-Z][A-Za-z-]{1,8})+$") then split(",") else split(";") end)
  | map(fold | select(. != "" and (test("^n/?a$|^department-wide"; "i") | not)))
  | map(select(slug != ($agency | slug)));

# What many uses of one bureau are called is told apart by what they are for.
def what: if .name == "Generative AI Usage" then .name + " " + .purpose else .name end;

version as $version
| columns | map_values(. // "")
| select(.name != "" or .agency != "")
| (if .name == "" or .abbreviation == "" then refuse("no name or no agency") else . end)
| . as $use
| "agency/ai-\(.abbreviation | slug)" as $agency
| bureaus(.abbreviation) as $bureaus
| "initiative/ai-\(.abbreviation | slug)-\(.bureau | short(28))-\(what | short(60))" as $initiative
| {validFrom: (.initiated | day), validUntil: (.retired | day)} as $time
| (if $time.validFrom != null and $time.validUntil != null and $time.validUntil < $time.validFrom
   then {} else $time end | compact) as $time
| once({source: source, kind: "SourceDocument", name: "2024 Federal Agency AI Use Case Inventory",
        url: "https://github.com/ombegov/2024-Federal-AI-Use-Case-Inventory",
        description: "Uses of artificial intelligence by federal agencies, of OMB. \($version).",
        licence: "Work of the US government; the repository states no licence"}),

  (entity($initiative; "Initiative"; .name) + {
     subtype: "use of artificial intelligence", description: (.purpose | fold),
     date: (.implemented | day | if . == null then null else {edtf: ., kind: "EFFECTIVE"} end)} | compact),

  # Who uses it
  entity($agency; "Agency"; .agency) + {aliases: [.abbreviation]},
  (if $bureaus == [] then link($agency; "carriesOut"; $initiative; quoted(source; .agency)) + $time
   else
     link($agency; "oversees"; $initiative;
       inferred(source; .agency; "the agency above the bureau that uses it")),
     ($bureaus[]
      | "\($agency)--\(short(60))" as $bureau
      | entity($bureau; "Agency"; .),
        link($bureau; "partOf"; $agency; quoted(source; $use.agency)),
        link($bureau; "carriesOut"; $initiative; quoted(source; .)) + $time)
   end),

  # What it is about
  (.topic | split(";")[] | fold | select(. != "" and . != "Other")
   | sub(" ?\\([^)]*\\)$"; "") as $name
   | entity("topic/ai-\($name | slug)"; "Topic"; $name),
     link($initiative; "addresses"; "topic/ai-\($name | slug)"; quoted(source; .))),

  # Its code, where anyone may see it
  (.code | match("https?://[A-Za-z0-9._~/?#&=%+:-]*[A-Za-z0-9/]"; "g").string
   | "resource/ai-code-\(sub("^https?://"; "") | short(90))" as $code
   | entity($code; "Resource"; sub("^https?://"; "")) + {url: ., subtype: "source code"},
     link($initiative; "relatedResource"; $code; quoted(source; .)))
