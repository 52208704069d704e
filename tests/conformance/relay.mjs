// Relay's two specifications, object identification and cursor connections, for every connection that the server has at
// its root, in its own data.   node relay.mjs http://127.0.0.1:4000/graphql

import { buildClientSchema, getIntrospectionQuery, getNamedType, isInterfaceType, isObjectType, isRequiredArgument } from "graphql";
import { Judge, address } from "./judge.mjs";

const url = address();
const judge = new Judge("relay");
const schema = buildClientSchema((await ask(getIntrospectionQuery())).data);
const root = schema.getQueryType().getFields();
const isConnection = (field) => getNamedType(field.type).name.endsWith("Connection");

shapes();
const entities = [];
for (const field of Object.values(root).filter((field) => isConnection(field) && !field.args.some(isRequiredArgument))) await pages(field);
await identification(entities);
judge.done();

async function ask(query, variables) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query, variables }) });
  return response.json();
}

/** What the schema itself has to say. */
function shapes() {
  const typeOf = (type, field) => String(schema.getType(type)?.getFields()[field]?.type);
  judge.check("interface Node { id: ID! }", isInterfaceType(schema.getType("Node")) && typeOf("Node", "id") === "ID!" && Object.keys(schema.getType("Node").getFields()).length === 1);
  judge.check("node(id: ID!): Node", String(root.node?.type) === "Node" && String(root.node?.args.find(({ name }) => name === "id")?.type) === "ID!");
  judge.check("nodes(ids: [ID!]!): [Node]!", String(root.nodes?.type) === "[Node]!" && String(root.nodes?.args.find(({ name }) => name === "ids")?.type) === "[ID!]!");
  const page = { hasNextPage: "Boolean!", hasPreviousPage: "Boolean!", startCursor: "String", endCursor: "String" };
  for (const [name, type] of Object.entries(page)) judge.check(`PageInfo.${name}: ${type}`, typeOf("PageInfo", name) === type, typeOf("PageInfo", name));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type) && type.name.endsWith("Connection")) {
      const edge = type.getFields().edges && getNamedType(type.getFields().edges.type);
      judge.check(`${type.name} has pages of edges`, edge?.name.endsWith("Edge") && typeOf(type.name, "edges").startsWith("[") && typeOf(type.name, "pageInfo") === "PageInfo!" && typeOf(edge.name, "cursor") === "String!" && edge.getFields().node);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields()).filter(isConnection)) {
      const taken = Object.fromEntries(field.args.map(({ name, type }) => [name, String(type)]));
      judge.check(`${type.name}.${field.name} takes first and after`, /^Int!?$/.test(taken.first) && taken.after === "String", JSON.stringify(taken));
    }
  }
}

/** Forwards and backwards through the first edges of a list, and what may not be asked of it. */
async function pages(field) {
  async function page(args) {
    const { data, errors } = await ask(`{ page: ${field.name}${args} { pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { __typename ... on Node { id } } } } }`);
    return data?.page ? { ...data.page, cursors: data.page.edges.map(({ cursor }) => cursor) } : { errors, cursors: [] };
  }
  const check = (what, holds, detail) => judge.check(`${field.name}: ${what}`, holds, detail);
  const quoted = JSON.stringify;
  const { cursors: all, pageInfo, edges, errors } = await page("(first: 20)");
  if (!check("first: 20", !errors, quoted(errors))) return;
  entities.push(...edges.map(({ node }) => node).filter(({ id }) => id));
  check("every cursor once", new Set(all).size === all.length);
  check("startCursor and endCursor", pageInfo.startCursor === (all[0] ?? null) && pageInfo.endCursor === (all.at(-1) ?? null));
  check("a negative first is an error", (await page("(first: -1)")).errors);
  check("an unknown cursor is an error", (await page('(first: 2, after: "zz")')).errors);
  const huge = await page("(first: 2147483647)");
  check("a huge first is refused or cut", huge.errors || huge.cursors.length <= 1000);
  if (all.length < 4) return;
  const one = await page("(first: 2)");
  const two = await page(`(first: 2, after: ${quoted(one.pageInfo.endCursor)})`);
  check("two pages are the first four", quoted([...one.cursors, ...two.cursors]) === quoted(all.slice(0, 4)));
  check("a page follows the first", one.pageInfo.hasNextPage === true && one.pageInfo.hasPreviousPage === false);
  if (!field.args.some(({ name }) => name === "last")) return;
  const back = await page(`(last: 2, before: ${quoted(all[3])})`);
  check("backwards, in the same order", quoted(back.cursors) === quoted(all.slice(1, 3)), quoted(back.errors));
  check("a page precedes it", back.pageInfo?.hasPreviousPage === true);
  check("none follows the last", (await page("(last: 2)")).pageInfo?.hasNextPage === false);
}

/** One entity of each kind comes back by its id. */
async function identification(entities) {
  const sample = [...new Map(entities.map((entity) => [entity.__typename, entity])).values()];
  judge.check("entities of several kinds were found", sample.length > 1, `${sample.length}`);
  for (const { id, __typename } of sample) {
    const { data } = await ask("query Again($id: ID!) { node(id: $id) { __typename id } }", { id });
    judge.check(`node finds a ${__typename} again`, data?.node?.id === id && data.node.__typename === __typename, id);
  }
  const { data } = await ask('{ node(id: "no/such") { id } }');
  judge.check("node of an unknown id is null", data?.node === null);
  const ids = [sample[1].id, "no/such", sample[0].id];
  const many = await ask("query Many($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids });
  judge.check("nodes keeps the order, null for the unknown", JSON.stringify(many.data?.nodes) === JSON.stringify([{ id: ids[0] }, null, { id: ids[2] }]), JSON.stringify(many));
}
