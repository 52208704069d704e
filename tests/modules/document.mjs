// A document to try modules on, with the phrases that the server writes into pages.
import { readFileSync } from "node:fs";
import { parseHTML } from "linkedom";

const phrases = JSON.parse(readFileSync(new URL("../../src/http/web/text.en.json", import.meta.url), "utf8"));

// Makes a page of that body the global document. Gives its window.
export function page(body) {
  const said = Object.fromEntries(Object.entries(phrases).filter(([key]) => key.startsWith("js.")));
  const window = parseHTML(`<!doctype html><html><body>${body}<script type="application/json" id="phrases">${JSON.stringify(said)}</script></body></html>`);
  for (const name of ["document", "HTMLElement", "HTMLInputElement", "HTMLDetailsElement", "Event", "CSS"]) {
    Object.defineProperty(globalThis, name, { value: window[name] ?? globalThis[name], configurable: true, writable: true });
  }
  globalThis.CSS ??= { escape: (text) => text };
  return window;
}

// Presses a key where the focus is.
export function press(window, element, key, more = {}) {
  const event = new window.Event("keydown", { bubbles: true, cancelable: true });
  Object.assign(event, { key, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, ...more });
  element.dispatchEvent(event);
  return event;
}

// Numbers that look random and are the same each time (mulberry32).
export function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
