// Bundles GraphiQL and its three workers, compresses each file with brotli, and writes
// dist/{*.br, LICENSES.txt, SHA256SUMS, SHA256SUMS.raw}. Reads node_modules only, no network.
// usage: node build.mjs [OUT]      (OUT defaults to ../dist)
import { build } from "esbuild";
import { brotliCompressSync, constants } from "node:zlib";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../dist"));
process.chdir(here); // paths in the bundle are relative to here, so the place does not matter

const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

// GraphiQL gives each tab of the session role=tab with two buttons inside, which a screen reader
// may hide. Here the tabs are a list of buttons. A version that reads otherwise stops the build.
const mends = {
  "@graphiql/react/dist/components/tabs/index.js": [
    ['"aria-selected": isActive,', ""],
    ['role: "tab",', ""],
    ['role: "tablist",', 'role: "list",'],
  ],
  "graphiql/dist/GraphiQL.js": [
    ['{ "aria-controls": "graphiql-session",', '{ "aria-current": index_1 === activeTabIndex ? "true" : undefined,'],
    ["{ onClick: handleTabClose }", '{ onClick: handleTabClose, "aria-label": `Close ${tab.title}` }'],
    ['{ role: "tabpanel",', '{ role: "group",'],
  ],
};
const mend = {
  name: "mend",
  setup({ onLoad }) {
    for (const [file, changes] of Object.entries(mends)) {
      const filter = new RegExp(`node_modules/${file}$`.replaceAll(".", "\\."));
      onLoad({ filter }, ({ path }) => {
        let contents = readFileSync(path, "utf8");
        for (const [from, to] of changes) {
          if (contents.split(from).length !== 2) throw new Error(`${file}: expected once: ${from}`);
          contents = contents.replace(from, () => to);
        }
        return { contents, loader: "js" };
      });
    }
  },
};

const result = await build({
  absWorkingDir: here,
  entryPoints: {
    graphiql: "entry.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: "out",
  write: false,
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  jsx: "automatic",
  minify: true,
  sourcemap: false,
  legalComments: "none", // the licences are in LICENSES.txt
  charset: "utf8",
  metafile: true,
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [mend],
  loader: { ".ttf": "file" },
  assetNames: "[name]",
  logLevel: "warning",
});

// Nothing may load from elsewhere. Links that a reader may follow are not loads.
const cdn = /\b(esm\.sh|unpkg\.com|jsdelivr\.net|cdnjs\.cloudflare\.com|skypack\.dev|jspm\.(io|dev)|(fonts|ajax)\.googleapis\.com|gstatic\.com|vscode-cdn\.net|vscode-unpkg\.net)\b/;

mkdirSync(out, { recursive: true });
for (const old of readdirSync(out)) rmSync(join(out, old));
const sums = [], raw = [];
const put = (name, bytes) => {
  writeFileSync(join(out, name), bytes);
  sums.push([sha256(bytes), name]);
};

let total = [0, 0];
for (const file of [...result.outputFiles].sort((a, b) => (a.path < b.path ? -1 : 1))) {
  const name = relative(join(here, "out"), file.path);
  if (name.endsWith(".worker.css")) continue; // workers draw nothing
  const found = name.endsWith(".ttf") ? null : file.text.match(cdn);
  if (found) throw new Error(`${name} mentions ${found[0]}`);
  const small = brotliCompressSync(file.contents, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_MODE]: name.endsWith(".ttf") ? constants.BROTLI_MODE_FONT : constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: file.contents.length,
    },
  });
  put(`${name}.br`, small);
  raw.push([sha256(file.contents), name]);
  total = [total[0] + file.contents.length, total[1] + small.length];
  console.log(`${name.padEnd(20)} ${String(file.contents.length).padStart(8)} ${String(small.length).padStart(8)} br`);
}
console.log(`${"total".padEnd(20)} ${String(total[0]).padStart(8)} ${String(total[1]).padStart(8)} br`);

put("LICENSES.txt", Buffer.from(licences(Object.keys(result.metafile.inputs))));
const lines = (list) => list.map(([sum, name]) => `${sum}  ${name}\n`).sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join("");
writeFileSync(join(out, "SHA256SUMS"), lines(sums));
writeFileSync(join(out, "SHA256SUMS.raw"), lines(raw));

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

// One section per npm package that has a file in the bundle, with its licence in full.
function licences(inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const at = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
    if (!at) continue;
    const { name, version, license, author, repository } = JSON.parse(readFileSync(join(at[1], "package.json")));
    packages.set(`${name} ${version}`, { dir: at[1], license, author, repository });
  }
  const sections = [];
  for (const [title, { dir, license, author, repository }] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const files = readdirSync(dir).filter((f) => /^(licen[cs]e|copying|notice|third-?party-?notices)/i.test(f)).sort();
    const texts = files.map((f) => readFileSync(join(dir, f), "utf8").replaceAll("\r\n", "\n").replace(/[ \t]+$/gm, "").trim());
    if (!texts.length) texts.push(standIn(title, license, author));
    const from = typeof repository === "string" ? repository : repository?.url ?? "";
    sections.push(`${title}\nLicence: ${license}\n${from ? `From: ${from}\n` : ""}\n${texts.join("\n\n")}\n`);
  }
  const icons = "monaco-editor/esm/vs/base/browser/ui/codicons/codicon/codicon.ttf";
  if (inputs.some((i) => i.endsWith(icons)))
    sections.push("Codicons (codicon.ttf, part of monaco-editor)\nLicence: CC-BY-4.0\nFrom: https://github.com/microsoft/vscode-codicons\n\nCopyright (c) Microsoft Corporation. The icons are licensed under the Creative Commons\nAttribution 4.0 International licence, https://creativecommons.org/licenses/by/4.0/legalcode.\nThe font is unchanged.\n");
  const rule = `\n${"=".repeat(80)}\n\n`;
  return `The files in this folder are built from the packages below, unchanged but for bundling,\nminifying and the few words listed under "mends" in ../build/build.mjs.\n${rule}${sections.join(rule)}`;
}

// Packages that ship no licence file: the standard text of the licence they declare.
function standIn(title, license, author) {
  const who = typeof author === "string" ? author : author?.name;
  const texts = {
    MIT: `Copyright (c) ${who ?? `the authors of ${title.split(" ")[0]}`}\n\n${mit}`,
  };
  if (!texts[license]) throw new Error(`${title} has no licence file, and ${license} has no text here`);
  return `(The package carries no licence file; this is the text of the licence it declares.)\n\n${texts[license]}`;
}
