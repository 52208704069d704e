# United States Code, what its sections cite: us_code/citations_derived.jsonl.gz, a citation a row.
# Columns: from, to ("usc:42/254b"), resolved, source (a file of the text), match (the citing words),
# quote (the text around them).
# Out: `cites` from section to section (usc_sections.jq), with the citing words between those around them.
# Refused: citations of what the text doesn't have, and of the section they stand in.

def source: "source/usc-citations";
def law: index("/") as $at | "law/usc-\(.[4:$at])-\(.[$at + 1:])";

once({
  source: source,
  kind: "SourceDocument",
  name: "United States Code: citations",
  description: "Citations of one section by another in the Code of early 2023, found by their wording.",
  url: "https://github.com/codexstanford/markdonw-chunck-of-the-usa-code",
  licence: "MIT; the text is public domain"
}),
if .resolved | not then refuse("the cited section `\(.to)` is not in the text")
elif .from == .to then refuse("`\(.from)` cites itself")
else
  .match as $words
  | (.quote | index($words)) as $at
  | {
      link: [(.from | law), "cites", (.to | law)],
      evidence: [quoted(source; $words)
        + {prefix: .quote[:$at], suffix: .quote[$at + ($words | length):]}]
    }
end
