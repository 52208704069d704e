// What the tests of both pages share: a Chromium that reaches one server only, and the API itself.
import { readFile } from "node:fs/promises";
import { after } from "node:test";
import assert from "node:assert/strict";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const api = new URL(process.env.THROUGHLINE_URL ?? "http://127.0.0.1:4000").origin;

/** What the API says, to hold against what a page shows. */
export async function ask(query, variables) {
  const response = await fetch(`${api}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert(!errors, JSON.stringify(errors));
  return data;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    // WebGL without a graphics card, for sigma.js.
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(api).hostname}, EXCLUDE 127.0.0.1`,
  ],
});
after(() => browser.close());

/** A new page. Libraries come from node_modules in place of the CDN: integrity is checked as for users. */
export async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.route("https://cdn.jsdelivr.net/npm/**", async (route) => {
    const [, name, path] = /\/npm\/([^@]+)@[^/]+\/(.+)$/.exec(route.request().url());
    const body = await readFile(new URL(`node_modules/${name}/${path}`, import.meta.url));
    await route.fulfill({ body, contentType: "text/javascript", headers: { "access-control-allow-origin": "*" } });
  });
  const page = await context.newPage();
  const faults = [];
  let requests = 0;
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => request.url() === `${api}/graphql` && request.method() === "POST" && requests++);
  await page.goto(url);
  return { page, faults, requests: () => requests, close: () => context.close() };
}

/** Nothing sticks out, and axe finds no fault: at both widths, in light and dark. */
export async function looksGood(url, ready) {
  for (const colorScheme of ["light", "dark"])
    for (const width of [1280, 360]) {
      const { page, close } = await open(url, { colorScheme, viewport: { width, height: 800 } });
      await ready(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      const { violations } = await new AxeBuilder({ page }).analyze();
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${new URL(url).pathname.split("/").at(-2)}-${colorScheme}-${width}.png` });
      await close();
      assert(wider <= 0, `${width} px: ${wider} px wider than the window`);
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], `${colorScheme}, ${width} px`);
    }
}
