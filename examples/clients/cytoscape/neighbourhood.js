// What stands around one entity, drawn by Cytoscape.js from one GraphQL request.
//   index.html?api=http://127.0.0.1:4000&id=initiative/ahem
"use strict";

// Nodes and links come once each, ready to draw; what had no room is counted.
const NEIGHBOURHOOD = `
  query Neighbourhood($id: ID!) {
    neighborhood(of: [$id], first: 60) {
      nodes { distance entity { id name kind { name interfaces } } }
      links { ...Said from { id } to { id } relation { name inverse } }
      omitted { byLimit links }
    }
  }
  ${SAID}`;

const SEARCH = `
  query Find($text: String!) {
    search(text: $text, first: 8) { nodes { id name kind { name } } }
  }`;

// A shape and a colour for each family of kinds, so that nothing hangs on colour alone.
const FAMILIES = {
  Agent: { shape: "ellipse", sign: "●" },
  Work: { shape: "rectangle", sign: "■" },
  Endeavour: { shape: "diamond", sign: "◆" },
  Claim: { shape: "triangle", sign: "▲" },
  Concept: { shape: "hexagon", sign: "⬢" },
};

const ROW = 26;
const LINE = 18;
const TEXT = 250; // the width of a name
const LETTERS = 32; // about as many fit into it
const LONGEST = 3 * LETTERS; // a name is cut there in the drawing; the list has all of it
const WIDE = 700; // from here on there is room for a column on each side

const graph = document.getElementById("graph");
const panel = document.getElementById("panel");
let wanted; // the id of the entity that was asked for last
let shown; // the neighbourhood that is drawn
let drawing; // its Cytoscape instance
let chosen = []; // ids of the links whose words stand in the panel
let at = null; // id of the node that the arrow keys have reached

function family({ kind }) {
  return kind.interfaces.find((name) => name in FAMILIES);
}

/** Loads what stands around an entity, and shows it unless the reader went on meanwhile. */
async function load(id) {
  wanted = id;
  report("Loading …");
  try {
    const { neighborhood } = await ask(NEIGHBOURHOOD, { id });
    if (wanted === id) show(neighborhood);
  } catch (error) {
    if (wanted !== id) return;
    document.getElementById("shown").hidden = true;
    report(error.message, true);
  }
}

function show({ nodes, links, omitted }) {
  const entities = new Map(nodes.map(({ entity }) => [entity.id, entity]));
  // An entity that was merged into another answers under the other's id: the centre is at distance 0.
  const centre = nodes.find(({ distance }) => distance === 0).entity;
  shown = { centre, entities, links, sides: sides(centre, entities, links) };
  document.title = `${centre.name}: its neighbourhood`;
  document.getElementById("name").textContent = centre.name;
  document.getElementById("shown").hidden = false;
  const counted = [plural(nodes.length, "entity", "entities"), plural(links.length, "link")];
  if (omitted.byLimit > 0) counted.push(`no room for ${plural(omitted.byLimit, "neighbour")}`);
  if (omitted.links > 0) counted.push(`no room for ${plural(omitted.links, "link")}`);
  report(`${spoken(centre.kind.name)}. ${counted.join(", ")}.`);
  panel.replaceChildren(element("p", { className: "hint" }, "Choose a line, and the sentence that supports it stands here."));
  [chosen, at] = [[], null];
  list();
  if (!globalThis.cytoscape) return report("Cytoscape.js did not load, so nothing is drawn; the list is whole.", true);
  legend();
  draw();
}

/** The neighbours, grouped by the relation that joins them to the centre, on the side it comes from. */
function sides(centre, entities, links) {
  const groups = new Map();
  const placed = new Set([centre.id]);
  for (const { from, to, relation } of links) {
    const incoming = to.id === centre.id;
    const other = incoming ? from.id : to.id;
    if ((!incoming && from.id !== centre.id) || placed.has(other)) continue;
    placed.add(other);
    const heading = spoken(incoming ? relation.inverse : relation.name);
    const key = `${incoming} ${heading}`;
    if (!groups.has(key)) groups.set(key, { incoming, heading, members: [] });
    groups.get(key).members.push(entities.get(other));
  }
  // Where there are too many links to send, one that joins a neighbour to the centre may be missing.
  const rest = [...entities.values()].filter(({ id }) => !placed.has(id));
  return [...groups.values(), ...(rest.length > 0 ? [{ incoming: false, heading: "also near", members: rest }] : [])];
}

// -- the drawing -----------------------------------------------------------------------------------

