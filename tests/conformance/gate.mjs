// The gate for breaking changes: the schema as it is now beside the one of an earlier revision. A change that breaks a
// client has to be told in CHANGELOG.md, in the part "Unreleased", on a line that begins "- **Breaking**".
// node gate.mjs [BASE]     BASE: the newest tag, or the commit before this one

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";
import { Judge, root } from "./judge.mjs";

const path = "schema/schema.graphql";
const judge = new Judge("gate");
const now = readFileSync(root + path, "utf8");

function git(...args) {
  try {
    return execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26 }).trimEnd();
  } catch {
    return null;
  }
}

async function compare(before, after) {
  const changes = await diff(buildSchema(before), buildSchema(after));
  const of = (level) => changes.filter((change) => change.criticality.level === level);
  return { breaking: of(CriticalityLevel.Breaking), dangerous: of(CriticalityLevel.Dangerous), safe: of(CriticalityLevel.NonBreaking) };
}

/** Whether the changelog tells of a breaking change that is not released yet. */
function toldBreaking(changelog) {
  const [, unreleased = ""] = changelog.split(/^## Unreleased[^\n]*$/m);
  return unreleased.split(/^## /m)[0].split("\n").some((line) => line.startsWith("- **Breaking**"));
}

// The gate itself: it opens for no change and for an addition, and shuts for what takes away, renames or asks for more.
const mutations = {
  "nothing changed": [(sdl) => sdl, 0],
  "a field more": [(sdl) => sdl.replace(/^type Query \{$/m, "type Query {\n  more: Int"), 0],
  "a field renamed": [(sdl) => sdl.replace(/^(type PageInfo \{[^}]*?)hasNextPage/m, "$1more"), 1],
  "a field that may be null": [(sdl) => sdl.replace(/^(type PageInfo \{[^}]*?hasNextPage: Boolean)!/m, "$1"), 1],
  "an argument that must be given": [(sdl) => sdl.replace(/^(type Query \{[^}]*?\n  node\()/m, "$1must: Int! "), 1],
};
for (const [what, [mutate, breaking]] of Object.entries(mutations)) {
  const mutated = mutate(now);
  judge.check(`${what}: the schema is another one`, (mutated !== now) === (what !== "nothing changed"));
  const found = await compare(now, mutated);
  judge.check(`${what}: ${breaking} breaking`, found.breaking.length === breaking, `${found.breaking.length} found`);
}
const changelogs = [
  ["# Changelog\n\n## Unreleased\n- **Breaking** `a` is `b`.\n\n## 1.0\n", true],
  ["# Changelog\n\n## Unreleased\n- `a` is new.\n\n## 1.0\n- **Breaking** `a` is `b`.\n", false],
  ["# Changelog\n", false],
];
for (const [text, told] of changelogs) judge.check(`told ${told} by ${JSON.stringify(text)}`, toldBreaking(text) === told);

const base = process.argv[2] ?? git("describe", "--tags", "--abbrev=0") ?? git("rev-parse", "--verify", "--quiet", "HEAD~1");
const before = base && git("show", `${base}:${path}`);
if (process.argv[2] && !before) {
  judge.check(`${base} has ${path}`, false, "git shows no such file at that revision; give a tag or a commit of this repository");
} else if (!before) {
  console.log(`no earlier ${path} here (no tag, no commit before this one, or a shallow clone): nothing to compare with`);
} else {
  const { breaking, dangerous, safe } = await compare(before, now);
  console.log(`since ${base}: ${breaking.length} breaking, ${dangerous.length} dangerous, ${safe.length} safe`);
  for (const change of [...breaking, ...dangerous]) console.log(`  ${change.criticality.level}: ${change.message}`);
  const told = toldBreaking(readFileSync(`${root}CHANGELOG.md`, "utf8"));
  judge.check("breaking changes are told", !breaking.length || told, 'say in CHANGELOG.md under "## Unreleased", on a line that begins "- **Breaking**", what breaks and what to do');
}
judge.done();
