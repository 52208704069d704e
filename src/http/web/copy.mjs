// Copies: a button on each block of code (`data-copy`), and buttons that carry their text (`data-copy-text`).
import { announce, element, icon, say } from "./dom.mjs";

/**
 * Copies, or selects where the browser lets no script copy (pages without TLS), and says which.
 * @param {string} text
 * @param {Element} [shown] where the text stands
 * @returns {Promise<"copied" | "selected" | "failed">}
 */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return "copied";
  } catch {
    if (!shown) return "failed";
    getSelection()?.selectAllChildren(shown);
    return "selected";
  }
}

/**
 * @param {HTMLElement} button
 * @param {() => string} text
 * @param {Element} [shown]
 */
function copies(button, text, shown) {
  const words = button.textContent ?? "";
  button.addEventListener("click", async () => {
    const said = say(`js.copy.${await copy(text(), shown)}`);
    button.lastChild?.replaceWith(said);
    announce(said);
    setTimeout(() => button.lastChild?.replaceWith(words.trim()), 2500);
  });
}

/**
 * Gives every block and button below `root` what it lacks.
 * @param {ParentNode} root
 */
export function enhance(root) {
  for (const block of root.querySelectorAll("[data-copy]")) {
    const shown = block.querySelector("pre");
    if (!shown || block.querySelector(".copy")) continue;
    const button = element("button", { type: "button", class: "copy" }, icon("copy"), say("js.copy"));
    copies(button, () => shown.textContent ?? "", shown);
    block.append(button);
  }
  for (const button of root.querySelectorAll("[data-copy-text][hidden]")) {
    if (!(button instanceof HTMLElement) || !globalThis.navigator?.clipboard) continue;
    button.hidden = false;
    copies(button, () => new URL(button.dataset.copyText ?? "", location.href).href);
  }
}
