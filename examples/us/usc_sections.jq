# United States Code, sections: us_code/sections_derived.jsonl.gz, a section a row.
# Columns: id ("usc:42/254b"), title, section, heading, hierarchy (labels from the title down), container.
# Out: a Law for each section, known as `usc` 42/254b, part of the chapter it stands in (usc_containers.jq).
# `chunks` and `chars`, sizes of the text, have no home.

def source: "source/usc-sections";

# "law/usc-42-chapter-6a"; of subtitles, which some chapters number anew, the whole label.
def division($title): (split("—")[0] | slug) as $number
  | if $number | startswith("title-") then "law/usc-\($title)"
    elif $number | startswith("subtitle-") then "law/usc-\($title)-\(slug)"
    else "law/usc-\($title)-\($number)" end;

once({
  source: source,
  kind: "SourceDocument",
  name: "United States Code: sections",
  description: "Sections of the whole Code in early 2023, read from the headings of its text.",
  url: "https://github.com/codexstanford/markdonw-chunck-of-the-usa-code",
  licence: "MIT; the text is public domain"
}),
.title as $title
| "law/usc-\($title)-\(.section)" as $law
| "\($title) U.S.C. \(.section)" as $citation
| .hierarchy[-1] as $division
| entity($law; "Law"; "\($citation): \(.heading)") + {
    citation: $citation,
    subtype: "section",
    nameInText: false,
    identifiers: [{scheme: "usc", value: "\($title)/\(.section)"}],
    evidence: [quoted(source; .heading)]
  },
  {
    link: [$law, "partOf", ($division | division($title))],
    evidence: [quoted(source; $division)]
  }