function label({ name }) {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

/** Where everything stands: in two columns, or below the centre where there is no room for two. */
function positions(width) {
  const wide = width >= WIDE;
  const at = [];
  const column = (groups, x, side, top) => {
    let y = top;
    for (const { heading, members } of groups) {
      at.push({ heading, x, y, side });
      y += ROW;
      for (const entity of members) {
        const height = Math.ceil(label(entity).length / LETTERS) * LINE;
        at.push({ entity, x, y: y + height / 2 - LINE / 2, side });
        y += height + ROW - LINE;
      }
      y += ROW / 2;
    }
    return y;
  };
  const incoming = shown.sides.filter((group) => group.incoming);
  const outgoing = shown.sides.filter((group) => !group.incoming);
  if (!wide) {
    const height = column([...incoming, ...outgoing], 48, "right", 2.5 * ROW);
    return { wide, height, at: [{ entity: shown.centre, x: 14, y: ROW, side: "right" }, ...at] };
  }
  const ends = [column(incoming, TEXT + 20, "left", ROW), column(outgoing, width - TEXT - 20, "right", ROW)];
  const height = Math.max(...ends, 4 * ROW);
  return { wide, height, at: [{ entity: shown.centre, x: width / 2, y: height / 2, side: "top" }, ...at] };
}

function draw() {
  const { wide, height, at } = positions(graph.clientWidth);
  graph.style.height = `${height}px`;
  const nodes = at.map(({ entity, heading, x, y, side }) => ({
    group: "nodes",
    classes: `${side} ${heading ? "heading" : entity === shown.centre ? "centre" : "neighbour"}`,
    data: heading
      ? { label: heading }
      : { id: entity.id, label: label(entity), family: family(entity) },
    position: { x, y },
  }));
  const place = new Map(at.map((node) => [node.entity?.id, node]));
  const edges = shown.links.map(({ id, from, to, basis }) => ({
    group: "edges",
    classes: from.id === shown.centre.id || to.id === shown.centre.id ? "own" : "between",
    data: { id, source: from.id, target: to.id, basis, ...bend(place.get(from.id), place.get(to.id), wide) },
  }));
  drawing?.destroy();
  drawing = cytoscape({
    container: graph,
    elements: [...nodes, ...edges],
    layout: { name: "preset", fit: false },
    style: style(),
    autoungrabify: true,
    boxSelectionEnabled: false,
    userPanningEnabled: false,
    userZoomingEnabled: false,
  });
  drawing.on("tap", "edge", ({ target }) => choose(target.parallelEdges().map((edge) => edge.id())));
  drawing.on("tap", "node.neighbour", ({ target }) => go(target.id()));
  drawing.on("mouseover", "edge, node.neighbour", () => (graph.style.cursor = "pointer"));
  drawing.on("mouseout", "edge, node.neighbour", () => (graph.style.cursor = ""));
  mark();
}

function legend() {
  const there = new Set([...shown.entities.values()].map(family));
  const signs = Object.entries(FAMILIES).filter(([name]) => there.has(name)).map(([name, { sign }]) => `${sign} ${name}`);
  document.getElementById("legend").textContent = [...signs, "— stated", "- - inferred"].join("   ");
}

/** The point that a line bends towards, as Cytoscape wants it: how far along, and how far aside. */
function bend(from, to, wide) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const aside = Math.min(Math.abs(dy) / 3, wide ? 110 : 28);
  let [px, py] = [dx / 2, dy / 2]; // half-way, for a straight line
  if (dx === 0) px = wide && from.side === "left" ? aside : -aside; // within a column, bent to the middle
  else if (!wide) [px, py] = dx > 0 ? [0, dy] : [dx, 0]; // below the centre first, then to the name
  return { along: (px * dx + py * dy) / (dx * dx + dy * dy), aside: (py * dx - px * dy) / Math.hypot(dx, dy) };
}

function style() {
  const colour = colours();
  const text = { "font-family": getComputedStyle(document.body).fontFamily, "font-size": 14, color: colour.ink };
  return [
    { selector: "node", style: {
      ...text, label: "data(label)", width: 11, height: 11, "background-color": colour.soft,
      "text-wrap": "wrap", "text-max-width": TEXT, "line-height": 1.2, "text-valign": "center", "text-events": "yes",
      "text-background-color": colour.paper, "text-background-opacity": 1, "text-background-padding": 2 } },
    ...Object.entries(FAMILIES).map(([name, { shape }]) => (
      { selector: `[family = "${name}"]`, style: { shape, "background-color": colour[name.toLowerCase()] } })),
    { selector: ".left", style: { "text-halign": "left", "text-margin-x": -6, "text-justification": "right" } },
    { selector: ".right", style: { "text-halign": "right", "text-margin-x": 6, "text-justification": "left" } },
    { selector: ".top", style: { "text-valign": "top", "text-margin-y": -8 } },
    { selector: ".heading", style: {
      color: colour.soft, "font-family": "Segoe UI, system-ui, sans-serif", "font-size": 12, "font-weight": 600,
      "background-opacity": 0, events: "no" } },
    { selector: ".centre", style: { width: 18, height: 18, "font-weight": 700 } },
    { selector: "edge", style: {
      width: 1.5, "line-color": colour.line, "target-arrow-color": colour.line, "target-arrow-shape": "triangle",
      "arrow-scale": 0.7, "curve-style": "unbundled-bezier", "edge-distances": "node-position",
      "control-point-weights": "data(along)", "control-point-distances": "data(aside)" } },
    { selector: ".between", style: { width: 1, "line-opacity": 0.6 } },
    { selector: 'edge[basis = "INFERRED"]', style: { "line-style": "dashed" } },
    { selector: ".chosen", style: {
      width: 3, "line-color": colour.accent, "target-arrow-color": colour.accent, "line-opacity": 1, "z-index": 1 } },
    { selector: "node.at", style: {
      "border-width": 3, "border-color": colour.accent,
      "underlay-color": colour.accent, "underlay-opacity": 0.3, "underlay-padding": 4 } },
  ];
}

