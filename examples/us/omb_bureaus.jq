# OMB agency and bureau codes (omb_bureau_codes.csv, project-open-data): a bureau of an agency a row.
#
# Agency Name, Agency Code: an Agency. Bureau Name, Bureau Code: an Agency that is part of it, or, where both
# have one name, the agency itself. Treasury Code and CGAC Code are not used: many bodies share one.
# The list follows the budget: what it names that is no body ("Military Personnel", "Joint Items") is refused,
# and a bureau below such a name ("International Assistance Programs") stands alone.

def source: "source/omb-bureaus";

# Headings of the budget, or two bodies under one.
def headings: [
  "Joint Items", "Legislative Branch Boards and Commissions",
  "Courts of Appeals, District Courts, and other Judicial Services", "Judicial Retirement Funds",
  "Executive Operations", "Hazardous Materials Management", "Buildings and Facilities",
  "Departmental Management", "Department of Defense - Military Programs", "Military Personnel",
  "Operation and Maintenance", "International Reconstruction and Other Assistance", "Procurement",
  "Research, Development, Test, and Evaluation", "Military Construction", "Family Housing",
  "Revolving and Management Funds", "Allowances", "Trust Funds", "Defense-wide", "Navy, Marine Corps",
  "Hurricane Education Recovery", "Environmental and Other Defense Activities", "Energy Programs",
  "Departmental Administration", "Departmental Management and Operations",
  "Public and Indian Housing Programs", "Housing Programs", "Management and Administration",
  "Central Utah Project", "Department-Wide Programs", "General Administration",
  "Legal Activities and U.S. Marshals", "Radiation Exposure Compensation", "Interagency Law Enforcement",
  "Violent Crime Reduction Trust Fund", "Administration of Foreign Affairs",
  "International Organizations and Conferences", "International Commissions", "Other",
  "Interest on the Public Debt", "Benefits Programs", "Other Defense Civil Programs", "Military Retirement",
  "Retiree Health Care", "Educational Benefits", "Cemeterial Expenses",
  "Forest and Wildlife Conservation, Military Reservations", "International Assistance Programs",
  "International Security Assistance", "Multilateral Assistance", "International Monetary Programs",
  "Military Sales Program", "Special Assistance Initiatives", "Foreign Assistance Program Allowances",
  "Special Assistance to the President and the Official Residence of the Vice President",
  "Unanticipated Needs", "Real Property Activities", "Supply and Technology Activities",
  "General Activities", "Affordable Housing Program",
  "Committee for Purchase from People who are Blind or Severely Disabled, activities",
  "District of Columbia General and Special Payments", "Deposit Insurance", "FSLIC Resolution",
  "Orderly Liquidation", "Federal Drug Control Programs", "Intelligence Community Management Account",
  "Other Commissions and Boards", "Standard Setting Body", "United Mine Workers of America Benefit Funds",
  "United States Enrichment Corporation Fund", "Patient-Centered Outcomes Research Trust Fund",
  "Financing Vehicles and the Board of Governors of the Federal Reserve",
  "Bureau of Indian Affairs and Bureau of Indian Education",
  "Council on Environmental Quality and Office of Environmental Quality",
  "National Security Council and Homeland Security Council"
];
def is_body: . as $name | any(headings[]; . == $name) | not;

(.["Agency Name"]) as $agency | (.["Bureau Name"]) as $bureau | (.["Agency Code"]) as $code
| "agency/omb-\($code)" as $id
| ($agency | is_body) as $known
| if $bureau | is_body then . else refuse("a heading of the budget that names no body: `\($bureau)`") end
| once({source: source, kind: "SourceDocument", name: "OMB agency and bureau codes",
        url: "https://github.com/project-open-data/project-open-data.github.io",
        description: "Agencies and bureaus of the federal budget with the codes OMB gives them.",
        licence: "Public domain, CC0"}),
  (if $known then
     entity($id; "Agency"; $agency) + {identifiers: [{scheme: "omb-agency-code", value: $code}]}
   else empty end),
  (if $bureau == $agency then empty else
     "\($id)-\(.["Bureau Code"])" as $part
     | entity($part; "Agency"; $bureau)
       + {identifiers: [{scheme: "omb-bureau-code", value: "\($code)-\(.["Bureau Code"])"}],
          evidence: [quoted(source; $bureau) + {properties: ["name"]}]},
       (if $known then link($part; "partOf"; $id; quoted(source; $agency)) else empty end)
   end)
