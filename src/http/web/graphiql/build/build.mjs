// Bundles GraphiQL and its three workers, compresses each file with brotli, and writes
// dist/{*.br, LICENSES.txt, SHA256SUMS, SHA256SUMS.raw}. Reads node_modules only, no network.
// usage: node build.mjs [OUT]      (OUT defaults to ../dist)
import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../../pack.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../dist"));
process.chdir(here); // paths in the bundle are relative to here, so the place does not matter

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

pack(result, here, out);
