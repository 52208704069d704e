"""Reads exports with networkx and Frictionless, and holds what they hold against our own lines."""

import json
import sys
from pathlib import Path

import frictionless
import networkx as nx

out = Path(sys.argv[1])
lines = [json.loads(line) for line in (out / "jsonl").read_text().splitlines()]
names = {line.get("entity") or line.get("source"): line["name"] for line in lines if "kind" in line}
links = sorted(tuple(line["link"]) for line in lines if "link" in line)
passed = 0


def check(what, found, expected):
    global passed
    assert found == expected, f"{what}: {found!r} is not {expected!r}"
    passed += 1


graphs = {
    "node-link": (nx.node_link_graph(json.loads((out / "node-link").read_text()), edges="edges"), "name"),
    "graphml": (nx.read_graphml(out / "graphml"), "name"),
    "gexf": (nx.read_gexf(out / "gexf", version="1.3"), "label"),
}
for what, (graph, name) in graphs.items():
    check(f"{what}: names", {node: data[name] for node, data in graph.nodes(data=True)}, names)
    found = sorted((a, data["relation"], b) for a, b, data in graph.edges(data=True))
    check(f"{what}: links", found, links)

report = frictionless.validate(out / "package" / "datapackage.json")
check("datapackage: faults", report.flatten(["rowNumber", "fieldName", "message"]), [])
package = frictionless.Package(out / "package" / "datapackage.json")
rows = package.get_resource("links").read_rows()
check("datapackage: links", sorted((r["from:START_ID"], r["relation:TYPE"], r["to:END_ID"]) for r in rows), links)
entities = package.get_resource("entities").read_rows()
check("datapackage: aliases are a list", {type(r["aliases:string[]"]) for r in entities if r["aliases:string[]"]}, {list})
print(f"{passed} passed, 0 failed")
