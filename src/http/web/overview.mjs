// The overview map: up to some thousand entities and their links, drawn when the reader asks for it. The list beside
// it tells the same; the drawing itself is hidden from who cannot see it.
import { announce, element, icon, say } from "./dom.mjs";
import { pageOf } from "./combobox.mjs";

/** @typedef {{ id: string, name: string, kind: string, tone: string, links: number }} Node_ */
/** @typedef {[from: number, to: number, count: number, inferred: boolean]} Link two nodes by their numbers */
/** @typedef {{ nodes: Node_[], links: Link[] }} Overview */

/** Nodes up to which the layout is improved so many times, and beyond. */
const ROUNDS = /** @type {const} */ ([[500, 400], [1500, 200], [Infinity, 90]]);
const LEAST_SIZE = 2.5;
const STEP = 1.5;

/**
 * A number from 0 to 1 that follows from a text alone (FNV-1a), so that the same data give the same picture.
 * @param {string} text
 */
export function seed(text) {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash / 0x100000000;
}

/**
 * Where nodes begin: the kinds around a circle, those of a kind around its place.
 * @param {Node_[]} nodes
 * @returns {Map<string, { x: number, y: number }>}
 */
export function beginnings(nodes) {
  const kinds = [...new Set(nodes.map(({ kind }) => kind))].sort();
  return new Map(nodes.map(({ id, kind }) => {
    const round = (2 * Math.PI * kinds.indexOf(kind)) / kinds.length;
    const [turn, far] = [2 * Math.PI * seed(`${id}#turn`), 0.05 + 0.3 * Math.sqrt(seed(`${id}#far`))];
    return [id, { x: Math.cos(round) + far * Math.cos(turn), y: Math.sin(round) + far * Math.sin(turn) }];
  }));
}

/**
 * The radius of a node with so many links.
 * @param {number} links
 */
export const sizeOf = (links) => Math.min(18, LEAST_SIZE + Math.sqrt(links) * 1.1);

/**
 * How often the layout of so many nodes is improved.
 * @param {number} nodes
 */
export const roundsFor = (nodes) => ROUNDS.find(([most]) => nodes <= most)?.[1] ?? 0;

/** @param {string} name a custom property of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Draws the overview into its place.
 * @param {HTMLElement} place
 * @param {Overview} data
 * @param {any} library
 */
function draw(place, { nodes, links }, { Graph, Sigma, forceAtlas2 }) {
  const graph = new Graph({ type: "undirected" });
  const begin = beginnings(nodes);
  for (const { id, name, tone, links: count } of [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1)))
    graph.addNode(id, { ...begin.get(id), label: name, size: sizeOf(count), color: colour(`--${tone === "other" ? "concept" : tone}`) });
  const line = colour("--line");
  for (const [from, to, count] of links) {
    const [a, b] = [nodes[from]?.id, nodes[to]?.id];
    if (a && b && a !== b && !graph.hasEdge(a, b)) graph.addEdge(a, b, { size: Math.min(3, 0.6 + Math.log2(count) * 0.4), color: line });
  }
  const settings = { ...forceAtlas2.inferSettings(graph), barnesHutOptimize: nodes.length > 1000, adjustSizes: false, gravity: 1.5 };
  forceAtlas2.assign(graph, { iterations: roundsFor(nodes.length), settings });

  /** @type {string | undefined} */
  let lit;
  const near = (/** @type {string} */ node) => !lit || node === lit || graph.areNeighbors(node, lit);
  const sigma = new Sigma(graph, place, {
    labelColor: { color: colour("--ink") },
    labelFont: getComputedStyle(document.body).fontFamily,
    labelRenderedSizeThreshold: 7,
    zIndex: true,
    nodeReducer: (/** @type {string} */ node, /** @type {any} */ look) => (near(node) ? { ...look, zIndex: 1, forceLabel: node === lit } : { ...look, color: line, label: "" }),
    edgeReducer: (/** @type {string} */ edge, /** @type {any} */ look) => (lit && !graph.hasExtremity(edge, lit) ? { ...look, hidden: true } : look),
  });
  const light = (/** @type {string | undefined} */ node) => {
    lit = node;
    sigma.refresh({ skipIndexation: true });
  };
  sigma.on("enterNode", (/** @type {{ node: string }} */ { node }) => light(node));
  sigma.on("leaveNode", () => light(undefined));
  sigma.on("clickNode", (/** @type {{ node: string }} */ { node }) =>
    location.assign(pageOf(node, new URLSearchParams(location.search).get("lang"))));
  for (const canvas of place.querySelectorAll("canvas")) canvas.setAttribute("aria-hidden", "true");
  return sigma;
}

/**
 * The buttons that move a map: nothing needs a wheel or two fingers.
 * @param {any} sigma
 */
function tools(sigma) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const camera = sigma.getCamera();
  const to = (/** @type {object} */ state) => (still ? camera.setState({ ...camera.getState(), ...state }) : camera.animate(state, { duration: 200 }));
  const acts = {
    "zoom-in": () => to({ ratio: camera.getState().ratio / STEP }),
    "zoom-out": () => to({ ratio: camera.getState().ratio * STEP }),
    "zoom-fit": () => to({ x: 0.5, y: 0.5, ratio: 1 }),
  };
  const bar = element("div", { class: "tools", role: "group", "aria-label": say("js.zoom") });
  for (const [name, act] of Object.entries(acts)) {
    const button = element("button", { type: "button", "aria-label": say(`js.${name}`), title: say(`js.${name}`) }, icon(name));
    button.addEventListener("click", act);
    bar.append(button);
  }
  return bar;
}

/**
 * Gives a map its button; nothing is loaded before it is pressed.
 * @param {HTMLElement} figure with `data-overview`, the address of its data
 */
export function enhance(figure) {
  const button = figure.querySelector("[data-overview-start]");
  const place = figure.querySelector(".overview-frame");
  if (!(button instanceof HTMLElement) || !(place instanceof HTMLElement) || figure.dataset.enhanced) return;
  figure.dataset.enhanced = "yes";
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.hidden = true;
    announce(say("js.overview.loading"));
    try {
      const [library, data] = await Promise.all([
        // @ts-ignore: the server has it, vendored
        import("/assets/overview/overview.js"),
        fetch(figure.dataset.overview ?? "").then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status))))),
      ]);
      place.hidden = false;
      place.before(tools(draw(place, data, library)));
      announce(say("js.overview.drawn"));
    } catch (fault) {
      place.hidden = true;
      figure.append(element("p", { class: "notice warning" }, say("js.overview.failed")));
      console.warn(fault);
    }
  });
}
