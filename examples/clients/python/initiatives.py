"""All initiatives with their links and the words behind each, as a table and as a graph.

usage: python initiatives.py [--url URL] [--csv FILE] [--start ID] [--end ID]
"""

import argparse
import json
import os
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import NamedTuple

import networkx as nx
import pandas as pd

LINKS = """
fragment Links on LinkConnection {
  pageInfo { hasNextPage endCursor }
  nodes {
    id
    sentence
    basis
    relation { name }
    from { id name kind { name } }
    to { id name kind { name } }
    evidence { basis quote note source { name } }
  }
}
"""
INITIATIVES = """
query Initiatives($after: String) {
  initiatives(first: 20, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id name links(first: 100) { ...Links } }
  }
}
""" + LINKS
MORE_LINKS = """
query MoreLinks($id: ID!, $after: String) {
  initiative(id: $id) { links(first: 100, after: $after) { ...Links } }
}
""" + LINKS


class Refused(Exception):
    """What the server refused: its code, and its words."""

    def __init__(self, errors: list[dict]):
        super().__init__("\n".join(error["message"] for error in errors))
        self.code = errors[0]["extensions"]["code"]


def ask(url: str, query: str, **variables) -> dict:
    """Asks one GraphQL request of the server at `url`."""
    request = urllib.request.Request(
        f"{url}/graphql",
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={
            "Content-Type": "application/json",
            "Accept": "application/graphql-response+json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as refusal:
        answer = json.load(refusal)  # says why, in the form of any answer
    if "errors" in answer:
        raise Refused(answer["errors"])
    return answer["data"]


def initiatives(url: str) -> Iterator[dict]:
    """All initiatives, each with all its links, however many pages either takes."""
    after = None
    while True:
        page = ask(url, INITIATIVES, after=after)["initiatives"]
        for initiative in page["nodes"]:
            part = initiative["links"]
            links = part["nodes"]
            while part["pageInfo"]["hasNextPage"]:
                cursor = part["pageInfo"]["endCursor"]
                part = ask(url, MORE_LINKS, id=initiative["id"], after=cursor)["initiative"]["links"]
                links += part["nodes"]
            yield {"id": initiative["id"], "name": initiative["name"], "links": links}
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


class Row(NamedTuple):
    """A link, with the best piece of its evidence."""

    link: str
    subject: str
    subject_name: str
    subject_kind: str
    relation: str
    object: str
    object_name: str
    object_kind: str
    sentence: str
    basis: str
    quote: str | None
    source: str
    note: str | None
    pieces: int


def row(link: dict) -> Row:
    # A link is STATED if any piece of its evidence states it: that piece is the one to show.
    best = next(piece for piece in link["evidence"] if piece["basis"] == link["basis"])
    subject, object_ = link["from"], link["to"]
    return Row(
        link["id"],
        subject["id"], subject["name"], subject["kind"]["name"],
        link["relation"]["name"],
        object_["id"], object_["name"], object_["kind"]["name"],
        link["sentence"], link["basis"],
        best["quote"], best["source"]["name"], best["note"], len(link["evidence"]),
    )


def tabulate(found: list[dict]) -> pd.DataFrame:
    """A row a link. One between two initiatives is met at both, and stands here once."""
    links = {link["id"]: row(link) for initiative in found for link in initiative["links"]}
    return pd.DataFrame(links.values(), columns=Row._fields)


def connect(found: list[dict], table: pd.DataFrame) -> nx.MultiDiGraph:
    """Entities as nodes, links as edges that carry the columns of the table."""
    graph = nx.from_pandas_edgelist(
        table, "subject", "object", edge_attr=True, edge_key="link", create_using=nx.MultiDiGraph
    )
    graph.add_nodes_from(initiative["id"] for initiative in found)  # also those without a link
    for end in ("subject", "object"):
        nx.set_node_attributes(graph, dict(zip(table[end], table[f"{end}_name"])), "name")
        nx.set_node_attributes(graph, dict(zip(table[end], table[f"{end}_kind"])), "kind")
    nx.set_node_attributes(graph, {one["id"]: one["name"] for one in found}, "name")
    return graph


def hops(graph: nx.MultiDiGraph, start: str, end: str) -> Iterator[dict]:
    """The links of a shortest path, followed either way; stated ones where there is a choice."""
    path = nx.shortest_path(graph.to_undirected(as_view=True), start, end)
    for one, other in nx.utils.pairwise(path):
        there, back = graph.get_edge_data(one, other, default={}), graph.get_edge_data(other, one, default={})
        yield max([*there.values(), *back.values()], key=lambda link: link["basis"] == "STATED")


def farthest(graph: nx.MultiDiGraph, start: str) -> str:
    distances = nx.single_source_shortest_path_length(graph.to_undirected(as_view=True), start)
    return max(distances, key=distances.get)


def main() -> None:
    options = argparse.ArgumentParser(description="All initiatives with their evidence.")
    options.add_argument("--url", default=os.environ.get("THROUGHLINE_URL", "http://127.0.0.1:4000"))
    options.add_argument("--csv", default="initiatives.csv", help="where the table goes")
    options.add_argument("--start", help="where a path begins; the best connected initiative if absent")
    options.add_argument("--end", help="where it ends; what is farthest if absent")
    given = options.parse_args()

    try:
        found = list(initiatives(given.url))
    except (Refused, OSError, ValueError) as error:  # refused, unreachable, or no JSON
        raise SystemExit(f"{given.url}: {error}")
    if not found:
        raise SystemExit(f"{given.url} holds no initiatives")
    table = tabulate(found)
    graph = connect(found, table)
    table.to_csv(given.csv, index=False)

    print(f"{len(found)} initiatives, {len(graph)} entities, {len(table)} links: {given.csv}\n")
    print(table.groupby(["relation", "basis"]).size().unstack(fill_value=0), "\n")
    print("Best connected:")
    for entity, degree in sorted(graph.degree, key=lambda pair: -pair[1])[:8]:
        print(f"{degree:4}  {graph.nodes[entity]['name']}")

    start = given.start or max((one["id"] for one in found), key=graph.degree)
    try:
        end = given.end or farthest(graph, start)
        path = list(hops(graph, start, end))
    except (nx.NodeNotFound, nx.NetworkXNoPath) as error:
        raise SystemExit(f"no path through what initiatives are linked to: {error}")
    print(f"\nFrom {graph.nodes[start]['name']} to {graph.nodes[end]['name']}:")
    for link in path:
        print(f"  {link['sentence']} ({link['basis']})")
        print(textwrap.indent(textwrap.fill(f"“{link['quote'] or link['note']}” — {link['source']}", 92), "      "))


if __name__ == "__main__":
    main()
