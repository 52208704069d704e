// What the other modules build pages with: elements without markup in strings, phrases, and a voice for screen readers.

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */

/**
 * An element. Attributes that are `false` or absent are left out, `true` stands without a value.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A symbol of the sprite; words stand beside it.
 * @param {string} name
 */
export function icon(name) {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  made.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/assets/icons.svg#${name}`);
  made.append(use);
  return made;
}

/**
 * A phrase of the page's language with its `{places}` filled; the key itself where there is none.
 * The server writes the phrases that scripts need into `#phrases`.
 * @param {string} key
 * @param {Record<string, string | number>} [places]
 */
export function say(key, places = {}) {
  const phrase = phrases()[key] ?? key;
  return phrase.replace(/\{(\w+)\}/g, (whole, name) => String(places[name] ?? whole));
}

/**
 * So many of something: the phrase `key.one` or `key.other`.
 * @param {string} key
 * @param {number} count
 */
export const sayCount = (key, count) => say(`${key}.${count === 1 ? "one" : "other"}`, { count });

/** @returns {Record<string, string>} */
function phrases() {
  try {
    return JSON.parse(document.getElementById("phrases")?.textContent ?? "{}");
  } catch {
    return {};
  }
}

/**
 * Says something to who cannot see it happen.
 * @param {string} words
 */
export function announce(words) {
  let voice = document.getElementById("voice");
  if (!voice) {
    voice = element("p", { id: "voice", class: "visually-hidden", role: "status" });
    document.body.append(voice);
  }
  // The same words twice are two events.
  voice.textContent = voice.textContent === words ? `${words}\u00a0` : words;
}

/**
 * Whether a key was pressed alone, and not as part of a command of the browser or of the reader's tools.
 * @param {KeyboardEvent} event
 */
export const isPlain = (event) => !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing);
