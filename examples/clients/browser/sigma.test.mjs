// The overview page, served from another origin than the API.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { after, test } from "node:test";
import { api, ask, looksGood, open } from "./harness.mjs";

const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript" };

const server = createServer(async ({ url }, response) => {
  const { pathname } = new URL(url, "http://localhost");
  const body = await readFile(new URL(`..${pathname}`, import.meta.url)).catch(() => null);
  response.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(pathname)] ?? "text/plain" }).end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
after(() => server.close());

const address = `http://127.0.0.1:${server.address().port}/sigma/index.html?${new URLSearchParams({ api })}`;
const { entities, links } = await ask("{ entities(first: 0) { totalCount } links(first: 0) { totalCount } }");
const tooMany = entities.totalCount > 5000 && "the server holds more than the map shows";

const ready = (page) => page.locator("#list details").first().waitFor();

async function opened() {
  const view = await open(address);
  await ready(view.page);
  return view;
}

test("it holds all entities and links", { skip: tooMany }, async () => {
  const { page, faults, close } = await opened();
  const held = await page.evaluate(() => [graph.order, graph.mapEdges((_, { links }) => links.length).reduce((a, b) => a + b, 0)]);
  assert.deepEqual(held, [entities.totalCount, links.totalCount]);
  assert.equal(await page.locator("#list li").count(), entities.totalCount);
  assert.deepEqual(faults, []);
  await close();
});

test("it looks the same each time, and not so with another seed", { skip: tooMany }, async () => {
  const places = async (url) => {
    const { page, close } = await open(url);
    await ready(page);
    const all = await page.evaluate(() => JSON.stringify(graph.mapNodes((id, { x, y }) => [id, x, y])));
    await close();
    return all;
  };
  const first = await places(address);
  assert.equal(await places(address), first);
  assert.notEqual(await places(`${address}&seed=2`), first);
});

test("a click on an entity shows its links", { skip: tooMany }, async () => {
  const { page, faults, close } = await opened();
  // The largest lies over what is under it.
  const { id, x, y } = await page.evaluate(() => {
    const id = graph.nodes().sort((a, b) => graph.degree(b) - graph.degree(a))[0];
    return { id, ...map.graphToViewport(graph.getNodeAttributes(id)) };
  });
  await page.locator("#graph").click({ position: { x, y } });
  await page.locator("#panel details").first().waitFor();
  assert.equal(await page.evaluate(() => chosen), id);
  const { entity } = await ask("query ($id: ID!) { entity(by: { id: $id }) { name links(first: 1) { nodes { sentence } } } }", { id });
  const text = await page.locator("#panel").textContent();
  for (const words of [entity.name, entity.links.nodes[0].sentence]) assert(text.includes(words), `the panel does not say “${words}”`);
  assert.deepEqual(faults, []);
  await close();
});

test("a click on a line shows the words behind it", { skip: tooMany }, async () => {
  const { page, faults, close } = await opened();
  // Middles of lines, those first that are far from all entities; a line is thin, so one where the page offers a click.
  const middles = await page.evaluate(() => {
    const places = graph.mapNodes((_, attributes) => map.graphToViewport(attributes));
    return graph
      .mapEdges((_, __, from, to, a, b) => {
        const [p, q] = [a, b].map((end) => map.graphToViewport(end));
        const [x, y] = [(p.x + q.x) / 2, (p.y + q.y) / 2];
        return { x, y, free: Math.min(...places.map((place) => Math.hypot(place.x - x, place.y - y))) };
      })
      .sort((a, b) => b.free - a.free)
      .slice(0, 50);
  });
  for (const { x, y } of middles) {
    await page.locator("#graph").hover({ position: { x, y } });
    if (!(await page.evaluate(() => container.style.cursor === "pointer" && !pointed))) continue;
    await page.locator("#graph").click({ position: { x, y } });
    break;
  }
  await page.locator("#panel .sentence").first().waitFor();
  const ids = await page.evaluate(() => graph.getEdgeAttribute(chosen, "links"));
  const { nodes } = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Link { sentence evidence { quote source { name } } } } }", { ids });
  const text = await page.locator("#panel").textContent();
  for (const { sentence, evidence } of nodes)
    for (const words of [sentence, ...evidence.flatMap(({ quote, source }) => [quote ?? "", source.name])])
      assert(text.includes(words), `the panel does not say “${words}”`);
  assert.deepEqual(faults, []);
  await close();
});

test("by keyboard: go to a name, move and zoom", { skip: tooMany }, async () => {
  const { page, close } = await opened();
  const name = await page.locator("#names option").first().getAttribute("value");
  await page.getByLabel("Go to").fill(name);
  await page.keyboard.press("Enter");
  await page.locator("#panel a", { hasText: "What stands around it" }).waitFor();
  await page.locator("#graph").focus();
  const camera = () => page.evaluate(() => map.getCamera().getState());
  await page.waitForFunction(() => !map.getCamera().isAnimated());
  const before = await camera();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("+");
  const now = await camera();
  assert(now.x > before.x && now.ratio < before.ratio, JSON.stringify([before, now]));
  await close();
});

test("more than it can show is told", { skip: !tooMany && "the server holds fewer" }, async () => {
  const { page, close } = await open(address);
  await page.locator("#status.failed", { hasText: "at most" }).waitFor();
  await close();
});

test("it looks good wide and narrow, light and dark", { skip: tooMany }, () => looksGood(address, ready));
