// Bundles the drawing library of the overview map and packs it into dist.
// usage: node build.mjs [OUT]      (OUT defaults to ../dist)
import { build } from "esbuild";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../../pack.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../dist"));
process.chdir(here); // paths in the bundle are relative to here, so the place does not matter

const result = await build({
  absWorkingDir: here,
  entryPoints: { overview: "entry.mjs" },
  outdir: "out",
  write: false,
  bundle: true,
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  sourcemap: false,
  legalComments: "none", // the licences are in LICENSES.txt
  charset: "utf8",
  metafile: true,
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});

pack(result, here, out);
