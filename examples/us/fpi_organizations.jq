# Federal Program Inventory, organizations.json (github.com/GSA/federal-program-inventory): an organization of
# the federal hierarchy of SAM.gov a row.
#
# orgKey, name, agencyName, shortName, type: the Agency. parentOrgKey, startDate, endDate: what it is part of,
# and how long the hierarchy had it there (which is no date of the body itself).
# An organization that only repeats the one above it, as "STATE, DEPARTMENT OF" below itself, is refused, and
# what stands below it belongs to the one above.
#
# The codes of OMB (cfdaOmb, cfdaBur, a11TacCode) are not used as identifiers: several are wrong. The
# National Archives have that of a bureau of Agriculture.

def source: "source/fpi-organizations";
def key: "agency/fpi-org-\(.)";
def day: if . == null then null else .[0:10] end;

# Names are in capitals. agencyName is better written, where it is the same name, turned or not.
def plain: ascii_downcase | gsub("[^a-z]+"; " ") | sub(" $"; "");
def turned: if test(", .*OF( THE)?$") then capture("^(?<a>.*), (?<b>.*)$") | "\(.b) \(.a)" else . end;
def best_name:
  .name as $name | (.agencyName // "") as $other
  | if ($other | plain) == ($name | plain) or ($other | plain) == ($name | turned | plain) then $other
    else $name end;

def above: if .level >= 3 and .l2Name == .l1Name then .l1OrgKey else .parentOrgKey end;
def name_above: if .level >= 3 and .l2Name == .l1Name then .l1Name else .parentOrg end;

if .level > 1 and .name == .parentOrg then refuse("repeats the organization above it")
else
  once({source: source, kind: "SourceDocument", name: "Federal Program Inventory, organizations",
        url: "https://github.com/GSA/federal-program-inventory",
        description: "Departments, agencies and offices of the federal hierarchy of SAM.gov.",
        licence: "Work of the US government; the repository states no licence"}),
  (best_name as $name
   | entity(.orgKey | key; "Agency"; $name) + {
       aliases: ([.shortName, .name] - [null, "", $name] | unique),
       description: (.description // "" | fold), subtype: (.type | ascii_downcase),
       identifiers: [{scheme: "sam-org-key", value: "\(.orgKey)"}],
       evidence: [quoted(source; if $name == .name then .name else .agencyName end)
                  + {properties: ["name"]}]} | compact),
  (above | select(. != null) | key) as $parent
  | link(.orgKey | key; "partOf"; $parent; quoted(source; name_above))
    + ({validFrom: (.startDate | day), validUntil: (.endDate | day)} | compact)
end
