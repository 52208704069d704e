// The neighbourhood page, opened from a file.
import assert from "node:assert/strict";
import { test } from "node:test";
import { api, ask, looksGood, open } from "./harness.mjs";

const file = new URL("../cytoscape/index.html", import.meta.url);
const at = (parameters) => `${file}?${new URLSearchParams({ api, ...parameters })}`;

// Whatever the server holds: an entity that has a link.
const { links: { nodes: [{ from: start }] } } = await ask("{ links(first: 1) { nodes { from { id name } } } }");

function neighbourhood(id) {
  return ask(
    `query ($id: ID!) {
      neighborhood(of: [$id], first: 60) { nodes { entity { id name } } links { id sentence evidence { quote source { name } } } }
    }`,
    { id },
  ).then((data) => data.neighborhood);
}

/** Waits until the page shows an entity, and holds what it shows against the API. */
async function shows(page, { id, name }) {
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  const { nodes, links } = await neighbourhood(id);
  assert.deepEqual(
    await page.evaluate(() => [drawing.nodes(".centre, .neighbour").length, drawing.edges().length]),
    [nodes.length, links.length],
  );
  const listed = await page.locator("#list li > a").allTextContents();
  assert.deepEqual(listed.sort(), nodes.map(({ entity }) => entity.name).filter((_, i) => nodes[i].entity.id !== id).sort());
  return links;
}

/** The panel holds the words of the links that are chosen. */
async function tells(page, links) {
  await page.locator("#panel .sentence").first().waitFor();
  const chosen = await page.evaluate(() => chosen);
  assert(chosen.length > 0, "nothing is chosen");
  const text = await page.locator("#panel").textContent();
  for (const { sentence, evidence } of links.filter(({ id }) => chosen.includes(id)))
    for (const words of [sentence, ...evidence.flatMap(({ quote, source }) => [quote ?? "", source.name])])
      assert(text.includes(words), `the panel does not say “${words}”`);
}

/** A point of the drawing in the window, scrolled into sight. */
async function point(page, of) {
  const { x, y } = await page.evaluate(of);
  await page.evaluate((y) => scrollTo(0, document.getElementById("graph").offsetTop + y - 300), y);
  const box = await page.locator("#graph").boundingBox();
  return [box.x + x, box.y + y];
}

test("one request draws what stands around an entity", async () => {
  const { page, faults, requests, close } = await open(at({ id: start.id }));
  await shows(page, start);
  assert.equal(requests(), 1);
  assert.deepEqual(faults, []);
  await close();
});

test("a click on a line shows the words behind it", async () => {
  const { page, faults, close } = await open(at({ id: start.id }));
  const links = await shows(page, start);
  // Near its neighbour, where lines do not cross.
  await page.mouse.click(...(await point(page, () => {
    const edge = drawing.edges(".own")[0];
    const [near, far] = edge.source().hasClass("neighbour") ? [edge.source(), edge.target()] : [edge.target(), edge.source()];
    const [a, b] = [near.position(), far.position()];
    return { x: a.x + (b.x - a.x) / 6, y: a.y + (b.y - a.y) / 6 };
  })));
  await tells(page, links);
  assert.deepEqual(faults, []);
  await close();
});

test("a click on a name goes there, and Back returns", async () => {
  const { page, faults, close } = await open(at({ id: start.id }));
  await shows(page, start);
  const next = await page.evaluate(() => shown.entities.get(drawing.nodes(".neighbour")[0].id()));
  // On its name, which stands beside its sign.
  await page.mouse.click(...(await point(page, () => {
    const node = drawing.nodes(".neighbour")[0];
    return { x: node.position("x") + (node.hasClass("left") ? -30 : 30), y: node.position("y") };
  })));
  await shows(page, next);
  assert.equal(new URL(page.url()).searchParams.get("id"), next.id);
  await page.goBack();
  await shows(page, start);
  assert.deepEqual(faults, []);
  await close();
});

test("the arrow keys move and tell, Enter goes there", async () => {
  const { page, close } = await open(at({ id: start.id }));
  const links = await shows(page, start);
  await page.locator("#graph").focus();
  for (const key of ["ArrowRight", "ArrowLeft"]) {
    await page.keyboard.press(key);
    if (await page.evaluate(() => at && at !== shown.centre.id)) break;
  }
  await tells(page, links);
  const next = await page.evaluate(() => shown.entities.get(at));
  await page.keyboard.press("Enter");
  await shows(page, next);
  await close();
});

test("the list tells the same words without the drawing", async () => {
  const { page, close } = await open(at({ id: start.id }));
  const [{ sentence, evidence }] = await shows(page, start);
  const details = page.locator("#list details", { has: page.getByText(sentence, { exact: true }) }).first();
  await details.locator("summary").click();
  assert((await details.textContent()).includes(evidence[0].quote ?? evidence[0].source.name));
  await close();
});

test("search finds an entity and goes there", async () => {
  const { page, close } = await open(at({}));
  await page.getByLabel("Find").fill(start.name);
  await page.getByRole("button", { name: "Find" }).click();
  await page.locator("#found").getByRole("link", { name: start.name, exact: true }).first().click();
  await page.locator("#list a").first().waitFor();
  await close();
});

test("what the server refuses is shown in its words, and so is that nothing answers", async () => {
  const { page, close } = await open(at({ id: "nobody/at-all" }));
  await page.locator("#status.failed", { hasText: "nobody/at-all" }).waitFor();
  await page.goto(at({ api: "http://127.0.0.1:9", id: start.id }));
  await page.locator("#status.failed", { hasText: "Nothing answers at http://127.0.0.1:9" }).waitFor();
  await close();
});

test("it looks good wide and narrow, light and dark", () =>
  looksGood(at({ id: start.id }), (page) => page.locator("#list a").first().waitFor()));
