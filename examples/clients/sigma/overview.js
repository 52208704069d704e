// All entities and links on one map, drawn by sigma.js on a graphology graph.
//   index.html?api=http://127.0.0.1:4000&seed=1
"use strict";

// Both lists page side by side, so that a graph takes as few requests as its longer list has pages.
const PAGE = `
  query Page($entities: Boolean!, $afterEntity: String, $links: Boolean!, $afterLink: String) {
    entities(first: 100, after: $afterEntity) @include(if: $entities) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id name kind { name interfaces } }
    }
    links(first: 100, after: $afterLink) @include(if: $links) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id from { id } to { id } }
    }
  }`;

// The words are fetched when they are asked for: all of them would be most of what is sent.
const LINKS = `query Words($ids: [ID!]!) { nodes(ids: $ids) { ...Said } } ${SAID}`;
const ENTITY = `
  query Entity($id: ID!) {
    entity(by: { id: $id }) {
      name
      description
      links(first: 20) { totalCount nodes { ...Said } }
    }
  }
  ${SAID}`;

const MOST = 5000; // entities; more than that is no picture
const FAMILIES = ["Agent", "Work", "Endeavour", "Claim", "Concept"];

const graph = globalThis.graphology && new graphology.UndirectedGraph();
const container = document.getElementById("graph");
const panel = document.getElementById("panel");
let map; // the Sigma instance
let chosen = null; // an entity or line of the graph
let pointed = null; // the entity under the pointer
let colour = colours();

// -- loading ---------------------------------------------------------------------------------------

async function load() {
  const next = { entities: true, links: true };
  const joined = []; // a link may come before the entities that it joins
  let total;
  while (next.entities || next.links) {
    const { entities, links } = await ask(PAGE, next);
    if (entities?.totalCount > MOST)
      throw new Error(`There are ${plural(entities.totalCount, "entity", "entities")}; this map shows ${MOST} at most.`);
    total ??= entities.totalCount + links.totalCount;
    for (const { id, name, kind } of entities?.nodes ?? [])
      graph.addNode(id, { label: name, kind: kind.name, family: kind.interfaces.find((one) => FAMILIES.includes(one)) });
    joined.push(...(links?.nodes ?? []));
    Object.assign(next, {
      entities: entities?.pageInfo.hasNextPage ?? false,
      afterEntity: entities?.pageInfo.endCursor,
      links: links?.pageInfo.hasNextPage ?? false,
      afterLink: links?.pageInfo.endCursor,
    });
    report(`Loading … ${Math.floor((100 * (graph.order + joined.length)) / total)} %`);
  }
  // One line for all links between two entities: lines on top of one another cannot be told apart.
  for (const { id, from, to } of joined)
    graph.updateEdge(from.id, to.id, ({ links = [] }) => ({ links: [...links, id] }));
  graph.updateEachEdgeAttributes((_, attributes) => ({ ...attributes, size: 2 * scale() })); // wide enough to hit
  graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, size: scale() * (2 + Math.sqrt(graph.degree(id))) }));
  return joined.length;
}

/** How large things are drawn: the more, the smaller. */
function scale() {
  return Math.min(1.2, Math.max(0.4, 20 / Math.sqrt(graph.order)));
}

/** Where everything stands: the same for the same graph and seed, in every browser window. */
async function arrange() {
  const random = generator(Number(parameters.get("seed") ?? 1));
  graph.updateEachNodeAttributes((_, attributes) => ({ ...attributes, x: random(), y: random() }));
  const { layoutForceAtlas2 } = graphologyLibrary;
  // Coarser than by default: 5,000 entities take seconds and not half a minute.
  const settings = { ...layoutForceAtlas2.inferSettings(graph), barnesHutTheta: 1.2 };
  const rounds = 300;
  const together = 20; // then the page may answer its reader
  for (let done = 0; done < rounds; done += together) {
    layoutForceAtlas2.assign(graph, { iterations: together, settings });
    report(`Arranging … ${Math.round((100 * (done + together)) / rounds)} %`);
    await new Promise((next) => setTimeout(next));
  }
}

