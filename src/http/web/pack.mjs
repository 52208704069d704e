// What the builds of vendored bundles share: packs what esbuild made with brotli and writes
// OUT/{*.br, LICENSES.txt, SHA256SUMS, SHA256SUMS.raw}. Reads node_modules only, no network.
import { brotliCompressSync, constants } from "node:zlib";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

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

// Nothing may load from elsewhere. Links that a reader may follow are not loads.
const cdn = /\b(esm\.sh|unpkg\.com|jsdelivr\.net|cdnjs\.cloudflare\.com|skypack\.dev|jspm\.(io|dev)|(fonts|ajax)\.googleapis\.com|gstatic\.com|vscode-cdn\.net|vscode-unpkg\.net)\b/;

// Packs the files of `result`, built in the folder `here`, into the folder `out`.
export function pack(result, here, out) {
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

  put("LICENSES.txt", Buffer.from(licences(here, Object.keys(result.metafile.inputs))));
  const lines = (list) => list.map(([sum, name]) => `${sum}  ${name}\n`).sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join("");
  writeFileSync(join(out, "SHA256SUMS"), lines(sums));
  writeFileSync(join(out, "SHA256SUMS.raw"), lines(raw));
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

// One section per npm package that has a file in the bundle, with its licence in full.
function licences(here, inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const at = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
    if (!at) continue;
    const { name, version, license, author, repository } = JSON.parse(readFileSync(join(here, at[1], "package.json")));
    packages.set(`${name} ${version}`, { dir: join(here, at[1]), license, author, repository });
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
  const mended = /^const mends\b/m.test(readFileSync(join(here, "build.mjs"), "utf8"));
  const but = mended ? `bundling,\nminifying and the few words listed under "mends" in ../build/build.mjs` : "bundling\nand minifying";
  return `The files in this folder are built from the packages below, unchanged but for ${but}.\n${rule}${sections.join(rule)}`;
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
