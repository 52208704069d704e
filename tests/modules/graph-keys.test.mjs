// The keys that move through a drawing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { numbers, page, press } from "./document.mjs";

page("");
const { enhance, next, read } = await import("../../src/http/web/graph-keys.mjs");

const node = (id, column, row, more = "") => `<a class="node${more}" id="${id}" href="/entity/${id}" data-column="${column}" data-row="${row}"></a>`;
const edge = (id, from, to) => `<a class="edge" id="${id}" href="/link/${id}" data-from="${from}" data-to="${to}"></a>`;
const drawn = (parts) => page(`<figure data-graph><div class="graph-frame"><svg class="graph-svg">${parts}</svg></div>
  <details class="graph-keys"><summary>keys</summary></details><p data-graph-status></p></figure>`);
const small = node("a", 0, 0, " is-origin") + node("b", 1, 0) + node("c", 1, 1) + node("d", 2, 0) + edge("e1", "a", "b") + edge("e2", "a", "c") + edge("e3", "b", "d");

test("right and left go along links by way of the link, up and down to siblings", () => {
  const graph = read(drawn(small).document.querySelector("svg"));
  for (const [at, via, key, to] of [
    ["a", "", "ArrowRight", "e1"], ["e1", "a", "ArrowRight", "b"], ["e1", "a", "ArrowLeft", "a"], ["e1", "a", "ArrowDown", "e2"],
    ["e2", "a", "ArrowDown", undefined], ["b", "", "ArrowDown", "c"], ["c", "", "ArrowUp", "b"], ["b", "", "ArrowLeft", "e1"],
    ["d", "", "ArrowRight", undefined], ["d", "", "Home", "a"], ["a", "", "ArrowLeft", undefined], ["a", "", "x", undefined],
  ]) assert.equal(next(graph, { at, via }, key)?.at, to, `${at} ${key}`);
});

test("one tab stop, which goes where the reader goes", () => {
  const window = drawn(small);
  const { document } = window;
  enhance(document.querySelector("figure"));
  const stops = () => [...document.querySelectorAll("svg a")].filter((link) => link.getAttribute("tabindex") === "0").map(({ id }) => id);
  assert.deepEqual(stops(), ["a"]);
  press(window, document.getElementById("a"), "ArrowRight");
  assert.deepEqual(stops(), ["e1"]);
  press(window, document.getElementById("e1"), "ArrowRight");
  assert.deepEqual(stops(), ["b"]);
});

test("keys of the browser and of the reader's tools are left alone", () => {
  const window = drawn(small);
  enhance(window.document.querySelector("figure"));
  const held = press(window, window.document.getElementById("a"), "ArrowRight", { altKey: true });
  assert.equal(held.defaultPrevented, false);
  assert.equal(press(window, window.document.getElementById("a"), "ArrowRight").defaultPrevented, true);
});

test("in any drawing, arrows reach all that hangs together, and lead back", () => {
  const random = numbers(3);
  for (let round = 0; round < 40; round++) {
    const count = 2 + Math.floor(random() * 12);
    const rows = {};
    let parts = "";
    for (let at = 0; at < count; at++) {
      const column = Math.floor(random() * 4);
      rows[column] = (rows[column] ?? -1) + 1;
      parts += node(`n${at}`, column, rows[column], at === 0 ? " is-origin" : "");
    }
    for (let at = 1; at < count; at++) parts += edge(`e${at}`, ...(random() < 0.5 ? [`n${at}`, `n${Math.floor(random() * at)}`] : [`n${Math.floor(random() * at)}`, `n${at}`]));
    const graph = read(drawn(parts).document.querySelector("svg"));
    const seen = new Set();
    const waiting = [{ at: "n0", via: "" }];
    while (waiting.length) {
      const place = waiting.pop();
      if (seen.has(`${place.at} ${place.via}`)) continue;
      seen.add(`${place.at} ${place.via}`);
      for (const key of ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home"]) {
        const to = next(graph, place, key);
        if (to) waiting.push(to);
      }
    }
    const reached = new Set([...seen].map((place) => place.split(" ")[0]));
    assert.equal(reached.size, graph.nodes.size + graph.edges.size, `round ${round}`);
  }
});