/** Numbers from 0 to 1 that follow from a seed: a linear congruential generator, even enough for a start. */
function generator(seed) {
  return () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

// -- the map ---------------------------------------------------------------------------------------

function draw() {
  map = new Sigma(graph, container, {
    ...palette(),
    labelFont: "system-ui, sans-serif",
    labelSize: 13,
    labelRenderedSizeThreshold: 3.5,
    labelGridCellSize: 160,
    enableEdgeEvents: true,
    zIndex: true,
    nodeReducer: node,
    edgeReducer: line,
    defaultDrawNodeLabel: (context, data, settings) => data.highlighted || named(context, data, settings),
    defaultDrawNodeHover: outstanding,
  });
  map.on("clickNode", ({ node }) => chooseEntity(node));
  map.on("clickEdge", ({ edge }) => chooseLine(edge));
  map.on("clickStage", () => mark(null));
  map.on("enterNode", ({ node }) => point(node));
  map.on("leaveNode", () => point(null));
  map.on("enterEdge", () => (container.style.cursor = "pointer"));
  map.on("leaveEdge", () => (container.style.cursor = ""));
}

function palette() {
  colour = colours();
  return { defaultEdgeColor: colour.line, defaultNodeColor: colour.soft };
}

/** Entities of the line or around the entity that is chosen or pointed at; all if nothing is. */
function near(id) {
  const focus = pointed ?? chosen;
  if (!focus || focus === id) return true;
  return graph.hasNode(focus) ? graph.areNeighbors(focus, id) : graph.extremities(focus).includes(id);
}

function node(id, { family, label, ...data }) {
  const color = family ? colour[family.toLowerCase()] : colour.soft;
  if (!near(id)) return { ...data, color: colour.faint, label: null };
  return { ...data, color, label: shorten(label), zIndex: 1, highlighted: id === chosen || id === pointed };
}

/** Names may be whole sentences; the panel and the list have all of them. */
function shorten(text) {
  return text.length > 36 ? `${text.slice(0, 35).trimEnd()}…` : text;
}

function line(id, data) {
  const focus = pointed ?? chosen;
  if (!focus) return data;
  const own = focus === id || (graph.hasNode(focus) && graph.hasExtremity(id, focus));
  return own ? { ...data, color: colour.accent, size: 2.5, zIndex: 1 } : { ...data, hidden: true };
}

/** A name beside its entity, edged with paper, so that lines do not run through its letters. */
function named(context, { label, x, y, size }, { labelSize, labelFont, labelWeight }) {
  if (!label) return;
  const place = [label, x + size + 4, y + labelSize / 3];
  context.font = `${labelWeight} ${labelSize}px ${labelFont}`;
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = colour.paper;
  context.strokeText(...place);
  context.fillStyle = colour.ink;
  context.fillText(...place);
}

/** The same for what is chosen or pointed at: bold, with a ring. */
function outstanding(context, data, settings) {
  named(context, data, { ...settings, labelWeight: 700 });
  context.beginPath();
  context.arc(data.x, data.y, data.size + 2, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = colour.accent;
  context.stroke();
}

function point(id) {
  pointed = id;
  container.style.cursor = id ? "pointer" : "";
  map.refresh({ skipIndexation: true });
}

function mark(id) {
  chosen = id;
  map.refresh({ skipIndexation: true });
}

// By keyboard: arrow keys move the map, + and - zoom, 0 shows all of it.
container.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
  if (ctrlKey || metaKey) return;
  const camera = map.getCamera();
  const { x, y, ratio } = camera.getState();
  const step = ratio / 10;
  const moves = {
    ArrowLeft: { x: x - step }, ArrowRight: { x: x + step }, ArrowUp: { y: y + step }, ArrowDown: { y: y - step },
    "+": { ratio: ratio / 1.5 }, "-": { ratio: ratio * 1.5 }, 0: { x: 0.5, y: 0.5, ratio: 1 },
  };
  if (moves[key]) camera.setState(moves[key]);
});
container.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.preventDefault());

