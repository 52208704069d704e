# eCFR admin API, agencies (ecfr_agencies.json, --rows agencies): an agency and its children a row.
#
# slug, name, short_name, display_name: the Agency. children: Agencies that are part of it.
# cfr_references is not used: the ontology has no relation between a body and the rules it issues.
# Three rows are no bodies but systems of regulations, and are refused.

def source: "source/ecfr-agencies";
def id: "agency/ecfr-\(.slug | slug)";

def agency:
  entity(id; "Agency"; .name) + {
    aliases: ([.short_name, .display_name] - [null, "", .name]),
    identifiers: [{scheme: "ecfr-slug", value: .slug}],
    evidence: [quoted(source; .name) + {properties: ["name"]}]
  } | compact;

if .name | test("Regulations? System$") then refuse("a system of regulations and no body: `\(.name)`")
else
  once({source: source, kind: "SourceDocument", name: "Agencies of the Electronic CFR",
        url: "https://www.ecfr.gov/api/admin/v1/agencies.json", date: {edtf: "2025-08-05", kind: "RETRIEVED"},
        description: "Agencies that issue the Code of Federal Regulations, with those within them.",
        licence: "Work of the US government"}),
  agency,
  (id as $parent | .children[] | agency, link(id; "partOf"; $parent; quoted(source; .display_name)))
end
