// Opens /graphiql of a running server in Chromium and uses it as a reader would.
// usage: node graphiql.mjs http://127.0.0.1:PORT [--shots DIR]
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { brotliDecompressSync } from "node:zlib";
import AxeBuilder from "@axe-core/playwright";
import { args, assert, check, context, finish, open, shot, until } from "./harness.mjs";

const { base, shots } = args();
const take = shot(shots);
const files = new URL("../../src/http/web/graphiql/", import.meta.url);

// Monaco draws only the lines in sight, so values are read from its models.
const value = (page, name) =>
  page.evaluate((name) => globalThis.__MONACO?.editor.getModels().find((m) => m.uri.path.endsWith(name))?.getValue(), name);
const query = (page) => value(page, "operation.graphql");
const answer = async (page) => {
  const text = await value(page, "response.json");
  return text ? JSON.parse(text) : null;
};
const tabs = (page) => page.locator(".graphiql-tabs .graphiql-tab-button").allInnerTexts();
const address = (page) => new URL(page.url()).searchParams;

async function visit(ctx, search = "") {
  const page = await ctx.newPage();
  const response = await page.goto(`${base}/graphiql${search}`);
  await page.locator(".graphiql-query-editor .monaco-editor .view-line").first().waitFor();
  await until("the schema", () => page.evaluate(() => !document.querySelector(".graphiql-doc-explorer .graphiql-spinner")));
  return { page, response };
}

// Walks with the Tab key alone until the query editor's frame has the focus, then steps in.
async function walkToEditor(page) {
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.matches(".graphiql-query-editor .graphiql-editor"))) {
      await page.keyboard.press("Enter");
      return;
    }
  }
  throw new Error("80 presses of Tab did not reach the query editor");
}

async function ask(page, query, variables) {
  return page.evaluate(async ([query, variables]) => {
    const response = await fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query, variables }) });
    return response.json();
  }, [query, variables]);
}

function get(path, encoding) {
  return new Promise((done, fail) => {
    const client = base.startsWith("https") ? https : http;
    client.get(base + path, { headers: { "accept-encoding": encoding } }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    }).on("error", fail);
  });
}

const browser = await open(base);
const { ctx, seen } = await context(browser, base);
let page, response, examples, rootFields;

await check("every file is served, compressed to those who ask and plain to the others, with the committed bytes", async () => {
  const sums = readFileSync(new URL("dist/SHA256SUMS.raw", files), "utf8").trim().split("\n").map((line) => line.split("  "));
  const kinds = { js: "text/javascript", css: "text/css", ttf: "font/ttf" };
  for (const [sum, name] of sums) {
    for (const encoding of ["br", "identity"]) {
      const { status, headers, body } = await get(`/assets/graphiql/${name}`, encoding);
      assert(status === 200, `${name}: ${status}`);
      assert(headers["content-type"]?.startsWith(kinds[name.split(".").pop()]), `${name}: content-type ${headers["content-type"]}`);
      assert((headers["content-encoding"] === "br") === (encoding === "br"), `${name} asked as ${encoding}: content-encoding ${headers["content-encoding"]}`);
      assert(/accept-encoding/i.test(headers.vary ?? ""), `${name}: no Vary: Accept-Encoding`);
      const plain = encoding === "br" ? brotliDecompressSync(body) : body;
      assert(createHash("sha256").update(plain).digest("hex") === sum, `${name} asked as ${encoding}: other bytes than committed`);
    }
  }
});

await check("the page opens, with a title, a language, a heading and the written-down policy", async () => {
  ({ page, response } = await visit(ctx));
  assert(response.status() === 200, `status ${response.status()}`);
  const expected = readFileSync(new URL("CSP.txt", files), "utf8").trim();
  assert(response.headers()["content-security-policy"] === expected, `content-security-policy: ${response.headers()["content-security-policy"]}`);
  assert(/GraphiQL/.test(await page.title()), `title ${await page.title()}`);
  assert((await page.getAttribute("html", "lang")) === "en", "no lang");
  assert((await page.locator("h1").count()) === 1, "no h1");
});

