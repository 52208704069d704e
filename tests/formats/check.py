"""Reads exports with networkx and Frictionless, and holds what they hold against our own lines."""

import json
import sys
import zipfile
from pathlib import Path

import bibtexparser
import frictionless
import networkx as nx
import rdflib
import rispy
from pyshacl import validate
from rocrate.rocrate import ROCrate

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

nx.write_graphml(graphs["graphml"][0], out / "again.graphml")
report = frictionless.validate(out / "package" / "datapackage.json")
check("datapackage: faults", report.flatten(["rowNumber", "fieldName", "message"]), [])
package = frictionless.Package(out / "package" / "datapackage.json")
rows = package.get_resource("links").read_rows()
check("datapackage: links", sorted((r["from:START_ID"], r["relation:TYPE"], r["to:END_ID"]) for r in rows), links)
entities = package.get_resource("entities").read_rows()
check("datapackage: aliases are a list", {type(r["aliases:string[]"]) for r in entities if r["aliases:string[]"]}, {list})
sources = {line["source"].partition("/")[2]: line["name"] for line in lines if "source" in line}
bibtex = bibtexparser.parse_file(str(out / "bibtex"))
check("bibtex: faults", bibtex.failed_blocks, [])
check("bibtex: titles", {entry.key: entry["title"].strip("{}") for entry in bibtex.entries}, sources)
ris = rispy.loads((out / "ris").read_text())
check("ris: titles", {entry["id"]: entry["title"] for entry in ris}, sources)
csl = json.loads((out / "csl-json").read_text())
check("csl-json: titles", {entry["id"]: entry["title"] for entry in csl}, sources)

ID = "tag:throughline.dev,2026:"
QUESTION = """
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX oa: <http://www.w3.org/ns/oa#>
SELECT DISTINCT ?s ?p ?o ?quote WHERE {
  GRAPH ?g { ?s ?p ?o }
  ?g rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o .
  ?annotation oa:hasBody ?g ; oa:hasTarget / oa:hasSelector / oa:exact ?quote .
}"""
quotes = sorted(
    {(*line["link"], piece["quote"]) for line in lines if "link" in line for piece in line["evidence"] if "quote" in piece}
)
for name in ("trig", "nquads", "json-ld"):
    data = rdflib.Dataset(default_union=True)
    data.parse(out / name, format=name)
    graphs = [graph for graph in data.graphs() if str(graph.identifier).startswith(ID + "link/")]
    check(f"{name}: a graph a link", len(graphs), len(links))
    found = sorted(
        (str(s).removeprefix(ID), str(p).rpartition("#")[2], str(o).removeprefix(ID), str(quote))
        for s, p, o, quote in data.query(QUESTION)
    )
    check(f"{name}: links with their words", found, quotes)
    if name == "trig":
        data.serialize(out / "again.nq", format="nquads", encoding="utf-8")
turtle = rdflib.Graph().parse(out / "turtle", format="turtle")
statements = set(turtle.subjects(rdflib.RDF.type, rdflib.RDF.Statement))
check("turtle: a statement a link", len(statements), len(links))

shapes = rdflib.Graph().parse(out / "shapes", format="turtle")
check("turtle: SHACL", validate(turtle, shacl_graph=shapes)[::2], (True, "Validation Report\nConforms: True\n"))
# The shapes are there to refuse: a link without evidence, and one without a subject.
link = next(iter(statements))
for what, quad in {
    "without evidence": (None, rdflib.URIRef("http://www.w3.org/ns/oa#hasBody"), link),
    "without its subject": (link, rdflib.RDF.subject, None),
}.items():
    broken = rdflib.Graph() + turtle
    broken.remove(quad)
    check(f"SHACL: a link {what}", validate(broken, shacl_graph=shapes)[0], False)
# A bundle says what it holds, names its sources, and its query gives its answer again.
crate = ROCrate(out / "crate")
check("crate: files", sorted(file.id for file in crate.data_entities), sorted(
    path.name for path in (out / "crate").iterdir() if path.name != "ro-crate-metadata.json"
))
version = json.loads((out / "package" / "datapackage.json").read_text())["version"]
check("crate: version", crate.root_dataset["version"], version)
check("crate: sources", {work["name"] for work in crate.root_dataset["citation"]}, {entry["title"] for entry in json.loads((out / "crate" / "references.json").read_text())})
check("crate: asked again", json.loads((out / "asked-again.json").read_text()), json.loads((out / "crate" / "answer.json").read_text()))
check("crate: faults", frictionless.validate(out / "crate" / "datapackage.json").flatten(["rowNumber", "message"]), [])
with zipfile.ZipFile(out / "crate.zip") as packed:
    check("crate: packed", {name: packed.read(name) for name in packed.namelist()}, {path.name: path.read_bytes() for path in (out / "crate").iterdir()})
print(f"{passed} passed, 0 failed")
