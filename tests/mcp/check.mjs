// Drives the server as an assistant's client does, with the SDK that most of them are built on: over standard
// input and output, and over HTTP; the seed, and another ontology.   node check.mjs PROGRAM URL

import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [program, url] = process.argv.slice(2);
let passed = 0;
const check = (what, holds) => (assert.ok(holds, what), passed++);

async function connected(transport) {
  const client = new Client({ name: "check", version: "1" });
  await client.connect(transport);
  return client;
}

const stdio = (...args) =>
  connected(new StdioClientTransport({ command: program, args: ["mcp", ...args], stderr: "ignore" }));

async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  return { ...result, text: result.content[0].text, told: result.structuredContent };
}

/** Every link and entity of an answer that has evidence comes with its words, and with what a check found. */
function cited(what, result) {
  assert.ok(!result.isError, `${what}: ${result.text}`);
  const { evidence, dataVersion } = result.told;
  check(`${what}: evidence`, evidence.length > 0);
  for (const node of evidence)
    for (const piece of node.evidence) {
      check(`${what}: status`, ["VERIFIED", "NOT_FOUND", "SOURCE_UNAVAILABLE", "URL_ONLY"].includes(piece.status));
      if (piece.quote !== null) check(`${what}: words stand in the text`, result.text.includes(`“${piece.quote}”`));
      check(`${what}: source`, piece.source.id && result.text.includes(piece.source.name));
    }
  check(`${what}: version`, result.text.endsWith(`Data version ${dataVersion}`));
}

async function drive(how, client) {
  const says = (what) => `${how}: ${what}`;
  check(says("instructions tell the kinds"), /Kinds: .*Initiative \(\d+\)/.test(client.getInstructions()));
  const { tools } = await client.listTools();
  const named = Object.fromEntries(tools.map((tool) => [tool.name, tool]));
  for (const tool of tools) {
    check(says(`${tool.name} reads only`), tool.annotations.readOnlyHint === true);
    check(says(`${tool.name} is described`), tool.description.length > 40 && tool.title);
  }
  const kinds = named.search.inputSchema.properties.kinds.items;
  check(says("kinds are the ontology's, with its words"), kinds.enum.includes("INITIATIVE") && kinds.description.includes("INITIATIVE: A continuing effort"));

  const found = await call(client, "search", { text: "severe maternal morbidity", kinds: ["REPORT"], first: 3 });
  cited(says("search"), found);
  const [report] = found.told.answer.search.edges.map((edge) => edge.node);
  check(says("search finds the report"), report.kind.name === "Report");
  const resolved = await call(client, "resolve", { names: ["HHS", "Maura Healey"] });
  check(says("resolve"), resolved.told.answer.resolve.every((name) => name.candidates.length > 0));

  const entity = await call(client, "entity", { id: report.id });
  cited(says("entity"), entity);
  check(says("entity has its links"), entity.told.answer.node.links.nodes.length > 2);
  check(says("entity has its properties"), typeof entity.told.answer.node.properties === "object");
  const trail = await call(client, "trail", { of: "initiative/ahem", direction: "UPSTREAM" });
  cited(says("trail"), trail);
  const sentences = trail.told.answer.trail.links.map(({ link }) => link.sentence);
  check(says("each link of a trail is cited"), sentences.every((sentence) => trail.told.evidence.some((node) => node.sentence === sentence)));
  cited(says("paths"), await call(client, "paths", { from: ["person/healey"], to: ["initiative/ahem"] }));
  cited(says("neighborhood"), await call(client, "neighborhood", { of: ["agency/hhs"], first: 10 }));
  const gaps = await call(client, "gaps", { names: ["RECOMMENDATION_WITHOUT_ACTION"] });
  check(says("gaps"), gaps.told.answer.gaps[0].entities.totalCount > 0);
  cited(says("compare"), await call(client, "compare", { ids: ["plan/hhs-eap-2022", "plan/hhs-eap-2023"] }));
  cited(says("timeline"), await call(client, "timeline", { kinds: ["REPORT", "PLAN"], first: 5 }));
  cited(says("a kept question"), await call(client, "ask_question", { question: "reports-behind-a-recommendation" }));
  // Evidence comes whether the query asks for it or not, and the answer is as it was asked.
  const query = await call(client, "query", { query: "{ initiatives(first: 1) { nodes { name ledBy { edges { node { name } } } } } }" });
  cited(says("query"), query);
  check(says("query: nothing is added"), !JSON.stringify(query.told.answer).includes('"id"'));
  const types = await call(client, "describe_types", { names: ["Initiative"] });
  check(says("types"), types.text.includes("type Initiative implements"));

  for (const [name, args, why] of [
    ["entity", { id: "agency/hhs", frist: 3 }, "did you mean `first`"],
    ["search", { text: "a", kinds: ["REPROT"] }, "REPROT"],
    ["query", { query: "{ initiatives { nodes { nam } } }" }, "nam"],
    ["query", { query: "mutation { x }" }, ""],
    ["gaps", { names: ["NONE"] }, "there is no gap `NONE`"],
    ["ask_question", { question: "weak-link" }, "did you mean `weak-links`"],
    ["describe_types", { names: ["Initiatve"] }, "there is no type"],
    ["no_tool", {}, "there is no tool `no_tool`"],
  ]) {
    const refused = await call(client, name, args);
    check(says(`${name} ${JSON.stringify(args)} says why: ${refused.text}`), refused.isError && refused.text.includes(why));
  }

  const { resources } = await client.listResources();
  const { contents } = await client.readResource({ uri: resources[0].uri });
  check(says("the schema is a resource"), contents[0].text.includes("type Query {"));
  await client.close();
}

await drive("stdio", await stdio());
await drive("HTTP", await connected(new StreamableHTTPClientTransport(new URL("/mcp", url))));

const other = await stdio("--schema", "../../examples/transport/transport.graphql", "--data", "../../examples/transport/transport.jsonl");
const { tools } = await other.listTools();
const kinds = tools.find((tool) => tool.name === "search").inputSchema.properties.kinds.items.enum;
check("another ontology has other kinds", !kinds.includes("INITIATIVE") && kinds.length > 3);
await other.close();
console.log(`${passed} passed, 0 failed`);