await check("each example has its tab, and the first is in the editor", async () => {
  examples = await page.evaluate(async () => (await fetch("/assets/graphiql/examples.json")).json());
  assert(examples.length >= 5, `${examples.length} examples`);
  const names = examples.map(({ query }) => query.match(/^(?:query)\s+(\w+)/m)[1]);
  const shown = await until("the tabs", async () => (await tabs(page)).length && tabs(page));
  assert(JSON.stringify(shown.map((t) => t.trim())) === JSON.stringify(names), `tabs: ${shown}`);
  assert((await query(page)) === examples[0].query, "the editor holds something else");
});

await check("the workers run", async () => {
  await until("editor and graphql workers", () => {
    const urls = page.workers().map((worker) => worker.url());
    return ["editor", "graphql"].every((name) => urls.includes(`${base}/assets/graphiql/${name}.worker.js`));
  });
});

await check("the first example runs from the keyboard and answers with data", async () => {
  await walkToEditor(page);
  await page.keyboard.press("Control+Enter");
  const got = await until("an answer", () => answer(page));
  assert(!got.errors, `errors: ${JSON.stringify(got.errors)}`);
  const rows = Object.values(got.data)[0];
  assert(rows.nodes.length > 0, "no rows");
  await until("the answer in sight", async () => /"data"/.test(await page.locator(".result-window .view-lines").innerText()));
  assert((await page.locator(".graphiql-query-editor .squiggly-error").count()) === 0, "the editor marks an error");
  await take(page, "graphiql-first-answer");
});

await check("Escape leaves the editor, and Tab goes on from there", async () => {
  await page.keyboard.press("Escape");
  assert(await page.evaluate(() => document.activeElement.matches(".graphiql-query-editor .graphiql-editor")), "the focus stayed inside");
  await page.keyboard.press("Tab");
  assert(await page.evaluate(() => !document.activeElement.closest(".graphiql-query-editor .graphiql-editor")), "Tab stayed inside");
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert(parseFloat(ring) >= 2, `the focus shows by ${ring}`);
});

await check("the address carries the query", async () => {
  await until("?query=", () => address(page).get("query") === examples[0].query);
});

await check("editing the query changes the address", async () => {
  await page.evaluate(() => globalThis.__MONACO.editor.getEditors().find((e) => e.getModel().uri.path.endsWith("operation.graphql")).focus());
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# edited ");
  await until("the edit in the address", () => address(page).get("query")?.startsWith("# edited "));
});

await check("the schema's documentation lists the root fields", async () => {
  const { data } = await ask(page, "{ __schema { queryType { name fields { name } } } }");
  rootFields = data.__schema.queryType.fields.map(({ name }) => name);
  await page.getByRole("button", { name: /documentation explorer/i }).first().click();
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByRole("link", { name: data.__schema.queryType.name, exact: true }).or(docs.locator(".graphiql-doc-explorer-type-name", { hasText: data.__schema.queryType.name })).first().click();
  const listed = await until("the fields", async () => {
    const names = await docs.locator(".graphiql-doc-explorer-field-name").allInnerTexts();
    return names.length && names;
  });
  const missing = rootFields.filter((name) => !listed.includes(name));
  assert(!missing.length, `not listed: ${missing}`);
  await take(page, "graphiql-docs");
});

await check("the builder of queries and the examples panel open", async () => {
  await page.getByRole("button", { name: /GraphiQL Explorer/i }).click();
  await until("the builder's fields", async () => (await page.locator(".graphiql-explorer-root").innerText()).includes(rootFields[0]));
  await take(page, "graphiql-builder");
  await page.getByRole("button", { name: /Example questions/i }).click();
  await page.getByRole("button", { name: examples[1].title }).click();
  await until("the second example", async () => (await query(page)) === examples[1].query);
  await take(page, "graphiql-examples");
});

await check("completion offers root fields", async () => {
  await page.getByRole("button", { name: /new tab/i }).click();
  await until("an empty editor", async () => (await query(page)) === "");
  await page.evaluate(() => globalThis.__MONACO.editor.getEditors().find((e) => e.getModel().uri.path.endsWith("operation.graphql")).focus());
  await page.keyboard.type("{ ");
  await until("suggestions", async () => {
    await page.keyboard.press("Control+Space");
    const words = await page.locator(".suggest-widget.visible .monaco-list-row").allInnerTexts();
    return words.some((word) => rootFields.some((field) => word.startsWith(field)));
  });
  await take(page, "graphiql-completion");
  await page.keyboard.press("Escape");
});

