// Search as one types: an editable combobox with a list (ARIA Authoring Practices), over the server's GraphQL.
// Without it the form asks `/search`. With `data-combobox="id"` the form sends the id of what was chosen.
import { announce, element, icon, isPlain, say, sayCount } from "./dom.mjs";

/** @typedef {{ text: string, matched: boolean }} Part */
/** @typedef {{ id: string, name: string, kind: string, nameParts: Part[], snippet: Part[] }} Suggestion */
/** @typedef {{ total: number, suggestions: Suggestion[] }} Found */
/** @typedef {Record<string, { icon: string, tone: string }>} Kinds */

/** Suggestions shown. */
const SHOWN = 8;
/** How long the reader's fingers must rest before we ask. */
const REST_MS = 120;

const QUERY = `query Suggest($text: String!, $first: Int!) {
  search(text: $text, first: $first) {
    totalCount
    edges { node { id name kind { name } } highlights { field parts { text matched } } }
  }
}`;

/**
 * What the answer of the server holds.
 * @param {any} answer
 * @returns {Found}
 */
export function found(answer) {
  const search = answer?.data?.search;
  const suggestions = (search?.edges ?? []).map(({ node, highlights }) => {
    const of = (isWanted) => highlights.find(({ field }) => isWanted(field))?.parts ?? [];
    const nameParts = of((field) => field === "name");
    return {
      id: node.id,
      name: node.name,
      kind: node.kind.name,
      nameParts: nameParts.length ? nameParts : [{ text: node.name, matched: false }],
      snippet: of((field) => field !== "name"),
    };
  });
  return { total: search?.totalCount ?? 0, suggestions };
}

/**
 * Where the choice goes: -1 is the field itself, beyond the last option it is the field again.
 * @param {number} at
 * @param {string} key
 * @param {number} count
 */
export function moved(at, key, count) {
  if (count === 0) return -1;
  if (key === "ArrowDown") return at + 1 >= count ? -1 : at + 1;
  if (key === "ArrowUp") return at < 0 ? count - 1 : at - 1;
  return at;
}

/**
 * A name of the ontology as words with a capital: `SourceDocument` is “Source document”.
 * @param {string} name
 */
export const titled = (name) => name[0].toUpperCase() + name.slice(1).replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

/**
 * The page of an entity, in the language of this one if its address names it.
 * @param {string} id
 * @param {string | null} lang
 */
export const pageOf = (id, lang) =>
  `/entity/${id.split("/").map(encodeURIComponent).join("/")}${lang ? `?lang=${encodeURIComponent(lang)}` : ""}`;

/** @type {Promise<Kinds> | undefined} */
let looks;
const kindLooks = () => (looks ??= fetch("/assets/kinds.json").then((r) => r.json()).catch(() => ({})));

/**
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function ask(text, signal) {
  const body = JSON.stringify({ query: QUERY, variables: { text, first: SHOWN } });
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json, application/json" };
  return found(await (await fetch("/graphql", { method: "POST", headers, body, signal })).json());
}

/** @param {Part[]} parts */
const marked = (parts) => parts.map(({ text, matched }) => (matched ? element("mark", {}, text) : text));

/**
 * Turns one field into a combobox.
 * @param {HTMLElement} place a form or field with `data-combobox`
 */
export function enhance(place) {
  const input = place.querySelector("input:not([type=hidden])");
  if (!(input instanceof HTMLInputElement) || input.getAttribute("role") === "combobox") return;
  const takesId = place.dataset.combobox === "id";
  const list = element("ul", { class: "options", role: "listbox", id: `${input.id}-options`, hidden: true, "aria-label": say("js.options") });
  const kept = takesId ? element("input", { type: "hidden", name: input.name, value: input.value }) : undefined;
  if (kept) {
    input.after(kept);
    input.removeAttribute("name");
    if (input.dataset.name) input.value = input.dataset.name;
  }
  const set = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
  for (const [name, value] of Object.entries(set)) input.setAttribute(name, value);
  place.append(list);

  /** @type {Suggestion[]} */
  let shown = [];
  let at = -1;
  let asking = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;

  const options = () => [...list.querySelectorAll("[role=option]")];
  const open = (is) => {
    list.hidden = !is;
    input.setAttribute("aria-expanded", String(is));
    if (!is) point(-1);
  };
  const point = (to) => {
    at = to;
    options().forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    const chosen = options()[at];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView?.({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const chosen = shown[index];
    if (!chosen) {
      input.form?.requestSubmit();
    } else if (kept instanceof HTMLInputElement) {
      kept.value = chosen.id;
      input.value = chosen.name;
    } else {
      location.assign(pageOf(chosen.id, new URLSearchParams(location.search).get("lang")));
    }
    open(false);
  };
  const show = async ({ total, suggestions }) => {
    const kinds = await kindLooks();
    shown = suggestions;
    const made = suggestions.map(({ kind, nameParts, snippet }, i) => {
      const look = kinds[kind] ?? kinds["*"] ?? { icon: "entity", tone: "other" };
      const option = element(
        "li",
        { class: `option tone-${look.tone}`, role: "option", id: `${list.id}-${i}`, "aria-selected": "false" },
        icon(look.icon),
        element("span", { class: "name" }, ...marked(nameParts)),
        element("span", { class: "kind" }, titled(kind)),
      );
      if (snippet.length) option.append(element("span", { class: "snippet" }, ...marked(snippet)));
      return option;
    });
    if (!takesId && total > suggestions.length) {
      const all = { class: "option all", role: "option", id: `${list.id}-all`, "aria-selected": "false" };
      made.push(element("li", all, say("js.options.all", { count: total })));
    }
    list.replaceChildren(...made);
    point(-1);
    open(made.length > 0 && document.activeElement === input);
    announce(sayCount("js.found", total));
  };
  const typed = async () => {
    asking.abort();
    const text = input.value.trim();
    if (!text) return open(false);
    asking = new AbortController();
    try {
      await show(await ask(text, asking.signal));
    } catch (fault) {
      // Overtaken by the next letter, or no answer: the form itself still works.
      if (!asking.signal.aborted) open(false);
    }
  };

  input.addEventListener("input", () => {
    if (kept instanceof HTMLInputElement) kept.value = input.value;
    clearTimeout(rest);
    rest = setTimeout(typed, REST_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (!isPlain(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden && options().length) open(true);
      else if (list.hidden) return void typed();
      point(moved(at, event.key, options().length));
    } else if (event.key === "Enter" && !list.hidden && at >= 0) {
      event.preventDefault();
      choose(at);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      open(false);
    } else if (event.key === "Tab") open(false);
  });
  input.addEventListener("blur", () => open(false));
  // The press would take the focus, and the list with it, before the click arrives.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = /** @type {Element} */ (event.target).closest("[role=option]");
    if (option) choose(options().indexOf(option));
  });
}
