# Climate Policy Radar, which policies mention which: cpr_policy_mentions/mentions.json --rows mentions.
# Columns: document_id_i (mentions), document_id_j (is mentioned), document_name_j, found_block (the words).
# Out: `cites` between the works of cpr_documents.jq, which tells the source too.

def source: "source/cpr-mentions";
def work: (if startswith("CCLW.legislative.") then "law" else "plan" end)
  + "/cpr-" + (ascii_downcase | split(".") | join("-"));

# The first of some passages that has the name, or else `$whole`.
def having($name; $whole): ($name | fold | ascii_downcase) as $sought
  | ([.[] | select(ascii_downcase | contains($sought))] + [$whole])[0];

# A long passage is cut to the sentence that has the name. Control characters, which a wrong decoding has
# left in some, cannot be quoted: of what stands between them the same is taken.
def saying($name): fold
  | (if test("[\u0080-\u009f]") then [splits("[\u0080-\u009f]+")] | having($name; .[0]) else . end)
  | (if length > 500 then . as $whole | split(". ") | having($name; $whole) else . end);

link(.document_id_i | work; "cites"; .document_id_j | work;
  quoted(source; .document_name_j as $name | .found_block | saying($name)))