/** Marks what is chosen, and where the arrow keys are. */
function mark() {
  drawing.elements().removeClass("chosen at");
  chosen.forEach((id) => drawing.getElementById(id).addClass("chosen"));
  if (at) drawing.getElementById(at).addClass("at");
}

/** Shows the words behind some links. */
function choose(ids) {
  chosen = ids;
  mark();
  panel.replaceChildren(...shown.links.filter(({ id }) => ids.includes(id)).flatMap(words));
}

// By keyboard: the arrow keys go to the nearest name in that direction, and show what joins it to the centre.
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

graph.addEventListener("keydown", (event) => {
  const current = drawing.getElementById(at ?? shown.centre.id);
  if (event.key === "Enter" && current.hasClass("neighbour")) return go(current.id());
  const next = event.key in STEPS && nearest(current, STEPS[event.key]);
  if (!next) return;
  event.preventDefault();
  at = next.id();
  choose(next.edgesWith(drawing.getElementById(shown.centre.id)).map((edge) => edge.id()));
  const top = graph.getBoundingClientRect().top + next.position("y");
  if (top < 40 || top > innerHeight * 0.6) scrollBy({ top: top - innerHeight / 3 });
});

/** The node that is least far ahead; what lies aside counts double. */
function nearest(current, [dx, dy]) {
  const from = current.position();
  const distance = (node) => {
    const [x, y] = [node.position("x") - from.x, node.position("y") - from.y];
    const ahead = x * dx + y * dy;
    return ahead > 0 ? ahead + 2 * Math.abs(x * dy + y * dx) : Infinity;
  };
  const { ele, value } = drawing.nodes(".centre, .neighbour").min(distance);
  return value < Infinity ? ele : null;
}

// -- the list --------------------------------------------------------------------------------------

function list() {
  const { centre, links, sides } = shown;
  const details = (link) => element("details", {}, element("summary", {}, link.sentence), ...words(link));
  const ends = ({ from, to }) => [from.id, to.id];
  const item = (entity) => element("li", {},
    anchor(entity), " ", element("span", { className: "kind" }, spoken(entity.kind.name)),
    ...links.filter((link) => ends(link).includes(centre.id) && ends(link).includes(entity.id)).map(details));
  const between = links.filter((link) => !ends(link).includes(centre.id));
  const group = (heading, items) => [element("h3", {}, heading), element("ul", {}, ...items)];
  document.getElementById("list").replaceChildren(
    element("h2", {}, "The same as a list"),
    ...sides.flatMap(({ heading, members }) => group(heading, members.map(item))),
    ...(between.length > 0 ? group("between these", between.map((link) => element("li", {}, details(link)))) : []),
  );
}

// -- getting about ---------------------------------------------------------------------------------

function address(id) {
  return `?${new URLSearchParams({ api, id })}`;
}

function go(id) {
  history.pushState(null, "", address(id));
  load(id);
}

/** An ordinary link to the neighbourhood of an entity; a plain click need not load the page anew. */
function anchor({ id, name }) {
  const link = element("a", { href: address(id) }, name);
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(id);
  });
  return link;
}

function start() {
  const id = new URLSearchParams(location.search).get("id");
  if (id) load(id);
  else report("Find something to begin with, or name it in the address: ?id=initiative/…");
}

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { search } = await ask(SEARCH, { text: event.target.text.value });
    const items = search.nodes.map((entity) =>
      element("li", {}, anchor(entity), " ", element("span", { className: "kind" }, spoken(entity.kind.name))));
    document.getElementById("found").replaceChildren(...(items.length > 0 ? items : ["Nothing has these words."]));
  } catch (error) {
    report(error.message, true);
  }
});
addEventListener("popstate", start);
onColourChange(() => drawing?.style(style()));
new ResizeObserver(() => drawing && draw()).observe(graph);
start();
