// What modules compute, as tables of cases.
import assert from "node:assert/strict";
import { test } from "node:test";
import { numbers, page } from "./document.mjs";

page("");
const { found, moved, pageOf, titled } = await import("../../src/http/web/combobox.mjs");
const { announce, say, sayCount } = await import("../../src/http/web/dom.mjs");
const { asked, partOf, swap } = await import("../../src/http/web/in-place.mjs");
const { beginnings, roundsFor, seed, sizeOf } = await import("../../src/http/web/overview.mjs");
const { fileOf, sizeOf: pictureSize } = await import("../../src/http/web/picture.mjs");
const { bounded, fitting, scrolledTo } = await import("../../src/http/web/pan-zoom.mjs");

const table = (name, act, cases) => test(name, () => {
  for (const [given, expected] of cases) assert.deepEqual(act(...given), expected, JSON.stringify(given));
});

table("an arrow moves through options and by the field", moved, [
  [[-1, "ArrowDown", 3], 0], [[2, "ArrowDown", 3], -1], [[-1, "ArrowUp", 3], 2], [[0, "ArrowUp", 3], -1], [[1, "Home", 3], 1], [[-1, "ArrowDown", 0], -1],
]);
table("a kind is told in words", titled, [[["SourceDocument"], "Source document"], [["goal"], "Goal"]]);
table("an entity's page keeps the language and encodes the id", pageOf, [
  [["report/x", null], "/entity/report/x"], [["report/a b", "es"], "/entity/report/a%20b?lang=es"], [["x/<y>", null], "/entity/x/%3Cy%3E"],
]);
table("an answer without a result has no suggestions", found, [
  [[{ data: { search: null } }], { total: 0, suggestions: [] }], [[{ errors: [] }], { total: 0, suggestions: [] }],
  [[{ data: { search: { totalCount: 9, edges: [{ node: { id: "a/b", name: "B", kind: { name: "Report" } }, highlights: [{ field: "quote", parts: [{ text: "q", matched: true }] }] }] } } }],
    { total: 9, suggestions: [{ id: "a/b", name: "B", kind: "Report", nameParts: [{ text: "B", matched: false }], snippet: [{ text: "q", matched: true }] }] }],
]);
table("a scale stays within bounds", bounded, [[[1], 1], [[0.01], 0.2], [[99], 4]]);
table("all of a drawing fits, and is never larger than life", fitting, [
  [[{ width: 500, height: 500 }, { width: 1000, height: 100 }], 0.5], [[{ width: 500, height: 500 }, { width: 100, height: 100 }], 1],
]);
table("a phrase has its places filled, and a key that is none stands as it is", say, [
  [["js.options.all", { count: 12 }], "Show all 12"], [["no.such", {}], "no.such"],
]);
table("so many of something", sayCount, [[["js.undo", 1], "Undo the step"], [["js.undo", 3], "Undo the last of 3 steps"]]);
table("larger maps are improved less often", roundsFor, [[[10], 400], [[1000], 200], [[5000], 90]]);

table("a picture is twice as dense, within what browsers draw", pictureSize, [[[100, 50], { width: 200, height: 100 }], [[10000, 100], { width: 8192, height: 82 }]]);

test("a picture is made of the file of the very page", () => {
  assert.equal(fileOf("http://h/trail/x?view=graph&dir=up#n3").href, "http://h/trail/x?view=graph&dir=up&format=svg");
});

test("the point under the pointer stays there", () => {
  const random = numbers(7);
  for (let round = 0; round < 200; round++) {
    const [scrolled, pointer, ratio] = [random() * 900, random() * 400, 0.3 + random() * 3];
    const before = (scrolled + pointer) * ratio;
    assert.ok(Math.abs(scrolledTo(scrolled, pointer, ratio) + pointer - before) < 1e-9);
  }
});

test("what is said twice is heard twice", () => {
  const { document } = page("");
  announce("Shown");
  const first = document.getElementById("voice").textContent;
  announce("Shown");
  assert.notEqual(document.getElementById("voice").textContent, first);
});

test("a step in place is one of this page, to another state of it", () => {
  const { document } = page('<div data-in-place="view"><a id="a" href="/x?view=graph"></a><a id="b" download></a></div><a id="c"></a>');
  const here = new URL("http://h/x?view=table");
  for (const [id, to, part] of [["a", "/x?view=graph", "view"], ["a", "/y?view=graph", undefined], ["a", "/x?view=table", undefined], ["a", "http://other/x?view=graph", undefined], ["b", "/x?format=svg", undefined], ["c", "/x?view=graph", undefined]])
    assert.equal(partOf(document.getElementById(id), new URL(to, here), here), part, `${id} ${to}`);
});

test("a form asks without its empty fields", () => {
  const to = asked([["a", "1"], ["b", ""], ["c", "x y"], ["a", "2"]], "http://h/x?old=1");
  assert.equal(to.href, "http://h/x?a=1&c=x+y&a=2");
});

test("a part is put in place of another; where the answer lacks it nothing changes", () => {
  const { document } = page('<main><nav class="tabs">old</nav><section id="view">old</section><p class="asked">old</p></main>');
  const { document: answer } = page('<main><nav class="tabs">new</nav><section id="view">new</section><p class="asked">new</p></main>');
  const { document: other } = page("<main></main>");
  assert.equal(swap(document, other, "view"), undefined);
  assert.equal(document.querySelector("main").textContent, "oldoldold");
  assert.equal(swap(document, answer, "view")?.textContent, "new");
  assert.equal(document.querySelector("main").textContent, "newnewnew");
});

test("a map begins the same whatever the order, every node apart", () => {
  const nodes = Array.from({ length: 400 }, (_, at) => ({ id: `k${at % 7}/${at}`, name: "", kind: `k${at % 7}`, tone: "other", links: at }));
  const [first, second] = [beginnings(nodes), beginnings([...nodes].reverse())];
  for (const [id, place] of first) {
    assert.deepEqual(place, second.get(id));
    assert.ok(Math.hypot(place.x, place.y) < 1.5, `${id} ${place.x} ${place.y}`);
  }
  assert.equal(new Set([...first.values()].map(({ x, y }) => `${x} ${y}`)).size, 400);
  assert.ok(seed("a") !== seed("b") && seed("a") >= 0 && seed("a") < 1);
  assert.ok(sizeOf(0) > 0 && sizeOf(4) > sizeOf(1) && sizeOf(1e6) <= 18);
});