// -- what is chosen --------------------------------------------------------------------------------

/** Shows in the panel what the server says, unless something else was chosen meanwhile. */
async function tell(id, query, variables, content) {
  mark(id);
  try {
    const answer = await ask(query, variables);
    if (chosen === id) panel.replaceChildren(...content(answer));
  } catch (error) {
    if (chosen === id) panel.replaceChildren(element("p", {}, error.message));
  }
}

function chooseLine(line) {
  const ids = graph.getEdgeAttribute(line, "links");
  return tell(line, LINKS, { ids }, ({ nodes }) => nodes.flatMap(words));
}

function chooseEntity(id) {
  const { x, y } = map.getNodeDisplayData(id);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  map.getCamera().animate({ x, y }, { duration: still ? 0 : 300 });
  return tell(id, ENTITY, { id }, ({ entity: { name, description, links } }) => [
    element("p", { className: "sentence" }, name),
    element("p", { className: "facts" }, `${spoken(graph.getNodeAttribute(id, "kind"))}, ${plural(links.totalCount, "link")}`),
    description && element("p", {}, description),
    element("p", {}, element("a", { href: `../cytoscape/index.html?${new URLSearchParams({ api, id })}` }, "What stands around it")),
    ...links.nodes.map((link) => element("details", {}, element("summary", {}, link.sentence), ...words(link))),
    links.totalCount > links.nodes.length && element("p", { className: "hint" }, `${links.totalCount - links.nodes.length} more`),
  ].filter(Boolean));
}

// -- the list --------------------------------------------------------------------------------------

function list() {
  const kinds = Map.groupBy(graph.nodes(), (id) => graph.getNodeAttribute(id, "kind"));
  const name = (id) => graph.getNodeAttribute(id, "label");
  const item = (id) => {
    const button = element("button", { type: "button" }, name(id));
    button.addEventListener("click", () => {
      chooseEntity(id);
      container.scrollIntoView({ block: "nearest" });
    });
    return element("li", {}, button, element("span", { className: "kind" }, ` ${plural(graph.degree(id), "neighbour")}`));
  };
  const groups = [...kinds].map(([kind, ids]) => element("details", {},
    element("summary", {}, `${spoken(kind)} (${ids.length.toLocaleString("en-GB")})`),
    element("ul", {}, ...ids.sort((a, b) => name(a).localeCompare(name(b), "en")).map(item))));
  document.getElementById("list").replaceChildren(element("h2", {}, "The same as a list"), ...groups);
}

/** Names to go to: the kind stands beside each, since two things may have one name. */
function finder() {
  const ids = new Map(graph.mapNodes((id, { label, kind }) => [`${label} (${spoken(kind)})`, id]));
  document.getElementById("names").replaceChildren(...[...ids.keys()].map((value) => element("option", { value })));
  document.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = ids.get(event.target.text.value);
    if (id) chooseEntity(id);
    else panel.replaceChildren(element("p", {}, "There is nothing of that name; choose one of those that are offered."));
  });
}

function legend() {
  const there = new Set(graph.mapNodes((_, { family }) => family));
  const signs = FAMILIES.filter((family) => there.has(family)).map((family) => {
    const sign = element("span", {}, family);
    sign.style.setProperty("--of", `var(--${family.toLowerCase()})`);
    return sign;
  });
  document.getElementById("legend").replaceChildren(...signs);
}

async function start() {
  try {
    if (!graph || !globalThis.graphologyLibrary || !globalThis.Sigma) throw new Error("The libraries did not load; are you offline?");
    const links = await load();
    await arrange();
    document.getElementById("shown").hidden = false;
    draw();
    legend();
    finder();
    list();
    onColourChange(() => map.setSettings(palette()));
    report(`${plural(graph.order, "entity", "entities")}, ${plural(links, "link")}.`);
  } catch (error) {
    report(error.message, true);
  }
}

start();
