# 2023 federal AI use case inventory (2023_consolidated_ai_inventory_raw.csv): a use a row.
#
# Use_Case_ID, Title, Summary: the Initiative. Agency is a bureau of the Department, and carries it out.
# Source_Code: a Resource, where it holds an address.
#
# Columns that are not used: Development_Stage and Techniques, for which the ontology has nothing (a technique
# is not what a use addresses), and Office, which names centers, divisions and paths of them in no common way.

def source: "source/ai-use-cases-2023";

# A slug that keeps its end, where long names differ.
def short($most):
  ascii_downcase | gsub("['’]"; "") | gsub("[^a-z0-9]+"; "-") | sub("^-"; "") | sub("-$"; "")
  | if length <= $most then . else .[:$most - 18] + "--" + .[-16:] end;

"initiative/ai-2023-\(.Use_Case_ID | slug)" as $initiative
| "agency/ai-2023-\(.Department_Code | slug)" as $department
| (.Agency | fold) as $bureau
| ($bureau == "" or ($bureau | slug) == (.Department_Code | slug)) as $whole
| (if $whole then $department else "\($department)--\($bureau | short(60))" end) as $agency
| once({source: source, kind: "SourceDocument", name: "2023 Federal Agency AI Use Case Inventory",
        url: "https://github.com/ombegov/2024-Federal-AI-Use-Case-Inventory",
        description: "Uses of artificial intelligence by federal agencies, consolidated by OMB.",
        licence: "Work of the US government; the repository states no licence"}),
  (entity($initiative; "Initiative"; .Title) + {
     subtype: "use of artificial intelligence", description: (.Summary | fold),
     identifiers: [{scheme: "us-ai-use-case", value: .Use_Case_ID}],
     evidence: [quoted(source; .Title) + {properties: ["name"]}]} | compact),

  # Who uses it
  entity($department; "Agency"; .Department) + {aliases: [.Department_Code]},
  link($agency; "carriesOut"; $initiative; quoted(source; if $whole then .Department else $bureau end)),
  (if $whole then empty else
     entity($agency; "Agency"; $bureau),
     link($agency; "partOf"; $department; quoted(source; .Department)),
     link($department; "oversees"; $initiative;
       inferred(source; .Department; "the department above the agency that uses it"))
   end),

  (.Source_Code | match("https?://[A-Za-z0-9._~/?#&=%+:-]*[A-Za-z0-9/]"; "g").string
   | "resource/ai-code-\(sub("^https?://"; "") | short(90))" as $code
   | entity($code; "Resource"; sub("^https?://"; "")) + {url: ., subtype: "source code"},
     link($initiative; "relatedResource"; $code; quoted(source; .)))
