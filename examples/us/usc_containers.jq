# United States Code, what its sections stand in: us_code/containers_derived.jsonl.gz, a division a row.
# Columns: id ("usc:42|Title 42— …|CHAPTER 6A— …"), label (the last of these), parent (an id or null).
# Out: a Law for each title, subtitle and chapter, part of its parent.
# Refused: labels that head a repealed section or a text to be quoted, which the reading took for divisions.

def source: "source/usc-containers";

# "law/usc-42-chapter-6a"; of subtitles, which some chapters number anew, the whole label.
def division($title): (split("—")[0] | slug) as $number
  | if $number | startswith("title-") then "law/usc-\($title)"
    elif $number | startswith("subtitle-") then "law/usc-\($title)-\(slug)"
    else "law/usc-\($title)-\($number)" end;

once({
  source: source,
  kind: "SourceDocument",
  name: "United States Code: titles, subtitles and chapters",
  description: "Divisions of the whole Code in early 2023, read from the headings of its text.",
  url: "https://github.com/codexstanford/markdonw-chunck-of-the-usa-code",
  licence: "MIT; the text is public domain"
}),
(.label | split("—")[0] | ltrimstr("[") | ascii_downcase) as $number
| ($number | split(" ")[0]) as $subtype
| if any("title", "subtitle", "chapter"; . == $subtype) then . else
    refuse("`\(.label)` is no title, subtitle or chapter")
  end
| (.id | ltrimstr("usc:") | split("|")[0]) as $title
| (.label | division($title)) as $law
| entity($law; "Law"; .label) + ({
    citation: "\($title) U.S.C.\(if $subtype == "title" then "" else " " + $number end)",
    subtype: $subtype,
    nameInText: true,
    identifiers: (
      if $subtype == "title" then [{scheme: "usc", value: $title}]
      elif $subtype == "chapter" then [{scheme: "usc", value: "\($title)/\($number | slug)"}]
      else [] end
    ),
    evidence: [quoted(source; .label)]
  } | compact),
  (.parent // empty | split("|")[-1] as $whole
   | link($law; "partOf"; ($whole | division($title)); quoted(source; $whole)))
