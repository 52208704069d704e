// What both scripts share: the arguments, a Chromium that may reach one address only, and the count.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

export function args() {
  const [base, ...rest] = process.argv.slice(2);
  if (!base || !/^https?:\/\//.test(base)) {
    console.error(`usage: node ${process.argv[1].split("/").pop()} http://127.0.0.1:PORT [--shots DIR]`);
    process.exit(2);
  }
  const at = rest.indexOf("--shots");
  const shots = at >= 0 ? rest[at + 1] : null;
  if (shots) mkdirSync(shots, { recursive: true });
  return { base: new URL(base).origin, shots };
}

export async function open(base) {
  const { hostname } = new URL(base);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
    ],
  });
  return browser;
}

// A context that refuses every request to elsewhere and keeps what went wrong.
export async function context(browser, base, options = {}) {
  const ctx = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const seen = { elsewhere: [], errors: [], violations: [] };
  const here = (url) => url.startsWith(base + "/") || url === base || /^(data|blob|about):/.test(url) || url.startsWith(base.replace(/^http/, "ws") + "/");
  await ctx.route(() => true, (route) => {
    if (here(route.request().url())) return route.continue();
    return route.abort();
  });
  ctx.on("request", (request) => here(request.url()) || seen.elsewhere.push(request.url()));
  await ctx.exposeBinding("__violation", (_source, text) => seen.violations.push(text));
  if (options.javaScriptEnabled !== false)
    await ctx.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (e) =>
        globalThis.__violation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`));
    });
  ctx.on("page", (page) => {
    page.on("pageerror", (error) => seen.errors.push(`page error: ${error.message}`));
    page.on("websocket", (socket) => here(socket.url()) || seen.elsewhere.push(socket.url()));
    page.on("response", (response) => response.status() >= 400 && seen.errors.push(`${response.status()} ${response.url()}`));
    page.on("console", (message) => {
      const text = message.text();
      if (/content security policy/i.test(text)) seen.violations.push(text);
      else if (message.type() === "error" || /web worker|could not create/i.test(text)) seen.errors.push(`console: ${text}`);
    });
  });
  return { ctx, seen };
}

let passed = 0, failed = 0;

// One named check. A check that throws has failed; the others go on.
export async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message).split("\n").slice(0, 12).join("\n      ")}`);
  }
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export async function until(what, probe, ms = 15000) {
  const end = Date.now() + ms;
  for (let last; ; await new Promise((done) => setTimeout(done, 50))) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error.message;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}; last seen: ${JSON.stringify(last)}`);
  }
}

export const shot = (shots) => async (page, name) => {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
};

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
