// What the judges share: a count of what holds, and the list of failures that are known. A failure that is not on
// the list fails; so does an entry of the list that no longer fails, since a list that outlives its reasons hides things.

import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A folder for what a judge writes, kept after the run so that a finding can be looked at. */
export function workFolder(name) {
  const folder = `${root}target/judges/${name}`;
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The address to judge: the first argument, and only on this machine, since judges send what is meant to break. */
export function address() {
  const given = process.argv[2];
  if (!given) stop(`no address given; call it as: node ${process.argv[1]} http://127.0.0.1:4000/graphql`);
  const { hostname } = new URL(given);
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) stop(`${hostname} is not this machine; start a server here and give its address`);
  return given;
}

function stop(why) {
  console.error(why);
  process.exit(2);
}

export class Judge {
  #name;
  #known;
  #met = new Set();
  #passed = 0;
  #total = 0;
  #unexpected = 0;

  constructor(name) {
    this.#name = name;
    const all = JSON.parse(readFileSync(new URL("known-failures.json", import.meta.url), "utf8"));
    this.#known = new Map(Object.entries(all[name] ?? {}));
  }

  /** Counts `id` as held or not; `detail` says what was seen, and is printed where it does not hold. */
  check(id, holds, detail = "") {
    this.#total++;
    if (holds) {
      this.#passed++;
    } else if (this.#known.has(id)) {
      this.#met.add(id);
      console.log(`known ${id}: ${this.#known.get(id)}`);
    } else {
      this.#unexpected++;
      console.log(`FAIL ${id}${detail && `: ${detail}`}`);
    }
    return holds;
  }

  /** Prints the score as the last line and ends the process. */
  done() {
    const stale = [...this.#known.keys()].filter((id) => !this.#met.has(id));
    for (const id of stale) console.log(`FAIL ${id}: known-failures.json says that it fails, and it does not; take it out`);
    console.log(`SCORE ${this.#name} ${this.#passed}/${this.#total}`);
    process.exit(this.#unexpected || stale.length ? 1 : 0);
  }
}