await check("every example answers without errors", async () => {
  for (const { title, query, variables } of examples) {
    const { data, errors } = await ask(page, query, variables);
    assert(!errors, `${title}: ${JSON.stringify(errors)}`);
    const empty = Object.entries(data).filter(([, v]) => v === null || v.nodes?.length === 0);
    assert(!empty.length, `${title}: nothing under ${empty.map(([k]) => k)}`);
  }
});

await check("a link opens its query with its variables and operation, beside the tabs kept from before", async () => {
  const wanted = { query: "query First { __typename }\n\nquery Second($name: String!) {\n  __type(name: $name) { name }\n}\n", variables: '{ "name": "Entity" }', operationName: "Second" };
  const before = (await tabs(page)).length;
  await page.waitForTimeout(700); // GraphiQL keeps its tabs half a second after the last change
  const { page: linked } = await visit(ctx, `?${new URLSearchParams(wanted)}`);
  assert((await query(linked)) === wanted.query, `the editor holds ${await query(linked)}`);
  assert((await value(linked, "variables.json")) === wanted.variables, "the variables are others");
  assert((await tabs(linked)).length === before + 1, `${before} tabs before, ${(await tabs(linked)).length} now`);
  await walkToEditor(linked);
  await linked.keyboard.press("Control+Enter");
  const got = await until("an answer", () => answer(linked));
  assert(got.data?.__type?.name === "Entity", `answered ${JSON.stringify(got)}`);
  await until("the operation in the address", () => address(linked).get("operationName") === "Second");
  await linked.close();
});

await check("a link opens in a browser that has never been here, first of the tabs", async () => {
  const fresh = await context(browser, base);
  const { page: linked } = await visit(fresh.ctx, `?${new URLSearchParams({ query: "query Linked { __typename }" })}`);
  assert((await query(linked)) === "query Linked { __typename }", "the editor holds something else");
  assert((await tabs(linked))[0].trim() === "Linked" && (await tabs(linked)).length === examples.length + 1, `tabs: ${await tabs(linked)}`);
  Object.keys(seen).forEach((key) => seen[key].push(...fresh.seen[key]));
  await fresh.ctx.close();
});

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["forced-colours", { forcedColors: "active" }],
  ["narrow", { viewport: { width: 360, height: 740 } }],
]) {
  await check(`${name}: it can be read and run, and axe finds nothing serious`, async () => {
    const looks = await context(browser, base, options);
    const { page: look } = await visit(looks.ctx);
    await walkToEditor(look);
    await look.keyboard.press("Control+Enter");
    await until("an answer", () => answer(look));
    await until("the answer in sight", async () => /"data"/.test(await look.locator(".result-window .view-lines").innerText()));
    await take(look, `graphiql-${name}`);
    await look.getByRole("button", { name: /Example questions/i }).click();
    await look.getByRole("button", { name: examples[0].title }).waitFor();
    await take(look, `graphiql-${name}-panel`);
    const wide = await look.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(wide <= 0, `${wide} px wider than the window`);
    Object.keys(seen).forEach((key) => seen[key].push(...looks.seen[key]));
    // Monaco's insides are Monaco's: colours of its syntax themes, its own hidden text area.
    const { violations } = await new AxeBuilder({ page: look }).exclude(".monaco-editor").analyze();
    await looks.ctx.close();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert(!serious.length, serious.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].any[0]?.message ?? ""}`).join("\n"));
  });
}

await check("without JavaScript the page says what to do", async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto(`${base}/graphiql`);
  assert(/needs JavaScript/.test(await still.locator("noscript").innerText()), "no such text");
  assert(!(await still.locator("#graphiql").isVisible()), "it also says that it is loading");
  await take(still, "graphiql-no-script");
  await plain.close();
});

await check("nothing was asked of any other address", () => assert(!seen.elsewhere.length, seen.elsewhere.join("\n")));
await check("no violation of the policy", () => assert(!seen.violations.length, seen.violations.slice(0, 5).join("\n")));
await check("no error in the console", () => assert(!seen.errors.length, [...new Set(seen.errors)].join("\n")));

await browser.close();
finish();
