// The graph by keyboard: one tab stop; right and left follow links in their direction, by way of the link itself,
// so that its sentence is heard; up and down go to siblings; Enter opens, Escape leaves, `?` tells the keys.
import { announce, isPlain, say } from "./dom.mjs";

/** @typedef {{ id: string, column: number, row: number, out: Edge[], in: Edge[] }} Node_ */
/** @typedef {{ id: string, from: string, to: string }} Edge */
/** @typedef {{ nodes: Map<string, Node_>, edges: Map<string, Edge>, origin: string }} Graph */
/** @typedef {{ at: string, via: string }} Place where one is, and the node one came from */

/**
 * The graph that a drawing shows.
 * @param {Element} drawing
 * @returns {Graph}
 */
export function read(drawing) {
  const nodes = new Map();
  const edges = new Map();
  let origin = "";
  for (const node of drawing.querySelectorAll("a.node")) {
    const { id } = node;
    nodes.set(id, { id, column: Number(node.getAttribute("data-column")), row: Number(node.getAttribute("data-row")), out: [], in: [] });
    if (node.classList.contains("is-origin")) origin = id;
  }
  for (const drawn of drawing.querySelectorAll("a.edge")) {
    const edge = { id: drawn.id, from: drawn.getAttribute("data-from") ?? "", to: drawn.getAttribute("data-to") ?? "" };
    if (!nodes.has(edge.from) || !nodes.has(edge.to)) continue;
    edges.set(edge.id, edge);
    nodes.get(edge.from).out.push(edge);
    nodes.get(edge.to).in.push(edge);
  }
  const graph = { nodes, edges, origin: origin || (nodes.keys().next().value ?? "") };
  const place = (/** @type {string} */ id) => nodes.get(id);
  for (const node of nodes.values()) {
    // The straightest first.
    const byBend = (/** @type {"from" | "to"} */ end) => (/** @type {Edge} */ a, /** @type {Edge} */ b) =>
      Math.abs(place(a[end]).row - node.row) - Math.abs(place(b[end]).row - node.row) || place(a[end]).row - place(b[end]).row;
    node.out.sort(byBend("to"));
    node.in.sort(byBend("from"));
  }
  return graph;
}

/**
 * Where a key leads; nowhere if there is nothing that way.
 * @param {Graph} graph
 * @param {Place} place
 * @param {string} key
 * @returns {Place | undefined}
 */
export function next(graph, { at, via }, key) {
  const node = graph.nodes.get(at);
  const edge = graph.edges.get(at);
  if (key === "Home") return { at: graph.origin, via: "" };
  if (node) {
    if (key === "ArrowRight" && node.out.length) return { at: node.out[0].id, via: at };
    if (key === "ArrowLeft" && node.in.length) return { at: node.in[0].id, via: at };
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (!step) return undefined;
    const column = [...graph.nodes.values()].filter((other) => other.column === node.column).sort((a, b) => a.row - b.row);
    const sibling = column[column.indexOf(node) + step];
    return sibling && { at: sibling.id, via: "" };
  }
  if (!edge) return undefined;
  if (key === "ArrowRight") return { at: edge.to, via: at };
  if (key === "ArrowLeft") return { at: edge.from, via: at };
  const seen = graph.nodes.get(via) ?? graph.nodes.get(edge.from);
  if (!seen) return undefined;
  const siblings = seen.out.includes(edge) ? seen.out : seen.in;
  const ordered = [...siblings].sort((a, b) => rowOfOther(graph, seen, a) - rowOfOther(graph, seen, b));
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  const sibling = step && ordered[ordered.indexOf(edge) + step];
  return sibling ? { at: sibling.id, via: seen.id } : undefined;
}

/** @type {(graph: Graph, seen: Node_, edge: Edge) => number} */
const rowOfOther = (graph, seen, edge) => graph.nodes.get(edge.from === seen.id ? edge.to : edge.from)?.row ?? 0;

/** What is said when a key leads nowhere. @type {Record<string, string>} */
const NOTHING = { ArrowRight: "js.graph.end", ArrowLeft: "js.graph.start", ArrowUp: "js.graph.first", ArrowDown: "js.graph.last" };

/**
 * Makes a drawing walkable.
 * @param {HTMLElement} figure
 */
export function enhance(figure) {
  const drawing = figure.querySelector("svg.graph-svg");
  if (!drawing || figure.dataset.walkable) return;
  figure.dataset.walkable = "true";
  const graph = read(drawing);
  const keys = figure.querySelector("details.graph-keys");
  /** @type {Place} */
  let place = { at: graph.origin, via: "" };
  const part = (/** @type {string} */ id) => /** @type {SVGElement | null} */ (drawing.querySelector(`#${CSS.escape(id)}`));

  const stopAt = (/** @type {Place} */ to) => {
    part(place.at)?.setAttribute("tabindex", "-1");
    place = to;
    part(place.at)?.setAttribute("tabindex", "0");
  };
  for (const link of drawing.querySelectorAll("a")) link.setAttribute("tabindex", "-1");
  stopAt(place);

  // What one looks at, and what hangs on it.
  const show = (/** @type {string | undefined} */ id) => {
    for (const lit of drawing.querySelectorAll(".is-current, .is-near")) lit.classList.remove("is-current", "is-near");
    drawing.classList.toggle("has-current", Boolean(id));
    if (!id) return;
    part(id)?.classList.add("is-current");
    const node = graph.nodes.get(id);
    for (const edge of node ? [...node.out, ...node.in] : [id]) part(typeof edge === "string" ? edge : edge.id)?.classList.add("is-near");
  };
  const linkOf = (/** @type {Event} */ event) => /** @type {Element} */ (event.target).closest("a.node, a.edge");

  drawing.addEventListener("focusin", (event) => {
    const link = linkOf(event);
    if (!link) return;
    if (link.id !== place.at) stopAt({ at: link.id, via: "" });
    show(link.id);
  });
  drawing.addEventListener("focusout", () => show(undefined));
  drawing.addEventListener("pointerover", (event) => show(linkOf(event)?.id));
  drawing.addEventListener("pointerleave", () => show(document.activeElement?.closest("a.node, a.edge")?.id));
  drawing.addEventListener("keydown", (/** @type {Event} */ pressed) => {
    const event = /** @type {KeyboardEvent} */ (pressed);
    if (!isPlain(event)) return;
    const to = next(graph, place, event.key);
    if (to) {
      stopAt(to);
      part(to.at)?.focus();
    } else if (event.key === "Escape") {
      leave();
    } else if (event.key === "?" && keys instanceof HTMLDetailsElement) {
      keys.open = true;
      leave();
    } else if (event.key === "/") {
      const search = /** @type {HTMLElement | null} */ (document.querySelector("form.search input"));
      search?.focus();
    } else if (NOTHING[event.key]) {
      announce(say(NOTHING[event.key]));
    } else return;
    event.preventDefault();
  });
  keys?.addEventListener("keydown", (/** @type {Event} */ pressed) => {
    if (/** @type {KeyboardEvent} */ (pressed).key === "Escape" && keys instanceof HTMLDetailsElement) {
      keys.open = false;
      part(place.at)?.focus();
    }
  });
  const leave = () => keys?.querySelector("summary")?.focus();
}
