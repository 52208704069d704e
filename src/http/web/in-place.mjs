// Steps in place: a link or form with `data-in-place="ID"` (or within such an element) changes only `#ID` and what
// tells of it. Each step is an address; going back in the browser, or the undo button, undoes it.
import { announce, element, icon, sayCount, say } from "./dom.mjs";

/** What else a step changes, beside the part it names: the first of each. */
const WITH_IT = ["nav.tabs", "form.controls", ".page-head", ".asked", ".exports"];

/**
 * The part that a click or a form changes; none if it leads elsewhere or is not ours to take.
 * @param {Element} from
 * @param {URL} to
 * @param {URL} here
 */
export function partOf(from, to, here) {
  const part = from.closest("[data-in-place]")?.getAttribute("data-in-place");
  const isHere = to.origin === here.origin && to.pathname === here.pathname && to.search !== here.search;
  return part && isHere && !from.hasAttribute("download") ? part : undefined;
}

/**
 * The address that a form with method GET asks for; fields without a value are left out.
 * @param {Iterable<[string, unknown]>} fields
 * @param {string} action
 */
export function asked(fields, action) {
  const to = new URL(action);
  to.search = "";
  for (const [name, value] of fields) if (typeof value === "string" && value) to.searchParams.append(name, value);
  return to;
}

/**
 * Puts the parts of an answer in place of those of the page.
 * @param {Document} page
 * @param {Document} answer
 * @param {string} part
 * @returns {Element | undefined} the new part; none if the answer has none, and then nothing is changed
 */
export function swap(page, answer, part) {
  const [old, fresh] = [page.getElementById(part), answer.getElementById(part)];
  if (!old || !fresh) return undefined;
  const pairs = [[old, fresh]];
  for (const other of WITH_IT) {
    const pair = [page, answer].map((whole) => whole.querySelector(`main ${other}`));
    if (pair[0] && pair[1] && !old.contains(pair[0])) pairs.push(/** @type {[HTMLElement, HTMLElement]} */ (pair));
  }
  for (const [gone, come] of pairs) gone.replaceWith(page.importNode(come, true));
  page.title = answer.title;
  return page.getElementById(part) ?? undefined;
}

/**
 * Begins to take steps in place.
 * @param {(root: ParentNode) => void} enhance called with what is new
 */
export function begin(enhance) {
  let steps = history.state?.steps ?? 0;
  let going = new AbortController();

  const undo = () => {
    const place = document.getElementById("undo");
    if (!place) return;
    place.replaceChildren();
    if (!steps) return;
    const button = element("button", { type: "button" }, icon("undo"), sayCount("js.undo", steps));
    button.addEventListener("click", () => history.back());
    place.append(button);
  };

  const go = async (/** @type {URL} */ to, /** @type {string} */ part, /** @type {boolean} */ isStep) => {
    going.abort();
    going = new AbortController();
    const held = document.activeElement?.id;
    document.getElementById(part)?.classList.add("is-loading");
    try {
      const answer = await fetch(to, { headers: { accept: "text/html" }, signal: going.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = swap(document, new DOMParser().parseFromString(await answer.text(), "text/html"), part);
      if (!fresh) throw new Error("no such part");
      if (isStep) {
        if (history.state?.part === undefined) history.replaceState({ part, steps }, "");
        history.pushState({ part, steps: ++steps }, "", to);
      } else steps = history.state?.steps ?? 0;
      enhance(document);
      undo();
      const again = held ? document.getElementById(held) : null;
      if (again) again.focus({ preventScroll: true });
      else {
        fresh.setAttribute("tabindex", "-1");
        /** @type {HTMLElement} */ (fresh).focus({ preventScroll: true });
      }
      announce(say("js.shown"));
    } catch (fault) {
      if (/** @type {Error} */ (fault).name !== "AbortError") location.assign(to);
    }
  };

  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    const isPlainClick = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!(link instanceof HTMLAnchorElement) || !isPlainClick || event.defaultPrevented || link.target) return;
    const to = new URL(link.href);
    const part = partOf(link, to, new URL(location.href));
    if (!part || !document.getElementById(part)) return;
    event.preventDefault();
    go(to, part, true);
  });
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.method !== "get" || event.defaultPrevented) return;
    const to = asked(new FormData(form), form.action);
    const part = partOf(form, to, new URL(location.href));
    if (!part || !document.getElementById(part)) return;
    event.preventDefault();
    go(to, part, true);
  });
  addEventListener("popstate", (event) => {
    // An address that differs by `#` alone is no step.
    if (event.state?.part) go(new URL(location.href), event.state.part, false);
  });
  undo();
}
