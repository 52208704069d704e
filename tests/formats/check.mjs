// Reads exports with graphology and Cytoscape.js, and holds what they hold against our own lines.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Graph from "graphology";
import cytoscape from "cytoscape";

const read = (name) => readFileSync(`${process.argv[2]}/${name}`, "utf8");
const lines = read("jsonl").trim().split("\n").map((line) => JSON.parse(line));
const links = lines.filter(({ link }) => link).map(({ link }) => link.join(" ")).sort();
const entities = lines.filter(({ kind }) => kind).length;

const graph = Graph.from(JSON.parse(read("graphology")));
assert.equal(graph.order, entities);
assert.deepEqual(graph.mapEdges((_, { relation }, from, to) => `${from} ${relation} ${to}`).sort(), links);
assert(graph.everyEdge((_, { sentence, evidence }) => sentence && evidence.length > 0));

const drawing = cytoscape({ headless: true, ...JSON.parse(read("cytoscape")) });
assert.equal(drawing.nodes().length, entities);
assert.deepEqual(drawing.edges().map((edge) => `${edge.data("source")} ${edge.data("relation")} ${edge.data("target")}`).sort(), links);
console.log("graphology and Cytoscape.js read the same links");
