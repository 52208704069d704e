// One journey, by keyboard alone: search, entity, chain of evidence, drawing, link, source. Then steps in place and
// back, frames in pages of others, and the same without JavaScript.
// usage: node journey.mjs http://127.0.0.1:PORT [--shots DIR]
import { createServer } from "node:http";
import { args, assert, check, context, finish, open, shot } from "./harness.mjs";

const { base, shots } = args();
const take = shot(shots);
const browser = await open(base);
const { ctx, seen } = await context(browser, base);
const page = await ctx.newPage();
const at = () => page.evaluate(() => {
  const { id, textContent, tagName } = document.activeElement ?? {};
  return { id, tag: tagName?.toLowerCase(), text: (textContent ?? "").trim(), name: document.activeElement?.getAttribute("aria-label") ?? "" };
});
const path = () => new URL(page.url()).pathname;

// Presses Tab until what holds the focus fits; a page that never gets there is not usable by keyboard.
async function tabTo(fits, what) {
  for (let step = 0; step < 150; step++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluateHandle(() => document.activeElement);
    if (await focused.evaluate(fits)) return;
  }
  throw new Error(`Tab never reached ${what}`);
}

await check("search: letters, suggestions, arrow, Enter lead to an entity", async () => {
  await page.goto(`${base}/`);
  await tabTo((element) => element.matches("input[type=search]"), "the search field");
  await page.keyboard.type("severe maternal morbidity report");
  await page.waitForSelector("[role=listbox]:not([hidden]) [role=option]");
  await take(page, "journey-suggestions");
  await page.keyboard.press("ArrowDown");
  const pointed = await page.getAttribute("input[type=search]", "aria-activedescendant");
  assert(pointed && (await page.locator(`#${pointed}`).count()) === 1, "no option is pointed at");
  await Promise.all([page.waitForURL(/\/entity\//), page.keyboard.press("Enter")]);
});

await check("the entity leads to its chain of evidence, and that to its drawing", async () => {
  await tabTo((element) => /\/trail\//.test(element.getAttribute("href") ?? ""), "the chain of evidence");
  await Promise.all([page.waitForURL(/\/trail\//), page.keyboard.press("Enter")]);
  await tabTo((element) => /view=graph/.test(element.getAttribute("href") ?? "") && !/embed/.test(element.getAttribute("href")), "the drawing");
  await page.keyboard.press("Enter");
  await page.waitForSelector("svg.graph-svg a.node");
  assert(/view=graph/.test(page.url()), page.url());
});

await check("the drawing has one tab stop; arrows move along links and between siblings; Enter opens the link", async () => {
  await tabTo((element) => element.matches("svg a.node, svg a.edge"), "the drawing");
  assert((await page.locator("svg a[tabindex='0']").count()) === 1, "more than one tab stop");
  const begin = await at();
  await page.keyboard.press("ArrowRight");
  const link = await at();
  assert(link.id.startsWith("e"), `right of ${begin.id} is ${link.id}, which is no link`);
  assert(/: .+\((stated|inferred)\)/.test(link.name), `the link is called ${link.name}`);
  await page.keyboard.press("ArrowRight");
  const next = await at();
  assert(next.id.startsWith("n") && next.id !== begin.id, `and then ${next.id}`);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert((await at()).id === begin.id, "left does not lead back");
  await take(page, "journey-drawing");
  await page.keyboard.press("ArrowRight");
  await Promise.all([page.waitForURL(/\/link\//), page.keyboard.press("Enter")]);
});

await check("the link shows its words and leads to the source", async () => {
  assert((await page.locator("figure.quote mark").count()) > 0, "no words");
  await tabTo((element) => /\/source\//.test(element.getAttribute("href") ?? ""), "the source");
  await Promise.all([page.waitForURL(/\/source\//), page.keyboard.press("Enter")]);
  assert((await page.locator("ol.passages mark").count()) > 0, "no words on the source's page");
});

await check("Escape leaves the drawing, ? tells the keys", async () => {
  await page.goto(`${base}/trail/initiative/ahem?view=graph`);
  await tabTo((element) => element.matches("svg a.node"), "the drawing");
  await page.keyboard.press("?");
  assert(await page.locator("details.graph-keys[open]").count(), "the keys are not told");
  await page.keyboard.press("Escape");
  assert((await at()).id.startsWith("n"), "Escape does not lead back into the drawing");
  await page.keyboard.press("Escape");
  assert((await at()).tag === "summary", `Escape leads to ${(await at()).tag}`);
});

await check("a step in place is an address; undo and Back take it back", async () => {
  await page.goto(`${base}/trail/initiative/ahem`);
  await page.evaluate(() => { globalThis.sameDocument = true; });
  await page.locator("nav.tabs a", { hasText: "Table" }).click();
  await page.waitForSelector("table.grid");
  await page.locator("table.grid thead a").nth(2).click();
  await page.waitForSelector("th[aria-sort]:nth-child(3)");
  assert(await page.evaluate(() => globalThis.sameDocument), "the page was loaded anew");
  assert(/view=table/.test(page.url()) && /sort=to/.test(page.url()), page.url());
  await page.locator("#undo button").click();
  await page.waitForSelector("th[aria-sort]:nth-child(1)");
  await page.goBack();
  await page.waitForSelector("ol.outline");
  assert(!/view=/.test(page.url()), page.url());
});

await check("a form of two entities takes names", async () => {
  await page.goto(`${base}/path`);
  for (const [label, words] of [["From", "severe maternal"], ["To", "advancing health equity"]]) {
    await page.getByLabel(label, { exact: true }).fill("");
    await page.getByLabel(label, { exact: true }).pressSequentially(words);
    await page.waitForSelector("[role=listbox]:not([hidden]) [role=option]");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
  }
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForSelector("section.path ol.hops");
  assert(/from=[a-z-]+%2F/.test(page.url()), page.url());
});

await check("a drawing is larger and smaller by buttons, and all of it fits", async () => {
  await page.goto(`${base}/trail/initiative/ahem?view=graph`);
  const width = () => page.locator("svg.graph-svg").evaluate((drawing) => drawing.getBoundingClientRect().width);
  const before = await width();
  await page.getByRole("button", { name: "Zoom in" }).click();
  assert((await width()) > before, "not larger");
  await page.getByRole("button", { name: "Show all of it" }).click();
  const frame = await page.locator(".graph-frame").evaluate((element) => element.clientWidth);
  assert((await width()) <= frame + 1, "it does not fit");
});

await check("a drawing is taken as a picture", async () => {
  await page.goto(`${base}/trail/initiative/ahem?view=graph`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Take it as a picture" }).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  assert(bytes.subarray(1, 4).toString() === "PNG" && bytes.readUInt32BE(16) > 1000 && bytes.length > 20_000, `${bytes.length} bytes`);
});

await check("the map is drawn when it is asked for, or says why it cannot be; the list is there either way", async () => {
  await page.goto(`${base}/overview`);
  assert((await page.locator("ul.twin a.entity").count()) > 20, "no list");
  await page.getByRole("button", { name: "Draw the map" }).click();
  await page.waitForSelector(".overview .tools, .overview .notice");
  await take(page, "journey-overview");
});

await check("a page of others may show a chain of evidence, and no other page of ours", async () => {
  const host = createServer((request, response) => {
    const shown = new URL(request.url, "http://x").searchParams.get("page");
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>other</title><iframe src="${base}${shown}" width="900" height="600" title="x"></iframe>`);
  });
  await new Promise((done) => host.listen(0, "127.0.0.1", done));
  const other = `http://127.0.0.1:${host.address().port}`;
  const foreign = await browser.newContext();
  const outer = await foreign.newPage();
  const framed = async (shown) => {
    await outer.goto(`${other}/?page=${encodeURIComponent(shown)}`);
    const frame = outer.frames()[1];
    await frame?.waitForLoadState().catch(() => {});
    return frame?.locator("main").count().catch(() => 0) ?? 0;
  };
  const [shown, refused] = [await framed("/embed/trail/initiative/ahem?view=graph"), await framed("/trail/initiative/ahem")];
  await foreign.close();
  await new Promise((done) => host.close(done));
  assert(shown === 1, "the frame is empty");
  assert(!refused, "a page that is not for frames was shown in one");
});

await check("without JavaScript the same journey goes by links and forms", async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(`${base}/`);
  await still.locator("form.search input[type=search]").fill("severe maternal morbidity report");
  await Promise.all([still.waitForURL(/\/search/), still.locator("form.search button").click()]);
  await Promise.all([still.waitForURL(/\/entity\//), still.locator("ul.hits a.entity").first().click()]);
  await Promise.all([still.waitForURL(/\/trail\//), still.locator(".actions a[href^='/trail/']").click()]);
  assert((await still.locator("ol.outline li.step").count()) > 0, "no outline");
  await Promise.all([still.waitForURL(/view=graph/), still.locator("nav.tabs a[href*='view=graph']").click()]);
  assert((await still.locator("svg.graph-svg a.node").count()) > 3, "no drawing");
  await still.locator("select[name=dir]").selectOption("down");
  await Promise.all([still.waitForURL(/dir=down/), still.locator("form.controls button[type=submit]").click()]);
  const [link] = await still.locator("svg.graph-svg a.edge").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  await still.goto(base + link);
  await Promise.all([still.waitForURL(/\/source\//), still.locator("figure.quote cite a").first().click()]);
  await still.goto(`${base}/path?from=severe+maternal+morbidity+report&to=initiative/ahem`);
  await Promise.all([still.waitForURL(/from=report/), still.locator(".notice li a").first().click()]);
  assert((await still.locator("section.path").count()) > 0, "no path");
  await plain.close();
});

await check("nothing was asked of any other address", () => assert(!seen.elsewhere.length, seen.elsewhere.join("\n")));
await check("no violation of the policy", () => assert(!seen.violations.length, seen.violations.slice(0, 5).join("\n")));
await check("no error in the console", () => assert(!seen.errors.length, [...new Set(seen.errors)].join("\n")));

await browser.close();
finish();
