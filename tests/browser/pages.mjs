// Opens the pages of a running server in Chromium: structure, links, and axe-core in light, dark and
// forced colours, wide and narrow.
// usage: node pages.mjs http://127.0.0.1:PORT [--shots DIR]
import AxeBuilder from "@axe-core/playwright";
import { args, assert, check, context, finish, open, shot } from "./harness.mjs";

const { base, shots } = args();
const take = shot(shots);
const browser = await open(base);
const { ctx, seen } = await context(browser, base);
const page = await ctx.newPage();

await check("the front page opens, with a title, a language and one main heading", async () => {
  const response = await page.goto(`${base}/`);
  assert(response.status() === 200, `status ${response.status()}`);
  assert(/^text\/html/.test(response.headers()["content-type"]), `content-type ${response.headers()["content-type"]}`);
  assert(await page.title(), "no title");
  assert(await page.getAttribute("html", "lang"), "no lang");
  assert((await page.locator("main").count()) === 1, `${await page.locator("main").count()} main elements`);
  assert((await page.locator("h1").count()) === 1, `${await page.locator("h1").count()} h1 elements`);
  assert((await page.locator("h1").innerText()).trim(), "the h1 is empty");
});

await check("every link to this site answers 200", async () => {
  const links = await page.locator("a[href]").evaluateAll((all) => [...new Set(all.map((a) => a.href.split("#")[0]))]);
  const own = links.filter((link) => link.startsWith(base));
  assert(own.length > 0, "no links");
  const bad = [];
  for (const link of own) {
    const response = await fetch(link, { headers: { accept: "text/html, */*;q=0.8" } });
    await response.arrayBuffer();
    if (response.status !== 200) bad.push(`${response.status} ${link}`);
  }
  assert(!bad.length, bad.join("\n"));
});

await check("every link and control is reached with the Tab key, and shows that it is", async () => {
  await page.goto(`${base}/`);
  const wanted = await page.locator(":is(a[href], button, input:not([type=hidden]), select, textarea, summary):visible").count();
  const reached = new Set();
  const unseen = [];
  for (let step = 0; step < wanted + 5; step++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      element.dataset.stop ??= String(document.querySelectorAll("[data-stop]").length);
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return { stop: element.dataset.stop, html: element.outerHTML.slice(0, 120), seen: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none" };
    });
    if (!at) continue;
    if (!at.seen) unseen.push(at.html);
    reached.add(at.stop);
  }
  assert(reached.size >= wanted, `${reached.size} of ${wanted} reached`);
  assert(!unseen.length, `no sign of focus: ${unseen[0]}`);
});

const asked = await fetch(`${base}/graphql?query=${encodeURIComponent("{ links(first: 1) { nodes { id } } }")}`);
const { data } = await asked.json();
const pages = [
  ["front", "/"],
  ["developers", "/developers"],
  ["search", "/search?q=maternal+health"],
  ["entity", "/entity/initiative/ahem"],
  ["link", `/${data.links.nodes[0].id}`],
  ["source", "/source/mass-gov-ahem"],
  ["trail-outline", "/trail/initiative/ahem"],
  ["trail-graph", "/trail/initiative/ahem?view=graph"],
  ["trail-table", "/trail/initiative/ahem?view=table"],
  ["trail-timeline", "/trail/initiative/ahem?view=timeline"],
  ["trail-markdown", "/trail/initiative/ahem?view=markdown"],
  ["embed", "/embed/trail/initiative/ahem?view=graph"],
  ["path", "/path?from=report/severe-maternal-morbidity-2023&to=initiative/ahem"],
  ["path-empty", "/path"],
  ["compare", "/compare?of=initiative/ahem&of=initiative/ahem-maternal-health"],
  ["crosswalk", "/crosswalk?a=initiative/ahem&b=plan/hhs-eap-2023"],
  ["matrix", "/matrix"],
  ["gaps", "/gaps"],
  ["timeline", "/timeline"],
  ["overview", "/overview"],
  ["schema", "/schema"],
  ["schema-kind", "/schema?kind=Report"],
  ["quality", "/quality"],
  ["about", "/about?lang=es"],
  ["questions", "/q"],
  ["question", "/q/how-two-are-connected"],
];
const looks = [["light", { colorScheme: "light" }], ["dark", { colorScheme: "dark" }], ["forced-colours", { forcedColors: "active" }]];
for (const [look, options] of looks) {
  // Colours that the reader forces do not depend on the width.
  const widths = { light: [1280, 360], dark: [320], "forced-colours": [1280] }[look];
  for (const [width, name, path] of widths.flatMap((width) => pages.map(([name, path]) => [width, name, path]))) {
    await check(`${name}, ${look}, ${width} px: axe finds nothing, and nothing sticks out`, async () => {
      const view = await context(browser, base, { ...options, viewport: { width, height: 800 } });
      const shown = await view.ctx.newPage();
      const response = await shown.goto(base + path);
      assert(response.status() === 200, `status ${response.status()}`);
      await take(shown, `${name}-${look}-${width}`);
      const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      const { violations } = await new AxeBuilder({ page: shown }).analyze();
      Object.keys(seen).forEach((key) => seen[key].push(...view.seen[key]));
      await view.ctx.close();
      assert(wide <= 0, `${wide} px wider than the window`);
      assert(!violations.length, violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].any[0]?.message ?? ""}`).join("\n"));
    });
  }
}

await check("every question of the list opens", async () => {
  await page.goto(`${base}/q`);
  const links = await page.locator("main li a").evaluateAll((all) => all.map((a) => a.href));
  assert(links.length > 0, "no questions");
  for (const link of links) {
    const response = await page.goto(link);
    assert(response.status() === 200 && (await page.locator("[role=alert]").count()) === 0, `${response.status()} ${link}`);
  }
});

await check("a question is asked anew by its form, and the address says it", async () => {
  await page.goto(`${base}/q/how-two-are-connected`);
  await page.getByLabel("first").fill("1");
  await page.getByRole("button", { name: "Ask" }).click();
  assert(new URL(page.url()).searchParams.get("first") === "1", page.url());
  assert((await page.getByLabel("first").inputValue()) === "1", "the form has forgotten it");
});

await check("without JavaScript the same heading and links are there", async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(`${base}/`);
  assert((await still.locator("h1").innerText()).trim() && (await still.locator("a[href]").count()) > 0, "they are not");
  await plain.close();
});

await check("nothing was asked of any other address", () => assert(!seen.elsewhere.length, seen.elsewhere.join("\n")));
await check("no violation of the policy", () => assert(!seen.violations.length, seen.violations.slice(0, 5).join("\n")));
await check("no error in the console", () => assert(!seen.errors.length, [...new Set(seen.errors)].join("\n")));

await browser.close();
finish();
