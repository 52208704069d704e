// Search as one types, over a document.
import assert from "node:assert/strict";
import { test } from "node:test";
import { page, press } from "./document.mjs";

page("");
const { enhance } = await import("../../src/http/web/combobox.mjs");

const answer = { data: { search: { totalCount: 12, edges: ["one", "two"].map((name) => ({ node: { id: `report/${name}`, name, kind: { name: "Report" } }, highlights: [] })) } } };

// A field over a server that answers at once; `show` types and waits until the options are there.
function field(markup) {
  const window = page(markup);
  const { document } = window;
  const asked = [];
  globalThis.fetch = async (address, request) => {
    if (String(address).endsWith("kinds.json")) return { json: async () => ({ "*": { icon: "entity", tone: "other" } }) };
    asked.push(JSON.parse(request.body).variables);
    return { json: async () => answer };
  };
  const place = document.querySelector("[data-combobox]");
  enhance(place);
  const input = place.querySelector("input:not([type=hidden])");
  Object.defineProperty(document, "activeElement", { value: input, configurable: true });
  const options = () => [...place.querySelectorAll("[role=option]")];
  const show = async (words) => {
    input.value = words;
    press(window, input, "ArrowDown");
    for (let turn = 0; turn < 50 && !options().length; turn++) await new Promise(setImmediate);
  };
  return { window, document, place, input, options, asked, show };
}

const search = '<form data-combobox action="/search"><label for="q">Search</label><input id="q" type="search" name="q"></form>';
const choose = '<form><div data-combobox="id"><label for="f">From</label><input id="f" type="text" name="from" value="report/old" data-name="Old one"></div></form>';

test("options are shown, pointed at by arrows, and closed by Escape", async () => {
  const { window, input, options, asked, show, place } = field(search);
  await show("mat");
  assert.deepEqual(asked, [{ text: "mat", first: 8 }]);
  assert.equal(options().length, 3, "two found, and the way to all");
  assert.equal(input.getAttribute("aria-expanded"), "true");
  press(window, input, "ArrowDown");
  const first = options().find((option) => option.getAttribute("aria-selected") === "true");
  assert.equal(input.getAttribute("aria-activedescendant"), first?.id);
  press(window, input, "Escape");
  assert.equal(input.getAttribute("aria-expanded"), "false");
  assert.equal(place.querySelector("[role=listbox]").hidden, true);
});

test("a form for entities shows the name and sends the id", async () => {
  const { window, document, input, options, show } = field(choose);
  const sent = () => document.querySelector("input[type=hidden]");
  assert.deepEqual([input.value, sent().name, sent().value, input.hasAttribute("name")], ["Old one", "from", "report/old", false]);
  await show("tw");
  assert.equal(options().length, 2, "no way to all: one is to be chosen");
  press(window, input, "ArrowDown");
  press(window, input, "ArrowDown");
  press(window, input, "Enter");
  assert.deepEqual([input.value, sent().value], ["two", "report/two"]);
});

test("a field is made a combobox once", () => {
  const { place } = field(search);
  enhance(place);
  assert.equal(place.querySelectorAll("[role=listbox]").length, 1);
});
