"""What other tools wrote, as it was read back: the same lines, in whatever order."""

import json
import sys
from pathlib import Path

out = Path(sys.argv[1])


def sorted_within(value):
    if isinstance(value, list):
        return sorted(map(sorted_within, value), key=json.dumps)
    return {key: sorted_within(part) for key, part in sorted(value.items())} if isinstance(value, dict) else value


def lines(name, without=()):
    """Each line with its lists in order, since RDF has none; ends of links keep theirs."""
    all_lines = []
    for text in (out / name).read_text().splitlines():
        line = json.loads(text)
        link = line.pop("link", line.pop("about", None))
        kept = {key: part for key, part in line.items() if key not in without}
        all_lines.append(json.dumps([link, sorted_within(kept)]))
    return sorted(all_lines)


expected = lines("jsonl")
assert lines("again.nq.jsonl") == expected, "rdflib"
# Tables that Frictionless read hold all; GraphML has one piece of evidence a link and no statements.
assert lines("package.jsonl") == expected, "datapackage"
bare = [line for line in lines("jsonl", ["evidence", "text"]) if "completeness" not in line and '"merged"' not in line]
assert lines("again.graphml.jsonl", ["evidence", "text"]) == bare, "networkx"
quotes = [json.loads(line)["evidence"] for line in (out / "again.graphml.jsonl").read_text().splitlines() if '"link"' in line]
assert all(len(pieces) == 1 and pieces[0]["source"] for pieces in quotes), "networkx: evidence"
print("3 passed, 0 failed")
